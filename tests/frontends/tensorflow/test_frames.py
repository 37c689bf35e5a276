"""Loops and branches of TensorFlow 1, on values that the model computes, against a session of TensorFlow."""

import numpy as np
import pytest
import tensorflow as tf

import litesmith
from tensorflow_support import floats, v1

X = floats(3, 4)


def test_loops_whose_end_the_model_computes(check_frozen):
    def build(x):
        return v1.while_loop(lambda h, n: tf.reduce_max(h) > 0.1, lambda h, n: (h / 2, n + 1), (x, 0))

    assert "WHILE" in check_frozen(build, [X], [floats(5, 4)], [-np.abs(X)])


def test_loops_over_an_open_axis_and_of_a_number_that_is_given(check_frozen):
    def build(x, n):
        total = tf.zeros_like(x[:, 0])
        over = v1.while_loop(lambda i, t: i < tf.shape(x)[1], lambda i, t: (i + 1, t * 0.5 + x[:, i]), (0, total))[1]
        return over, v1.while_loop(lambda i, h: i < n, lambda i, h: (i + 2, tf.tanh(h)), (0, x), maximum_iterations=3)

    feeds = [(X, np.int32(4)), (floats(2, 9), np.int32(0)), (floats(1, 1), np.int32(100))]
    check_frozen(build, *feeds, shapes=[(None, None), ()])


def test_loops_of_few_rounds_are_written_out(check_frozen):
    def build(x):
        return v1.while_loop(lambda i, h: i < 3, lambda i, h: (i + 1, tf.tanh(h) * 2), (0, x))[1]

    operators = check_frozen(build, [X])
    assert operators.count("TANH") == 3
    assert "WHILE" not in operators


def test_loops_in_loops(check_frozen):
    def build(x, n):
        def outer(i, h):
            scale = tf.reduce_max(tf.abs(h))
            _, h = v1.while_loop(lambda j, _: j < i + 1, lambda j, g: (j + 1, tf.sin(g) / scale + x), (0, h))
            k, h = v1.while_loop(lambda _, g: tf.reduce_sum(g) < 5, lambda k, g: (k + 1, g + 1.0), (i, h))
            return i + 1, h + tf.cast(k, tf.float32)

        return v1.while_loop(lambda i, _: i < n, outer, (0, x))

    check_frozen(build, (X, np.int32(3)), (floats(2, 4, seed=1), np.int32(7)), (X, np.int32(0)), rtol=1e-4)


def test_a_loop_behind_another_and_results_of_which_some_are_needed(check_frozen):
    def build(x):
        a, b, _ = v1.while_loop(
            lambda a, b, c: tf.reduce_sum(a) < 50.0, lambda a, b, c: (a * 2 + 1, b + 1, c + tf.sin(a)), (x, 0, x)
        )
        return v1.while_loop(lambda i, _: i < b, lambda i, h: (i + 1, h * 0.5 + a), (0, x))[1]

    check_frozen(build, [X], [floats(6, 4)])


def test_branches(check_frozen):
    def build(x):
        positive = tf.reduce_sum(x) > 0
        one = v1.cond(positive, lambda: x * 2, lambda: tf.sin(x) - 1)
        a, b, c = v1.cond(
            tf.reduce_max(x) > 1, lambda: (x, one + 1, tf.constant(3)), lambda: (one, x / 2, tf.constant(4))
        )
        return one, a, b, c

    operators = check_frozen(build, [X], [-X], [X / 10], [-X / 10])
    assert operators.count("IF") == 2


def test_branches_that_only_choose_constants_or_hand_on(check_frozen):
    def build(x):
        positive = tf.reduce_sum(x) > 0
        weight = v1.cond(positive, lambda: tf.constant(2.0), lambda: tf.constant(-3.0))
        return weight, v1.cond(positive, lambda: x, lambda: x * weight), v1.cond(positive, lambda: x[:1], lambda: x)

    check_frozen(build, [X], [-X])


def test_branches_in_branches(check_frozen):
    def build(x, n):
        large = tf.reduce_max(x) > 1

        def inner():
            y = v1.cond(n > 2, lambda: x + 1, lambda: v1.cond(large, lambda: x * 3, lambda: x * 4))
            return y, v1.cond(tf.reduce_sum(y) > 0, lambda: tf.cos(y), lambda: -y)

        first, second = v1.cond(large, inner, lambda: (x, tf.ones_like(x)))
        return first, v1.case([(n > 5, lambda: first), (n > 3, lambda: second)], default=lambda: first - second)

    feeds = [(sign * x, np.int32(n)) for n in (0, 3, 4, 9) for x in (X, X / 10) for sign in (1, -1)]
    check_frozen(build, *feeds)


@pytest.mark.parametrize("known", [False, True])
def test_the_same_predicate_for_branches_behind_one_another(known, check_frozen):
    """As layers ask for the learning phase: what depends on a branch is another one."""

    def build(x, n):
        training = tf.constant(True) if known else n > 0
        other = n > 1
        y = v1.cond(training, lambda: x * 2, lambda: x + 1)
        z = v1.cond(other, lambda: tf.sin(y), lambda: y)
        w = v1.cond(training, lambda: z * 2, lambda: tf.cos(z))
        v = v1.cond(other, lambda: tf.exp(-x), lambda: x)
        return v1.cond(training, lambda: w + v, lambda: w - v), v

    operators = check_frozen(build, *[(X, np.int32(n)) for n in range(3)])
    assert operators.count("IF") == (1 if known else 4)


def test_branches_in_loops_and_loops_in_branches(check_frozen):
    def build(x, n):
        def step(i, h):
            even = tf.equal(i % 2, 0)
            h = v1.cond(even, lambda: tf.sin(h) + x, lambda: v1.cond(tf.reduce_sum(h) > 0, lambda: h / 2, lambda: -h))
            return i + 1, h

        def looped():
            return v1.while_loop(lambda i, h: i < n, step, (0, x))

        def halved():
            return v1.while_loop(lambda i, h: tf.reduce_max(h) > 0.1, lambda i, h: (i + 1, h / 2), (0, x))

        return v1.cond(n > 2, looped, halved)

    check_frozen(build, *[(x, np.int32(n)) for x in (X, -X) for n in (0, 3, 4, 11)])


def test_operators_say_where_they_come_from(frames, tmp_path):
    with tf.Graph().as_default() as graph:
        x = v1.placeholder(tf.float32, [None, 4], "x")
        with tf.name_scope("steps"):
            y = v1.while_loop(lambda h: tf.reduce_max(h) > 0.1, lambda h: [tf.sin(h) / 2], [x], name="loop")
        tf.identity(y, "y")
    (tmp_path / "graph.pb").write_bytes(graph.as_graph_def().SerializeToString())
    lite = litesmith.convert(tmp_path / "graph.pb", outputs=["y"], verify=False)
    operations = [each for graph in lite.model.all_graphs() for each in graph.operations]
    (sine,) = (each for each in operations if each.operator.builtin == "SIN")
    assert (sine.source.layer, sine.source.operation) == ("steps/loop", "tf.Sin")
