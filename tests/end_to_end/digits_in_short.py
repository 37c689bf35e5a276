"""The demo's flow with two epochs of training: writes the two accuracies of each model as JSON."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "examples"))

import keras
import numpy as np

import digits
import litesmith

keras.utils.set_random_seed(7)
train_images, test_images, train_labels, test_labels = digits.digits()
folder, results = Path(sys.argv[1]), {}
for model, shape in ((digits.cnn(), (8, 8, 1)), (digits.lstm(), (8, 8))):
    model.compile(keras.optimizers.Adam(3e-3), "sparse_categorical_crossentropy")
    model.fit(train_images.reshape(-1, *shape), train_labels, epochs=2, batch_size=64, verbose=0)
    path = folder / f"{model.name}.keras"
    model.save(path)
    saved = litesmith.convert(path).save(path.with_suffix(".tflite"))
    inputs = test_images.reshape(-1, *shape)
    before, after = model.predict(inputs, verbose=0), litesmith.load(saved).run(inputs)
    results[model.name] = {
        "keras": digits.accuracy(before, test_labels),
        "litert": digits.accuracy(after, test_labels),
        "difference": float(np.max(np.abs(before - after))),
    }
sys.stdout.write(json.dumps(results) + "\n")
