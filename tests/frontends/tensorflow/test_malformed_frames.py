"""Loops and branches of TensorFlow 1 that are damaged, or made to do harm: a clear finding, soon."""

import random
import time

import numpy as np
import pytest
import tensorflow as tf

import litesmith
from graph_bytes import INT32, X, constant, field, graph, node, tensor
from litesmith.diagnostics.base import LitesmithError
from tensorflow_support import v1


def finding_of(content, tmp_path):
    path = tmp_path / "graph.pb"
    path.write_bytes(content)
    start = time.process_time()
    with pytest.raises(LitesmithError) as raised:
        litesmith.convert(path, inputs={"x": (None, 4)}, outputs=["y"], verify=False)
    assert time.process_time() - start < 10
    return raised.value.diagnostics[0]


AXES = node("axes", "Const", dtype=field(6, INT32), value=field(8, tensor(np.array([0, 1], "int32"))))
ZERO = constant("zero", np.float32(0).reshape(()))
POSITIVE = [X, AXES, ZERO, node("sum", "Sum", "x", "axes"), node("p", "Greater", "sum", "zero")]


def enter(name, operand, frame, is_constant=False):
    return node(name, "Enter", operand, frame_name=field(2, frame), is_constant=field(5, int(is_constant)))


def loop(place=0, begin="x", body="b", frame="f", inner=()):
    """`while sum(h) > 0: h = -h`, with a number behind its names; `body` is what a round returns."""
    i = place
    return [
        enter(f"enter{i}", begin, frame),
        enter(f"axes{i}", f"axes{i - 1}" if i else "axes", frame, True),
        enter(f"zero{i}", f"zero{i - 1}" if i else "zero", frame, True),
        node(f"m{i}", "Merge", f"enter{i}", f"again{i}"),
        node(f"sum{i}", "Sum", f"m{i}", f"axes{i}"),
        node(f"p{i}", "Greater", f"sum{i}", f"zero{i}"),
        node(f"goes{i}", "LoopCond", f"p{i}"),
        node(f"s{i}", "Switch", f"m{i}", f"goes{i}"),
        node(f"b{i}", "Neg", f"s{i}:1"),
        *inner,
        node(f"again{i}", "NextIteration", f"{body}{i}"),
        node(f"exit{i}", "Exit", f"s{i}"),
    ]


def loops_in_loops(depth):
    found = []
    for i in reversed(range(depth)):
        inner = [*found, node(f"c{i}", "Identity", f"exit{i + 1}")] if found else []
        found = loop(i, f"b{i - 1}" if i else "x", "c" if inner else "b", f"f{i}", inner)
    return [*found, node("y", "Identity", "exit0")]


def branches_in_branches(depth):
    nodes, h = [], "x"
    for i in range(depth):
        nodes += [node(f"sum{i}", "Sum", h, "axes"), node(f"p{i}", "Greater", f"sum{i}", "zero")]
        nodes += [node(f"s{i}", "Switch", h, f"p{i}"), node(f"n{i}", "Neg", f"s{i}:1")]
        h = f"n{i}"
    for i in reversed(range(depth)):
        nodes.append(node(f"m{i}", "Merge", f"s{i}", h))
        h = f"m{i}"
    return [*nodes, node("y", "Identity", h)]


Y = node("y", "Identity", "exit0")
SWITCH = node("s", "Switch", "x", "p")


def test_the_loop_and_the_branch_that_are_changed_below_are_sound(tmp_path):
    path = tmp_path / "graph.pb"
    x = np.random.default_rng(0).standard_normal((2, 4)).astype("float32")
    for nodes, depth in ((loops_in_loops, 3), (branches_in_branches, 3), (loops_in_loops, 1)):
        path.write_bytes(graph(*POSITIVE, *nodes(depth)))
        lite = litesmith.convert(path, inputs={"x": (None, 4)}, outputs=["y"], verify=False)
        for given in (x, -x):
            np.testing.assert_array_equal(np.abs(lite.run(given)), np.abs(x))


ONCE = [enter("zero0", "zero", "f") if each == enter("zero0", "zero", "f", True) else each for each in loop()]


@pytest.mark.parametrize(
    ("nodes", "code", "words"),
    [
        ([*loop()[:-1], node("exit0", "Exit", "m0"), Y], "P102", "not reached by a Switch"),
        ([*loop()[:-1], node("exit0", "Exit", "s0", "s0"), Y], "P102", "reads 2 tensors"),
        ([*loop()[:-1], node("exit0", "Exit", "s0:1"), Y], "P102", "not reached by a Switch"),
        ([node("exit0", "Exit", "nowhere"), Y], "P102", "not reached by a Switch"),
        ([*loop(), node("y", "Identity", "b0")], "P102", "depend on themselves"),
        ([*loop(body="s"), Y], "P102", "not taken"),
        ([*loop(body="exit"), Y], "P102", ""),
        ([*loop(body="nowhere"), Y], "P102", "no node 'nowhere0'"),
        ([enter("enter0", "x", "f", True), *loop()[1:], Y], "P102", "anew in each round"),
        ([*ONCE, Y], "P102", "the first round alone"),
        ([enter("e", "x", "f"), node("y", "Identity", "e")], "P102", "inside of a loop"),
        ([node("e", "NextIteration", "x"), node("y", "Identity", "e")], "P102", "inside of a loop"),
        ([SWITCH, node("y", "Neg", "s:1")], "P102", "do not meet in a Merge"),
        ([SWITCH, node("m", "Merge", "x", "s:1"), node("y", "Neg", "m")], "P102", "do not meet in a Merge"),
        ([SWITCH, node("m", "Merge", "s:1", "s:1"), node("y", "Neg", "m")], "P102", "do not meet in a Merge"),
        ([SWITCH, node("m", "Merge", "s", "s:1"), node("y", "Cast", "m:1")], "P102", "of which only the value is read"),
        ([node("m", "Merge", "x", "sum"), node("y", "Neg", "m")], "P102", "not the sides of one branch"),
        ([node("m", "Merge"), node("y", "Neg", "m")], "P102", "not taken"),
        ([node("m", "Merge", "m", "m"), node("y", "Neg", "m")], "P102", "depend on themselves"),
        ([node("s", "Switch", "x", "s"), node("m", "Merge", "s", "s:1"), node("y", "Neg", "m")], "P102", ""),
        ([node("s", "Switch", "x", "x"), node("m", "Merge", "s", "s:1"), node("y", "Neg", "m")], "P102", "no scalar"),
        (loops_in_loops(400), "P102", "too deep"),
        (branches_in_branches(60), "P102", "too deep"),
        (branches_in_branches(400), "P102", "deeper than 64"),
    ],
)
def test_what_is_no_loop_and_no_branch(nodes, code, words, tmp_path):
    finding = finding_of(graph(*POSITIVE, *nodes), tmp_path)
    assert finding.code == code
    assert words in finding.message()


def test_loops_with_the_frames_of_others(tmp_path):
    """An Enter of another frame than the rest of the loop; one whose frame is not said."""
    other = [
        enter("zero0", "zero", "g", True) if each == enter("zero0", "zero", "f", True) else each for each in loop()
    ]
    nameless = [node("enter0", "Enter", "x") if each == enter("enter0", "x", "f") else each for each in loop()]
    for nodes in (other, nameless):
        assert finding_of(graph(*POSITIVE, *nodes, Y), tmp_path).code == "P102"


def flow_of_all_kinds():
    """A loop with branches in it and a list, and loops in a loop."""

    def build(x, n):
        def step(i, h, items):
            even = tf.equal(i % 2, 0)
            h = v1.cond(even, lambda: tf.sin(h), lambda: v1.cond(tf.reduce_sum(h) > 0, lambda: h + 1, lambda: h * 2))
            return i + 1, h, items.write(i, h)

        def outer(j, g):
            return j + 1, v1.while_loop(lambda k, _: k < j, lambda k, f: (k + 1, f * 0.5), (0, g))[1]

        _, h, items = v1.while_loop(lambda i, *_: i < n, step, (0, x, v1.TensorArray(tf.float32, 5)))
        return items.stack() + v1.while_loop(lambda j, _: j < 5, outer, (0, h))[1]

    with tf.Graph().as_default() as made:
        x, n = v1.placeholder(tf.float32, [None, 4], "x"), v1.placeholder(tf.int32, [], "n")
        tf.identity(build(x, n), "y")
    return made.as_graph_def()


def changed(definition, chance):
    """With one to three nodes that read others, run after others, are other operations, or lack attributes."""
    names = [each.name for each in definition.node]
    for _ in range(chance.randint(1, 3)):
        one = chance.choice(definition.node)
        kind = chance.randrange(5)
        if kind == 0 and one.input:
            one.input[chance.randrange(len(one.input))] = chance.choice(names) + chance.choice(["", ":1"])
        elif kind == 1 and one.input:
            del one.input[chance.randrange(len(one.input))]
        elif kind == 2:
            one.op = chance.choice(definition.node).op
        elif kind == 3:
            one.input.append(chance.choice(["", "^"]) + chance.choice(names))
        elif one.attr:
            del one.attr[chance.choice(list(one.attr))]
    return definition


@pytest.mark.parametrize("seed", range(2))
def test_changed_nodes_give_a_finding_or_a_model(seed, frames, tmp_path):
    chance, told, path = random.Random(seed), [], tmp_path / "graph.pb"
    sound = flow_of_all_kinds().SerializeToString()
    for _ in range(40):
        content = changed(v1.GraphDef.FromString(sound), chance).SerializeToString()
        path.write_bytes(content)
        start = time.process_time()
        try:
            litesmith.convert(path, inputs={"x": (None, 4), "n": ()}, outputs=["y"], verify=False)
        except LitesmithError as error:
            told.append(error.diagnostics[0].code)
        assert time.process_time() - start < 10
    assert {"P102"} <= set(told) <= {"P102", "F108"}
