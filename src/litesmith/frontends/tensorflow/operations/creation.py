"""Tensors made of a number, a count or indices."""

from __future__ import annotations

from litesmith.frontends.tensorflow.known import Known
from litesmith.frontends.tensorflow.registry import Item, Sizes, as_value, imports, modest
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import array, creation, indexing


@imports("ZerosLike")
def zeros_like(x: Value) -> Value:
    return creation.full_like(x, 0, x.type.dtype)


@imports("OnesLike")
def ones_like(x: Value) -> Value:
    return creation.full_like(x, 1, x.type.dtype)


@imports("Fill")
def fill(shape: Sizes, x: Value) -> Value:
    modest(shape)
    return array.full(shape, x, x.type.dtype)


@imports("Range")
def range_(start: Item, limit: Item, delta: Item) -> Value:
    bounds = [
        each.sizes if isinstance(each, Known) and each.dtype.is_integer else None for each in (start, limit, delta)
    ]
    dtype = as_value(delta).type.dtype
    if all(each is not None for each in bounds):
        first, last, step = (each[0] for each in bounds if each is not None)
        modest(((last - first) // step if int(step) else 0,))
        return array.cast(creation.count_up(first, last, step), dtype)
    return creation.count_between(as_value(start), as_value(limit), as_value(delta), dtype)


@imports("LinSpace")
def linspace(start: Value, stop: Value, count: Sizes) -> Value:
    return creation.linspace(start, stop, count[0], True, 0)


@imports("OneHot")
def one_hot(indices: Value, depth: Sizes, on: Value, off: Value, *, axis: int = -1) -> Value:
    """Numbers other than 1 and 0 are chosen by truth."""
    if _is(on, 1) and _is(off, 0):
        return creation.one_hot(indices, depth[0], axis, on.type.dtype)
    return indexing.select(creation.one_hot(indices, depth[0], axis, DType.BOOL), on, off)


def _is(x: Value, number: int) -> bool:
    return x.constant is not None and bool((x.constant.array() == number).all())
