"""How each reader is tried: which sound files there are, how they are changed, and how they are read."""

from __future__ import annotations

import base64
import contextlib
import json
import random
import shutil
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import graph_files
import litesmith
import mutations
import old_files
from fuzzing.damage import other_bytes, other_message, other_table

CODE = Path(__file__).parent.parent / "frontends" / "bytecode" / "lambdas.json"
READERS: dict[str, Callable[[random.Random, Path], None]] = {}
"""By name: reads a file that is changed, made in a folder that is there and empty; any finding is fine."""


def reader(function):
    READERS[function.__name__] = function
    return function


def graphs(suffix):
    return [path for path in graph_files.FILES if path.suffix == suffix]


@reader
def frozen(dice, folder):
    """Frozen graphs."""
    content = dice.choice(graphs(".pb")).read_bytes()
    changed = other_message(content, dice) if dice.random() < 0.8 else other_bytes(content, dice)
    (folder / "graph.pb").write_bytes(changed)
    litesmith.convert(folder / "graph.pb", verify=False)


@reader
def saved_model(dice, folder):
    """The graphs of SavedModels."""
    path = dice.choice(graphs(".zip"))
    graph_files.unpacked(path, folder)
    content = (folder / "saved_model.pb").read_bytes()
    changed = other_message(content, dice) if dice.random() < 0.8 else other_bytes(content, dice)
    (folder / "saved_model.pb").write_bytes(changed)
    litesmith.convert(folder, signature=next(iter(graph_files.expected(path))), verify=False)


@reader
def checkpoint(dice, folder):
    """The index and the data of SavedModels' variables."""
    with_variables = [
        path for path in graphs(".zip") if "variables/variables.index" in zipfile.ZipFile(path).namelist()
    ]
    path = dice.choice(with_variables)
    graph_files.unpacked(path, folder)
    index = folder / "variables" / "variables.index"
    data = sorted(index.parent.glob("*.data-*"))[-1]
    kind = dice.random()
    if kind < 0.7:
        index.write_bytes(other_table(index.read_bytes(), dice))
    elif kind < 0.85:
        index.write_bytes(other_bytes(index.read_bytes(), dice))
    elif kind < 0.95:
        data.write_bytes(other_bytes(data.read_bytes(), dice))
    else:
        data.unlink()
    litesmith.convert(folder, signature=next(iter(graph_files.expected(path))), verify=False)


def opened(path, **options):
    from litesmith.frontends.open import open_file

    return open_file(path, old_files.OWN, **options)


@reader
def keras(dice, folder):
    """`.keras`, of Keras 2 and 3."""
    files = [path for path in (*old_files.FILES, *own_files()) if path.suffix == ".keras"]
    changed(dice.choice(files), folder / "model.keras", dice)
    opened(folder / "model.keras")


@reader
def hdf5(dice, folder):
    """`.h5`, of Keras 1 to 3."""
    files = [path for path in (*old_files.FILES, *own_files()) if path.name.endswith(".h5")]
    files = [path for path in files if not path.name.endswith(".weights.h5")]
    changed(dice.choice(files), folder / "model.h5", dice)
    opened(folder / "model.h5")


@reader
def weights(dice, folder):
    """`.weights.h5`, and the weights in whole models, for a model that is there."""
    import keras

    source = dice.choice([path for path in own_files() if path.name.endswith(".weights.h5")])
    target = folder / source.name
    target.write_bytes(source.read_bytes())
    if dice.random() < 0.5:
        target.write_bytes(other_bytes(target.read_bytes(), dice))
    else:
        other_tables(target, dice)
    keras.backend.clear_session(free_memory=False)
    opened(target, architecture=MODELS[source.name.partition(".")[0]])


@reader
def code(dice, folder):
    """Functions as bytecode."""
    from litesmith.frontends.bytecode.decoding import CannotDecode, decode

    stored = json.loads(CODE.read_text())
    content = base64.b64decode(dice.choice(list(stored[dice.choice(list(stored))].values())))
    with contextlib.suppress(CannotDecode):
        str(decode(other_bytes(content, dice), [dice.choice((1, 0.5, "x", None))]))


@reader
def litert(dice, folder):
    """`.tflite`: read, described, and once in a while run in a process of its own."""
    import numpy as np

    from litesmith.ir.text import model_text

    content = other_bytes(dice.choice(litert_files()), dice)
    (folder / "model.tflite").write_bytes(content)
    lite = litesmith.load(folder / "model.tflite", isolated=True, timeout=10)
    model_text(lite.model)
    lite.summary()
    if dice.random() < 0.05:
        zeros = [np.zeros([int(size) for size in each.type.shape], each.type.dtype.numpy) for each in lite.graph.inputs]
        lite.run(zeros if len(zeros) > 1 else zeros[0])


def changed(source, target, dice):
    mutations.mutated(source, target, dice.randrange(1 << 30))


def other_tables(path, dice):
    """Groups and arrays of an HDF5 file renamed, left out, or of other shapes and types."""
    import h5py
    import numpy as np

    with h5py.File(path, "r+") as file:
        names = []
        file.visit(names.append)
        for _ in range(dice.choice((1, 1, 3))):
            name = dice.choice(names)
            if name not in file:
                continue
            item, kind = file[name], dice.random()
            if kind < 0.3:
                del file[name]
            elif kind < 0.5:
                target = dice.choice((f"{name}_1", f"{name}0", f"elsewhere/{name}"))
                if target not in file:
                    file.move(name, target)
            elif isinstance(item, h5py.Dataset):
                shape = dice.choice(((), (0,), (1 << 10, 3), item.shape[::-1], (*item.shape, 1)))
                del file[name]
                file[name] = np.zeros(shape, dice.choice(("float32", "float64", "int64", "S3", "bool", "complex64")))
            else:
                item.attrs[dice.choice(("name", "vars", "layer_names", "weight_names"))] = dice.choice((1, "x", [b"a"]))


def dense():
    import keras
    from keras import layers

    inputs = keras.Input((6,), name="x")
    h = layers.BatchNormalization()(layers.Dense(5, "relu")(inputs))
    return keras.Model(inputs, [layers.Dense(3, name="a")(h), layers.Dense(2, name="b")(h)])


def recurrent():
    import keras
    from keras import layers

    steps = [keras.Input((5, 3)), layers.Bidirectional(layers.LSTM(3, return_sequences=True)), layers.GRU(2)]
    return keras.Sequential(steps)


def image():
    import keras
    from keras import layers

    tower = keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(4, 3), layers.LayerNormalization()])
    inputs = keras.Input((8, 8, 3))
    both = layers.Add()([tower(inputs), layers.SeparableConv2D(4, 3)(inputs)])
    return keras.Model(inputs, layers.GlobalMaxPooling2D()(both))


MODELS = {each.__name__: each for each in (dense, recurrent, image)}


@cache
def own_files():
    """Files of the Keras that is installed, made once in the current folder."""
    home = Path("own")
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    for name, build in MODELS.items():
        model = build()
        model.save(home / f"{name}.keras")
        model.save_weights(home / f"{name}.weights.h5")
        model.save(home / f"{name}.h5")
    return tuple(sorted(home.iterdir()))


@cache
def litert_files():
    converted = [litesmith.convert(build(), verify=False) for build in MODELS.values()]
    loops = [litesmith.convert(graph_files.GRAPHS / "tf_1.15" / "branch_v1.pb", verify=False)]
    return tuple(lite._content for lite in (*converted, *loops))
