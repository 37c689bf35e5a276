"""A whole process of Litesmith: `python file_ours.py model.keras out.tflite`; prints the seconds that Keras took."""

import os
import sys
import time

os.environ.setdefault("KERAS_BACKEND", "numpy")

start = time.perf_counter()
import keras

import models

model = keras.models.load_model(sys.argv[1], custom_objects=models.custom_objects(), compile=False)
print(time.perf_counter() - start)

import litesmith

litesmith.convert(model, verify=False).save(sys.argv[2])
