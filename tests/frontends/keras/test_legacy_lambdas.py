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
from litesmith.frontends.keras.legacy.functions import NotThisWay
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
    code = marshal.dumps((lambda x: os.system(x)).__code__)
    with pytest.raises(CannotDecode, match=r"lambda x: os\.system\(x\): os\.system is not known"):
        lambda_of(base64.b64encode(code).decode())


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x.__class__,
        lambda x: x._value,
        lambda x: keras.utils.get_file(x),
        lambda x: K.__dict__,
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


# ruff: noqa: F821 (K and tf are names in files)
OF_KERAS = [
    (lambda x: K.batch_dot(x, x), X @ X),
    (lambda x: K.batch_dot(x, x, axes=[2, 2]), np.einsum("bij,bkj->bik", X, X)),
    (lambda x: K.batch_dot(x[:, 0], x[:, 1], axes=1), (X[:, 0] * X[:, 1]).sum(-1, keepdims=True)),
    (lambda x: K.batch_dot(x, x[:, 0]), np.einsum("bij,bj->bi", X, X[:, 0])),
    (lambda x: K.repeat(x[:, 0], 3), np.repeat(X[:, :1], 3, axis=1)),
    (
        lambda x: K.elu(x, 0.5) + K.pow(x, 2) + K.sqrt(K.abs(x)),
        np.where(X > 0, X, 0.5 * np.expm1(X)) + X**2 + abs(X) ** 0.5,
    ),
    (lambda x: K.transpose(x), X.T),
    (lambda x: K.clip(x, None, 0.5) + K.clip(x, 0.1, None), np.minimum(X, 0.5) + np.maximum(X, 0.1)),
    (lambda x: K.constant([1, 2, 3, 4]) * x, X * [1, 2, 3, 4]),
    (lambda x: K.variable(2) * x, X * 2),
    (lambda x: K.temporal_padding(x, (1, 2)), np.pad(X, ((0, 0), (1, 2), (0, 0)))),
    (
        lambda x: K.spatial_2d_padding(x[..., None], ((1, 0), (0, 2))),
        np.pad(X[..., None], ((0, 0), (1, 0), (0, 2), (0, 0))),
    ),
    (lambda x: K.resize_images(x[..., None], 2, 3, "channels_last"), X.repeat(2, 1).repeat(3, 2)[..., None]),
    (lambda x: K.pool2d(x[..., None], (2, 2), (2, 2)), X.reshape(2, 2, 2, 2, 2).max((2, 4))[..., None]),
    (lambda x: tf.math.top_k(x, k=2).values, -np.sort(-X)[..., :2]),
    (lambda x: x * np.float32(2) + np.int32(1), X * 2 + 1),
]


def code_of(function):
    return base64.b64encode(marshal.dumps(function.__code__)).decode()


@pytest.mark.parametrize(("function", "wanted"), OF_KERAS, ids=map(str, range(len(OF_KERAS))))
def test_functions_of_keras_backend(function, wanted):
    found = lambda_of(code_of(function))(ops.convert_to_tensor(X))
    compare_arrays([wanted.astype("float32")], [np.asarray(found)], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("function", "why"),
    [
        (
            lambda x: K.resize_images(x[..., None], 2, 2, "channels_last", interpolation="bilinear"),
            "otherwise before 2.4",
        ),
        (lambda x: K.batch_dot(x, x, axes=0), "along the batch"),
        (lambda x: K.pool2d(x, (2, 2), data_format="channels_first"), "channels_first"),
    ],
)
def test_functions_of_keras_backend_are_refused_where_files_do_not_say_enough(function, why):
    with pytest.raises(NotThisWay, match=why):
        lambda_of(code_of(function))(ops.convert_to_tensor(X))


def dispatched(target, wrapper):
    return lambda *args, **kwargs: target(wrapper, *args, **kwargs)


def test_a_function_of_tensorflow_itself_goes_by_the_name_in_its_closure():
    code = code_of(dispatched(1, 2))
    function = lambda_of(code, None, ["l2_normalize_v2", "l2_normalize_v2"])
    assert function.text == "tf.nn.l2_normalize"
    wanted = X / np.linalg.norm(X, axis=1, keepdims=True)
    compare_arrays([wanted], [np.asarray(function(ops.convert_to_tensor(X), axis=1, name="unit"))], rtol=1e-5)
    with pytest.raises(CannotDecode):
        lambda_of(code, None, ["system", "system"])


def test_a_function_of_tensorflow_without_a_name_says_so():
    def wrapped(fn):
        return lambda *args: fn(*args)

    with pytest.raises(CannotDecode, match="of TensorFlow itself, whose name the file does not hold"):
        lambda_of(code_of(wrapped(1)), None, ["op_dispatch_handler"])
