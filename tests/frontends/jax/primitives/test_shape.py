import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jax import lax

from jax_support import check_jax, floats

EXAMPLES = 12
"""JAX compiles each case anew."""

X = floats(3, 4)


def test_shapes():
    check_jax(
        lambda x: (
            x.T,
            x.reshape(-1),
            x.reshape(2, -1, x.shape[0]),
            x[None],
            x[..., None].squeeze(-1),
            lax.expand_dims(x, (0, 3)),
            jnp.broadcast_to(x, (2, *x.shape)),
            jnp.swapaxes(x[None], 0, 2),
        ),
        X,
    )


def test_joined_repeated_and_taken_apart():
    check_jax(
        lambda x: (
            jnp.concatenate([x, x], 1),
            jnp.stack([x, x]),
            jnp.tile(x, (1, 2)),
            jnp.repeat(x, 2, 1),
            jnp.split(x, 2, axis=1),
            jnp.roll(x, 1, 1),
            jnp.flip(x),
            jnp.concatenate([x, x]),
        ),
        X,
    )


def test_counts():
    check_jax(
        lambda x: (
            jnp.arange(x.shape[0]) + 1,
            jnp.eye(4) + x[:1],
            lax.broadcasted_iota("int32", x.shape, 0),
            jnp.tri(4),
        ),
        X,
    )


amount = st.tuples(st.integers(-2, 3), st.integers(-2, 3), st.integers(0, 2))


@settings(max_examples=EXAMPLES)
@given(st.tuples(amount, amount), st.sampled_from([0.0, 2.5, -np.inf]))
def test_padding_of_every_kind(amounts, fill):
    x = floats(5, 6)
    if all(5 + 4 * between + low + high >= 1 for low, high, between in amounts):
        check_jax(lambda x: lax.pad(x, fill, amounts), x, dynamic=None)


def test_padding_of_an_unknown_size():
    check_jax(lambda x: (lax.pad(x, 2.0, ((0, 0, 0), (-1, 1, 1))), lax.pad(x, 0.0, ((1, 2, 1), (-1, -1, 0)))), X)


@pytest.mark.parametrize("mode", ["constant", "reflect", "edge", "symmetric", "wrap"])
def test_padding_of_numpy(mode):
    check_jax(lambda x: jnp.pad(x, ((0, 0), (1, 2)), mode), X)
