"""Loops and branches of TensorFlow 1 as files have them: graphs that TensorFlow 2 lowered, models that were trained."""

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

import litesmith
from graph_bytes import X as PLACEHOLDER
from graph_bytes import call, field, function, graph, node
from tensorflow_support import floats, v1

X = floats(3, 4)


def test_a_graph_that_tensorflow_2_lowered_to_frames(tmp_path):
    """`_SwitchN` for one of several branches; lists of tensors in loops of TensorFlow 1."""
    kernel = tf.Variable(floats(4, 4, scale=0.5))
    types = [tf.TensorSpec([None, 4], tf.float32, name="x"), tf.TensorSpec([], tf.int32, name="n")]

    @tf.function(input_signature=types)
    def lowered(x, n):
        branches = [lambda: x @ kernel + 1, lambda: tf.sin(x), lambda: x - 1]
        y, items = tf.switch_case(n, branches), tf.TensorArray(tf.float32, 4)

        def step(i, h, items):
            h = tf.cond(tf.reduce_sum(h) > 0, lambda: tf.sin(h) @ kernel, lambda: -h)
            return i + 1, h, items.write(i, h)

        _, h, items = tf.while_loop(lambda i, *_: i < 4, step, (0, y, items))
        return h, items.stack(), tf.map_fn(tf.cumsum, x)

    frozen = convert_variables_to_constants_v2(lowered.get_concrete_function(), lower_control_flow=True)
    definition = frozen.graph.as_graph_def()
    assert {"Enter", "_SwitchN"} <= {each.op for each in definition.node}
    path, names = tmp_path / "graph.pb", [output.name for output in frozen.outputs]
    path.write_bytes(definition.SerializeToString())
    lite = litesmith.convert(path, inputs={"x": (None, 4), "n": ()}, outputs=names, verify=False)
    for n in (-1, 0, 1, 2, 5):
        found = lite.run({"x": X, "n": np.int32(n)})
        expected = frozen(tf.constant(X), tf.constant(n))
        for name, array in zip(names, expected, strict=True):
            np.testing.assert_allclose(found[name.removesuffix(":0")], array, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("count", [2, 3])
def test_one_of_several_branches_of_constants(count, tmp_path):
    """No Switch hands anything into them: they only run behind one."""
    spec = [tf.TensorSpec([], tf.int32, name="n")]
    constants = floats(count, 4)
    chosen = tf.function(lambda n: tf.switch_case(n, [lambda row=row: tf.constant(row) for row in constants]), spec)
    frozen = convert_variables_to_constants_v2(chosen.get_concrete_function(), lower_control_flow=True)
    (tmp_path / "graph.pb").write_bytes(frozen.graph.as_graph_def().SerializeToString())
    lite = litesmith.convert(tmp_path / "graph.pb", outputs=[frozen.outputs[0].name], verify=False)
    for n in range(-1, count + 1):
        np.testing.assert_array_equal(lite.run(np.int32(n)), constants[n if 0 <= n < count else -1])


class Cell:
    """A cell as `dynamic_rnn` takes it."""

    state_size = output_size = 4

    def __init__(self, kernel):
        self.kernel = kernel

    def zero_state(self, batch, dtype):
        return tf.zeros([batch, 4], dtype)

    def __call__(self, x, state, scope=None):
        state = tf.tanh(tf.matmul(x, self.kernel) + state)
        return state, state


@pytest.mark.parametrize("resource", [False, True])
def test_a_saved_model_that_was_trained(resource, frames, tmp_path):
    """Gradients through the loop stand beside it, and training assigns on one side of a branch."""
    with tf.Graph().as_default() as made, v1.Session(graph=made) as session:
        x, lengths = v1.placeholder(tf.float32, [None, None, 4], "x"), v1.placeholder(tf.int32, [None], "n")
        training = v1.placeholder_with_default(False, [], "training")
        kernel = v1.get_variable("kernel", [4, 4], use_resource=resource)
        mean = v1.get_variable("mean", [4], trainable=False, use_resource=resource)
        y, last = v1.nn.dynamic_rnn(Cell(kernel), x, lengths, dtype=tf.float32)

        def updated():
            with tf.control_dependencies([v1.assign(mean, tf.reduce_mean(last, 0))]):
                return tf.identity(last) * 2

        y = tf.identity(v1.cond(training, lambda: v1.nn.dropout(y, rate=0.5), lambda: y), "y")
        last = tf.identity(v1.cond(training, updated, lambda: last + mean), "last")
        v1.train.GradientDescentOptimizer(0.1).minimize(tf.reduce_sum(last))
        session.run(v1.global_variables_initializer())
        v1.saved_model.simple_save(session, str(tmp_path / "model"), {"x": x, "n": lengths}, {"y": y, "last": last})
        feed = {"x": floats(3, 5, 4), "n": np.array([5, 2, 0], "int32")}
        expected = session.run({"y": y, "last": last}, {x: feed["x"], lengths: feed["n"]})
    lite = litesmith.convert(tmp_path / "model")
    found = lite.run(feed)
    for name, array in expected.items():
        np.testing.assert_allclose(found[name], array, rtol=1e-5, atol=1e-6)
    assert litesmith.verify(tmp_path / "model", lite).framework == "TensorFlow"


def test_a_function_with_loops_and_branches_of_tensorflow_1(frames):
    """As `wrap_function` makes it; operators inside of the loop name the user's line as well."""

    def halved(x):
        y = v1.while_loop(lambda h: tf.reduce_max(h) > 0.1, lambda h: [tf.sin(h) / 2], [x])
        return y, v1.cond(tf.reduce_sum(x) > 0, lambda: x, lambda: -x)

    wrapped = v1.wrap_function(halved, [tf.TensorSpec([None, 4], tf.float32)])
    lite = litesmith.convert(wrapped)
    for x in (X, -X):
        for found, expected in zip(lite.run(x), wrapped(tf.constant(x)), strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    operations = [each for graph in lite.model.all_graphs() for each in graph.operations]
    (sine,) = (each for each in operations if each.operator.builtin == "SIN")
    assert (sine.source.layer, sine.source.file) == (wrapped.name.decode(), __file__)
    assert sine.source.line == halved.__code__.co_firstlineno + 1


def test_a_branch_in_a_function_of_the_library(tmp_path):
    """Outputs go by name there: `switch:output_true:0`."""
    nodes = [
        node("p", "Any", "q:z:0", "axes:output:0"),
        node("q", "Greater", "a", "zero:output:0"),
        node("axes", "Const", dtype=field(6, 3), value=field(8, ints(0, 1))),
        node("zero", "Const", dtype=field(6, 1), value=field(8, field(1, 1) + field(2, b"") + field(5, b"\0" * 4))),
        node("s", "Switch", "a", "p:output:0"),
        node("minus", "Neg", "s:output_false:0"),
        node("m", "Merge", "minus:y:0", "s:output_true:0"),
    ]
    content = graph(
        PLACEHOLDER, call("y", "f", "x"), functions=[function("f", *nodes, argument="a", result="m:output:0")]
    )
    (tmp_path / "graph.pb").write_bytes(content)
    lite = litesmith.convert(tmp_path / "graph.pb", verify=False)
    for x in (np.abs(X), -np.abs(X)):
        np.testing.assert_array_equal(lite.run(x), np.abs(X))


def ints(*numbers):
    """An int32 vector as a TensorProto."""
    shape = field(2, field(2, field(1, len(numbers))))
    return field(1, 3) + shape + field(4, np.array(numbers, "int32").tobytes())
