import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from litesmith.flatbuffer.write import to_bytes
from litesmith.ir.builder import building, constant
from litesmith.ir.dims import symbol
from litesmith.ir.graph import Graph, Model
from litesmith.ir.types import DType, TensorType
from litesmith.ir.verify import verify_model
from litesmith.ops import math
from litesmith.ops.scan import CHUNK, scan
from litesmith.runtime.interpreter import Session


def build(function, shape):
    graph = Graph()
    x = graph.add_input(TensorType(DType.FLOAT32, shape), "x")
    with building(graph):
        graph.outputs = list(function(x))
    return Model([graph])


def run(model, array):
    verify_model(model)
    with_delegates, without = (Session(to_bytes(model), delegates=flag).run([array]) for flag in (True, False))
    for a, b in zip(with_delegates, without, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)
    return with_delegates


def numbers(*shape):
    return np.random.default_rng(0).integers(-9, 9, shape).astype(np.float32)


def loops(model):
    return sum(op.operator.builtin == "WHILE" for graph in model.all_graphs() for op in graph.operations)


@pytest.mark.parametrize("keep_axis", [False, True])
@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize(("length", "together", "dynamic"), [
    (3, 1, False), (3, 3, False), (6, 2, False), (3, 1, True),
    *((length, 1, dynamic) for length in (2 * CHUNK, 2 * CHUNK + 1, 3 * CHUNK) for dynamic in (False, True)),
])  # fmt: skip
def test_places_are_read_and_written_along_an_axis(axis, keep_axis, length, together, dynamic):
    def function(x):
        def step(states, slices):
            total = math.add(states[0], math.sum(slices[0]))
            return [total], [math.multiply(slices[0], 2.0), math.add(slices[0], total)]

        steps = x.type.shape[axis]
        states, outputs = scan(step, [constant(0.0)], [x], steps, axis=axis, keep_axis=keep_axis, together=together)
        return [*states, *outputs]

    size = symbol("time", 5) if dynamic else length
    shape, given = ((size, 2), (length, 2)) if axis == 0 else ((2, size), (2, length))
    x = numbers(*given)
    model = build(function, shape)
    total, doubled, summed = run(model, x)
    assert total == x.sum()
    np.testing.assert_array_equal(doubled, x * 2)
    np.testing.assert_array_equal(summed, x + np.expand_dims(np.cumsum(x.sum(1 - axis)), 1 - axis))
    assert loops(model) == (2 if dynamic or length > 2 * CHUNK else 1)


@pytest.mark.parametrize("dynamic", [False, True])
@pytest.mark.parametrize("steps", [1, 2, 3, 4, 47, 48, 49, 95, 97, 300])
def test_rounds_that_end_behind_the_last_place_give_its_outputs(steps, dynamic):
    def function(x):
        def step(states, slices):
            total = math.add(states[0], math.sum(slices[0]))
            return [total], [math.add(slices[0], total)]

        return scan(step, [constant(0.0)], [x], x.type.shape[1], axis=1, keep_axis=True, together=3)[1]

    x = numbers(2, steps)
    (summed,) = run(build(function, (2, symbol("time", 5) if dynamic else steps)), x)
    np.testing.assert_array_equal(summed, x + np.cumsum(x.sum(0)))


def test_sizes_are_known_before_the_run():
    """Where they are not, the runtime prepares loops in each call. What IF returns is known when it has run."""
    shape = (symbol("batch", 3), symbol("time", 5), 2)
    model = build(
        lambda x: scan(lambda s, xs: (s, xs), [], [x], x.type.shape[1], axis=1, keep_axis=True, together=4)[1], shape
    )
    interpreter = Interpreter(model_content=to_bytes(model))
    interpreter.resize_tensor_input(0, (2, 70, 2))
    interpreter.allocate_tensors()
    before = {detail["index"]: tuple(detail["shape"]) for detail in interpreter.get_tensor_details()}
    interpreter.invoke()
    after = {detail["index"]: tuple(detail["shape"]) for detail in interpreter.get_tensor_details()}
    (result,) = interpreter.get_output_details()
    assert {index for index in after if after[index] != before[index]} == {result["index"]}


@pytest.mark.parametrize("steps", [1, CHUNK - 1, CHUNK, CHUNK + 1, 100])
def test_one_graph_takes_any_number_of_steps(steps):
    def function(x):
        def step(states, slices):
            count = math.add(states[0], 1)
            return [count], [slices[0], count, math.greater(slices[0], 0.0)]

        return scan(step, [constant(0)], [x], x.type.shape[0])[1]

    x = numbers(steps, 2)
    same, counted, positive = run(build(function, (symbol("time", 5), 2)), x)
    np.testing.assert_array_equal(same, x)
    np.testing.assert_array_equal(counted, np.arange(1, steps + 1))
    np.testing.assert_array_equal(positive, x > 0)


@pytest.mark.parametrize("dynamic", [False, True])
def test_the_last_outputs_alone_are_carried_only_where_they_are_no_states(dynamic):
    def function(x):
        def step(states, slices):
            total = math.add(states[0], slices[0])
            return [total], [total, math.negative(total)]

        start = constant(np.zeros(2, np.float32))
        states, outputs = scan(step, [start], [x], x.type.shape[0], stacked=False)
        return [*states, *outputs]

    x = numbers(70, 2)
    model = build(function, (symbol("time", 5) if dynamic else 70, 2))
    for found, want in zip(run(model, x), (x.sum(0), x.sum(0), -x.sum(0)), strict=True):
        np.testing.assert_array_equal(found, want)
    (loop,) = (op for op in model.main.operations if op.operator.builtin == "WHILE")
    # The place, the state, the other output, the sequence, and perhaps its size.
    assert len(loop.operands) == 4 + dynamic


@pytest.mark.parametrize("steps", [3, 70])
def test_a_state_that_a_step_broadcasts_is_broadcast_before_the_loop(steps):
    def function(x):
        states, outputs = scan(lambda s, xs: ([math.add(s[0], xs[0])], [s[0]]), [constant(0.0)], [x], steps)
        return [*states, *outputs]

    x = numbers(steps, 2)
    total, before = run(build(function, (steps, 2)), x)
    np.testing.assert_array_equal(total, x.sum(0))
    np.testing.assert_array_equal(before, np.cumsum(x, 0) - x)
