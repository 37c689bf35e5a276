"""Writes the old files of this folder: `python make.py NAME [MODEL ...]` in an environment that has an old Keras.

NAME is the folder to write to, and says what to use:

    tf_keras        tf_keras, on today's TensorFlow
    tf_2.15 ...     TensorFlow's Keras, `.h5` and, from 2.13, `.keras`
    keras_2.2       Keras itself, on TensorFlow 1
    keras_1.2       Keras itself, on Theano (models_1.py)

Beside each file, `NAME.npz` has inputs (`x0`, `x1`, ...) and what the old Keras made of them (`y0`, ...). Runs on
Python 3.6 and later.
"""

import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
ARCHIVES = ("tf_2.13", "tf_2.15")
"""Folders whose Keras writes `.keras` files too."""


def frameworks(folder):
    """Keras as a module with `layers` and `models`, TensorFlow or None, and the models."""
    if folder.startswith("keras_1"):
        os.environ["KERAS_BACKEND"] = "theano"
        os.environ.setdefault("THEANO_FLAGS", "cxx=")  # or, for convolutions, "blas.ldflags=..." where a BLAS is
        import keras
        import models_1

        return keras, None, models_1
    if folder.startswith("keras_"):
        import keras
        import models

        import tensorflow as tf

        return keras, tf, models
    import models

    import tensorflow as tf

    if folder == "tf_keras":
        import tf_keras

        return tf_keras, tf, models
    return tf.keras, tf, models


def fill(net, random):
    """Other weights than a new model has; variances stay positive."""
    net.set_weights(
        [
            random.uniform(0.1, 0.9, array.shape).astype(array.dtype) * sign(random, array, name)
            for array, name in zip(net.get_weights(), names(net))
        ]
    )
    for layer in net.layers:
        if hasattr(layer, "finalize_state"):
            layer.finalize_state()


def names(net):
    """In the order of `get_weights`, which Keras itself had by layers."""
    weights = net.weights
    if not type(net).__module__.startswith(("tensorflow", "tf_keras", "keras.src")) and hasattr(
        net.layers[0], "weights"
    ):
        weights = [weight for layer in net.layers for weight in layer.weights]
    return [getattr(weight, "name", "") or "" for weight in weights]


def sign(random, array, name):
    is_spread = any(word in name for word in ("variance", "std", "count"))
    return 1 if is_spread else random.choice([-1.0, 1.0], array.shape).astype(array.dtype)


def samples(net, random):
    """Of each input: batch 2, words where the model has an embedding, 6 and 7 for open sizes."""
    inputs = net.inputs
    words = any(type(layer).__name__ == "Embedding" for layer in net.layers)
    made = []
    for tensor in inputs:
        shape = getattr(tensor, "_keras_shape", None) or tuple(tensor.shape)
        shape = [2] + [
            int(size) if size is not None and str(size) not in ("None", "?") else 6 + i
            for i, size in enumerate(shape[1:])
        ]
        made.append(
            random.randint(0, 7, shape).astype("float32") if words else random.normal(0, 1, shape).astype("float32")
        )
    return made


def write(folder, k, tf, home, name):
    reset = getattr(k.backend, "clear_session", None)
    if reset is not None:
        reset()
    if name == "cudnn":
        options = tf.compat.v1.GraphOptions(place_pruned_graph=True)
        k.backend.set_session(tf.compat.v1.Session(config=tf.compat.v1.ConfigProto(graph_options=options)))
    random = np.random.RandomState(sum(map(ord, name)))
    net = home.MODELS[name](k, tf)
    fill(net, random)
    inputs = samples(net, random)
    path = os.path.join(HERE, folder, name)
    if name == "cudnn":
        net.save(path + ".h5")
        net = home.without_cudnn(k)
        net.load_weights(path + ".h5")
    else:
        net.save(path + ".h5")
        if folder.startswith("keras_1"):
            say_backend(path + ".h5")
        if folder in ARCHIVES:
            net.save(path + ".keras")
    outputs = net.predict(inputs if len(inputs) > 1 else inputs[0])
    outputs = outputs if isinstance(outputs, list) else [outputs]
    arrays = {"x%d" % i: array for i, array in enumerate(inputs)}
    arrays.update({"y%d" % i: np.asarray(array) for i, array in enumerate(outputs)})
    np.savez_compressed(path + ".npz", **arrays)


def say_backend(path):
    """Which Keras 1 does not; without it the turn of kernels is unknown."""
    import h5py

    with h5py.File(path, "r+") as file:
        file.attrs["backend"] = "theano"


def main(folder, chosen):
    sys.path.insert(0, HERE)
    if not os.path.isdir(os.path.join(HERE, folder)):
        os.makedirs(os.path.join(HERE, folder))
    k, tf, home = frameworks(folder)
    failed = 0
    for name in chosen or home.MODELS:
        try:
            write(folder, k, tf, home, name)
        except Exception as error:  # this Keras lacks what the model needs
            failed += 1
            print("%s: %s: %s" % (name, type(error).__name__, str(error).strip().splitlines()[:1]))
    print("%d models, %d failed" % (len(chosen or home.MODELS), failed))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
