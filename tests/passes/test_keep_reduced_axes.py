"""When a reduction may keep its axes."""

import pytest

from litesmith.passes.keep_reduced_axes import KeepReducedAxes
from support import check_rewrite


def graph(lines: str, returned: str) -> str:
    return f"graph main(%x: float32[batch, 5, 3]) {{\n{lines}\nreturn {returned}\n}}"


def test_expand_dims_puts_an_axis_back():
    check_rewrite(
        KeepReducedAxes(),
        graph(
            "%1 = sum %x, const int32[1] [-2] : float32[batch, 3]\n"
            "%2 = expand_dims %1, const int32[] 1 : float32[batch, 1, 3]",
            "%2",
        ),
        graph("%1 = sum(keep_dims=True) %x, const int32[1] [-2] : float32[batch, 1, 3]", "%1"),
    )


@pytest.mark.parametrize(
    ("shape", "operand", "returned"),
    [
        ("batch, 3, 1", "[-1, 3, 1]", "%2"),
        ("batch, 1, 1, 3", "[-1, 1, 1, 3]", "%2"),
        ("batch, 1, 3", "[-1, 1, 3]", "%1, %2"),
    ],
)
def test_another_shape_or_another_reader(shape, operand, returned):
    rank = len(shape.split(","))
    check_rewrite(
        KeepReducedAxes(),
        graph(
            "%1 = reduce_max %x, const int32[1] [1] : float32[batch, 3]\n"
            f"%2 = reshape %1, const int32[{rank}] {operand} : float32[{shape}]",
            returned,
        ),
        None,
    )
