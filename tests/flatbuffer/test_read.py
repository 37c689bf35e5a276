"""Reading files that others made: what they leave open or out, graphs that go in circles, and damage."""

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as generated

from litesmith import LitesmithError
from litesmith.flatbuffer.read import Damaged, read
from litesmith.flatbuffer.write import to_bytes
from litesmith.ir.text import graph_text, model_text
from litesmith.lite_model import LiteModel
from litesmith.opset.control import While
from litesmith.opset.parse import parse_model

LOOPS = """
graph cond(%i: int32[], %x: float32[n, 4]) {
  %1 = less %i, const int32[] 3 : bool[]
  return %1
}

graph more(%i: int32[], %x: float32[n, 4]) {
  %1 = less_equal %i, const int32[] 2 : bool[]
  return %1
}

graph inner(%i: int32[], %x: float32[n, 4]) {
  %1 = add %i, const int32[] 1 : int32[]
  %2 = mul %x, const float32[] 2.0 : float32[n, 4]
  return %1, %2
}

graph outer(%i: int32[], %x: float32[n, 4]) {
  %1, %2 = while(cond=@cond, body=@inner) const int32[] 0, %x : int32[], float32[n, 4]
  %3 = add %i, const int32[] 1 : int32[]
  return %3, %2
}

graph main(%x: float32[n, 4]) {
  %1, %2 = while(cond=@cond, body=@inner) const int32[] 1, %x : int32[], float32[n, 4]
  %3, %4 = while(cond=@more, body=@outer) const int32[] 0, %2 : int32[], float32[n, 4]
  return %4
}"""
DENSE = """graph main(%x: float32[batch, 8]) {
  %1 = fully_connected %x, const float32[5, 8], none : float32[batch, 5]
  return %1
}"""


def changed(text, change):
    """The file of a text, after a change to its tables."""
    table = generated.ModelT.InitFromPackedBuf(to_bytes(parse_model(text)), 0)
    change(table)
    builder = flatbuffers.Builder(1024)
    builder.Finish(table.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def circle():
    """A loop whose body is the graph it stands in."""
    model = parse_model(LOOPS)
    outer = model.main.operations[1].operator.body
    loop = outer.operations[0]
    loop.operator = While(loop.operator.cond, outer)
    return to_bytes(model)


def test_graphs_that_several_loops_run_are_read_once():
    content = to_bytes(parse_model(LOOPS))
    model = read(content)
    assert [graph.name for graph in model.graphs] == ["main", "cond", "inner", "more", "outer"]
    first, second = model.main.operations
    inside = next(op for op in second.operator.body.operations if op.operator.subgraphs())
    assert first.operator.body is inside.operator.body
    assert first.operator.cond is inside.operator.cond
    assert to_bytes(model) == content
    x = np.ones((3, 4), np.float32)
    np.testing.assert_array_equal(LiteModel(content).run(x), x * 2**2 * 2**9)


def test_a_graph_that_runs_itself_is_read_and_its_run_is_a_finding():
    content = circle()
    model = read(content)
    (outer,) = (graph for graph in model.graphs if graph.name == "outer")
    assert outer in outer.operations[0].operator.subgraphs()
    assert to_bytes(model) == content
    assert "WHILE" in LiteModel(content).summary()
    with pytest.raises(LitesmithError, match=r"R10[123]"):
        LiteModel(content, timeout=20).run(np.ones((1, 4), np.float32))


def test_unknown_sizes_are_named_in_each_graph_and_follow_its_operators():
    model = read(
        to_bytes(
            parse_model("""
graph main(%x: float32[batch, time], %y: float32[batch, 4]) {
  %1 = transpose %x, const int32[2] [1, 0] : float32[time, batch]
  %2 = concatenation(axis=1) %x, %y : float32[batch, m]
  return %1, %2
}""")
        )
    )
    assert graph_text(model.main).splitlines()[1:3] == [
        "  %1 = transpose %x, const int32[2] [1, 0] : float32[size_2, batch_1]",
        "  %2 = concatenation(axis=1) %x, %y : float32[batch_1, 4+size_2]",
    ]


def test_unknown_sizes_follow_operators_that_leave_other_things_of_their_results_to_the_file():
    model = read(
        to_bytes(
            parse_model("""
graph main(%x: float32[batch, 4], %ids: int32[batch], %wave: float32[batch, 4, 8]) {
  %1 = quantize %x : int8[batch, 4]
  %2 = dequantize %1 : float32[batch, 4]
  %3 = bitcast %2 : int32[batch, 4]
  %4, %5 = unique %ids : int32[k], int32[batch]
  %6 = segment_sum %x, %ids : float32[k, 4]
  %7 = rfft2d %wave, const int32[2] [4, 8] : complex64[batch, 4, 5]
  return %3, %4, %5, %6, %7
}""")
        )
    )
    assert [str(value.type) for value in model.main.outputs] == [
        "int32[batch_1, 4]",
        "int32[size_2]",
        "int32[batch_1]",
        "float32[size_3, 4]",
        "complex64[batch_1, 4, 5]",
    ]


def test_a_size_that_the_file_leaves_open_stays_open_where_it_could_be_known():
    """Runtimes may have been told to resize what the file says is fixed."""
    content = to_bytes(parse_model(DENSE.replace("float32[batch, 5]", "float32[batch, k]")))
    assert str(read(content).main.outputs[0].type) == "float32[batch_1, size_2]"


def test_what_is_left_out_has_its_default():
    def drop_options(table):
        for operator in table.subgraphs[0].operators:
            operator.builtinOptions, operator.builtinOptionsType = None, 0

    text = """graph main(%x: float32[2, 6]) {
  %1 = reshape(new_shape=(3, 4)) %x, const int32[2] [3, 4] : float32[3, 4]
  return %1
}"""
    assert model_text(read(changed(text, drop_options))) == text.replace("(new_shape=(3, 4))", "")
    convolution = """graph main(%x: float32[1, 4, 4, 1]) {
  %1 = conv_2d %x, const float32[1, 2, 2, 1], const float32[1] : float32[1, 3, 3, 1]
  return %1
}"""
    assert "unmodeled(name='CONV_2D')" in model_text(read(changed(convolution, drop_options)))


def no_graph(table):
    table.subgraphs = []


def input_from_the_end(table):
    table.subgraphs[0].inputs = np.array([-1], np.int32)


def output_from_the_end(table):
    table.subgraphs[0].outputs = np.array([-1], np.int32)


def result_from_the_end(table):
    table.subgraphs[0].operators[-1].outputs = np.array([-2, 3], np.int32)


def graph_from_the_end(table):
    table.subgraphs[0].operators[-1].builtinOptions.bodySubgraphIndex = -1


def result_read_before_it_is_there(table):
    table.subgraphs[0].operators.reverse()


DAMAGES = [
    no_graph,
    input_from_the_end,
    output_from_the_end,
    result_from_the_end,
    graph_from_the_end,
    result_read_before_it_is_there,
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_numbers_that_lead_nowhere_are_damage(damage):
    with pytest.raises(Damaged):
        read(changed(LOOPS, damage))


def test_an_operator_that_says_to_have_billions_of_results_is_read():
    def many(table):
        table.subgraphs[0].operators[0].builtinOptions.numSplits = 2**31 - 1

    content = changed(
        """graph main(%x: float32[batch, 4]) {
  %1, %2 = split(num_splits=2) const int32[] 0, %x : float32[m, 4], float32[m, 4]
  return %1, %2
}""",
        many,
    )
    (operation,) = read(content).main.operations
    assert [str(result.type) for result in operation.results] == ["float32[size_2, 4]", "float32[size_3, 4]"]
