"""Slices whose bounds the model computes, in LiteRT operators.

Bounds mean what they mean in Python: those below 0 count from the end, and none reaches beyond the tensor.
"""

from __future__ import annotations

from typing import Any, TypeGuard

from litesmith.ir.builder import emit
from litesmith.ir.dims import Dim, Size
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import math
from litesmith.ops.array import as_complex, as_floats, as_value, reshape
from litesmith.ops.errors import Unsupported
from litesmith.ops.measured import as_size
from litesmith.ops.sizes import int32, size_scalar
from litesmith.opset.joining import Range
from litesmith.opset.rules import sizes_of
from litesmith.opset.slicing import Gather


def is_computed(bound: Any) -> TypeGuard[Value]:
    """Whether a slice's bound is a tensor that was not made of sizes."""
    return isinstance(bound, Value) and sizes_of(bound) is None


def slice_between(x: Value, axis: int, key: slice) -> Value:
    """`x[key]` along one axis; the key's bounds may be integer tensors of one element."""
    if x.type.dtype is DType.COMPLEX64:
        return as_complex(slice_between(as_floats(x), axis, key))
    size, step = x.type.shape[axis], _step(key.step)
    least, most = (0, size) if step > 0 else (-1, size - 1)
    first, last = (least, most) if step > 0 else (most, least)
    begin = _scalar(first) if key.start is None else _from_front(key.start, size, least, most)
    end = _scalar(last) if key.stop is None else _from_front(key.stop, size, least, most)
    span = math.subtract(end, begin) if step > 0 else math.subtract(begin, end)
    count = span if abs(step) == 1 else math.floor_divide(math.add(span, abs(step) - 1), abs(step))
    length = as_size(math.maximum(count, 0), "slice")
    places = emit(Range(), int32(0), size_scalar(length), int32(1))
    # STRIDED_SLICE leaves no readable result where nothing is taken.
    return emit(Gather(axis=axis), x, math.add(math.multiply(places, step) if step != 1 else places, begin))


def _step(step: Any) -> int:
    if isinstance(step, (Dim, Value)):
        raise Unsupported("a slice whose step is not a number (take the elements at ops.arange instead)")
    return 1 if step is None else int(step)


def _from_front(bound: Any, size: Size, least: int, most: Size) -> Value:
    """A bound counted from the front, within `least` and `most`."""
    if isinstance(bound, Value):
        place = _scalar(bound)
        is_behind = as_value(math.less(place, 0), DType.INT32)
        place = math.add(place, math.multiply(is_behind, _scalar(size)))
    else:
        place = _scalar(bound + size if bound < 0 else bound)
    return math.minimum(math.maximum(place, least), _scalar(most))


def _scalar(number: Any) -> Value:
    return reshape(as_value(number, DType.INT32), ())
