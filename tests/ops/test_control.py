import numpy as np
import pytest

from litesmith.flatbuffer.write import to_bytes
from litesmith.ir.builder import building, constant
from litesmith.ir.compare import first_difference
from litesmith.ir.dims import symbol
from litesmith.ir.graph import Graph, Model, Signature
from litesmith.ir.types import DType, TensorType
from litesmith.ir.verify import InvariantBroken, verify_model
from litesmith.lite_model import LiteModel
from litesmith.ops import control, math
from litesmith.ops.array import as_value, full
from litesmith.ops.errors import Unsupported
from litesmith.ops.sizes import size_scalar
from litesmith.runtime.interpreter import Session

X = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], np.float32)


def build(function, *types):
    """A model of `function` on inputs of these types."""
    graph = Graph()
    inputs = [graph.add_input(type, f"x{i}") for i, type in enumerate(types)]
    with building(graph):
        graph.outputs = list(function(*inputs))
    names = tuple(value.name for value in inputs)
    outputs = tuple(f"y{i}" for i in range(len(graph.outputs)))
    return Model([graph], [Signature("serving_default", graph, names, outputs)])


def rows(probe=3):
    return TensorType(DType.FLOAT32, (symbol("batch", probe), 2))


def run(model, *arrays):
    verify_model(model)
    with_delegates, without = (Session(to_bytes(model), delegates=flag).run(list(arrays)) for flag in (True, False))
    for a, b in zip(with_delegates, without, strict=True):
        np.testing.assert_array_equal(a, b)
    return with_delegates


def test_a_loop_carries_values_and_captures_others():
    def function(x):
        outer = math.add(x, 1.0)
        return control.while_loop(
            lambda v: math.less(v[0], 4), lambda v: [math.add(v[0], 1), math.add(v[1], outer)], [as_value(0), x]
        )

    count, total = run(build(function, rows()), X)
    assert count == 4
    np.testing.assert_array_equal(total, X + 4 * (X + 1))


@pytest.mark.parametrize("dtype", [DType.FLOAT32, DType.INT32, DType.INT64, DType.BOOL])
@pytest.mark.parametrize("rounds", [0, 1, 2, 3])
def test_values_exchanged_by_a_loop_are_not_overwritten(dtype, rounds):
    def function(a, b, c):
        return control.fori_loop(0, rounds, lambda i, v: [v[1], v[2], v[0]], [a, b, c])

    type = TensorType(dtype, (2,))
    given = [np.array(pair).astype(dtype.numpy) for pair in ([0, 1], [2, 0], [0, 0])]
    expected = given[rounds % 3 :] + given[: rounds % 3]
    for found, want in zip(run(build(function, type, type, type), *given), expected, strict=True):
        np.testing.assert_array_equal(found, want)


def test_an_exchange_without_a_copy_is_refused():
    def function(a, b):
        return control.fori_loop(0, 3, lambda i, v: [v[1], v[0]], [a, b])

    type = TensorType(DType.FLOAT32, (2,))
    model = build(function, type, type)
    loop = next(op for op in model.main.operations if op.operator.builtin == "WHILE")
    body = loop.operator.body
    body.outputs[1:3] = [body.inputs[2], body.inputs[1]]
    with pytest.raises(InvariantBroken, match="returns an input at another place"):
        verify_model(model)


def test_a_body_of_another_type_than_the_operands_is_refused():
    model = build(lambda a: control.fori_loop(0, 3, lambda i, v: [math.add(v[0], 1.0)], [a]), rows())
    loop = next(op for op in model.main.operations if op.operator.builtin == "WHILE")
    loop.operator.body.inputs[1].type = TensorType(DType.FLOAT32, (2, 7))
    with pytest.raises(InvariantBroken, match="takes other types"):
        verify_model(model)


def test_sizes_are_known_in_graphs_inside_of_graphs():
    def function(x):
        batch = x.type.shape[0]

        def inner(j, values):
            return [math.add(values[0], full((batch, 2), 1.0, DType.FLOAT32))]

        return control.fori_loop(0, size_scalar(batch), lambda i, v: control.fori_loop(0, 2, inner, v), [x])

    for batch in (1, 3):
        (found,) = run(build(function, rows()), X[:batch])
        np.testing.assert_array_equal(found, X[:batch] + 2 * batch)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_branch_reads_the_graph_around_it(sign):
    def function(x):
        outer = math.multiply(x, 10.0)
        return control.if_else(
            math.greater(math.sum(x), 0.0), lambda: [outer, x], lambda: [math.add(outer, x), constant_like(x)]
        )

    def constant_like(x):
        return math.multiply(x, 0.0)

    first, second = run(build(function, rows()), sign * X)
    np.testing.assert_array_equal(first, X * 10 if sign > 0 else -X * 11)
    np.testing.assert_array_equal(second, X if sign > 0 else X * 0)


@pytest.mark.parametrize(("index", "expected"), [(-5, 1), (0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (99, 5)])
def test_a_switch_of_five_branches(index, expected):
    def function(i):
        return control.switch(i, [lambda k=k: [constant(float(k))] for k in range(1, 6)])

    (found,) = run(build(function, TensorType(DType.INT32, ())), np.array(index, np.int32))
    assert found == expected


@pytest.mark.parametrize(("body", "reason"), [
    (lambda v: [*v, v[0]], "takes 1 values and returns 2"),
    (lambda v: [math.greater(v[0], 0.0)], "becomes bool"),
    (lambda v: [math.sum(v[0], 0)], "changes its shape"),
])  # fmt: skip
def test_loops_whose_values_change_their_type_are_refused(body, reason):
    with pytest.raises(Unsupported, match=reason):
        build(lambda x: control.while_loop(lambda v: math.any(math.less(v[0], 0.0)), body, [x]), rows())


def test_graphs_that_loops_run_are_compared():
    def times(factor):
        def function(x):
            return control.fori_loop(0, 3, lambda i, v: [math.multiply(v[0], factor)], [x])

        return build(function, rows()).main

    assert first_difference(times(2.0), times(2.0)) is None
    assert first_difference(times(2.0), times(3.0)) is not None


def test_a_size_read_as_a_number_in_a_body_is_a_difference():
    def function(x):
        number = float(int(x.type.shape[0]))
        return control.fori_loop(0, 3, lambda i, v: [math.multiply(v[0], number)], [x])

    assert first_difference(build(function, rows(3)).main, build(function, rows(5)).main) is not None


def test_a_loop_is_read_back_from_a_file():
    model = build(lambda x: control.fori_loop(0, 3, lambda i, v: [math.add(v[0], 1.0)], [x]), rows())
    lite = LiteModel(to_bytes(model))
    assert [graph.name for graph in lite.model.all_graphs()] == ["main", "for_cond", "for_body"]
    verify_model(lite.model)
    np.testing.assert_array_equal(lite.run(X), X + 3)
