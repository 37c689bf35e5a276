import numpy as np
import pytest

from litesmith.opset.parse import parse_model
from litesmith.passes.base import Record
from litesmith.passes.fold_scale_shift_into_next import FoldScaleShiftIntoNext
from support import check_rewrite, operators_after, text_graph

SCALES = [
    "mul {0}, const float32[4]",
    "mul const float32[1, 4], {0}",
    "div {0}, const float32[4]",
    "mul {0}, const float32[]",
]
SHIFTS = ["add {0}, const float32[1, 4]", "sub {0}, const float32[4]", "add const float32[], {0}"]
IMAGE, SPACE, ROWS = "float32[batch, 5, 5, 4]", "float32[batch, 3, 3, 3, 4]", "float32[batch, 5, 4]"
PAD = "pad {0}, const int32[4, 2] [[0, 0], [2, 1], [1, 1], [0, 0]] : float32[batch, 8, 7, 4]"

UNPADDED = {
    "conv": (IMAGE, "conv_2d {0}, const float32[6, 3, 3, 4], const float32[6] : float32[batch, 3, 3, 6]"),
    "grouped": (IMAGE, "conv_2d {0}, const float32[6, 3, 3, 2], const float32[6] : float32[batch, 3, 3, 6]"),
    "channelwise": (IMAGE, "conv_2d {0}, const float32[8, 3, 3, 1], const float32[8] : float32[batch, 3, 3, 8]"),
    "depthwise": (
        IMAGE,
        "depthwise_conv_2d {0}, const float32[1, 3, 3, 4], const float32[4] : float32[batch, 3, 3, 4]",
    ),
    "depthwise with multiplier": (
        IMAGE,
        "depthwise_conv_2d(depth_multiplier=2) {0}, const float32[1, 3, 3, 8], const float32[8] "
        ": float32[batch, 3, 3, 8]",
    ),
    "3-D": (SPACE, "conv_3d {0}, const float32[2, 2, 2, 4, 6] : float32[batch, 2, 2, 2, 6]"),
    "dense": (ROWS, "fully_connected(keep_num_dims=True) {0}, const float32[6, 4], none : float32[batch, 5, 6]"),
    "dense with bias": (
        ROWS,
        "fully_connected(fused_activation_function=RELU) {0}, const float32[6, 4], const float32[6] "
        ": float32[5*batch, 6]",
    ),
}
PADDED = {
    "conv": (IMAGE, "conv_2d(padding=SAME) {0}, const float32[6, 3, 3, 4], const float32[6] : float32[batch, 5, 5, 6]"),
    "depthwise": (
        IMAGE,
        "depthwise_conv_2d(padding=SAME) {0}, const float32[1, 3, 3, 4], const float32[4] : float32[batch, 5, 5, 4]",
    ),
    "transpose": (
        "float32[3, 5, 5, 4]",
        "transpose_conv const int32[4] [3, 7, 7, 6], const float32[6, 3, 3, 4], {0}, const float32[6] "
        ": float32[3, 7, 7, 6]",
    ),
    "3-D transpose": (
        "float32[3, 3, 3, 3, 4]",
        "conv_3d_transpose const int32[5] [3, 4, 4, 4, 6], const float32[2, 2, 2, 6, 4], {0}, const float32[6] "
        ": float32[3, 4, 4, 4, 6]",
    ),
}
ALL = UNPADDED | {f"{name} padded": product for name, product in PADDED.items()}


def chain(type, *steps, returned=""):
    """Each step reads the one before; elementwise steps have `type`."""
    values = ["%x", *(f"%{i}" for i in range(1, len(steps)))]
    lines = [
        step.format(value) + ("" if " : " in step else f" : {type}") for step, value in zip(steps, values, strict=True)
    ]
    return text_graph(*lines, inputs=f"%x: {type}", returned=returned)


def name_of(product):
    return product.partition(" ")[0].partition("(")[0].upper()


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize(
    "product", [*UNPADDED.values(), *PADDED.values()], ids=[*UNPADDED, *(f"{p}, padded" for p in PADDED)]
)
def test_a_scale_goes_into_the_filter(product, scale):
    type, text = product
    assert operators_after(FoldScaleShiftIntoNext(), chain(type, scale, text)) == [name_of(text)]


@pytest.mark.parametrize("scale", SCALES[:1])
@pytest.mark.parametrize("shift", SHIFTS)
@pytest.mark.parametrize("product", UNPADDED)
def test_a_shift_behind_a_scale_goes_into_the_bias(product, scale, shift):
    type, text = UNPADDED[product]
    assert operators_after(FoldScaleShiftIntoNext(), chain(type, scale, shift, text)) == [name_of(text)]


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("shift", SHIFTS)
@pytest.mark.parametrize("product", PADDED)
def test_a_scale_passes_a_shift_that_padding_keeps_from_folding(product, scale, shift):
    type, text = PADDED[product]
    assert operators_after(FoldScaleShiftIntoNext(), chain(type, scale, shift, text)) == ["ADD", name_of(text)]


@pytest.mark.parametrize("product", PADDED)
def test_a_shift_alone_stays_in_front_of_padding(product):
    type, text = PADDED[product]
    (missed,) = check_rewrite(FoldScaleShiftIntoNext(), chain(type, SHIFTS[0], text), None).missed
    assert missed.reason == "zero padding is not shifted"


def test_an_exact_difference_stays_in_front_of_a_dense_layer():
    """x = 2000 with mean 2000 keeps all digits when the mean is subtracted first, and loses four when W * mean is."""
    (missed,) = check_rewrite(FoldScaleShiftIntoNext(), chain(ROWS, SHIFTS[1], UNPADDED["dense"][1]), None).missed
    assert "digits" in missed.reason


CONV_BEHIND_PAD = "conv_2d {0}, const float32[6, 3, 3, 4], const float32[6] : float32[batch, 6, 5, 6]"


def test_a_scale_passes_zero_padding():
    text = chain(IMAGE, SCALES[0], PAD, CONV_BEHIND_PAD)
    assert operators_after(FoldScaleShiftIntoNext(), text) == ["PAD", "CONV_2D"]


def test_a_shift_does_not_pass_zero_padding():
    text = chain(IMAGE, SCALES[0], SHIFTS[0], PAD, CONV_BEHIND_PAD)
    assert operators_after(FoldScaleShiftIntoNext(), text) == ["ADD", "PAD", "CONV_2D"]
    text = chain(IMAGE, SHIFTS[0], PAD, CONV_BEHIND_PAD)
    assert "zero padding" in str(check_rewrite(FoldScaleShiftIntoNext(), text, None).missed)


@pytest.mark.parametrize(
    "steps",
    [
        ["div const float32[4], {0}"],
        ["sub const float32[4], {0}"],
        ["mul {0}, const float32[5, 1]"],
        ["mul(fused_activation_function=RELU) {0}, const float32[4]"],
        ["mul {0}, const float32[4]", "relu {0}"],
        ["mul {0}, const float32[4]", PAD.replace("pad", "mirror_pad")],
    ],
    ids=["reciprocal", "mirrored", "rows", "activation", "relu", "mirrored padding"],
)
def test_what_is_no_scale_of_channels_stays(steps):
    product = CONV_BEHIND_PAD if len(steps) == 2 and "pad" in steps[1] else UNPADDED["conv"][1]
    check_rewrite(FoldScaleShiftIntoNext(), chain(IMAGE, *steps, product), None)


@pytest.mark.parametrize("scale", ["mul {0}, const float32[4] [1.0, 0.0, 1.0, 2.0]", "mul {0}, const float32[] 1e-38"])
def test_a_scale_that_cannot_be_divided_by_does_not_pass_a_shift(scale):
    text = chain(IMAGE, scale, "add {0}, const float32[] 7.0", PADDED["conv"][1])
    assert "zero padding" in str(check_rewrite(FoldScaleShiftIntoNext(), text, None).missed)


def test_a_scaled_tensor_that_others_read_declines():
    text = chain(IMAGE, SCALES[0], UNPADDED["conv"][1], returned="%1, %2")
    assert "also read" in str(check_rewrite(FoldScaleShiftIntoNext(), text, None).missed)


def test_a_product_of_two_computed_tensors_stays():
    text = text_graph(
        f"mul %x, const float32[4] : {ROWS}",
        "fully_connected(keep_num_dims=True) %1, %w, none : float32[batch, 5, 6]",
        inputs=f"%x: {ROWS}, %w: float32[6, 4]",
    )
    check_rewrite(FoldScaleShiftIntoNext(), text, None)


def test_the_bias_is_computed_only_when_it_is_asked_for():
    model = parse_model(chain(ROWS, SCALES[0], SHIFTS[0], UNPADDED["dense"][1]))
    weights = model.main.operations[2].operands[1].constant
    loads, load = [], weights._load
    weights._load = lambda: loads.append(1) or load()
    FoldScaleShiftIntoNext().run(model.main, Record())
    assert not loads
    (operation,) = model.main.operations
    assert operation.operands[2].constant.array().dtype == np.float32
    assert len(loads) == 1


def test_a_table_that_is_tied_to_the_weights_is_stored_once():
    text = text_graph(
        "gather const float32[9, 4], %x : float32[batch, 4]",
        "mul %1, const float32[4] : float32[batch, 4]",
        "fully_connected %2, const float32[9, 4], none : float32[batch, 9]",
        inputs="%x: int32[batch]",
    )
    assert "twice" in str(check_rewrite(FoldScaleShiftIntoNext(), text, None).missed)


QUERY_AND_KEY = (
    "mul %x, const float32[4] : float32[batch, 5, 4]",
    "add %1, const float32[4] : float32[batch, 5, 4]",
    "fully_connected(keep_num_dims=True) %2, const float32[6, 4], none : float32[batch, 5, 6]",
    "fully_connected(keep_num_dims=True) %2, const float32[3, 4], const float32[3] : float32[batch, 5, 3]",
)


def test_each_of_several_products_takes_in_a_scale_and_a_shift():
    text = text_graph(*QUERY_AND_KEY, inputs=f"%x: {ROWS}", returned="%3, %4")
    assert operators_after(FoldScaleShiftIntoNext(), text) == ["FULLY_CONNECTED", "FULLY_CONNECTED"]


@pytest.mark.parametrize(
    "another", ["relu %2 : float32[batch, 5, 4]", "mean %2, const int32[1] [1] : float32[batch, 4]"]
)
def test_a_scale_and_a_shift_stay_where_another_reader_needs_them(another):
    text = text_graph(*QUERY_AND_KEY, another, inputs=f"%x: {ROWS}", returned="%3, %4, %5")
    assert operators_after(FoldScaleShiftIntoNext(), text)[:2] == ["MUL", "ADD"]
