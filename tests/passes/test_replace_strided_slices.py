"""Slices that drop axes, as the kernels that copy rows take them."""

from __future__ import annotations

import keras
import numpy as np
import pytest

import litesmith
from litesmith.opset.parse import parse_graph
from litesmith.passes.base import Record
from litesmith.passes.replace_strided_slices import ReplaceStridedSlices
from support import builtins_of, check_function

RANDOM = np.random.default_rng(0)
TABLE = RANDOM.normal(size=(5, 6, 7, 8)).astype("float32")
KEYS = {
    "first": lambda x: x[0],
    "last": lambda x: x[-1],
    "middle": lambda x: x[:, 2],
    "innermost": lambda x: x[..., -3],
    "two": lambda x: x[:, 1, :, 2],
    "neighbours": lambda x: x[1, 2],
    "and a part": lambda x: x[:, 2, 1:5],
    "and an end": lambda x: x[:, 2:, -1],
    "in steps": lambda x: x[:, ::2, -1],
    "backwards": lambda x: x[:, 1, ::-1],
    "a part": lambda x: x[:, 1:4, :-2],
}


@pytest.mark.parametrize(
    ("key", "dtype"),
    [*((key, "float32") for key in KEYS), *(("middle", dtype) for dtype in ("int32", "bool", "float16", "int8"))],
)
def test_of_several_types(key, dtype):
    x = (TABLE * 20).astype(dtype) if dtype != "bool" else TABLE > 0
    check_function(KEYS[key], x, rtol=0)


class Taking(keras.layers.Layer):
    def __init__(self, place):
        super().__init__()
        self.place = place

    def call(self, x):
        return x[:, :, self.place] + 0.5 if self.place >= 0 else x[:, self.place]


@pytest.mark.parametrize(("place", "used"), [(1, "GATHER"), (-1, "STRIDED_SLICE")])
def test_several_dynamic_sizes(place, used):
    """Batch and time are known to the running model alone, and so is where the last of a time stands."""
    lite = litesmith.convert(Taking(place), inputs=("batch", "time", 7, 8), verify=False)
    assert used in builtins_of(lite)
    for shape in ((5, 6), (1, 1), (2, 9)):
        x = RANDOM.normal(size=(*shape, 7, 8)).astype("float32")
        np.testing.assert_array_equal(lite.run(x), Taking(place)(x))


def operators_after(slicing: str) -> list[str]:
    graph = parse_graph(f"graph main(%x: float32[4, 8, 16], %i: int32[3]) {{\n  %1 = {slicing}\n  return %1\n}}")
    ReplaceStridedSlices().run(graph, Record())
    return [operation.operator.builtin for operation in graph.operations]


@pytest.mark.parametrize(
    ("slicing", "found"),
    [
        (
            "strided_slice(begin_mask=6, end_mask=6, shrink_axis_mask=1) %x, const int32[3] [1, 0, 0], "
            "const int32[3] [2, 0, 0], const int32[3] [1, 1, 1] : float32[8, 16]",
            ["SLICE", "RESHAPE"],
        ),
        (
            "strided_slice(begin_mask=2, end_mask=2, shrink_axis_mask=1) %x, const int32[1] [-1], "
            "const int32[1] [0], const int32[1] [1] : float32[8, 16]",
            ["SLICE", "RESHAPE"],
        ),
        (
            "strided_slice(begin_mask=3, end_mask=3, shrink_axis_mask=4) %x, const int32[3] [0, 0, 5], "
            "const int32[3] [0, 0, 6], const int32[3] [1, 1, 1] : float32[4, 8]",
            ["STRIDED_SLICE"],
        ),
        (
            "strided_slice(begin_mask=6, end_mask=6, shrink_axis_mask=1) %x, const int32[3] [4, 0, 0], "
            "const int32[3] [5, 0, 0], const int32[3] [1, 1, 1] : float32[8, 16]",
            ["STRIDED_SLICE"],
        ),
        (
            "strided_slice(begin_mask=6, end_mask=2, shrink_axis_mask=1) %x, const int32[3] [1, 0, 0], "
            "const int32[3] [2, 0, 16], const int32[3] [1, 1, 2] : float32[8, 8]",
            ["STRIDED_SLICE"],
        ),
        (
            "strided_slice(begin_mask=3, end_mask=3) %x, const int32[3] [0, 0, 1], "
            "const int32[3] [0, 0, 9], const int32[3] [1, 1, 1] : float32[4, 8, 8]",
            ["STRIDED_SLICE"],
        ),
    ],
    ids=["first axis", "fewer bounds", "few elements", "outside", "steps", "XNNPACK takes it"],
)
def test_what_is_replaced(slicing, found):
    assert operators_after(slicing) == found
