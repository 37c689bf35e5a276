"""A whole process of the official way, as people write it: `python file_official.py model.keras out.tflite`."""

import os
import sys
from pathlib import Path

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import tensorflow as tf

import models

model = keras.models.load_model(sys.argv[1], custom_objects=models.custom_objects(), compile=False)
if model.name == "lstm":
    static = models.lstm(batch=1)
    static.set_weights(model.get_weights())
    model = static
Path(sys.argv[2]).write_bytes(tf.lite.TFLiteConverter.from_keras_model(model).convert())
