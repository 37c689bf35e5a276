import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from jax_support import check_jax, floats

X = floats(3, 5)


@pytest.mark.parametrize("axis", [None, 0, 1, (0, 1)])
def test_sums_and_extremes(axis):
    functions = [jnp.sum, jnp.mean, jnp.max, jnp.min, jnp.prod, jnp.std, jnp.var, jax.nn.logsumexp]
    check_jax(lambda x: [function(x, axis) for function in functions], X)


def test_truths():
    check_jax(lambda x: ((x > 0).any(1), (x > -1).all(0), lax.reduce_xor(x > 0, (1,)), jnp.count_nonzero(x > 0, 1)), X)


def test_integers():
    x = np.random.default_rng(0).integers(-9, 9, (3, 5)).astype("int32")
    check_jax(lambda x: (x.sum(1), x.max(0), x.min(1), x.prod(1), x.astype("int8").sum(1), jnp.cumsum(x, 1)), x)


def test_places_of_extremes():
    check_jax(lambda x: (x.argmax(1), x.argmin(0), jnp.argmax(x), jnp.argmin(x, 1, keepdims=True)), X)


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("function", [lax.cumsum, lax.cumprod, lax.cummax, lax.cummin, lax.cumlogsumexp])
def test_up_to_each_place(function, reverse, axis):
    """Along axis 0 the size is unknown."""
    check_jax(lambda x: function(x, axis, reverse), X)


def test_reductions_by_a_function():
    check_jax(lambda x: (lax.reduce(x, 1.0, lax.add, (1,)), lax.reduce(x, -1.0, lax.max, (0,))), X)


def test_extremes_with_infinities():
    x = np.array([[-np.inf, 1, 2, 3, 4], [np.inf, 0, 0, 0, -np.inf], [-np.inf] * 5], "float32")
    check_jax(lambda x: (lax.cummax(x, 1), lax.cumlogsumexp(x, 1), x.max(1)), x)
