"""Lists of tensors of TensorFlow 1, alone and in recurrent layers, against a session of TensorFlow."""

import numpy as np
import pytest
import tensorflow as tf

from tensorflow_support import floats, v1

X = floats(3, 4)


def array(size, dtype=tf.float32, **options):
    return v1.TensorArray(dtype, size, **options)


def test_places_that_are_known(check_frozen):
    def build(x):
        items = array(3, clear_after_read=False).write(1, x).write(0, x + 1).write(2, x * 2)
        rows = array(4, clear_after_read=False).scatter([2, 0], x[:2]).write(1, x[2]).write(3, x[0])
        return items.stack(), items.read(1), items.gather([2, 0]), rows.stack()

    check_frozen(build, [X], [floats(5, 4)])


def test_elements_in_a_row_and_taken_apart(check_frozen):
    def build(x):
        items = array(2, infer_shape=False, clear_after_read=False).write(0, x).write(1, x[:1] * 2)
        parts = array(3, infer_shape=False).split(tf.transpose(x), [1, 0, 3])
        return items.concat(), parts.read(2)

    check_frozen(build, [X], [floats(5, 4)])


def test_what_becomes_longer_at_known_places(check_frozen):
    def build(x):
        items = array(0, dynamic_size=True, clear_after_read=False).write(0, x).write(1, x + 1)
        return items.stack(), items.size()

    check_frozen(build, [X])


@pytest.mark.parametrize("function", [tf.map_fn, v1.map_fn])
def test_a_function_mapped_over_rows(function, check_frozen):
    def build(x):
        return function(lambda row: (row[:2], tf.reduce_max(row)), x, (tf.float32, tf.float32))

    check_frozen(build, [X], [floats(70, 4)])


def test_scans(check_frozen):
    def build(x):
        forward = v1.scan(lambda state, row: state * 0.5 + row, x)
        return forward, v1.scan(lambda s, row: tf.tanh(s + row), x, tf.zeros(4), reverse=True)

    check_frozen(build, [X], [floats(70, 4)])


def test_a_list_over_open_time_is_written_in_chunks(check_frozen):
    """As a hand-written recurrence: the list of outputs is not copied in each round."""
    kernel, recurrent = floats(4, 5, scale=0.5), floats(5, 5, seed=1, scale=0.5)

    def build(x):
        steps = tf.transpose(x, [1, 0, 2])
        count = tf.shape(steps)[0]
        inputs, outputs = array(count).unstack(steps), array(count)

        def step(time, outputs, state):
            state = tf.tanh(tf.matmul(inputs.read(time), kernel) + tf.matmul(state, recurrent))
            return time + 1, outputs.write(time, state), state

        first = (0, outputs, tf.zeros([tf.shape(x)[0], 5]))
        _, outputs, last = v1.while_loop(lambda time, *_: time < count, step, first)
        return tf.transpose(outputs.stack(), [1, 0, 2]), last

    feeds = [[floats(2, 6, 4)], [floats(3, 80, 4)], [floats(1, 1, 4)]]
    operators = check_frozen(build, *feeds, shapes=[(None, None, 4)])
    assert operators.count("WHILE") == 2


def test_a_loop_that_stops_early_or_reads_what_it_wrote(check_frozen):
    def build(x, n):
        def early(i, items):
            return i + 1, items.write(i, x[i % 3] * 2)

        def reading(i, items):
            return i + 1, items.write(i, items.read(i - 1) * 0.5 + 1)

        _, first = v1.while_loop(lambda i, _: i < n, early, (0, array(6, element_shape=(4,))))
        started = array(7, clear_after_read=False).write(0, x[0])
        _, second = v1.while_loop(lambda i, _: i < 7, reading, (1, started))
        return first.stack(), second.stack()

    check_frozen(build, *[(X, np.int32(n)) for n in (4, 1, 6, 0, -2)])


class GRU:
    """A cell as `dynamic_rnn` takes it."""

    state_size = output_size = 5

    def __init__(self):
        self.gates, self.candidate = floats(9, 10, scale=0.5), floats(9, 5, seed=1, scale=0.5)

    def zero_state(self, batch, dtype):
        return tf.zeros([batch, 5], dtype)

    def __call__(self, x, state, scope=None):
        r, u = tf.split(tf.sigmoid(tf.matmul(tf.concat([x, state], 1), self.gates) + 1.0), 2, 1)
        new = tf.tanh(tf.matmul(tf.concat([x, r * state], 1), self.candidate))
        state = u * state + (1 - u) * new
        return state, state


class LSTM:
    """One of two states, as TensorFlow 1 computes it."""

    state_size, output_size = (5, 5), 5

    def __init__(self):
        self.kernel = floats(9, 20, seed=2, scale=0.5)

    def zero_state(self, batch, dtype):
        return tf.zeros([batch, 5], dtype), tf.zeros([batch, 5], dtype)

    def __call__(self, x, state, scope=None):
        c, h = state
        i, j, f, o = tf.split(tf.matmul(tf.concat([x, h], 1), self.kernel), 4, 1)
        c = c * tf.sigmoid(f + 1.0) + tf.sigmoid(i) * tf.tanh(j)
        h = tf.tanh(c) * tf.sigmoid(o)
        return h, (c, h)


@pytest.mark.parametrize("cell", [GRU, LSTM])
def test_dynamic_rnn(cell, check_frozen):
    def build(x):
        return v1.nn.dynamic_rnn(cell(), x, dtype=tf.float32)

    operators = check_frozen(build, [floats(2, 6, 4)], [floats(3, 40, 4)], shapes=[(None, None, 4)])
    assert operators.count("WHILE") == 2
    check_frozen(build, [floats(2, 6, 4)], [floats(1, 6, 4)])


@pytest.mark.parametrize("cell", [GRU, LSTM])
@pytest.mark.parametrize("time", [None, 6])
def test_dynamic_rnn_of_sequences_of_some_lengths(cell, time, check_frozen):
    def build(x, lengths):
        return v1.nn.dynamic_rnn(cell(), x, lengths, dtype=tf.float32)

    feeds = [
        (floats(3, 6, 4, seed=seed), np.array(lengths, "int32"))
        for seed, lengths in enumerate(([6, 2, 4], [1, 0, 3], [0, 0, 0]))
    ]
    if time is None:
        feeds.append((floats(2, 80, 4), np.array([50, 0], "int32")))
    operators = check_frozen(build, *feeds, shapes=[(None, time, 4), (None,)])
    assert operators.count("WHILE") == (
        2 if time is None else 1
    )  # chunks, of as many steps as the longest sequence has


@pytest.mark.parametrize("cell", [GRU, LSTM])
def test_static_rnn_of_sequences_of_some_lengths(cell, check_frozen):
    """Branches on whether a step is one of all sequences, of some, or of none."""

    def build(x, lengths):
        return v1.nn.static_rnn(cell(), tf.unstack(x, axis=1), dtype=tf.float32, sequence_length=lengths)

    feeds = [(floats(3, 4, 4), np.array(lengths, "int32")) for lengths in ([4, 2, 3], [1, 1, 1], [0, 0, 0])]
    assert "IF" in check_frozen(build, *feeds)


def test_bidirectional_dynamic_rnn(check_frozen):
    def build(x, lengths):
        return v1.nn.bidirectional_dynamic_rnn(GRU(), LSTM(), x, lengths, dtype=tf.float32)

    feeds = [(floats(3, 6, 4), np.array(lengths, "int32")) for lengths in ([6, 2, 4], [1, 0, 3])]
    check_frozen(build, *feeds, shapes=[(None, None, 4), (None,)])


@pytest.mark.parametrize("size", [0, 2])
def test_what_becomes_longer_in_a_loop(size, check_frozen):
    def build(x, n):
        def written(holds):
            items = array(size, dynamic_size=True)
            step = lambda i, items: (i + 1, items.write(i, x[i % 3] * 2))  # noqa: E731
            return v1.while_loop(holds, step, (0, items))[1]

        known, computed = written(lambda i, _: i < 9), written(lambda i, _: i < n)
        return known.stack(), known.size(), computed.stack(), computed.size()

    check_frozen(build, *[(X, np.int32(n)) for n in (2, 3, 8)])
