import pytest

from litesmith.opset.parse import parse_model
from litesmith.passes.base import Record
from litesmith.passes.fuse_activation import FuseActivation
from support import check_rewrite, compare_arrays, operators_after, run_text, text_graph

PRODUCERS = {
    "ADD": "add %x, %y : float32[batch, 5, 5, 4]",
    "SUB": "sub const float32[4], %x : float32[batch, 5, 5, 4]",
    "MUL": "mul %x, %y : float32[batch, 5, 5, 4]",
    "DIV": "div %x, %y : float32[batch, 5, 5, 4]",
    "MAX_POOL_2D": "max_pool_2d(filter_width=2, filter_height=2) %x : float32[batch, 4, 4, 4]",
    "AVERAGE_POOL_2D": "average_pool_2d(filter_width=2, filter_height=2) %x : float32[batch, 4, 4, 4]",
    "L2_POOL_2D": "l2_pool_2d(filter_width=2, filter_height=2) %x : float32[batch, 4, 4, 4]",
    "CONV_2D": "conv_2d %x, const float32[6, 3, 3, 4], const float32[6] : float32[batch, 3, 3, 6]",
    "DEPTHWISE_CONV_2D": "depthwise_conv_2d %x, const float32[1, 3, 3, 4], const float32[4] : float32[batch, 3, 3, 4]",
    "FULLY_CONNECTED": "fully_connected %x, const float32[6, 4], const float32[6] : float32[25*batch, 6]",
    "TRANSPOSE_CONV": "transpose_conv const int32[4] [3, 7, 7, 6], const float32[6, 3, 3, 4], %s, const float32[6] "
    ": float32[3, 7, 7, 6]",
    "CONV_3D": "conv_3d %z, const float32[2, 2, 2, 4, 6], const float32[6] : float32[batch, 2, 2, 2, 6]",
    "CONV_3D_TRANSPOSE": "conv_3d_transpose const int32[5] [3, 4, 4, 4, 6], const float32[2, 2, 2, 6, 4], %t, "
    "const float32[6] : float32[3, 4, 4, 4, 6]",
}
INPUTS = {
    "%x": "float32[batch, 5, 5, 4]",
    "%y": "float32[batch, 5, 5, 4]",
    "%z": "float32[batch, 3, 3, 3, 4]",
    "%s": "float32[3, 5, 5, 4]",
    "%t": "float32[3, 3, 3, 3, 4]",
}
LIMITS = {
    "RELU": ["relu %1 : {t}"],
    "RELU6": ["relu6 %1 : {t}"],
    "RELU_N1_TO_1": ["relu_n1_to_1 %1 : {t}"],
}


def graph(producer, *lines, returned=""):
    type = producer.rpartition(" : ")[2]
    inputs = ", ".join(f"{name}: {given}" for name, given in INPUTS.items() if name in producer)
    return text_graph(producer, *(line.format(t=type) for line in lines), inputs=inputs, returned=returned)


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("producer", PRODUCERS)
def test_the_kernel_honours_the_fused_activation(producer, limit):
    assert operators_after(FuseActivation(), graph(PRODUCERS[producer], *LIMITS[limit])) == [producer]


@pytest.mark.parametrize(
    ("lines", "fused"),
    [
        (["maximum %1, const float32[] 0.0 : {t}"], "RELU"),
        (["maximum const float32[1] [0.0], %1 : {t}"], "RELU"),
        (["maximum %1, const float32[4] [0.0, 0.0, 0.0, 0.0] : {t}"], "RELU"),
        (["minimum %1, const float32[] 6.0 : {t}", "maximum %2, const float32[] 0.0 : {t}"], "RELU6"),
        (["relu %1 : {t}", "minimum %2, const float32[] 6.0 : {t}"], "RELU6"),
        (["relu %1 : {t}", "relu %2 : {t}"], "RELU"),
        (["maximum %1, const float32[] -1.0 : {t}", "minimum %2, const float32[] 1.0 : {t}"], "RELU_N1_TO_1"),
        (["relu6 %1 : {t}", "relu %2 : {t}", "minimum %3, const float32[] 8.0 : {t}"], "RELU6"),
    ],
)
def test_limits_in_a_row_are_one(lines, fused):
    text = graph(PRODUCERS["ADD"], *lines)
    model = parse_model(text)
    FuseActivation().run(model.main, Record())
    (operation,) = model.main.operations
    assert operation.operator.fused_activation_function.name == fused
    compare_arrays(run_text(parse_model(text)), run_text(model), rtol=0, atol=0)


@pytest.mark.parametrize(
    "lines",
    [
        ["maximum %1, const float32[] 0.5 : {t}"],
        ["maximum %1, const float32[4] [0.0, 0.0, 0.0, 1.0] : {t}"],
        ["relu_0_to_1 %1 : {t}"],
        ["tanh %1 : {t}"],
        ["minimum %1, const float32[] -1.0 : {t}", "relu %2 : {t}"],
        ["abs %1 : {t}", "relu %2 : {t}"],
        ["maximum %1, %x : {t}"],
    ],
)
def test_what_no_kernel_applies_stays(lines):
    check_rewrite(FuseActivation(), graph(PRODUCERS["ADD"], *lines), None)


@pytest.mark.parametrize(
    "producer",
    [
        "concatenation(axis=3) %x, %y : float32[batch, 5, 5, 8]",
        "reshape %x, const int32[2] [-1, 100] : float32[batch, 100]",
        "squared_difference %x, %y : float32[batch, 5, 5, 4]",
    ],
)
def test_operators_that_ignore_the_option_keep_their_activation(producer):
    check_rewrite(FuseActivation(), graph(producer, "relu %1 : {t}"), None)


def test_integers_keep_their_limits():
    text = text_graph(
        "add %x, %x : int32[batch, 4]",
        "maximum %1, const int32[] 0 : int32[batch, 4]",
        inputs="%x: int32[batch, 4]",
    )
    check_rewrite(FuseActivation(), text, None)


@pytest.mark.parametrize(
    ("lines", "returned"),
    [
        (["relu %1 : {t}"], "%1, %2"),
        (["relu %1 : {t}", "mul %1, %2 : {t}"], "%3"),
    ],
)
def test_a_result_that_others_read_without_it_declines(lines, returned):
    (missed,) = check_rewrite(FuseActivation(), graph(PRODUCERS["ADD"], *lines, returned=returned), None).missed
    assert "also read" in missed.reason


def test_a_limit_that_is_also_read_between_stays_readable():
    lines = ["maximum %1, const float32[] 0.0 : {t}", "minimum %2, const float32[] 6.0 : {t}"]
    after = operators_after(FuseActivation(), graph(PRODUCERS["ADD"], *lines, returned="%2, %3"))
    assert after == ["ADD", "MINIMUM"]


def test_an_activation_that_is_there_already_is_not_applied_again():
    producer = PRODUCERS["ADD"].replace("add", "add(fused_activation_function=RELU)")
    text = graph(producer, "relu %1 : {t}", "mul %1, %2 : {t}")
    assert operators_after(FuseActivation(), text) == ["ADD", "MUL"]
