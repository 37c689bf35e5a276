"""Reductions over axes, and along one up to each place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from litesmith.frontends.jax.registry import imports
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import cumulative, math, statistics
from litesmith.ops.array import cast, flip
from litesmith.ops.errors import Unsupported

Axes = Sequence[int]


def _reduced(function: Callable[..., Value], of_truths: Callable[..., Value], x: Value, *, axes: Axes) -> Value:
    return (of_truths if x.type.dtype is DType.BOOL else function)(x, tuple(axes))


for _name, _functions in {
    "reduce_sum": (math.sum, math.any),
    "reduce_prod": (math.product, math.all),
    "reduce_max": (math.max, math.any),
    "reduce_min": (math.min, math.all),
}.items():
    imports(_name)(partial(_reduced, *_functions))


def _bits(function: Callable[..., Value], name: str, x: Value, *, axes: Axes) -> Value:
    if x.type.dtype is not DType.BOOL:
        raise Unsupported(f"{name} of {x.type.dtype}, of which only booleans have a form")
    return function(x, tuple(axes))


imports("reduce_and")(partial(_bits, math.all, "reduce_and"))
imports("reduce_or")(partial(_bits, math.any, "reduce_or"))


@imports("reduce_xor")
def reduce_xor(x: Value, *, axes: Axes) -> Value:
    """Of booleans, whether an odd number of them is true."""
    if x.type.dtype is not DType.BOOL:
        raise Unsupported(f"reduce_xor of {x.type.dtype}, of which only booleans have a form")
    return math.equal(math.floor_mod(math.sum(cast(x, DType.INT32), tuple(axes)), 2), 1)


@imports("argmax")
def argmax(x: Value, *, axes: Axes, index_dtype: DType) -> Value:
    return cast(statistics.arg_max(x, axes[0]), index_dtype)


@imports("argmin")
def argmin(x: Value, *, axes: Axes, index_dtype: DType) -> Value:
    return cast(statistics.arg_min(x, axes[0]), index_dtype)


def _cumulative(function: Callable[[Value, int], Value], x: Value, *, axis: int, reverse: bool) -> Value:
    if reverse:
        return flip(function(flip(x, axis), axis), axis)
    return function(x, axis)


for _name, _along in {
    "cumsum": statistics.cumulative_sum,
    "cumprod": cumulative.products,
    "cummax": cumulative.maxima,
    "cummin": cumulative.minima,
    "cumlogsumexp": cumulative.log_sums,
}.items():
    imports(_name)(partial(_cumulative, _along))


@imports("reduce")
def reduce(*operands: Value, jaxpr: Any, dimensions: Axes) -> Value:
    """By a function of one operator: the reduction by that, which is then combined with the first value."""
    names = [equation.primitive.name for equation in getattr(jaxpr, "jaxpr", jaxpr).eqns]
    known = {"add": (math.sum, math.add), "mul": (math.product, math.multiply), "max": (math.max, math.maximum)}
    known["min"] = (math.min, math.minimum)
    if len(operands) != 2 or len(names) != 1 or names[0] not in known:
        raise Unsupported("a reduction by a function of several operators; write it as a loop (jax.lax.scan)")
    over, combine = known[names[0]]
    return combine(over(operands[0], tuple(dimensions)), operands[1])
