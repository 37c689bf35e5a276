"""Scans of JAX that are LSTMs, as the fused operator."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import litesmith
from support import builtins_of, compare_arrays

UNITS, FEATURES = 4, 3


def weights(*shape, seed=0):
    return np.random.default_rng(seed).uniform(-0.6, 0.6, shape).astype("float32")


KERNEL, RECURRENT, BIAS = (
    weights(FEATURES, 4 * UNITS, seed=1),
    weights(UNITS, 4 * UNITS, seed=2),
    weights(4 * UNITS, seed=3),
)


def updated(c, i, f, g, o):
    c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
    return jax.nn.sigmoid(o) * jnp.tanh(c), c


def keras_order(carry, x):
    h, c = carry
    h, c = updated(c, *jnp.split(x @ KERNEL + h @ RECURRENT + BIAS, 4, -1))
    return (h, c), h


def basic_cell(carry, x):
    """One product of both, gates as i, j, f, o, and a bias of 1 for the forget gate."""
    c, h = carry
    i, j, f, o = jnp.split(jnp.concatenate([x, h], -1) @ np.concatenate([KERNEL, RECURRENT]) + BIAS, 4, -1)
    c = c * jax.nn.sigmoid(f + 1.0) + jax.nn.sigmoid(i) * jnp.tanh(j)
    h = jnp.tanh(c) * jax.nn.sigmoid(o)
    return (c, h), h


def gate_by_gate(carry, x):
    """A product of each gate with each of both, and a bias only where torch would have two."""
    h, c = carry
    gates = [
        (x @ KERNEL[:, part] + BIAS[part]) + (h @ RECURRENT[:, part] + BIAS[part][::-1])
        for part in (slice(k * UNITS, (k + 1) * UNITS) for k in range(4))
    ]
    h, c = updated(c, *gates)
    return (h, c), (h, h[:, None])


def gates_together(carry, x):
    """The sigmoid of three gates at once, behind an input without bias."""
    h, c = carry
    z = h @ RECURRENT + x @ KERNEL
    i, f, o = jnp.split(jax.nn.sigmoid(z[:, : 3 * UNITS]), 3, -1)
    c = f * c + i * jnp.tanh(z[:, 3 * UNITS :])
    h = o * jnp.tanh(c)
    return (h, c), None


def over_time(step, reverse=False, begin=0.0):
    """A function of x [batch, time, features] that gives what a scan over time carries and shows."""

    def model(x):
        first = jnp.full((x.shape[0], UNITS), begin)
        carry, shown = jax.lax.scan(step, (first, -first), jnp.swapaxes(x, 0, 1), reverse=reverse)
        return carry, jax.tree.map(lambda y: jnp.moveaxis(y, 0, 1), shown)

    return model


def check_fused(model, *lengths, count=1, features=FEATURES, kind="UNIDIRECTIONAL_SEQUENCE_LSTM"):
    """Convert with `rnn="fused"` at open sizes, and compare with JAX at batches of 1 and 3."""
    lite = litesmith.convert(model, inputs=[("batch", "time", features)], rnn="fused", verify=False)
    for batch, length in ((1, 1), (3, 2), (1, 7), (3, 40)):
        x = np.random.default_rng(length).standard_normal((batch, length, features)).astype("float32")
        compare_arrays(jax.tree.leaves(model(x)), jax.tree.leaves(lite.run(x)), rtol=2e-6, atol=1e-6)
    assert builtins_of(lite).count(kind) == count
    assert "WHILE" not in builtins_of(lite) or kind == "WHILE"
    return lite


@pytest.mark.parametrize("step", [keras_order, basic_cell, gate_by_gate, gates_together])
def test_a_scan_over_an_lstm_is_one_operator_however_it_is_written(step):
    lite = check_fused(over_time(step, begin=0.3))
    assert [loop.form for loop in lite.model.loops] == ["fused"]


def test_a_scan_from_the_end():
    check_fused(over_time(keras_order, reverse=True))
