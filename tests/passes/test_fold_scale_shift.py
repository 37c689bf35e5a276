from dataclasses import replace

import numpy as np
import pytest

from litesmith.ir.types import Quantization
from litesmith.opset.parse import parse_model
from litesmith.passes.base import Record
from litesmith.passes.fold_scale_shift import FoldScaleShift
from support import check_rewrite, compare_arrays, operators_after, run_text, text_graph

CONV = "conv_2d %x, const float32[4, 3, 3, 2], const float32[4] : float32[batch, 3, 3, 4]"
IMAGE = "%x: float32[batch, 5, 5, 2]"
OUT = "float32[batch, 3, 3, 4]"


def graph(*lines, inputs=IMAGE, returned=""):
    return text_graph(*lines, inputs=inputs, returned=returned)


PRODUCTS = {
    "conv": (CONV, IMAGE, OUT, "CONV_2D"),
    "grouped": (
        "conv_2d %x, const float32[4, 3, 3, 1], const float32[4] : float32[batch, 3, 3, 4]",
        IMAGE,
        OUT,
        "CONV_2D",
    ),
    "depthwise": (
        "depthwise_conv_2d(depth_multiplier=2) %x, const float32[1, 3, 3, 4], const float32[4] "
        ": float32[batch, 3, 3, 4]",
        IMAGE,
        OUT,
        "DEPTHWISE_CONV_2D",
    ),
    "transpose": (
        "transpose_conv const int32[4] [3, 7, 7, 4], const float32[4, 3, 3, 2], %x, const float32[4] "
        ": float32[3, 7, 7, 4]",
        "%x: float32[3, 5, 5, 2]",
        "float32[3, 7, 7, 4]",
        "TRANSPOSE_CONV",
    ),
    "transpose without bias": (
        "transpose_conv const int32[4] [3, 7, 7, 4], const float32[4, 3, 3, 2], %x : float32[3, 7, 7, 4]",
        "%x: float32[3, 5, 5, 2]",
        "float32[3, 7, 7, 4]",
        "TRANSPOSE_CONV",
    ),
    "3-D": (
        "conv_3d %x, const float32[2, 2, 2, 2, 4], const float32[4] : float32[batch, 2, 2, 2, 4]",
        "%x: float32[batch, 3, 3, 3, 2]",
        "float32[batch, 2, 2, 2, 4]",
        "CONV_3D",
    ),
    "3-D without bias": (
        "conv_3d %x, const float32[2, 2, 2, 2, 4] : float32[batch, 2, 2, 2, 4]",
        "%x: float32[batch, 3, 3, 3, 2]",
        "float32[batch, 2, 2, 2, 4]",
        "CONV_3D",
    ),
    "3-D transpose": (
        "conv_3d_transpose const int32[5] [3, 4, 4, 4, 4], const float32[2, 2, 2, 4, 2], %x, const float32[4] "
        ": float32[3, 4, 4, 4, 4]",
        "%x: float32[3, 3, 3, 3, 2]",
        "float32[3, 4, 4, 4, 4]",
        "CONV_3D_TRANSPOSE",
    ),
    "dense": (
        "fully_connected(keep_num_dims=True) %x, const float32[4, 2], const float32[4] : float32[batch, 5, 4]",
        "%x: float32[batch, 5, 2]",
        "float32[batch, 5, 4]",
        "FULLY_CONNECTED",
    ),
    "dense without bias": (
        "fully_connected %x, const float32[4, 2], none : float32[5*batch, 4]",
        "%x: float32[batch, 5, 2]",
        "float32[5*batch, 4]",
        "FULLY_CONNECTED",
    ),
}


@pytest.mark.parametrize("product", PRODUCTS)
@pytest.mark.parametrize("constant", ["float32[4]", "float32[] 0.3", "float32[1] [-2.0]", "float32[1, 4]"])
@pytest.mark.parametrize(
    "step",
    [
        "mul %1, const {c}",
        "mul const {c}, %1",
        "div %1, const {c}",
        "add const {c}, %1",
        "sub %1, const {c}",
        "sub const {c}, %1",
    ],
)
def test_a_step_is_computed_with_filter_and_bias(product, constant, step):
    text, inputs, out, name = PRODUCTS[product]
    steps = (text, f"{step.format(c=constant)} : {out}")
    assert operators_after(FoldScaleShift(), graph(*steps, inputs=inputs)) == [name]


def test_a_chain_folds_in_one_run():
    steps = [
        "mul %1, const float32[4]",
        "add %2, const float32[4]",
        "div %3, const float32[]",
        "sub %4, const float32[4]",
    ]
    assert operators_after(FoldScaleShift(), graph(CONV, *(f"{step} : {OUT}" for step in steps))) == ["CONV_2D"]


def test_an_activation_fused_into_the_step_goes_along():
    text = graph(CONV, f"add(fused_activation_function=RELU6) %1, const float32[4] : {OUT}")
    model = parse_model(text)
    FoldScaleShift().run(model.main, Record())
    (operation,) = model.main.operations
    assert operation.operator.fused_activation_function.name == "RELU6"
    compare_arrays(run_text(parse_model(text)), run_text(model), rtol=1e-6)


@pytest.mark.parametrize(
    "lines",
    [
        [CONV, f"div const float32[4], %1 : {OUT}"],
        [CONV, f"mul %1, const float32[3, 1] : {OUT}"],
        [CONV, f"mul %1, %1 : {OUT}"],
        [CONV, f"div %1, const float32[4] [1.0, 0.0, 1.0, 1.0] : {OUT}"],
        [CONV, "mul %1, const float32[2, 1, 1, 1, 4] : float32[2, batch, 3, 3, 4]"],
        [CONV.replace("conv_2d", "conv_2d(fused_activation_function=RELU)"), f"mul %1, const float32[4] : {OUT}"],
        ["abs %x : float32[batch, 5, 5, 2]", "mul %1, const float32[2] : float32[batch, 5, 5, 2]"],
    ],
    ids=["reciprocal", "rows", "square", "division by zero", "new axis", "behind an activation", "no product"],
)
def test_what_is_no_scale_of_a_product_stays(lines):
    check_rewrite(FoldScaleShift(), graph(*lines), None)


def test_one_channel_that_is_broadcast_stays():
    conv = "conv_2d %x, const float32[1, 3, 3, 2], const float32[1] : float32[batch, 3, 3, 1]"
    check_rewrite(FoldScaleShift(), graph(conv, f"mul %1, const float32[4] : {OUT}"), None)


def test_a_filter_computed_by_the_model_stays():
    text = graph(
        "conv_2d %x, %w, const float32[4] : float32[batch, 3, 3, 4]",
        f"mul %1, const float32[4] : {OUT}",
        inputs=f"{IMAGE}, %w: float32[4, 3, 3, 2]",
    )
    check_rewrite(FoldScaleShift(), text, None)


@pytest.mark.parametrize(("others", "returned"), [([], "%1, %2"), ([f"abs %1 : {OUT}"], "%2, %3")])
def test_a_product_that_others_read_too_declines(others, returned):
    text = graph(CONV, f"mul %1, const float32[4] : {OUT}", *others, returned=returned)
    (missed,) = check_rewrite(FoldScaleShift(), text, None).missed
    assert "also read" in missed.reason


def test_quantized_tensors_stay():
    model = parse_model(graph(CONV, f"mul %1, const float32[4] : {OUT}"))
    value = model.main.operations[0].result
    value.type = replace(value.type, quantization=Quantization((0.5,), (0,)))
    assert FoldScaleShift().run(model.main, Record()) == 0


def test_the_filter_is_scaled_only_when_it_is_asked_for():
    model = parse_model(graph(CONV, f"mul %1, const float32[4] : {OUT}"))
    filter = model.main.operations[0].operands[1]
    calls = []
    load = filter.constant._load
    filter.constant._load = lambda: calls.append(1) or load()
    FoldScaleShift().run(model.main, Record())
    assert not calls
    found = model.main.operations[0].operands[1].constant.array()
    assert len(calls) == 1
    assert found.dtype == np.float32
    assert found.shape == (4, 3, 3, 2)


def test_the_layer_of_the_product_stays_its_source():
    model = parse_model(graph(CONV, f"mul %1, const float32[4] : {OUT}"))
    FoldScaleShift().run(model.main, Record())
    (operation,) = model.main.operations
    assert operation.source.layer == "1"
    assert operation.source.passes == ("fold_scale_shift",)
    assert operation.result.name == "2"


def test_a_table_that_is_tied_to_the_weights_is_stored_once():
    text = text_graph(
        "gather const float32[9, 4], %x : float32[batch, 4]",
        "fully_connected %1, const float32[9, 4], none : float32[batch, 9]",
        "mul %2, const float32[9] : float32[batch, 9]",
        inputs="%x: int32[batch]",
    )
    assert "twice" in str(check_rewrite(FoldScaleShift(), text, None).missed)
