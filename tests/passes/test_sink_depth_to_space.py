"""What is moved behind scales, shifts and activations, and what stays where it is."""

import pytest

from litesmith.passes.sink_depth_to_space import SinkDepthToSpace
from support import operators_after, text_graph

X = "%x: float32[batch, 2, 3, 1]"
CONV = "conv_2d %x, const float32[8, 1, 1, 1], const float32[8] : float32[batch, 2, 3, 8]"
SPREAD = "depth_to_space(block_size=2) %1 : float32[batch, 4, 6, 2]"
CUT = (
    "strided_slice(begin_mask=1, end_mask=5) %2, const int32[3] [0, 1, 0], const int32[3] [0, 3, 0], "
    "const int32[3] [1, 1, 1] : float32[batch, 2, 6, 2]"
)


@pytest.mark.parametrize("operator", ["add", "mul", "sub", "div"])
@pytest.mark.parametrize("known", ["float32[2] [3.0, 4.0]", "float32[1] [0.5]", "float32[1, 1, 1, 2] [3.0, 4.0]"])
def test_channelwise_arithmetic_comes_first(operator, known):
    text = text_graph(CONV, SPREAD, f"{operator} %2, const {known} : float32[batch, 4, 6, 2]", inputs=X)
    assert operators_after(SinkDepthToSpace(), text) == ["CONV_2D", operator.upper(), "DEPTH_TO_SPACE"]


@pytest.mark.parametrize("operator", ["relu", "relu6", "relu_n1_to_1"])
def test_activations_come_first(operator):
    text = text_graph(CONV, SPREAD, f"{operator} %2 : float32[batch, 4, 6, 2]", inputs=X)
    assert operators_after(SinkDepthToSpace(), text) == ["CONV_2D", operator.upper(), "DEPTH_TO_SPACE"]


def test_a_constant_on_the_left():
    text = text_graph(CONV, SPREAD, "sub const float32[2] [3.0, 4.0], %2 : float32[batch, 4, 6, 2]", inputs=X)
    assert operators_after(SinkDepthToSpace(), text) == ["CONV_2D", "SUB", "DEPTH_TO_SPACE"]


def test_a_reshape_that_splits_channels():
    shaped = "reshape %1, const int32[4] [-1, 2, 12, 2] : float32[batch, 2, 12, 2]"
    text = text_graph(CONV, shaped, "add %2, const float32[2] [3.0, 4.0] : float32[batch, 2, 12, 2]", inputs=X)
    assert operators_after(SinkDepthToSpace(), text) == ["CONV_2D", "ADD", "RESHAPE"]


def test_a_cut_behind():
    text = text_graph(CONV, SPREAD, CUT, "add %3, const float32[2] [3.0, 4.0] : float32[batch, 2, 6, 2]", inputs=X)
    assert operators_after(SinkDepthToSpace(), text) == ["CONV_2D", "DEPTH_TO_SPACE", "ADD", "STRIDED_SLICE"]


def test_a_squeeze_behind_a_convolution_over_one_axis():
    conv = "conv_2d %x, const float32[8, 1, 1, 1], const float32[8] : float32[batch, 1, time, 8]"
    squeezed = "squeeze(squeeze_dims=(1,)) %1 : float32[batch, time, 8]"
    text = text_graph(conv, squeezed, "relu %2 : float32[batch, time, 8]", inputs="%x: float32[batch, 1, time, 1]")
    assert operators_after(SinkDepthToSpace(), text) == ["CONV_2D", "RELU", "SQUEEZE"]


SPLIT = "reshape %1, const int32[4] [-1, 4, 3, 4] : float32[batch, 4, 3, 4]"


@pytest.mark.parametrize(
    "lines",
    [
        (CONV, SPREAD, "add %2, const float32[4, 1, 1] : float32[batch, 4, 6, 2]"),
        (CONV, SPREAD, "add %2, %2 : float32[batch, 4, 6, 2]"),
        (CONV.replace("2d", "2d(fused_activation_function=RELU)"), SPREAD, "relu6 %2 : float32[batch, 4, 6, 2]"),
        ("tanh %x : float32[batch, 2, 3, 1]", SPLIT.replace("4, 3, 4", "6, 1, 1"), "relu %2 : float32[batch, 6, 1, 1]"),
        (CONV, SPLIT, "add %2, const float32[4, 3, 4] : float32[batch, 4, 3, 4]"),
        ("add const float32[1, 4], const float32[3, 1] : float32[3, 4]",),
    ],
)
def test_what_stays(lines):
    before = [line.split("(")[0].split()[0].upper() for line in lines]
    assert operators_after(SinkDepthToSpace(), text_graph(*lines, inputs=X)) == before


def test_a_result_that_is_read_elsewhere_stays():
    text = text_graph(CONV, SPREAD, "relu %2 : float32[batch, 4, 6, 2]", inputs=X, returned="%2, %3")
    assert operators_after(SinkDepthToSpace(), text) == ["CONV_2D", "DEPTH_TO_SPACE", "RELU"]
