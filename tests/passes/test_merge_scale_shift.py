import pytest

from litesmith.opset.parse import parse_model
from litesmith.passes.base import Record
from litesmith.passes.merge_scale_shift import MergeScaleShift
from support import check_rewrite, operators_after, text_graph

OUT = "float32[batch, 4]"


def graph(*lines, returned=""):
    return text_graph(*(f"{line} : {OUT}" for line in lines), inputs=f"%x: {OUT}", returned=returned)


@pytest.mark.parametrize(
    ("lines", "left"),
    [
        (["mul %x, const float32[4]", "mul %1, const float32[]"], ["MUL"]),
        (["mul %x, const float32[]", "div %1, const float32[4]"], ["MUL"]),
        (["mul %x, const float32[4]", "add %1, const float32[4]", "mul %2, const float32[]"], ["MUL", "ADD"]),
        (["div %x, const float32[4]", "sub %1, const float32[]", "sub %2, const float32[4]"], ["MUL", "ADD"]),
        (["mul %x, const float32[4]", "add %1, const float32[4]", "sub const float32[1, 4], %2"], ["MUL", "ADD"]),
        (
            [
                "mul %x, const float32[] 0.5",
                "add %1, const float32[] 0.0",
                "sub %2, const float32[4]",
                "div %3, const float32[4]",
                "mul %4, const float32[4]",
            ],
            ["MUL", "ADD"],
        ),
    ],
)
def test_a_row_becomes_one_scale_and_one_shift(lines, left):
    assert operators_after(MergeScaleShift(), graph(*lines)) == left


@pytest.mark.parametrize(
    "lines",
    [
        ["sub %x, const float32[4]", "div %1, const float32[4]"],
        ["add %x, const float32[4]", "add %1, const float32[4]"],
        ["mul %x, const float32[4]", "add %1, const float32[4]"],
        ["mul(fused_activation_function=RELU) %x, const float32[4]", "mul %1, const float32[4]"],
        ["mul %x, const float32[] 1e30", "mul %1, const float32[] 1e30"],
    ],
    ids=["exact difference", "two shifts", "already", "activation between", "overflow"],
)
def test_what_would_lose_digits_stays(lines):
    model = parse_model(graph(*lines))
    assert MergeScaleShift().run(model.main, Record()) == 0


def test_an_activation_at_the_end_goes_along():
    text = graph("mul %x, const float32[4]", "mul(fused_activation_function=RELU) %1, const float32[4]")
    model = parse_model(text)
    MergeScaleShift().run(model.main, Record())
    assert model.main.operations[0].operator.fused_activation_function.name == "RELU"


def test_what_others_read_stays():
    text = graph("mul %x, const float32[4]", "mul %1, const float32[4]", returned="%1, %2")
    check_rewrite(MergeScaleShift(), text, None)


def test_scales_that_undo_each_other_leave_the_shift():
    text = graph("mul %x, const float32[] 2.0", "add %1, const float32[] 3.0", "mul %2, const float32[] 0.5")
    assert operators_after(MergeScaleShift(), text) == ["ADD"]
