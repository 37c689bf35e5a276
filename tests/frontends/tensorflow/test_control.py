"""Branches, loops and lists of tensors, against TensorFlow."""

import numpy as np
import pytest
import tensorflow as tf

from tensorflow_support import check_tensorflow, floats, imported_operators

X = floats(3, 4)


def test_loops_whose_end_the_model_computes():
    def function(x):
        return tf.while_loop(lambda h, n: tf.reduce_max(h) > 0.1, lambda h, n: (h / 2, n + 1), (x, 0))

    assert "WHILE" in imported_operators(check_tensorflow(function, X))


def test_loops_of_few_rounds_are_written_out():
    def function(x):
        return tf.while_loop(lambda i, h: i < 3, lambda i, h: (i + 1, tf.tanh(h) * 2), (0, x))[1]

    assert imported_operators(check_tensorflow(function, X)).count("TANH") == 3


def test_loops_over_an_open_axis():
    def function(x):
        total = tf.zeros_like(x[:, 0])
        return tf.while_loop(lambda i, t: i < tf.shape(x)[1], lambda i, t: (i + 1, t * 0.5 + x[:, i]), (0, total))[1]

    check_tensorflow(function, X, dynamic=(0, 1), rtol=1e-5)


def test_branches():
    check_tensorflow(lambda x: tf.cond(tf.reduce_sum(x) > 0, lambda: x * 2, lambda: x - 1), X)
    check_tensorflow(lambda x: tf.cond(tf.reduce_sum(x) < 0, lambda: x * 2, lambda: x - 1), X)
    check_tensorflow(lambda x: tf.cond(tf.shape(x)[1] > 3, lambda: x * 2, lambda: x - 1), X, dynamic=None)


@pytest.mark.parametrize("index", [-1, 0, 1, 2, 7])
def test_one_of_several(index):
    branches = [lambda: X * 2, lambda: X + 1, lambda: -X]
    check_tensorflow(lambda i: tf.switch_case(i, branches), np.int32(index), dynamic=None)


def test_functions_that_call_functions():
    @tf.function
    def inner(x, y):
        return tf.sin(x) + y, tf.cos(y)

    @tf.function
    def outer(x):
        first, second = inner(x, x + 1)
        return inner(second, first)[0]

    check_tensorflow(outer, X)


def test_a_function_mapped_over_rows():
    check_tensorflow(lambda x: tf.map_fn(lambda row: tf.cumsum(row) * 2, x), X)
    check_tensorflow(lambda x: tf.map_fn(lambda row: (row[:2], tf.reduce_max(row)), x, (tf.float32, tf.float32)), X)


def test_scans():
    check_tensorflow(lambda x: tf.scan(lambda state, row: state * 0.5 + row, x), X, rtol=1e-5)
    check_tensorflow(lambda x: tf.scan(lambda s, row: tf.tanh(s + row), x, tf.zeros(4), reverse=True), X, rtol=1e-5)


def test_lists_of_tensors_at_known_places():
    def function(x):
        items = tf.TensorArray(tf.float32, 3)
        items = items.write(1, x).write(0, x + 1).write(2, x * 2)
        return items.stack(), items.read(1), items.gather([2, 0])

    check_tensorflow(function, X)


def test_a_recurrent_cell_over_open_time():
    """As Keras writes it: a list of inputs that is read, one of outputs that is written, open batch and time."""
    kernel, recurrent = floats(4, 5, scale=0.5), floats(5, 5, seed=1, scale=0.5)

    def function(x):
        steps = tf.transpose(x, [1, 0, 2])
        count = tf.shape(steps)[0]
        inputs = tf.TensorArray(tf.float32, count).unstack(steps)
        outputs = tf.TensorArray(tf.float32, count)

        def step(time, outputs, state):
            state = tf.tanh(tf.matmul(inputs.read(time), kernel) + tf.matmul(state, recurrent))
            return time + 1, outputs.write(time, state), state

        first = (0, outputs, tf.zeros([tf.shape(x)[0], 5]))
        _, outputs, last = tf.while_loop(lambda time, *_: time < count, step, first)
        return tf.transpose(outputs.stack(), [1, 0, 2]), last

    graph = check_tensorflow(function, floats(2, 6, 4), dynamic=(0, 1), rtol=1e-5, times=9)
    assert imported_operators(graph).count("WHILE") == 2  # chunks of steps, which are written into the whole at once


def test_a_loop_that_stops_early_or_reads_what_it_wrote():
    def early(x):
        items = tf.TensorArray(tf.float32, 6, element_shape=(4,))

        def step(i, items):
            return i + 1, items.write(i, x[i % 3] * 2)

        _, items = tf.while_loop(lambda i, items: tf.reduce_sum(x[i % 3]) < 1e9, step, (0, items), maximum_iterations=5)
        return items.stack()

    check_tensorflow(early, X, dynamic=None)

    def reading(x):
        items = tf.TensorArray(tf.float32, 7, clear_after_read=False).write(0, x[0])

        def step(i, items):
            return i + 1, items.write(i, items.read(i - 1) * 0.5 + 1)

        return tf.while_loop(lambda i, items: i < 7, step, (1, items))[1].stack()

    check_tensorflow(reading, X, dynamic=None)


@pytest.mark.parametrize("size", [0, 1, 2])
@pytest.mark.parametrize("shape", [None, (4,)])
def test_lists_that_become_longer_in_a_loop(size, shape):
    """Whose rounds are known, depend on an open size, or are computed; written at the end, or behind it."""

    def function(x):
        def written(holds, place):
            items = tf.TensorArray(tf.float32, size, dynamic_size=True, element_shape=shape)
            step = lambda i, items: (i + 1, items.write(place(i), x[i % 3] * 2))  # noqa: E731
            items = tf.while_loop(holds, step, (0, items))[1]
            return items.stack(), items.size()

        computed = tf.cast(tf.reduce_sum(tf.cast(x > 0, tf.int32)), tf.int32)
        known = written(lambda i, _: i < 9, lambda i: i)
        return (
            known,
            written(lambda i, _: i < tf.shape(x)[0], lambda i: i),
            written(lambda i, _: i < computed, lambda i: 2 * i),
        )

    check_tensorflow(function, X)
