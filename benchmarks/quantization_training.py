"""Trains the nets on the Keras backend that is set: a worker for `quantization_jobs.run_jobs`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np

import quantization_nets as nets
from quantization_jobs import Job, serve

Array = np.ndarray[Any, Any]
EPOCHS = {"vit": 30, "lstm": 20, "gru": 20, "rnn": 20}
STEP = {"vit": 2e-3, "lstm": 4e-3, "gru": 4e-3, "rnn": 1e-3}


def make(job: Job) -> None:
    """Trains `net` with `seed`, and saves it and those made of it in `folder`."""
    folder, name, seed = Path(job["folder"]), job["net"], job["seed"]
    data = np.load(folder / "digits.npz")
    keras.utils.set_random_seed(seed)
    model = nets.NETS[name]()
    fit(model, data["xt"], data["yt"], EPOCHS.get(name, 10), STEP.get(name, 4e-3))
    keep(folder, name, seed, model, data)
    for derived, octaves in nets.RESCALED.items() if name == "v2_relu" else ():
        keep(folder, derived, seed, nets.rescaled(model, octaves, seed), data)


def keep(folder: Path, name: str, seed: int, model: Any, data: Any) -> None:
    """Saves the net, and beside it the logits of the images held out."""
    logits = np.asarray(model.predict(data["xv"], batch_size=len(data["xv"]), verbose=0))
    np.savez(nets.path(folder, name, seed).with_suffix(".npz"), logits=logits)
    model.save(nets.path(folder, name, seed))


def fit(model: Any, images: Array, labels: Array, epochs: int, step: float) -> None:
    """Adam on the cross entropy of logits, with a step that falls to nothing."""
    steps = epochs * -(-len(images) // 64)
    falling = keras.optimizers.schedules.CosineDecay(step, steps)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    of_tensorflow = keras.backend.backend() == "tensorflow"
    at_once = {"steps_per_execution": 10, "jit_compile": False} if of_tensorflow else {}  # what is quickest there
    model.compile(keras.optimizers.Adam(falling), loss, **at_once)
    model.fit(images, labels, batch_size=64, epochs=epochs, verbose=0)


if __name__ == "__main__":
    serve(make)
