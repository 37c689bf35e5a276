"""Two runs of a model give one graph, or the place where they differ."""

import pytest

from litesmith.ir.compare import first_difference
from litesmith.opset.parse import parse_graph

GRAPH = """graph main(%x: float32[batch, 4]) {
  %1 = relu %x : float32[batch, 4]
  %2 = add %1, const float32[] 1.0 : float32[batch, 4]
  return %2
}"""


def test_a_graph_equals_itself():
    assert first_difference(parse_graph(GRAPH), parse_graph(GRAPH)) is None


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("1.0", "2.0", "ADD"),
        ("add %1", "add %x", "ADD"),
        ("relu", "abs", "RELU"),
        ("  return", "  %3 = abs %2 : float32[batch, 4]\n  return", "ABS"),
        ("add %1", "add(fused_activation_function=RELU) %1", "ADD"),
        ("return %2", "return %1", "output"),
        ("%x: float32[batch, 4]", "%x: float32[time, 4]", "input"),
        ("%1 = relu %x : float32[batch, 4]", "%1 = relu %x : float32[3, 4]", "RELU"),
    ],
)
def test_the_first_difference_is_named(old, new, what):
    changed = GRAPH.replace(old, new)
    assert changed != GRAPH
    difference = first_difference(parse_graph(GRAPH), parse_graph(changed))
    assert difference is not None
    assert what in difference.what


def test_bodies_of_loops_are_compared():
    loop = """graph cond(%i: int32[]) {
  %1 = less %i, const int32[] 3 : bool[]
  return %1
}

graph body(%i: int32[]) {
  %1 = add %i, const int32[] 1 : int32[]
  return %1
}

graph main(%x: int32[]) {
  %1 = while(cond=@cond, body=@body) %x : int32[]
  return %1
}"""
    assert first_difference(parse_graph(loop), parse_graph(loop)) is None
    assert first_difference(parse_graph(loop), parse_graph(loop.replace("const int32[] 1", "const int32[] 2")))
