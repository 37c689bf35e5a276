import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from jax_support import check_jax, floats, imported_operators

X, Y = floats(3, 4), floats(3, 4, seed=2)
EDGES = np.array([[0, -0.0, np.inf, -np.inf], [1, -1, 3.4e38, -3.4e38], [1e-30, 0.5, -0.5, 2.5]], "float32")
INTEGERS = np.random.default_rng(0).integers(-9, 9, (3, 4)).astype("int32")


@pytest.mark.parametrize("function", [jnp.abs, jnp.sign, jnp.floor, jnp.ceil, jnp.round, lax.round, jnp.negative])
def test_rounding_and_signs_at_the_edges(function):
    check_jax(function, EDGES)


def test_functions_of_all_numbers():
    functions = [jnp.exp, jnp.exp2, jnp.expm1, jax.nn.sigmoid, jnp.tanh, jnp.sin, jnp.cos, jnp.tan, jnp.arctan]
    functions += [jnp.arcsinh, jnp.sinh, jnp.cosh, lax.erf, lax.erfc, jnp.cbrt, jnp.isfinite, jnp.isnan, jnp.isinf]
    check_jax(lambda x: [function(x) for function in functions], X, rtol=2e-6)


def test_functions_of_positive_numbers():
    functions = [jnp.sqrt, lax.rsqrt, jnp.log, jnp.log1p, jnp.log2, jnp.arccosh]
    check_jax(lambda x: [function(x + 1) for function in functions], np.abs(X))


def test_functions_of_numbers_up_to_1():
    functions = [jnp.arcsin, jnp.arccos, jnp.arctanh, lax.erf_inv]
    check_jax(lambda x: [function(x) for function in functions], np.clip(X / 3, -0.99, 0.99))


def test_two_numbers():
    functions = [jnp.add, jnp.subtract, jnp.multiply, jnp.divide, jnp.maximum, jnp.minimum, jnp.arctan2, jnp.fmod]
    functions += [jnp.mod, jnp.floor_divide, jnp.logaddexp, jnp.hypot, jnp.nextafter, lax.rem]
    check_jax(lambda x, y: [function(x, y) for function in functions], X, Y)


def test_integers():
    check_jax(
        lambda x: (x // 3, x % 3, x**2, lax.rem(x, 3), lax.div(x, 4), -x, jnp.abs(x), jnp.sign(x), x / 2), INTEGERS
    )


@pytest.mark.parametrize("exponent", [-3, -1, 0, 1, 2, 3, 5, 8])
def test_integer_powers(exponent):
    check_jax(lambda x: x**exponent, X)


def test_powers():
    check_jax(lambda x: (jnp.power(jnp.abs(x), 1.7), jnp.power(x, jnp.int32(3)), 2.0**x), X)


def test_choices_and_limits():
    check_jax(
        lambda x: (
            jnp.where(x > 0, x, 0.0),
            jnp.clip(x, -0.5, 0.5),
            lax.select_n(jnp.int32(jnp.clip(x, -1, 1) + 1), x, -x, x * 2),
            jax.nn.relu6(x),
            jnp.clip(x, None, 1e-3),
        ),
        X,
    )


def test_activations():
    functions = [jax.nn.gelu, jax.nn.softplus, jax.nn.silu, jax.nn.log_softmax, jax.nn.softmax, jax.nn.elu, jax.nn.mish]
    functions += [jax.nn.selu, jax.nn.leaky_relu, jax.nn.glu, jax.nn.hard_swish, jax.nn.standardize]
    check_jax(lambda x: [function(x) for function in functions], X, rtol=2e-6)


@pytest.mark.parametrize(("exponent", "mantissa"), [(5, 10), (8, 7), (8, 23), (4, 3)])
def test_fewer_bits(exponent, mantissa):
    check_jax(lambda x: lax.reduce_precision(x, exponent, mantissa), np.concatenate([EDGES, floats(30, 4, scale=9)]))


@pytest.mark.parametrize("dtype", ["int32", "float16", "bool", "uint8", "int8", "complex64"])
def test_conversions(dtype):
    def converted(x):
        y = jnp.abs(x).astype(dtype)
        return (y.real, y.imag) if dtype == "complex64" else y

    check_jax(converted, X)


def test_parts_of_complex_numbers():
    check_jax(lambda x: (lambda z: (z.real, z.imag, jnp.conj(z).imag, jnp.abs(z)))(lax.complex(x, x + 1) * 2j), X)


def test_sizes_are_values():
    graph = check_jax(lambda x: x / x.shape[0] + jnp.mean(x, 0), X)
    assert "SHAPE" in imported_operators(graph)


def test_booleans_added_and_multiplied():
    check_jax(lambda x: ((x > 0) | (x < -1), lax.max(x > 0, x < 1), jnp.sum(x > 0, 1)), X)
