"""Editing a graph keeps producers and uses right."""

import pytest

from litesmith.ir.builder import building, building_subgraph, constant, emit
from litesmith.ir.dims import symbol
from litesmith.ir.graph import Graph
from litesmith.ir.operator import TypeRule
from litesmith.ir.source import Source, source_scope
from litesmith.ir.types import DType, TensorType
from litesmith.ir.verify import graph_problems
from litesmith.opset.binary import Add
from litesmith.opset.elementwise import Abs, Relu


def _graph():
    graph = Graph()
    x = graph.add_input(TensorType(DType.FLOAT32, (symbol("batch", 3), 4)), "x")
    return graph, x


def test_emitted_operations_stand_in_order_and_know_their_source():
    graph, x = _graph()
    with building(graph), source_scope(Source("layer", "ops.relu")):
        y = emit(Relu(), x)
    assert graph.operations == [y.producer]
    assert y.producer.source.layer == "layer"
    assert x.users == (y.producer,)


def test_replacing_uses_reaches_operations_and_outputs():
    graph, x = _graph()
    with building(graph):
        y = emit(Relu(), x)
        z = emit(Add(), y, y)
    graph.outputs = [y, z]
    graph.replace_uses(y, x)
    assert z.producer.operands == (x, x)
    assert graph.outputs == [x, z]
    assert not y.uses
    assert list(graph_problems(graph)) == []


def test_an_operation_that_is_read_cannot_be_erased():
    graph, x = _graph()
    with building(graph):
        y = emit(Relu(), x)
        emit(Abs(), y)
    with pytest.raises(ValueError, match="still used"):
        graph.erase(y.producer)


def test_building_in_front_of_an_operation():
    graph, x = _graph()
    with building(graph):
        y = emit(Relu(), x)
    with building(graph, y.producer):
        z = emit(Abs(), x)
    assert [operation.result for operation in graph.operations] == [z, y]


def test_a_subgraph_takes_what_it_reads_from_outside_as_inputs():
    graph, x = _graph()
    with building(graph):
        y = emit(Relu(), x)
        with building_subgraph("outer") as outer, building_subgraph("inner") as inner:
            emit(Add(), y, constant(1.0))
            emit(Add(), y, y)
    assert [value.type for value in inner.graph.inputs] == [y.type]
    assert [value.type for value in outer.graph.inputs] == [y.type]
    assert inner.captures[0][0] is outer.captures[0][1]
    assert outer.captures[0][0] is y


def test_a_type_error_names_the_operator_the_operands_and_the_layer():
    graph, x = _graph()
    with (
        building(graph),
        source_scope(Source("block/add")),
        pytest.raises(TypeRule, match=r"ADD\(float32\[batch, 4\], float32\[5\]\) in block/add: sizes 4 and 5"),
    ):
        emit(Add(), x, constant([1.0] * 5))


def test_values_of_another_graph_are_refused():
    graph, _ = _graph()
    _, stranger = _graph()
    with building(graph), pytest.raises(ValueError, match="belongs to"):
        emit(Relu(), stranger)
