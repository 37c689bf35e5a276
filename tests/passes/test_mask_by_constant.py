"""Masks of attention as numbers: the forms that they come in, and what is none."""

import pytest

from litesmith.passes.mask_by_constant import MaskByConstant
from support import check_rewrite, text_graph

X = "%x: float32[batch, 3, 5], %m: bool[batch, 1, 5]"
FULL = "float32[batch, 3, 5]"


def graph(*lines):
    return text_graph(*lines, inputs=X)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            [f"add const float32[] -1e9, %x : {FULL}", f"select_v2 %m, %x, %1 : {FULL}"],
            f"select_v2 %m, %x, const float32[] -1000000000.0 : {FULL}",
        ),
        (
            [
                "select_v2 %m, const float32[] 0.0, const float32[] 1e9 : float32[batch, 1, 5]",
                f"sub %x, %1 : {FULL}",
            ],
            f"select_v2 %m, %x, const float32[] -1000000000.0 : {FULL}",
        ),
        (
            [
                "select_v2 %m, const float32[] -1e9, const float32[] 0.0 : float32[batch, 1, 5]",
                f"add %1, %x : {FULL}",
            ],
            f"select_v2 %m, const float32[] -1000000000.0, %x : {FULL}",
        ),
        (
            [f"add %x, const float32[5] [0.0, 0.0, -1e9, 0.0, -2e9] : {FULL}"],
            f"select_v2 const bool[5] [False, False, True, False, True], const float32[] -1000000000.0, %x : {FULL}",
        ),
    ],
    ids=["moved and chosen", "subtracted", "added", "a constant mask"],
)
def test_masked_scores_are_a_number(before, after):
    ends = ["softmax %{} : " + FULL]
    check_rewrite(
        MaskByConstant(),
        graph(*before, ends[0].format(len(before))),
        graph(after, ends[0].format(1)),
    )


@pytest.mark.parametrize(
    "lines",
    [
        [f"sub %x, const float32[] 100.0 : {FULL}", f"select_v2 %m, %1, %x : {FULL}"],
        [f"sub %x, const float32[] 1e9 : {FULL}", f"neg %x : {FULL}", f"select_v2 %m, %1, %2 : {FULL}"],
        [f"sub const float32[] 1e9, %x : {FULL}", f"select_v2 %m, %1, %x : {FULL}"],
        [f"add %x, const float32[5] [0.0, 1.0, -1e9, 0.0, -1e9] : {FULL}"],
        [f"add %x, const float32[5] [0.0, 1e9, -1e9, 0.0, -1e9] : {FULL}"],
        [f"add %x, const float32[] -1e9 : {FULL}"],
        [f"add(fused_activation_function=RELU) %x, const float32[5] [0.0, 0.0, -1e9, 0.0, -1e9] : {FULL}"],
    ],
    ids=["near", "of another", "turned", "more than a mask", "both ways", "all of it", "activated"],
)
def test_what_is_no_mask_stays(lines):
    check_rewrite(MaskByConstant(), graph(*lines, f"softmax %{len(lines)} : {FULL}"), None)


@pytest.mark.parametrize("reader", [f"neg %2 : {FULL}", f"log_softmax %2 : {FULL}", f"add %2, %x : {FULL}", None])
def test_what_others_than_a_softmax_read_stays(reader):
    lines = [f"sub %x, const float32[] 1e9 : {FULL}", f"select_v2 %m, %1, %x : {FULL}"]
    check_rewrite(MaskByConstant(), graph(*lines, *([] if reader is None else [reader])), None)


def test_scores_may_be_moved_about_and_masked_again():
    def lines(*first, count):
        again = f"add %{count}, const float32[5] [0.0, 0.0, 3.0, 0.0, 0.0] : {FULL}"
        flat = f"reshape %{count + 1}, const int32[2] [-1, 5] : float32[3*batch, 5]"
        return graph(*first, again, flat, f"softmax %{count + 2} : float32[3*batch, 5]")

    before = (f"sub %x, const float32[] 1e9 : {FULL}", f"select_v2 %m, %1, %x : {FULL}")
    after = f"select_v2 %m, const float32[] -1000000000.0, %x : {FULL}"
    check_rewrite(MaskByConstant(), lines(*before, count=2), lines(after, count=1))
