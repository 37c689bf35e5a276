"""A copy computes the same, and what is done to it leaves the model as it is."""

from litesmith.flatbuffer.write import to_bytes
from litesmith.ir.copying import copy_model
from litesmith.ir.text import model_text
from litesmith.opset.parse import parse_model

LOOP = """
graph body(%n: int32[], %x: float32[batch, 4]) {
  %1 = add %n, const int32[] 1 : int32[]
  %2 = mul %x, const float32[] 0.5 : float32[batch, 4]
  return %1, %2
}
graph cond(%n: int32[], %x: float32[batch, 4]) {
  %1 = less %n, const int32[] 3 : bool[]
  return %1
}
graph main(%x: float32[batch, 4]) {
  %1, %2 = while(cond=@cond, body=@body) const int32[] 0, %x : int32[], float32[batch, 4]
  return %2
}
"""


def test_a_copy_has_the_same_text_and_bytes():
    model = parse_model(LOOP)
    copy = copy_model(model)
    assert model_text(copy) == model_text(model)
    assert to_bytes(copy) == to_bytes(model)


def test_nothing_of_a_copy_is_the_models():
    model = parse_model(LOOP)
    copy = copy_model(model)
    assert not set(copy.all_graphs()) & set(model.all_graphs())
    graphs = {graph.name: graph for graph in copy.all_graphs()}
    assert graphs["body"].is_called
    assert all(value in graphs["main"].inputs for value, _ in graphs["main"].anchors.values())


def test_changing_a_copy_leaves_the_model():
    model = parse_model(LOOP)
    before = model_text(model)
    copy = copy_model(model)
    copy.main.outputs = [copy.main.inputs[0]]
    for graph in copy.all_graphs():
        graph.prune()
    assert model_text(copy) != before
    assert model_text(model) == before
