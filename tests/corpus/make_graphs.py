"""Writes the graphs of `graphs/`: `python make_graphs.py FOLDER [MODEL ...]` in an environment with that TensorFlow.

FOLDER is named after what writes: `tf_1.15`, `tf_2.3`, ..., or `tf_keras` and `keras_3`, on the TensorFlow that they
run on. A SavedModel becomes `NAME.zip`, a frozen graph `NAME.pb`. Beside each, `NAME.npz` has inputs and what that
TensorFlow made of them, called `x:SIGNATURE:NAME` and `y:SIGNATURE:NAME`. Runs on Python 3.6 and later.
"""

import os
import shutil
import sys
import tempfile
import zipfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
DEFAULT = "serving_default"


def write_keras(target, k, tf, name):
    """A model of `models.py` as its Keras saves it."""
    import make

    import models

    k.backend.clear_session()
    random = np.random.RandomState(sum(map(ord, name)))
    net = models.MODELS[name](k, tf)
    make.fill(net, random)
    inputs = make.samples(net, random)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, name)
        if k.__name__ == "keras":
            net.export(path, verbose=False)
        else:
            net.save(path, save_format="tf")
        call = tf.saved_model.load(path).signatures[DEFAULT]
        names = list(call.structured_input_signature[1])
        if len(inputs) > 1:  # a signature's inputs are called after Keras' own, in whichever order
            names = [tensor.name.split(":")[0] for tensor in net.inputs]
        arrays = called(tf, path, {DEFAULT: dict(zip(names, inputs))})
        pack(path, target + ".zip")
    np.savez_compressed(target + ".npz", **arrays)


def write_function(target, tf, build):
    """A module's functions."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model")
        made, signatures, given = build(tf)
        tf.saved_model.save(made, path, signatures=signatures)
        arrays = called(tf, path, given)
        pack(path, target + ".zip")
    np.savez_compressed(target + ".npz", **arrays)


def called(tf, path, given):
    """What signatures of a SavedModel make of inputs, both by name; each of the model as it was saved."""
    arrays = {}
    for name, inputs in given.items():
        model = tf.saved_model.load(path)
        call = model.signatures[name]
        specs = call.structured_input_signature[1]
        tensors = {key: tf.constant(array, specs[key].dtype) for key, array in inputs.items()}
        arrays.update({"x:%s:%s" % (name, key): as_numpy(array) for key, array in tensors.items()})
        arrays.update({"y:%s:%s" % (name, key): as_numpy(array) for key, array in call(**tensors).items()})
    return arrays


def as_numpy(tensor):
    """Strings as bytes of one length, which need no pickle."""
    array = np.asarray(tensor.numpy() if hasattr(tensor, "numpy") else tensor)
    return array.astype("S") if array.dtype == object else array


def write_session(target, tf, build):
    """A graph of TensorFlow 1: saved with its variables, and frozen."""
    v1 = getattr(tf, "compat", tf).v1 if hasattr(tf, "compat") and hasattr(tf.compat, "v1") else tf
    with tf.Graph().as_default() as graph, v1.Session(graph=graph) as session:
        v1.set_random_seed(7)
        inputs, outputs = build(v1)
        random = np.random.RandomState(5)
        given = {key: sample(tensor, random) for key, tensor in inputs.items()}
        session.run([v1.global_variables_initializer(), v1.tables_initializer()])
        found = session.run(outputs, {inputs[key]: array for key, array in given.items()})
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "model")
            v1.saved_model.simple_save(session, path, inputs, outputs)
            pack(path, target + ".zip")
        names = [tensor.op.name for tensor in outputs.values()]
        frozen = v1.graph_util.convert_variables_to_constants(session, graph.as_graph_def(), names)
    with open(target + ".pb", "wb") as file:
        file.write(frozen.SerializeToString())
    arrays = {"x:%s:%s" % (DEFAULT, key): array for key, array in given.items()}
    arrays.update({"y:%s:%s" % (DEFAULT, key): array for key, array in found.items()})
    np.savez_compressed(target + ".npz", **arrays)


def sample(tensor, random):
    shape = [size if size is not None else 2 for size in tensor.shape.as_list()]
    if tensor.dtype.is_integer:
        return random.randint(0, 7, shape).astype(tensor.dtype.as_numpy_dtype)
    return random.normal(0, 1, shape).astype("float32")


def write_estimator(target, tf):
    """A regressor of `tf.estimator`, with the inputs that it serves."""
    columns = [tf.feature_column.numeric_column("size", [2]), tf.feature_column.numeric_column("age")]
    random = np.random.RandomState(3)
    features = {"size": random.normal(0, 1, (6, 2)).astype("float32"), "age": random.normal(0, 1, 6).astype("float32")}
    truth = random.normal(0, 1, 6).astype("float32")
    receiver = tf.estimator.export.build_raw_serving_input_receiver_fn(
        {
            "size": tf.compat.v1.placeholder(tf.float32, [None, 2], "size"),
            "age": tf.compat.v1.placeholder(tf.float32, [None], "age"),
        }
    )
    feed = tf.compat.v1.estimator.inputs.numpy_input_fn(features, truth, shuffle=False)
    with tempfile.TemporaryDirectory() as folder:
        made = tf.estimator.DNNRegressor([4], columns, model_dir=os.path.join(folder, "run"))
        made.train(feed, steps=3)
        path = made.export_saved_model(os.path.join(folder, "saved"), receiver).decode()
        with tf.Graph().as_default(), tf.compat.v1.Session() as session:
            meta = tf.compat.v1.saved_model.load(session, ["serve"], path)
            way = meta.signature_def["predict"]
            fed = {way.inputs[key].name: array for key, array in features.items()}
            found = session.run({key: info.name for key, info in way.outputs.items()}, fed)
        pack(path, target + ".zip")
    arrays = {"x:predict:%s" % key: array for key, array in features.items()}
    arrays.update({"y:predict:%s" % key: array for key, array in found.items()})
    np.savez_compressed(target + ".npz", **arrays)


def pack(folder, target):
    """A folder in an archive that says nothing of when it was made."""
    names = [os.path.join(place, name) for place, _, found in os.walk(folder) for name in found]
    with zipfile.ZipFile(target, "w", zipfile.ZIP_LZMA) as archive:
        for name in sorted(names):
            entry = zipfile.ZipInfo(os.path.relpath(name, folder), (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_LZMA
            with open(name, "rb") as file:
                archive.writestr(entry, file.read())


def write(folder, name):
    import models_graphs

    target = os.path.join(HERE, "graphs", folder, name)
    import tensorflow as tf

    if name == "estimator":
        write_estimator(target, tf)
    elif name in models_graphs.FUNCTIONS:
        write_function(target, tf, models_graphs.FUNCTIONS[name])
    elif name in models_graphs.SESSIONS:
        write_session(target, tf, models_graphs.SESSIONS[name])
    else:
        k = tf.keras
        if folder == "keras_3":
            os.environ["KERAS_BACKEND"] = "tensorflow"
            import keras as k
        elif folder == "tf_keras":
            import tf_keras as k
        write_keras(target, k, tf, name)


def main(folder, chosen):
    sys.path.insert(0, HERE)
    if not os.path.isdir(os.path.join(HERE, "graphs", folder)):
        os.makedirs(os.path.join(HERE, "graphs", folder))
    failed = 0
    for name in chosen:
        try:
            write(folder, name)
        except Exception as error:  # this TensorFlow lacks what the model needs
            failed += 1
            print("%s: %s: %s" % (name, type(error).__name__, str(error).strip().splitlines()[:1]))
    print("%d models, %d failed" % (len(chosen), failed))
    shutil.rmtree(os.path.join(HERE, "__pycache__"), ignore_errors=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
