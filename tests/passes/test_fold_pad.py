import numpy as np
import pytest

from litesmith.ir.dims import symbol
from litesmith.opset.parse import parse_model
from litesmith.passes.base import Record
from litesmith.passes.fold_pad import FoldPad, same_padding
from support import check_rewrite, operators_after, text_graph


def window(size, kernel, stride, dilation, before, after, operator="conv_2d"):
    """A graph that pads the height of an image and moves a window over it; the width needs no padding."""
    padded = size + before + after
    rows = (padded - (kernel - 1) * dilation - 1) // stride + 1
    options = f"(stride_h={stride}, dilation_h_factor={dilation})"
    channels = {"conv_2d": f"3, {kernel}, 1, 2", "depthwise_conv_2d": f"1, {kernel}, 1, 2"}[operator]
    out = 3 if operator == "conv_2d" else 2
    return text_graph(
        f"pad %x, const int32[4, 2] [[0, 0], [{before}, {after}], [0, 0], [0, 0]] : float32[batch, {padded}, 4, 2]",
        f"{operator}{options} %1, const float32[{channels}], const float32[{out}] : float32[batch, {rows}, 4, {out}]",
        inputs=f"%x: float32[batch, {size}, 4, 2]",
    )


@pytest.mark.parametrize("operator", ["conv_2d", "depthwise_conv_2d"])
@pytest.mark.parametrize("size", [7, 8, 9, 12])
@pytest.mark.parametrize(("kernel", "stride", "dilation"), [(3, 1, 1), (3, 2, 1), (5, 2, 1), (4, 1, 1), (3, 3, 1)])
def test_padding_folds_exactly_where_it_is_what_same_adds(operator, size, kernel, stride, dilation):
    before, after = same_padding(size, (kernel - 1) * dilation + 1, stride)
    if before + after:
        text = window(size, kernel, stride, dilation, before, after, operator)
        assert operators_after(FoldPad(), text) == [operator.upper()]
    for other in [(before + 1, after), (before, after + 1), (after + 1, before)]:
        check_rewrite(FoldPad(), window(size, kernel, stride, dilation, *other, operator), None)


@pytest.mark.parametrize("dilation", [2, 3])
def test_dilation_widens_the_window(dilation):
    text = window(9, 3, 1, dilation, dilation, dilation)
    assert operators_after(FoldPad(), text) == ["CONV_2D"]
    check_rewrite(FoldPad(), window(9, 3, 1, dilation, 1, 1), None)


@pytest.mark.parametrize("size", [224, 225])
def test_the_padding_of_keras_applications_folds(size):
    """`correct_pad`: (0, 1) for even sizes and (1, 1) for odd ones, in front of 3 x 3 windows of stride 2."""
    assert same_padding(size, 3, 2) == ((0, 1) if size % 2 == 0 else (1, 1))


def test_same_padding_of_a_resnet_stem_is_another():
    """ZeroPadding2D(3), 7 x 7, stride 2: SAME is (2, 3)."""
    assert same_padding(224, 7, 2) == (2, 3)


def test_a_window_smaller_than_its_stride_needs_no_padding():
    assert same_padding(9, 1, 4) == (0, 0)


@pytest.mark.parametrize("stride", [1, 2])
def test_a_dynamic_size_folds_with_stride_1_only(stride):
    text = text_graph(
        "pad %x, const int32[4, 2] [[0, 0], [1, 1], [1, 1], [0, 0]] : float32[batch, 13, 9, 2]",
        f"conv_2d(stride_h={stride}, stride_w=1) %1, const float32[3, 3, 3, 2], const float32[3] "
        f": float32[batch, {11 if stride == 1 else 6}, 7, 3]",
        inputs="%x: float32[batch, time, 7, 2]",
    )
    model, record = parse_model(text), Record()
    assert FoldPad().run(model.main, record) == (stride == 1)
    assert ("depends on the size" in str(record.missed)) == (stride == 2)
    assert same_padding(symbol("time", 11), 3, 2) is None


@pytest.mark.parametrize(
    ("amounts", "shape"),
    [("[[1, 0], [1, 1], [1, 1], [0, 0]]", "7, 7, 7, 2"), ("[[0, 0], [1, 1], [1, 1], [0, 1]]", "3, 7, 7, 3")],
)
def test_padding_of_batch_or_channels_stays(amounts, shape):
    channels = shape[-1]
    text = text_graph(
        f"pad %x, const int32[4, 2] {amounts} : float32[{'4' if shape[0] == '7' else '3'}, 7, 7, {channels}]",
        f"conv_2d %1, const float32[3, 3, 3, {channels}], const float32[3] "
        f": float32[{'4' if shape[0] == '7' else '3'}, 5, 5, 3]",
        inputs="%x: float32[3, 5, 5, 2]",
    )
    check_rewrite(FoldPad(), text, None)


def padded_by(value, producer="abs", name="max_pool_2d(stride_w=2, stride_h=2, filter_width=3, filter_height=3)"):
    pad = f"padv2 %1, const int32[4, 2] [[0, 0], [0, 1], [0, 1], [0, 0]], const float32[] {value}"
    return text_graph(
        f"{producer} %x : float32[batch, 8, 8, 2]",
        f"{pad} : float32[batch, 9, 9, 2]",
        f"{name} %2 : float32[batch, 4, 4, 2]",
        inputs="%x: float32[batch, 8, 8, 2]",
    )


@pytest.mark.parametrize(
    ("value", "producer", "folds"),
    [
        (float(np.finfo(np.float32).min), "neg", True),
        (-1.0, "neg", False),
        (0.0, "neg", False),
        (0.0, "relu", True),
        (-1.0, "relu6", True),
        (1.0, "relu", False),
    ],
)
def test_a_maximum_ignores_what_is_never_the_largest(value, producer, folds):
    text = padded_by(value, producer)
    if folds:
        assert operators_after(FoldPad(), text) == [producer.upper(), "MAX_POOL_2D"]
    else:
        assert "largest" in str(check_rewrite(FoldPad(), text, None).missed)


def test_a_mean_counts_padded_places_and_stays():
    name = "average_pool_2d(stride_w=2, stride_h=2, filter_width=3, filter_height=3)"
    check_rewrite(FoldPad(), padded_by(0.0, "relu", name), None)


def test_a_filter_needs_zeros():
    text = padded_by(0.5).replace(
        "max_pool_2d(stride_w=2, stride_h=2, filter_width=3, filter_height=3) %2",
        "depthwise_conv_2d(stride_w=2, stride_h=2) %2, const float32[1, 3, 3, 2], const float32[2]",
    )
    assert "SAME padding is 0, not 0.5" in str(check_rewrite(FoldPad(), text, None).missed)
    assert operators_after(FoldPad(), text.replace("0.5", "0.0")) == ["ABS", "DEPTHWISE_CONV_2D"]


def test_a_pad_that_others_read_stays_for_them():
    text = text_graph(
        "pad %x, const int32[4, 2] [[0, 0], [1, 1], [1, 1], [0, 0]] : float32[batch, 7, 7, 2]",
        "conv_2d %1, const float32[3, 3, 3, 2], const float32[3] : float32[batch, 5, 5, 3]",
        "relu %1 : float32[batch, 7, 7, 2]",
        inputs="%x: float32[batch, 5, 5, 2]",
        returned="%2, %3",
    )
    assert operators_after(FoldPad(), text) == ["PAD", "CONV_2D", "RELU"]


def test_a_window_that_pads_itself_stays():
    text = text_graph(
        "pad %x, const int32[4, 2] [[0, 0], [1, 1], [1, 1], [0, 0]] : float32[batch, 7, 7, 2]",
        "conv_2d(padding=SAME) %1, const float32[3, 3, 3, 2], const float32[3] : float32[batch, 7, 7, 3]",
        inputs="%x: float32[batch, 5, 5, 2]",
    )
    check_rewrite(FoldPad(), text, None)
