import keras
import numpy as np
import pytest
from keras import layers, ops

from support import builtins_of, check_converts, check_function

RANDOM = np.random.default_rng(0)
X = RANDOM.standard_normal((3, 4, 6)).astype("float32")
TIMES = [RANDOM.standard_normal((batch, time, 4)).astype("float32") for batch, time in [(2, 3), (1, 8)]]


def sizes(x):
    return ops.shape(x)


OF_SIZES = {
    "zeros": lambda x: ops.zeros((sizes(x)[0], 4)),
    "zeros of a type": lambda x: ops.zeros((sizes(x)[0], 4), "int32"),
    "zeros of booleans": lambda x: ops.zeros((sizes(x)[1],), "bool"),
    "ones": lambda x: ops.ones((2, sizes(x)[0], sizes(x)[1])),
    "full": lambda x: ops.full((sizes(x)[1], 2), 7),
    "full of a type": lambda x: ops.full((sizes(x)[1], 2), 2.5, "int32"),
    "full of a tensor": lambda x: ops.full((sizes(x)[0], 2), x[0, 0, 0]),
    "full of a vector": lambda x: ops.full((sizes(x)[0], 4), x[0, 0]),
    "zeros_like": ops.zeros_like,
    "ones_like": ops.ones_like,
    "ones_like of a type": lambda x: ops.ones_like(x, "int32"),
    "zeros_like of a type": lambda x: ops.zeros_like(x, "bool"),
    "full_like": lambda x: ops.full_like(x, 3),
    "full_like of a vector": lambda x: ops.full_like(x, x[0, 0]),
    "arange": lambda x: ops.arange(sizes(x)[1]),
    "arange from": lambda x: ops.arange(1, sizes(x)[1] + 2),
    "arange with steps": lambda x: ops.arange(0, sizes(x)[1], 2),
    "arange backward": lambda x: ops.arange(sizes(x)[1] - 1, -1, -1),
    "arange of floats": lambda x: ops.arange(sizes(x)[1], dtype="float32"),
    "arange to a float": lambda x: ops.arange(0, sizes(x)[1], 1.0),
    "arange of a size of tensors": lambda x: ops.arange(ops.size(x[0])),
    "linspace": lambda x: ops.linspace(0.0, sizes(x)[1], 5),
    "linspace of dynamic length": lambda x: ops.linspace(-1.0, 2.0, sizes(x)[1]),
    "linspace of dynamic length without the end": lambda x: ops.linspace(-1, 2, sizes(x)[1], endpoint=False),
    "eye": lambda x: ops.eye(sizes(x)[1]),
    "eye of a rectangle": lambda x: ops.eye(sizes(x)[1], 4, k=1),
    "identity": lambda x: ops.identity(sizes(x)[1], "int32"),
    "tri": lambda x: ops.tri(sizes(x)[1]),
    "tri of a rectangle": lambda x: ops.tri(3, sizes(x)[1], k=-1, dtype="bool"),
    "tril": lambda x: ops.tril(x),
    "triu": lambda x: ops.triu(x, k=1),
    "triu below": lambda x: ops.triu(x, k=-1),
    "causal mask": lambda x: ops.arange(sizes(x)[1])[:, None] >= ops.arange(sizes(x)[1]),
    "meshgrid": lambda x: ops.meshgrid(ops.arange(sizes(x)[1]), x[0, 0]),
    "size": lambda x: ops.cast(ops.size(x), "int32"),
    "mean by size": lambda x: ops.sum(x) / ops.cast(ops.size(x), "float32"),
    "shape as a tensor": lambda x: ops.convert_to_tensor(ops.shape(x)),
    "size as a tensor": lambda x: ops.convert_to_tensor(ops.shape(x)[1]) * 2,
    "one_hot of dynamic depth": lambda x: ops.one_hot(ops.arange(sizes(x)[0]), sizes(x)[1]),
    "repeat to a size": lambda x: ops.repeat(x[:, :1], sizes(x)[1], axis=1),
    "repeat of a dynamic axis": lambda x: ops.repeat(x, 3, axis=1),
    "tile to a size": lambda x: ops.tile(x[:, :1], (1, sizes(x)[1], 1)),
    "broadcast_to": lambda x: ops.broadcast_to(x[:, :1], sizes(x)),
}


@pytest.mark.parametrize("name", OF_SIZES)
def test_dynamic_sizes(name):
    model = keras.Sequential([keras.Input((None, 4)), layers.Lambda(OF_SIZES[name])])
    check_converts(model, *TIMES)


STATIC = {
    "tril": ops.tril,
    "tril above": lambda x: ops.tril(x, 2),
    "triu": ops.triu,
    "triu below": lambda x: ops.triu(x, -1),
    "diag of a vector": lambda x: ops.diag(x[0, 0]),
    "diag of a vector above": lambda x: ops.diag(x[0, 0], k=2),
    "diag of a vector below": lambda x: ops.diag(x[0, 0], k=-1),
    "diag of a matrix": lambda x: ops.diag(x[0]),
    "diag of a matrix above": lambda x: ops.diag(x[0], k=3),
    "diag of a matrix below": lambda x: ops.diag(x[0], k=-2),
    "diagonal": lambda x: ops.diagonal(x, 1, 1, 2),
    "diagonal of other axes": lambda x: ops.diagonal(ops.transpose(x, (1, 0, 2)), -1, 2, 0),
    "diagflat": lambda x: ops.diagflat(x[0], 1),
    "trace": lambda x: ops.trace(x, 1, 1, 2),
    "linspace of tensors": lambda x: ops.linspace(x, x * 3, 5),
    "linspace of tensors along the last axis": lambda x: ops.linspace(x[..., 0], 2.0, 4, endpoint=False, axis=-1),
    "linspace of one": lambda x: ops.linspace(x, x * 3, 1),
    "linspace with its step": lambda x: ops.linspace(x, 7, 3, retstep=True),
    "meshgrid": lambda x: ops.meshgrid(x[0, 0], x[0, :, 0]),
    "meshgrid of three": lambda x: ops.meshgrid(x[0, 0], x[0, :, 0], x[0, 1]),
    "meshgrid of matrix indexing": lambda x: ops.meshgrid(x[0, 0], x[0, :, 0], indexing="ij"),
    "cast": lambda x: ops.cast(x, "int32"),
    "cast to booleans": lambda x: ops.cast(x, "bool"),
    "cast of booleans": lambda x: ops.cast(x > 0, "float32"),
    "saturate_cast": lambda x: ops.saturate_cast(x * 100, "uint8"),
    "saturate_cast of integers": lambda x: ops.saturate_cast(ops.cast(x * 100, "int32"), "int8"),
    "convert_to_tensor": lambda x: ops.convert_to_tensor([x[0, 0, 0], x[0, 0, 1]]),
    "convert_to_tensor of nested lists": lambda x: ops.convert_to_tensor([[x[0, 0, 0], 1.0], [x[0, 0, 1], 2.0]]),
    "convert_to_tensor of a type": lambda x: ops.convert_to_tensor(x, "int32"),
    "ndim": lambda x: x * ops.ndim(x),
    "copy": ops.copy,
}


@pytest.mark.parametrize("name", STATIC)
def test_function(name):
    check_function(STATIC[name], X)


@pytest.mark.parametrize("dtype", ["float16", "int32", "int64", "uint8", "bool"])
@pytest.mark.parametrize("name", ["tril", "triu", "diag of a vector above", "diagonal", "meshgrid"])
def test_function_for_every_element_type(name, dtype):
    check_function(lambda x: STATIC[name](ops.cast(x, dtype)), abs(X) * 5)


@pytest.mark.parametrize("dtype", ["int8", "int32", "bool", "float16"])
def test_trace_adds_up_in_the_type_that_keras_does(dtype):
    check_function(lambda x: ops.trace(ops.cast(x, dtype), axis1=1, axis2=2), X * 5)


IDS = np.array([[0, 2, 4], [1, -1, 3], [2, 2, 0]], "int32")


@pytest.mark.parametrize("axis", [-1, 0, 1, 2])
@pytest.mark.parametrize("dtype", [None, "int32", "bool", "float16", "uint8"])
def test_one_hot(axis, dtype):
    check_function(lambda i: ops.one_hot(i, 5, axis=axis, dtype=dtype), IDS)


@pytest.mark.parametrize("shape", [(3,), (3, 3)])
@pytest.mark.parametrize("dtype", [None, "int32", "bool"])
def test_multi_hot(shape, dtype):
    check_function(lambda i: ops.multi_hot(i, 5, dtype=dtype), np.resize(IDS, shape), dynamic_batch=False)


def test_zeros_like_is_one_operator_for_a_dynamic_shape():
    assert builtins_of(check_function(ops.zeros_like, X)) == ["ZEROS_LIKE"]


def test_triangles_of_known_size_are_one_select():
    assert builtins_of(check_function(ops.tril, X)) == ["SELECT_V2"]


OPERATORS = {
    "+": lambda x, y: x + y,
    "-": lambda x, y: x - y,
    "*": lambda x, y: x * y,
    "/": lambda x, y: x / y,
    "//": lambda x, y: x // y,
    "%": lambda x, y: x % y,
    "<": lambda x, y: x < y,
    "<=": lambda x, y: x <= y,
    ">": lambda x, y: x > y,
    ">=": lambda x, y: x >= y,
    "==": lambda x, y: x == y,
    "!=": lambda x, y: x != y,
}


@pytest.mark.parametrize("operand", [2, 1.5, np.float32(2.5), np.full((6,), 3, "float32")])
@pytest.mark.parametrize("reflected", [False, True])
@pytest.mark.parametrize("name", OPERATORS)
def test_operator_with_a_number_or_an_array(name, operand, reflected):
    function = OPERATORS[name]
    check_function(lambda x: function(operand, x) if reflected else function(x, operand), X)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: (x > 0) & (x < 1),
        lambda x: (x > 0) | (x < -1),
        lambda x: (x > 0) ^ (x < 1),
        lambda x: ~(x > 0),
        lambda x: -x,
        lambda x: abs(x),
        lambda x: abs(x) ** 2,
        lambda x: 2 ** abs(x),
        lambda x: x @ np.ones((6, 2), "float32"),
        lambda x: np.ones((2, 4), "float32") @ x,
        lambda x: True & (x > 0),
    ],
)
def test_operator(function):
    check_function(function, X)


def test_round_of_a_symbolic_tensor():
    inputs = keras.Input((4, 6))
    check_converts(keras.Model(inputs, round(inputs)), X * 5)
