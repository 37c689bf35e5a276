"""The text of a graph says all that matters, and reads back as the same text."""

import pytest

from litesmith.ir.text import model_text
from litesmith.opset.parse import parse_model, parse_type

GRAPHS = [
    """graph main(%x: float32[batch, 4], %y: int32[]) {
  %1 = conv_2d(padding=SAME, stride_w=2) %x, const float32[2, 3, 3, 1], const float32[2] [0.5, -1.0] : float32[batch, 2]
  %2, %3 = topk_v2 %1, const int32[] 1 : float32[batch, 1], int32[batch, 1]
  %4 = fully_connected(keep_num_dims=True) %2, const float32[7, 1], none : float32[batch, 7]
  %5 = cast(out_data_type=INT32) %4 : int32[batch, 7]
  return %5, %3
}""",
    """graph main(%x: float32[2*batch, 4]) {
  %1 = reshape %x, const int32[2] [-1, 2] : float32[4*batch, 2]
  %2 = add %1, const float32[2] ['inf', 1.5] : float32[4*batch, 2]
  return %2
}""",
]


@pytest.mark.parametrize("text", GRAPHS)
def test_text_reads_back_as_itself(text):
    assert model_text(parse_model(text)) == text


def test_a_line_that_is_no_operation_is_refused():
    with pytest.raises(ValueError, match="not an operation"):
        parse_model("graph main(%x: float32[1]) {\n  what is this?\n  return %x\n}")


def test_types_read_back():
    assert str(parse_type("float32[batch, 4]")) == "float32[batch, 4]"
    assert str(parse_type("bool[]")) == "bool[]"
