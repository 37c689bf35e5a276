"""Lambda layers of old files: what their decoded code computes is what the function itself computes."""

import base64
import json
import marshal
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import ops

import litesmith
from litesmith.frontends.keras.legacy.lambdas import CannotDecode, CannotEvaluate, lambda_of
from support import compare_arrays

STORED = json.loads((Path(__file__).parents[1] / "bytecode" / "lambdas.json").read_text())
X = np.random.default_rng(0).standard_normal((2, 4, 4)).astype("float32")
EXPECTED = {
    "double": lambda x: x * 2,
    "polynomial": lambda x: -(x**2) + 3 * x - 1.5,
    "item": lambda x: x[:, 0],
    "slices": lambda x: x[:, 1:-1, ::2],
    "a slice": lambda x: x[1:],
    "new axis": lambda x: x[..., None],
    "backend": lambda x: x.mean(1),
    "keywords": lambda x: x.sum((1, 2), keepdims=True),
    "method": lambda x: x / np.linalg.norm(x, axis=-1, keepdims=True),
    "comparison": lambda x: (x > 0.5).astype("float32"),
    "sizes": lambda x: x.reshape(-1, 8),
    "get_shape": lambda x: 4 * x,
    "list": lambda x: x.transpose(0, 2, 1),
    "long list": lambda x: np.tile(x, [1, 2, 3]),
    "constants": lambda x: x * 6.28 + 8,
    "plus": lambda x: x,
    "matrix": lambda x: x @ x,
    "pairs": lambda x: np.maximum(x[:, :2], 0) - abs(x[:, 2:]),
    "several lines": lambda x: np.concatenate([2 * x + 1, 2 * x - 1], -1),
    "in place": lambda x: (x + 1) / 2,
}


def stored(name, version="3.8"):
    return STORED[version][name]


@pytest.mark.parametrize("name", EXPECTED)
def test_keras_computes_what_the_code_says(name):
    found = lambda_of(stored(name))(ops.convert_to_tensor(X))
    compare_arrays([EXPECTED[name](X)], [np.asarray(found)], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", [name for name in EXPECTED if name != "a slice"])
def test_a_model_with_the_layer_converts(name):
    inputs = keras.Input((4, 4))
    model = keras.Model(inputs, keras.layers.Lambda(lambda_of(stored(name, "3.12")))(inputs))
    lite = litesmith.convert(model)
    compare_arrays([EXPECTED[name](X)], [lite.run(X)], rtol=1e-5, atol=1e-5)


def test_default_values_and_arguments_go_by_name():
    function = lambda_of(stored("default"), [3])
    assert function(2.0) == 6.0
    assert function(2.0, factor=5) == 10.0


def test_values_from_around_the_function_are_taken():
    function = lambda_of(stored("closure"), None, [-1, 0.5])
    np.testing.assert_allclose(np.asarray(function(ops.convert_to_tensor(X))), (X * 0.5).sum(-1), rtol=1e-5)


def test_a_name_that_nobody_knows_is_said():
    code = marshal.dumps((lambda x: os.system(x)).__code__)  # noqa: F821
    with pytest.raises(CannotDecode, match=r"lambda x: os\.system\(x\): os\.system is not known"):
        lambda_of(base64.b64encode(code).decode())


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x.__class__,
        lambda x: x._value,
        lambda x: keras.utils.get_file(x),
        lambda x: K.__dict__,  # noqa: F821
        lambda x: keras.ops.np.load(x),
        lambda x: np.load(x),
        lambda x: np.fromfile(x),
        lambda x: eval(x),
        lambda x: getattr(x, "y"),  # noqa: B009
        lambda x: open(x),  # noqa: SIM115
        lambda x: ops.numpy.builtins(x),
        lambda x: x.tofile("f"),
        lambda x: "{0.__class__}".format(x),  # noqa: UP030, UP032
        lambda x: "%1000000d" % x,  # noqa: UP031
        lambda x: 10**10**10,
        lambda x: (1 << 5) << 10**9,
        lambda x: [0] * 10**9,
    ],
)
def test_nothing_is_reached_but_what_computes(function):
    code = base64.b64encode(marshal.dumps(function.__code__)).decode()
    with pytest.raises((CannotEvaluate, CannotDecode)):
        lambda_of(code, None, [0] * 9)(ops.convert_to_tensor(X))


def test_code_of_keras_before_2_1_is_written_with_escapes():
    code = base64.b64decode(stored("double", "3.6")).decode("raw_unicode_escape")
    assert lambda_of(code).text == "lambda x: x * 2"
