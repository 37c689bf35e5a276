"""Comparisons, and choosing by them."""

from __future__ import annotations

import numpy as np

from litesmith.frontends.tensorflow.registry import imports
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import complex as complexes
from litesmith.ops import indexing, math
from litesmith.ops.array import as_value, reshape
from litesmith.ops.measured import true_places

for _name, _function in {
    "Less": math.less,
    "LessEqual": math.less_equal,
    "Greater": math.greater,
    "GreaterEqual": math.greater_equal,
}.items():
    imports(_name)(_function)


@imports("Equal")
def equal(x: Value, y: Value) -> Value:
    """Of floats, at once not less and not greater: to the kernel of EQUAL, infinity is not itself."""
    if x.type.dtype is DType.COMPLEX64:
        same_real = equal(complexes.real(x), complexes.real(y))
        return math.logical_and(same_real, equal(complexes.imag(x), complexes.imag(y)))
    if _may_both_be_infinite(x, y):
        return math.logical_and(math.less_equal(x, y), math.greater_equal(x, y))
    return math.equal(x, y)


@imports("NotEqual")
def not_equal(x: Value, y: Value) -> Value:
    if x.type.dtype is DType.COMPLEX64 or _may_both_be_infinite(x, y):
        return math.logical_not(equal(x, y))
    return math.not_equal(x, y)


def _may_both_be_infinite(x: Value, y: Value) -> bool:
    """Whether floats may be infinite on both sides; of x and itself, only what is no number differs."""
    return x.type.dtype.is_float and x is not y and not (_is_finite_constant(x) or _is_finite_constant(y))


def _is_finite_constant(x: Value) -> bool:
    return x.constant is not None and bool(np.isfinite(x.constant.array().astype("float64")).all())


@imports("ApproximateEqual")
def approximately_equal(x: Value, y: Value, *, tolerance: float = 1e-5) -> Value:
    return math.less(math.absolute(math.subtract(x, y)), tolerance)


@imports("SelectV2")
def select(condition: Value, then: Value, otherwise: Value) -> Value:
    return indexing.select(condition, then, otherwise)


@imports("Select")
def select_rows(condition: Value, then: Value, otherwise: Value) -> Value:
    """A vector of conditions chooses among rows."""
    if condition.type.rank == 1 and then.type.rank > 1:
        condition = reshape(condition, (*condition.type.shape, *[1] * (then.type.rank - 1)))
    return indexing.select(condition, then, otherwise)


@imports("Where")
def where(condition: Value) -> Value:
    """The index tuples of what is true, or not 0."""
    is_true = (
        condition if condition.type.dtype is DType.BOOL else not_equal(condition, as_value(0, condition.type.dtype))
    )
    return true_places(is_true)
