"""What changes nothing, and what only seems to."""

import pytest

from litesmith.passes.base import Record
from litesmith.passes.remove_identities import RemoveIdentities
from support import check_rewrite


def unchanged(line: str, inputs: str, type: str, behind: str = "") -> Record:
    last = "%2" if behind else "%1"
    return check_rewrite(
        RemoveIdentities(),
        f"graph main({inputs}) {{\n  %1 = {line} : {type}\n{behind}\n  return {last}\n}}",
        None,
    )


def vanishes(line: str, type: str = "float32[batch, 4]") -> None:
    behind = "logical_or" if type.startswith("bool") else "add"
    check_rewrite(
        RemoveIdentities(),
        f"graph main(%x: {type}) {{\n  %1 = {line} : {type}\n  %2 = {behind} %1, %1 : {type}\n  return %2\n}}",
        f"graph main(%x: {type}) {{\n  %1 = {behind} %x, %x : {type}\n  return %1\n}}",
    )


@pytest.mark.parametrize(
    "line",
    [
        "add %x, const float32[4] [0.0, 0.0, 0.0, 0.0]",
        "add const float32[] -0.0, %x",
        "sub %x, const float32[] 0.0",
        "mul const float32[] 1.0, %x",
        "div %x, const float32[1, 1] [[1.0]]",
        "pow %x, const float32[] 1.0",
        "pad %x, const int32[2, 2] [[0, 0], [0, 0]]",
        "padv2 %x, const int32[2, 2] [[0, 0], [0, 0]], const float32[] 3.0",
        "mirror_pad %x, const int32[2, 2] [[0, 0], [0, 0]]",
        "slice %x, const int32[2] [0, 0], const int32[2] [-1, 4]",
        "strided_slice(begin_mask=1, end_mask=1) "
        "%x, const int32[2] [0, 0], const int32[2] [0, 9], const int32[2] [1, 1]",
        "tile %x, const int32[2] [1, 1]",
        "concatenation(axis=1) %x",
        "split(num_splits=1) const int32[] 1, %x",
        "split_v(num_splits=1) %x, const int32[1] [4], const int32[] 1",
    ],
)
def test_an_identity_of_floats_vanishes(line):
    vanishes(line)


@pytest.mark.parametrize("line", ["add %x, const int32[] 0", "sub %x, const int32[] 0", "mul %x, const int32[] 1"])
def test_an_identity_of_integers_vanishes(line):
    vanishes(line, "int32[batch, 4]")


@pytest.mark.parametrize("line", ["logical_and %x, const bool[] True", "logical_or const bool[1] [False], %x"])
def test_an_identity_of_booleans_vanishes(line):
    vanishes(line, "bool[batch, 4]")


@pytest.mark.parametrize(
    ("line", "type"),
    [
        ("add %x, const float32[3, 1] [[0.0], [0.0], [0.0]]", "float32[3, 4]"),
        ("mul %x, const float32[1, 1] [[1.0]]", "float32[1, 4]"),
        ("sub const float32[] 0.0, %x", "float32[4]"),
        ("div const float32[] 1.0, %x", "float32[4]"),
        ("pow const float32[] 1.0, %x", "float32[4]"),
        ("add(fused_activation_function=RELU) %x, const float32[] 0.0", "float32[4]"),
        ("mul %x, const float32[4] [1.0, 1.0, 1.0, 2.0]", "float32[4]"),
        (
            "strided_slice(begin_mask=1, end_mask=1) %x, const int32[1] [0], const int32[1] [0], const int32[1] [-1]",
            "float32[4]",
        ),
        ("slice %x, const int32[1] [1], const int32[1] [-1]", "float32[3]"),
    ],
)
def test_what_changes_shape_or_numbers_stays(line, type):
    unchanged(line, "%x: float32[4]", type)


@pytest.mark.parametrize(
    ("behind", "reason"),
    [
        ("%2 = div const float32[] 1.0, %1 : float32[4]", "DIV"),
        ("%2 = atan2 %1, %1 : float32[4]", "ATAN2"),
        ("%2 = rsqrt %1 : float32[4]", "RSQRT"),
    ],
)
def test_adding_zero_stays_where_the_sign_of_zero_counts(behind, reason):
    record = unchanged("add %x, const float32[] 0.0", "%x: float32[4]", "float32[4]", behind)
    ((missed, _),) = record.missed.items()
    assert missed.reason.startswith(reason)


def test_the_sign_of_zero_is_forgotten_by_a_cosine():
    check_rewrite(
        RemoveIdentities(),
        """graph main(%x: float32[4]) {
          %1 = add %x, const float32[] 0.0 : float32[4]
          %2 = cos %1 : float32[4]
          %3 = div const float32[] 1.0, %2 : float32[4]
          return %3
        }""",
        """graph main(%x: float32[4]) {
          %1 = cos %x : float32[4]
          %2 = div const float32[] 1.0, %1 : float32[4]
          return %2
        }""",
    )


@pytest.mark.parametrize(
    ("first", "second", "left"),
    [
        ("relu", "relu", "relu"),
        ("relu6", "relu", "relu6"),
        ("relu_0_to_1", "relu6", "relu_0_to_1"),
        ("relu_n1_to_1", "relu", None),
        ("relu", "relu6", None),
        ("abs", "abs", "abs"),
        ("floor", "floor", "floor"),
        ("neg", "neg", ""),
        ("exp", "exp", None),
    ],
)
def test_what_is_done_twice(first, second, left):
    before = f"""graph main(%x: float32[4]) {{
      %1 = {first} %x : float32[4]
      %2 = {second} %1 : float32[4]
      %3 = sin %2 : float32[4]
      return %3
    }}"""
    after = None
    if left is not None:
        step = f"%1 = {left} %x : float32[4]\n" if left else ""
        after = f"graph main(%x: float32[4]) {{\n{step}%3 = sin {'%1' if left else '%x'} : float32[4]\nreturn %3\n}}"
    check_rewrite(RemoveIdentities(), before, after)


def test_a_fused_activation_makes_the_next_one_unnecessary():
    check_rewrite(
        RemoveIdentities(),
        """graph main(%x: float32[4]) {
          %1 = add(fused_activation_function=RELU6) %x, %x : float32[4]
          %2 = relu %1 : float32[4]
          return %2
        }""",
        """graph main(%x: float32[4]) {
          %1 = add(fused_activation_function=RELU6) %x, %x : float32[4]
          return %1
        }""",
    )
