import keras
import numpy as np
import pytest
from keras import layers, ops

import litesmith
from support import builtins_of, check_function

RANDOM = np.random.default_rng(0)
X, Y = RANDOM.standard_normal((2, 3, 4, 2)).astype("float32")
EDGES = np.array([[[1e30, -1e30], [np.inf, 0], [np.nan, 1], [0, 0], [-0.0, 0.0], [-2, 0]]], "float32")
"""No infinite imaginary part: Keras' view_as_complex makes the real part NaN there, as 0 * inf."""

ROTATION = np.exp(1j * RANDOM.standard_normal(4)).astype("complex64")


def pairs(result):
    """A result as numbers that can be compared."""
    return ops.view_as_real(result) if "complex" in str(result.dtype) else result


def check(function, *arrays, **options):
    """`check_function` of a function of complex numbers, given and returned as pairs."""
    return check_function(
        lambda *tensors: pairs(function(*map(ops.view_as_complex, tensors))), *(arrays or [X]), **options
    )


def test_pairs_stay_pairs():
    assert builtins_of(check(lambda x: x)) == ["SLICE", "RESHAPE", "SLICE", "RESHAPE", "PACK"]


def test_complex_results_and_inputs():
    class Turned(layers.Layer):
        def call(self, x):
            return ops.conj(x) * (2 + 1j), ops.abs(x)

        def compute_output_spec(self, x):
            return keras.KerasTensor(x.shape, "complex64"), keras.KerasTensor(x.shape, "float32")

    inputs = keras.Input((3,), dtype="complex64")
    lite = litesmith.convert(keras.Model(inputs, Turned(autocast=False)(inputs)))
    x = (RANDOM.standard_normal((2, 3)) + 1j * RANDOM.standard_normal((2, 3))).astype("complex64")
    turned, size = lite.run(x)
    assert turned.dtype == np.complex64
    np.testing.assert_allclose(turned, x.conj() * (2 + 1j), rtol=1e-6)
    np.testing.assert_allclose(size, abs(x), rtol=1e-6)


@pytest.mark.parametrize(
    "function", [ops.add, ops.subtract, ops.multiply, ops.divide, ops.true_divide, ops.equal, ops.not_equal]
)
def test_of_two(function):
    check(function, X, Y)
    check(lambda x: function(x, 2j))
    check(lambda x: function(1.5, x))
    check(lambda x, y: function(x, ops.imag(y)), X, Y)


@pytest.mark.parametrize("function", [
    *(ops.negative, ops.conj, ops.conjugate, ops.exp, ops.log, ops.square, ops.copy, ops.zeros_like, ops.ones_like),
    *(ops.real, ops.imag, ops.angle, ops.abs, ops.absolute, ops.isreal, ops.isnan, ops.isfinite, ops.isinf),
], ids=lambda function: function.__name__)  # fmt: skip
def test_of_one(function):
    check(function)
    check(lambda x: function(x * 1.0))
    check(lambda x: function(ops.transpose(x)))


@pytest.mark.parametrize("function", [ops.real, ops.imag, ops.angle, ops.isreal, ops.conj])
@pytest.mark.parametrize("dtype", ["float32", "int32"])
def test_reals(function, dtype):
    check_function(lambda x: function(ops.cast(x, dtype)), X * 3)
    check_function(lambda x: function(ops.cast(x, dtype)), np.array([[0.0, -0.0, 1, -1]], "float32"))


@pytest.mark.parametrize(
    "function", [ops.abs, ops.isnan, ops.isfinite, ops.isinf, ops.isreal], ids=lambda function: function.__name__
)
def test_edges(function):
    check(function, EDGES)


def test_division_by_what_has_large_or_small_squares():
    large = np.array([[[1e30, 2e30], [1e-30, 1e-30], [1, 1e30], [3, 0]]], "float32")
    check(lambda x: (x * (1 + 1j)) / x, large)


@pytest.mark.parametrize("axis", [None, -1, (0, 1)])
@pytest.mark.parametrize("function", [ops.sum, ops.mean])
def test_sums(function, axis):
    check(lambda x: function(x, axis))
    check(lambda x: function(x, axis, keepdims=True))


MOVES = {
    "reshape": lambda x: ops.reshape(x, (-1, 2, 2)),
    "ravel": ops.ravel,
    "transpose": ops.transpose,
    "swapaxes": lambda x: ops.swapaxes(x, 0, 1),
    "moveaxis": lambda x: ops.moveaxis(x, 0, 1),
    "expand_dims": lambda x: ops.expand_dims(x, 1),
    "squeeze": lambda x: ops.squeeze(x[:, :1], 1),
    "broadcast_to": lambda x: ops.broadcast_to(x[:, None], (ops.shape(x)[0], 2, 4)),
    "tile": lambda x: ops.tile(x, (1, 2)),
    "repeat": lambda x: ops.repeat(x, 2, 1),
    "roll": lambda x: ops.roll(x, 1, 1),
    "flip": lambda x: ops.flip(x, -1),
    "rot90": ops.rot90,
    "tril": ops.tril,
    "triu": ops.triu,
    "diff": ops.diff,
    "concatenate": lambda x: ops.concatenate([x, x * 2j], -1),
    "stack": lambda x: ops.stack([x, x * 2j]),
    "hstack": lambda x: ops.hstack([x, x]),
    "vstack": lambda x: ops.vstack([x, x]),
    "append": lambda x: ops.append(x, x, 1),
    "split": lambda x: ops.split(x, 2, 1)[1],
    "array_split": lambda x: ops.array_split(x, 3, 1)[1],
    "unstack": lambda x: ops.unstack(x, axis=1)[2],
    "get_item": lambda x: x[:, 1::2],
    "slice": lambda x: ops.slice(x, (0, 1), (3, 2)),
    "take": lambda x: ops.take(x, [2, 0, -1], 1),
    "take_along_axis": lambda x: ops.take_along_axis(x, np.array([[0, 1], [1, 2], [3, 3]]), 1),
    "where": lambda x: ops.where(ops.real(x) > 0, x, ops.conj(x)),
    "select": lambda x: ops.select([ops.real(x) > 0], [x], 2j * x),
    "cond": lambda x: ops.cond(ops.sum(ops.real(x)) > 0, lambda: x * 2, lambda: x * 3j),
    "full_like": lambda x: ops.full_like(x, 2j),
    "power": lambda x: ops.power(x, 2),
    "average": ops.average,
    "isclose": lambda x: ops.isclose(x, x + 1e-9),
    "shape": lambda x: x * ops.shape(x)[1],
}


@pytest.mark.parametrize("name", MOVES)
def test_moves_and_choices(name):
    check(MOVES[name], dynamic_batch=name not in ("slice", "take_along_axis"))


@pytest.mark.parametrize("dtype", ["float32", "int32", "bool", "complex64"])
def test_casts(dtype):
    check(lambda x: ops.cast(x * (1 + 2j), dtype))
    check_function(lambda x: pairs(ops.cast(ops.cast(x, dtype), "complex64") * 1j), X * 5)


def test_polar():
    check_function(lambda x, y: pairs(ops.polar(x, y)), X, Y)


def test_a_rotation_is_four_products():
    lite = check(lambda x: x * ROTATION)
    assert builtins_of(lite).count("MUL") == 4
    assert "BITCAST" not in builtins_of(lite)


PRODUCTS = {
    "matmul": lambda x, y: ops.matmul(x, ops.swapaxes(y, -1, -2)),
    "of a constant": lambda x, y: ops.matmul(x, ROTATION.reshape(4, 1)) + y,
    "of reals": lambda x, y: ops.matmul(ops.real(x), ops.swapaxes(y, -1, -2)),
    "of imaginary ones": lambda x, y: ops.matmul(ops.imag(x) * 1j, ops.swapaxes(ops.imag(y) * 1j, -1, -2)),
    "of none": lambda x, y: ops.matmul(np.zeros((2, 3), "complex64"), x) + y[:2],
    "dot": lambda x, y: ops.dot(x, ROTATION) + ops.dot(y, 1j)[:, 0],
    "inner": lambda x, y: ops.inner(x, y),
    "outer": lambda x, y: ops.outer(x, y),
    "vdot": lambda x, y: ops.vdot(x, y),
    "tensordot": lambda x, y: ops.tensordot(x, y, [[0], [0]]),
    "einsum": lambda x, y: ops.einsum("ij,kj->ik", x, y),
    "einsum of three": lambda x, y: ops.einsum("ij,kj,j->ik", x, y, ROTATION),
}


@pytest.mark.parametrize("name", PRODUCTS)
def test_products(name):
    check(PRODUCTS[name], X, Y, dynamic_batch=name != "of none")


@pytest.mark.parametrize("function", [ops.sin, ops.sort, ops.round, ops.prod, lambda x: ops.maximum(x, 1j)])
def test_others_are_refused(function):
    with pytest.raises(litesmith.LitesmithError, match=r"their parts \(ops.real, ops.imag\)"):
        check(function)
