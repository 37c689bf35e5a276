"""Products, extremes and sums of exponentials of all elements up to each place, in LiteRT operators."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

import numpy as np

from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import math
from litesmith.ops.array import axis_of
from litesmith.ops.decomposing import decomposition
from litesmith.ops.indexing import select
from litesmith.ops.prefixes import combined_up_to


def products(x: Value, axis: int) -> Value:
    """The product of the elements up to and including each place along an axis."""
    return _up_to(math.multiply, x, axis)


def maxima(x: Value, axis: int) -> Value:
    """The largest element up to and including each place along an axis."""
    return _up_to(math.maximum, x, axis)


def minima(x: Value, axis: int) -> Value:
    """The smallest element up to and including each place along an axis."""
    return _up_to(math.minimum, x, axis)


@decomposition
def log_sums(x: Value, axis: int) -> Value:
    """log(sum(exp(x))) up to and including each place, without overflow; within 1e-6 of its value or of 1."""
    return _up_to(_log_add_exp, x, axis)


def _log_add_exp(x: Value, y: Value) -> Value:
    """With -infinity as the logarithm of 0."""
    largest = math.maximum(x, y)
    larger = math.clip(largest, -math.LARGEST, math.LARGEST)
    total = math.add(math.exp(math.subtract(x, larger)), math.exp(math.subtract(y, larger)))
    return select(math.greater(largest, math.LARGEST), largest, math.add(larger, math.log(total)))


def _up_to(combine: Callable[[Value, Value], Value], x: Value, axis: int) -> Value:
    return combined_up_to([x], axis_of(axis, x.type.rank), lambda before, after: [combine(before[0], after[0])])[0]


def lowest(dtype: DType) -> Any:
    """What no element of a type is less than."""
    if dtype is DType.BOOL:
        return False
    return -inf if dtype.is_float else int(np.iinfo(dtype.numpy).min)


def highest(dtype: DType) -> Any:
    """What no element of a type is greater than."""
    if dtype is DType.BOOL:
        return True
    return inf if dtype.is_float else int(np.iinfo(dtype.numpy).max)
