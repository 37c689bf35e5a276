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


def check_fused(model, count=1, features=FEATURES, kind="UNIDIRECTIONAL_SEQUENCE_LSTM"):
    """Convert with `rnn="fused"` at open sizes, and compare with JAX at batches of 1 and 3."""
    lite = litesmith.convert(model, inputs=[("batch", "time", features)], rnn="fused", verify=False)
    for batch, length in ((1, 1), (3, 2), (1, 7), (3, 40)):
        x = np.random.default_rng(length).standard_normal((batch, length, features)).astype("float32")
        compare_arrays(jax.tree.leaves(model(x)), jax.tree.leaves(lite.run(x)), rtol=2e-6, atol=1e-6)
    assert builtins_of(lite).count(kind) == count
    assert ("WHILE" in builtins_of(lite)) is (kind == "WHILE" or count == 0)
    return lite


@pytest.mark.parametrize("step", [keras_order, basic_cell, gate_by_gate, gates_together])
def test_a_scan_over_an_lstm_is_one_operator_however_it_is_written(step):
    lite = check_fused(over_time(step, begin=0.3))
    assert [loop.form for loop in lite.model.loops] == ["fused"]


def test_a_scan_from_the_end():
    check_fused(over_time(keras_order, reverse=True))


def test_time_first():
    def model(x):
        first = jnp.full((x.shape[1], UNITS), 0.2)
        return jax.lax.scan(keras_order, (first, first), x)

    lite = check_fused(model)
    assert "TRANSPOSE" not in builtins_of(lite)


def test_the_last_output_is_carried_besides_and_so_are_a_count_and_what_does_not_change():
    def step(carry, x):
        lstm, _, count, same = carry
        lstm, h = keras_order(lstm, x)
        return (lstm, h, count + 1, same), None

    def model(x):
        first = jnp.zeros((x.shape[0], UNITS))
        carry = ((first, first), first, jnp.int32(3), x[:, 0])
        return jax.lax.scan(step, carry, jnp.swapaxes(x, 0, 1))[0]

    check_fused(model)


def test_features_that_are_one():
    def step(carry, x):
        h, c = updated(carry[1], *jnp.split(x @ KERNEL[:1] + carry[0] @ RECURRENT + BIAS, 4, -1))
        return (h, c), h

    check_fused(over_time(step), features=1)


def test_units_that_are_one():
    def step(carry, x):
        h, c = updated(carry[1], *jnp.split(x @ KERNEL[:, :4] + carry[0] @ RECURRENT[:1, :4] + BIAS[:4], 4, -1))
        return (h, c), h

    def model(x):
        first = jnp.ones((x.shape[0], 1))
        return jax.lax.scan(step, (first, first), jnp.swapaxes(x, 0, 1))

    check_fused(model)


def test_an_input_that_is_projected_in_front_of_the_loop():
    """As in layers that multiply all steps at once."""

    def step(carry, z):
        h, c = updated(carry[1], *jnp.split(z + carry[0] @ RECURRENT, 4, -1))
        return (h, c), h

    def model(x):
        first = jnp.zeros((x.shape[0], UNITS))
        return jax.lax.scan(step, (first, first), jnp.swapaxes(x @ KERNEL + BIAS, 0, 1))

    check_fused(model)
    check_fused(lambda x: over_time(step)(x @ KERNEL + BIAS))


def test_two_sequences_of_which_one_is_read_in_part():
    def step(carry, slices):
        x, y = slices
        h, c = updated(carry[1], *jnp.split(x @ KERNEL + y[:, 1:] @ KERNEL[:2] + carry[0] @ RECURRENT, 4, -1))
        return (h, c), h

    def model(x):
        xs, first = jnp.swapaxes(x, 0, 1), jnp.zeros((x.shape[0], UNITS))
        return jax.lax.scan(step, (first, first), (xs, jnp.cos(xs)))

    check_fused(model)


def test_samples_without_a_batch():
    def step(carry, x):
        h, c = updated(carry[1], *jnp.split(KERNEL.T @ x + RECURRENT.T @ carry[0] + BIAS, 4))
        return (h, c), h

    def model(step):
        return lambda x: jax.lax.scan(step, (jnp.zeros(UNITS), jnp.ones(UNITS)), x)

    lite = litesmith.convert(model(step), inputs=[("time", FEATURES)], rnn="fused")
    assert "UNIDIRECTIONAL_SEQUENCE_LSTM" in builtins_of(lite)
    check_fused(jax.vmap(model(keras_order)))


def test_cells_upon_each_other_in_one_loop():
    upper = weights(UNITS, 4 * UNITS, seed=4)

    def step(carry, x):
        (above, below) = carry
        below, shown = keras_order(below, x)
        h, c = updated(above[1], *jnp.split(shown @ upper + above[0] @ RECURRENT, 4, -1))
        return ((h, c), below), h

    def model(x):
        first = jnp.zeros((x.shape[0], UNITS))
        return jax.lax.scan(step, ((first, first), (first, first)), jnp.swapaxes(x, 0, 1))

    check_fused(model, count=2)


def test_two_loops_upon_each_other_and_in_both_directions():
    def model(x):
        _, below = over_time(keras_order)(x)
        forward, backward = (over_time(basic_cell, reverse)(below[..., :FEATURES])[1] for reverse in (False, True))
        return jnp.concatenate([forward, backward], -1)

    check_fused(model, count=3)


def test_few_steps_of_a_known_number_are_one_operator_too():
    model = over_time(keras_order)
    lite = litesmith.convert(model, inputs=[("batch", 3, FEATURES)], rnn="fused")
    assert "UNIDIRECTIONAL_SEQUENCE_LSTM" in builtins_of(lite)
    assert "UNIDIRECTIONAL_SEQUENCE_LSTM" not in builtins_of(litesmith.convert(model, inputs=[("batch", 3, FEATURES)]))


def test_a_loop_inside_of_another_one():
    def model(x):
        return jax.lax.map(over_time(keras_order, begin=0.1), jnp.stack([x, -x, x * 2, x + 1, x - 1, x * x]))

    check_fused(model, kind="WHILE", count=1)
    lite = litesmith.convert(model, inputs=[("batch", "time", FEATURES)], rnn="fused")
    assert "UNIDIRECTIONAL_SEQUENCE_LSTM" in builtins_of(lite)


PEEPHOLE = weights(UNITS, seed=5)


def peepholes(carry, x):
    h, c = carry
    i, f, g, o = jnp.split(x @ KERNEL + h @ RECURRENT + BIAS, 4, -1)
    h, c = updated(c, i + c * PEEPHOLE, f + c * PEEPHOLE, g, o)
    return (h, c), h


def peephole_of_a_matrix(carry, x):
    h, c = carry
    i, f, g, o = jnp.split(x @ KERNEL + h @ RECURRENT + BIAS, 4, -1)
    h, c = updated(c, i, f + c @ RECURRENT[:, :UNITS], g, o)
    return (h, c), h


def other_activation(carry, x):
    h, c = carry
    i, f, g, o = jnp.split(x @ KERNEL + h @ RECURRENT + BIAS, 4, -1)
    c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.sin(g)
    h = jax.nn.sigmoid(o) * jnp.tanh(c)
    return (h, c), h


def hard_gates(carry, x):
    h, c = carry
    i, f, g, o = jnp.split(x @ KERNEL + h @ RECURRENT + BIAS, 4, -1)
    c = jax.nn.hard_sigmoid(f) * c + jax.nn.hard_sigmoid(i) * jnp.tanh(g)
    h = jax.nn.hard_sigmoid(o) * jnp.tanh(c)
    return (h, c), h


def masked(carry, x):
    h, c = carry
    new_h, new_c = updated(c, *jnp.split(x @ KERNEL + h @ RECURRENT + BIAS, 4, -1))
    keep = x[:, :1] > 0
    return (jnp.where(keep, new_h, h), jnp.where(keep, new_c, c)), new_h


def projection(carry, x):
    h, c = carry
    new_h, new_c = updated(c, *jnp.split(x @ KERNEL + h @ RECURRENT + BIAS, 4, -1))
    return (new_h @ RECURRENT[:, :UNITS], new_c), new_h


def coupled(carry, x):
    """Its forget gate is what the input gate leaves."""
    h, c = carry
    i, _, g, o = jnp.split(x @ KERNEL + h @ RECURRENT + BIAS, 4, -1)
    admitted = jax.nn.sigmoid(i)
    c = (1 - admitted) * c + admitted * jnp.tanh(g)
    h = jax.nn.sigmoid(o) * jnp.tanh(c)
    return (h, c), h


def shows_more(carry, x):
    carry, h = keras_order(carry, x)
    return carry, (h, carry[1])


def shows_something_else(carry, x):
    carry, h = keras_order(carry, x)
    return carry, h + x[:, :1]


def residual(carry, x):
    h, c = carry
    i, f, g, o = jnp.split(x @ KERNEL + h @ RECURRENT + BIAS, 4, -1)
    h, c = updated(c, i, f, g + h, o)
    return (h, c), h


def sum_of_squares(carry, x):
    h, c = carry
    return (h + x[:, :1] ** 2, c), h


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        (peepholes, "scaled one by one"),
        (peephole_of_a_matrix, "read the cell state"),
        (other_activation, "not that of an LSTM"),
        (hard_gates, "not that of an LSTM"),
        (masked, "a mask or a condition"),
        (projection, "not that of an LSTM"),
        (coupled, "not that of an LSTM"),
        (shows_more, "shows something else"),
        (shows_something_else, "shows something else"),
        (residual, "not multiplied with a matrix"),
        (sum_of_squares, "not that of an LSTM"),
    ],
)
def test_what_is_almost_an_lstm_stays_a_loop_and_says_why(step, reason):
    lite = check_fused(over_time(step, begin=0.2), kind="UNIDIRECTIONAL_SEQUENCE_LSTM", count=0)
    assert [loop.form for loop in lite.model.loops] == ["loop"]
    assert reason in lite.model.loops[0].reason


def test_a_state_that_the_step_carries_besides():
    def step(carry, x):
        lstm, total = carry
        lstm, h = keras_order(lstm, x)
        return (lstm, total + x), h

    def model(x):
        first = jnp.zeros((x.shape[0], UNITS))
        return jax.lax.scan(step, ((first, first), jnp.zeros((x.shape[0], FEATURES))), jnp.swapaxes(x, 0, 1))

    lite = check_fused(model, count=0)
    assert "carries more" in lite.model.loops[0].reason


def test_weights_that_are_inputs():
    def model(x, kernel, recurrent, bias):
        def step(carry, x):
            h, c = updated(carry[1], *jnp.split(x @ kernel + carry[0] @ recurrent + bias, 4, -1))
            return (h, c), h

        first = jnp.zeros((x.shape[0], UNITS))
        return jax.lax.scan(step, (first, first), jnp.swapaxes(x, 0, 1))

    sizes = [("batch", "time", FEATURES), KERNEL.shape, RECURRENT.shape, BIAS.shape]
    lite = litesmith.convert(model, inputs=sizes, rnn="fused", verify=False)
    assert "UNIDIRECTIONAL_SEQUENCE_LSTM" in builtins_of(lite)
    for seed in (1, 2):
        given = [weights(3, 5, FEATURES, seed=seed), *(seed * array for array in (KERNEL, RECURRENT, BIAS))]
        compare_arrays(jax.tree.leaves(model(*given)), jax.tree.leaves(lite.run(given)), rtol=2e-6, atol=1e-6)


def test_what_is_added_for_each_sample_keeps_the_loop():
    def model(x):
        context = x[:, 0] @ KERNEL

        def step(carry, x):
            h, c = updated(carry[1], *jnp.split(x @ KERNEL + carry[0] @ RECURRENT + context, 4, -1))
            return (h, c), h

        first = jnp.zeros((x.shape[0], UNITS))
        return jax.lax.scan(step, (first, first), jnp.swapaxes(x, 0, 1))

    lite = check_fused(model, count=0)
    assert "for each sample" in lite.model.loops[0].reason
    lite = litesmith.convert(model, inputs=[(1, "time", FEATURES)], rnn="fused")
    assert "UNIDIRECTIONAL_SEQUENCE_LSTM" in builtins_of(lite)
