"""Several ways to call one model: one copy of the weights, one state."""

import keras
import numpy as np
import pytest
from keras import layers, ops

import litesmith
from litesmith.lite_model import LiteModel
from support import compare_arrays

RNG = np.random.default_rng(3)


def floats(*shape):
    return RNG.standard_normal(shape).astype("float32")


class Coder(keras.Model):
    """Codes of vectors, and vectors of codes, through one matrix."""

    def __init__(self):
        super().__init__()
        self.kernel = self.add_weight(shape=(200, 100), name="kernel")

    def encode(self, x):
        return {"code": ops.matmul(x, self.kernel), "size": ops.sum(x, axis=-1)}

    def decode(self, code, scale):
        return ops.matmul(code, ops.transpose(self.kernel)) * scale

    def call(self, x):
        return self.decode(self.encode(x)["code"], 1.0)


def test_methods_are_signatures_that_share_the_weights():
    model = Coder()
    lite = litesmith.convert(
        model,
        signatures={
            "encode": (model.encode, (None, 200)),
            "decode": (model.decode, {"code": (None, 100), "scale": (1,)}),
        },
    )
    x, code, scale = floats(3, 200), floats(2, 100), np.array([2.0], "float32")
    for each in (lite, LiteModel(bytes(lite))):
        found = each.run(x, signature="encode")
        compare_arrays([model.encode(x)["code"]], [found["code"]])
        compare_arrays([found["size"]], [each.run({"x": x})["size"]])
        compare_arrays([model.decode(code, scale)], [each.run({"code": code, "scale": scale}, signature="decode")])
        with pytest.raises(ValueError, match="no signature 'serving_default'; the file has 'encode', 'decode'"):
            each.run(x, signature="serving_default")
    assert list(lite.signatures) == ["encode", "decode"]
    assert len(lite) < 2 * model.kernel.numpy().nbytes + 8_000


def test_sizes_of_one_function():
    x = keras.Input((None,), dtype="int32", name="tokens")
    model = keras.Model(x, layers.Dense(3)(layers.Embedding(500, 64)(x)))
    lite = litesmith.convert(model, signatures={"short": {"tokens": (1, 8)}, "long": (1, 32)})
    assert {name: face["inputs"]["tokens"].shape for name, face in lite.signatures.items()} == {
        "short": (1, 8),
        "long": (1, 32),
    }
    for name, size in (("short", 8), ("long", 32)):
        tokens = RNG.integers(0, 500, (1, size))
        compare_arrays([np.asarray(model(tokens))], [lite.run(tokens, signature=name)])
    assert len(lite) < 1.2 * 4 * 500 * 64


class Memory(keras.Model):
    """A sum that one method adds to and another reads."""

    def __init__(self):
        super().__init__()
        self.sum = self.add_weight(shape=(1, 4), initializer="zeros", trainable=False, name="sum")

    def add(self, x):
        self.sum.assign(self.sum + ops.sum(x, axis=0, keepdims=True))
        return self.sum * 1.0

    def read(self, scale):
        return self.sum * scale


def test_signatures_share_the_state():
    model = Memory()
    lite = litesmith.convert(
        model, signatures={"add": (model.add, (None, 4)), "read": (model.read, keras.InputSpec(shape=(1,)))}
    )
    compare_arrays([np.zeros((1, 4), "float32")], [model.sum.numpy()])
    one, x, y = np.ones(1, "float32"), floats(2, 4), floats(3, 4)
    for each in (lite, LiteModel(bytes(lite), isolated=True)):
        compare_arrays([np.zeros((1, 4), "float32")], [each.run(one, signature="read")])
        each.run(x)
        each.run(y, signature="add")
        compare_arrays([(x.sum(0) + y.sum(0))[None]], [each.run(one, signature="read")])
        each.reset()
        compare_arrays([np.zeros((1, 4), "float32")], [each.run(one, signature="read")])


def test_wrong_signatures_are_said():
    model = Coder()
    with pytest.raises(ValueError, match="'encode' needs the inputs"):
        litesmith.convert(model, signatures={"encode": model.encode})
    with pytest.raises(ValueError, match="leave inputs= out"):
        litesmith.convert(model, inputs=(1, 200), signatures={"encode": (model.encode, (1, 200))})


def test_the_command_line_pins_sizes_by_name(tmp_path):
    from typer.testing import CliRunner

    from litesmith.cli.main import app

    x = keras.Input((None,), dtype="int32", name="tokens")
    keras.Model(x, layers.Dense(3)(layers.Embedding(50, 4)(x))).save(tmp_path / "model.keras")
    given = [str(tmp_path / "model.keras"), "--signature", "short=1,8", "--signature", "long=tokens=1,32", "--json"]
    result = CliRunner().invoke(app, ["convert", *given])
    assert result.exit_code == 0, result.output
    assert '"long/dense' in result.output
    lite = litesmith.load(tmp_path / "model.tflite")
    assert [face["inputs"]["tokens"].shape for face in lite.signatures.values()] == [(1, 8), (1, 32)]


def test_arrays_of_equal_elements_are_in_the_file_once():
    """As the first caches of all layers, which Keras makes anew for each."""

    class Add(layers.Layer):
        def call(self, x):
            first, second = ops.arange(40_000.0), ops.arange(40_000.0)
            return ops.slice_update(first, (0,), x[0]), ops.slice_update(second, (3,), x[0])

    lite = litesmith.convert(Add(), inputs=(1, 5))
    assert 4 * 40_000 < len(lite) < 1.1 * 4 * 40_000
