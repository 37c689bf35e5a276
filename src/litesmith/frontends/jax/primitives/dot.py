"""Sums of products."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from litesmith.frontends.jax.registry import imports
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import einsum
from litesmith.ops.array import cast

Dimensions = tuple[tuple[Sequence[int], Sequence[int]], tuple[Sequence[int], Sequence[int]]]


@imports("dot_general")
def dot_general(x: Value, y: Value, *, dimension_numbers: Dimensions, preferred_element_type: Any) -> Value:
    """The result has the axes that go together, then those of x, then those of y that are not summed over."""
    dtype = preferred_element_type if isinstance(preferred_element_type, DType) else x.type.dtype
    (sum_x, sum_y), (batch_x, batch_y) = dimension_numbers
    left, right = [""] * x.type.rank, [""] * y.type.rank
    for letter, pairs in (("k", zip(sum_x, sum_y, strict=True)), ("b", zip(batch_x, batch_y, strict=True))):
        for number, (one, other) in enumerate(pairs):
            left[one] = right[other] = f"{letter}{number}"
    left = [label or f"x{axis}" for axis, label in enumerate(left)]
    right = [label or f"y{axis}" for axis, label in enumerate(right)]
    output = [
        *(left[axis] for axis in batch_x),
        *(label for label in left if label[0] == "x"),
        *(label for label in right if label[0] == "y"),
    ]
    terms = [einsum.Term(cast(x, dtype), tuple(left)), einsum.Term(cast(y, dtype), tuple(right))]
    return einsum.contract(terms, tuple(output))
