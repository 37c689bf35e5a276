"""Scans whose step is that of an LSTM, as fused operators, and steps that only look like it."""

import numpy as np
import pytest

from litesmith.flatbuffer.write import to_bytes
from litesmith.ir.builder import building, constant, emit, emit_many
from litesmith.ir.dims import symbol
from litesmith.ir.graph import Graph, Model
from litesmith.ir.types import DType, TensorType
from litesmith.ops import math, nn
from litesmith.ops.array import broadcast_to, concatenate, slice_axis, split
from litesmith.ops.einsum import dense
from litesmith.ops.lstm_cells import NotAnLstm
from litesmith.ops.lstm_loops import scan_as_lstm
from litesmith.ops.random import normal
from litesmith.ops.scan import scan
from litesmith.opset.slicing import Gather
from litesmith.opset.variable import AssignVariable, VarHandle
from litesmith.passes.pipeline import optimize
from litesmith.runtime.interpreter import Session

UNITS, FEATURES, BATCH, TIME = 4, 3, 2, 5


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).uniform(-0.8, 0.8, shape).astype("float32")


def weights(*shape, seed):
    return constant(numbers(*shape, seed=seed))


def step_of(further=lambda z, x, c: z, candidate=nn.tanh):
    """A step of an LSTM; `further` is done to its gates."""
    kernel, recurrent = weights(FEATURES, 4 * UNITS, seed=1), weights(UNITS, 4 * UNITS, seed=2)

    def step(states, slices):
        h, c = states
        i, f, g, o = split(further(math.add(dense(slices[0], kernel), dense(h, recurrent)), slices[0], c), 4, -1)
        c = math.add(math.multiply(nn.sigmoid(f), c), math.multiply(nn.sigmoid(i), candidate(g)))
        h = math.multiply(nn.sigmoid(o), nn.tanh(c))
        return [h, c], [h]

    return step


def graph_of(form, step, axis=0, shape=(BATCH, TIME, FEATURES)):
    """A graph of a sequence and two states that runs a scan in a form: what it carries, and its outputs."""
    graph = Graph()
    x = graph.add_input(TensorType(DType.FLOAT32, shape if axis else (shape[1], shape[0], FEATURES)), "x")
    states = [graph.add_input(TensorType(DType.FLOAT32, (shape[0], UNITS)), name) for name in "hc"]
    with building(graph):
        finals, outputs = form(step, states, [x], x.type.shape[axis], axis=axis)
        graph.outputs = [*finals, *outputs]
    return graph


def run(graph, given):
    model = Model([graph])
    optimize(model)
    found, again = (Session(to_bytes(model), delegates=flag).run(given) for flag in (True, False))
    for one, other in zip(found, again, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)
    return found


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("shape", [(BATCH, TIME, FEATURES), (symbol("b", 3), symbol("t", 131), FEATURES)])
def test_a_scan_is_the_same_in_both_forms(axis, shape):
    given = [numbers(BATCH, TIME, FEATURES) if axis else numbers(TIME, BATCH, FEATURES)]
    given += [numbers(BATCH, UNITS, seed=5), numbers(BATCH, UNITS, seed=6)]
    fused = graph_of(scan_as_lstm, step_of(), axis, shape)
    for found, expected in zip(run(fused, given), run(graph_of(scan, step_of(), axis, shape), given), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    assert "WHILE" not in [operation.operator.builtin for operation in fused.operations]


def assigned(z, x, c):
    emit_many(AssignVariable(), emit(VarHandle(shared_name="seen")), x)
    return z


@pytest.mark.parametrize(
    ("further", "reason"),
    [
        (lambda z, x, c: math.add(z, normal((4 * UNITS,))), "broadcast"),
        (lambda z, x, c: math.add(z, concatenate([c, c, c, c], -1)), "read the cell state"),
        (lambda z, x, c: math.add(z, slice_axis(x, -1, 0, 1)), "broadcast"),
        (lambda z, x, c: math.add(z, constant(numbers(BATCH, 4 * UNITS))), "for each sample"),
        (lambda z, x, c: nn.relu(z), "more than sums of products"),
        (lambda z, x, c: math.multiply(z, constant(numbers(4 * UNITS))), "scaled one by one"),
        (assigned, "variables of its own"),
    ],
)
def test_gates_that_are_something_else(further, reason):
    with pytest.raises(NotAnLstm, match=reason):
        graph_of(scan_as_lstm, step_of(further))


def test_another_candidate():
    with pytest.raises(NotAnLstm, match="not that of an LSTM"):
        graph_of(scan_as_lstm, step_of(candidate=nn.relu))


def test_no_steps():
    with pytest.raises(NotAnLstm, match="no steps"):
        graph_of(scan_as_lstm, step_of(), shape=(BATCH, 0, FEATURES))


@pytest.mark.parametrize(("extra", "is_one"), [(0, True), (1, False)])
def test_a_sequence_that_is_read_by_place_is_as_long_as_the_loop(extra, is_one):
    step, graph = step_of(), Graph()
    x = graph.add_input(TensorType(DType.FLOAT32, (TIME + extra, BATCH, FEATURES)), "x")
    states = [graph.add_input(TensorType(DType.FLOAT32, (BATCH, UNITS)), name) for name in "hc"]

    def by_place(carried, _):
        place, *given = carried
        found, outputs = step(given, [emit(Gather(axis=0), x, place)])
        return [math.add(place, 1), *found], outputs

    with building(graph):
        first = constant(np.int32(0))
        if not is_one:
            with pytest.raises(NotAnLstm):
                scan_as_lstm(by_place, [first, *states], [], TIME)
            return
        finals, outputs = scan_as_lstm(by_place, [first, *states], [], TIME)
        graph.outputs = [*finals, *outputs]
    given = [numbers(TIME, BATCH, FEATURES), numbers(BATCH, UNITS, seed=5), numbers(BATCH, UNITS, seed=6)]
    place, *found = run(graph, given)
    assert place == TIME
    for one, expected in zip(found, run(graph_of(scan, step), given), strict=True):
        np.testing.assert_allclose(one, expected, rtol=1e-5, atol=1e-6)


def test_states_that_are_broadcast_are_written_into_their_variables_whole():
    """No pass may put another value in the place of a variable."""
    graph = Graph()
    x = graph.add_input(TensorType(DType.FLOAT32, (symbol("b", 3), TIME, FEATURES)), "x")
    with building(graph):
        first = broadcast_to(constant(numbers(1, UNITS)), (x.type.shape[0], UNITS))
        finals, outputs = scan_as_lstm(step_of(), [first, first], [x], TIME, axis=1)
        graph.outputs = [*finals, *outputs]
    given = numbers(BATCH, TIME, FEATURES)
    states = [np.tile(numbers(1, UNITS), (BATCH, 1))] * 2
    expected = run(graph_of(scan, step_of(), 1), [given, *states])
    for found, wanted in zip(run(graph, [given]), expected, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6)
