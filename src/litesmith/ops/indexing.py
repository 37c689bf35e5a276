"""Picking, choosing and writing elements by index, in LiteRT operators.

Indices count from the end when they are negative, as in numpy. GATHER and its like refuse
negative ones, so those that are not known to be non-negative are put right first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from litesmith.ir.builder import constant, emit
from litesmith.ir.dims import Dim, Size, is_static, product
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import math
from litesmith.ops.array import (
    as_complex,
    as_floats,
    as_value,
    axis_of,
    broadcast_to,
    cast,
    expand_dims,
    move_axis,
    reshape,
    stack,
    strided_slice,
    transpose,
)
from litesmith.ops.errors import Unsupported
from litesmith.ops.measured import true_places
from litesmith.ops.sizes import shape_tensor
from litesmith.ops.slicing import is_computed, slice_between
from litesmith.opset.elementwise import Abs, Relu
from litesmith.opset.joining import Concatenation, Pack, Range
from litesmith.opset.reduction import ArgMax, ArgMin, ReduceMax, ReduceMin
from litesmith.opset.rules import broadcast_sizes, sizes_of
from litesmith.opset.selection import SelectV2, TopKV2, Where
from litesmith.opset.shaping import BroadcastTo, ExpandDims, Reshape, ShapeOf, Squeeze, Transpose
from litesmith.opset.slicing import DynamicUpdateSlice, Gather, Slice, StridedSlice

NEVER_NEGATIVE = (Abs, ArgMax, ArgMin, Relu, ShapeOf, Where)
OF_SAME_ELEMENTS = (
    *(BroadcastTo, Concatenation, ExpandDims, Gather, Pack, ReduceMax, ReduceMin),
    *(Reshape, Slice, Squeeze, StridedSlice, Transpose),
)

Index = Any
"""An item of a key: a slice, an integer, a dynamic size, None, an Ellipsis, or an integer array or value."""


def select(condition: Value, then: Value, otherwise: Value) -> Value:
    """The first where the condition holds, the second elsewhere; all three broadcast."""
    return emit(SelectV2(), cast(condition, DType.BOOL), then, otherwise)


def is_non_negative(x: Value) -> bool:
    """Whether an integer tensor is known to hold no negative number."""
    if x.type.dtype is DType.BOOL or x.type.dtype.value.startswith("uint"):
        return True
    if x.constant is not None:
        return bool((x.constant.array() >= 0).all())
    if x.producer is None:
        return False
    operator, operands = x.producer.operator, x.producer.operands
    if isinstance(operator, NEVER_NEGATIVE):
        return True
    if isinstance(operator, TopKV2):
        return x is x.producer.results[1]
    if isinstance(operator, Range):
        start, _, delta = operands
        return start is not None and delta is not None and is_non_negative(start) and is_non_negative(delta)
    if isinstance(operator, OF_SAME_ELEMENTS):
        count = len(operands) if isinstance(operator, (Concatenation, Pack)) else 1
        return all(operand is not None and is_non_negative(operand) for operand in operands[:count])
    if operator.builtin == "CAST" and operands[0] is not None and not operands[0].type.dtype.is_float:
        return is_non_negative(operands[0])
    return False


def index_value(indices: Any) -> Value:
    """Indices as int32 or int64, the types that all kernels take."""
    value = as_value(indices)
    return value if value.type.dtype in (DType.INT32, DType.INT64) else cast(value, DType.INT32)


def from_front(indices: Any, size: Size) -> Value:
    """Indices into an axis of this size, those that count from the end counted from the front."""
    value = index_value(indices)
    if is_non_negative(value):
        return value
    if value.constant is not None and not isinstance(size, Dim):
        array = value.constant.array()
        return constant(np.where(array < 0, array + size, array), value.type.dtype)
    total = size if isinstance(size, Dim) else int(size)
    return select(math.less(value, 0), math.add(value, as_value(total, value.type.dtype)), value)


def all_from_front(indices: Value, sizes: Sequence[Size]) -> Value:
    """One index for each axis of these sizes, those that count from the end counted from the front."""
    places = index_value(indices)
    if is_non_negative(places):
        return places
    return select(math.less(places, 0), math.add(places, cast(shape_tensor(sizes), places.type.dtype)), places)


def gather(x: Value, indices: Any, axis: int = 0, batch_dims: int = 0) -> Value:
    """The slices along an axis at these indices, whose own axes take the place of that axis.

    The first `batch_dims` axes of both go together.
    """
    place = axis_of(axis, x.type.rank)
    picked = from_front(indices, x.type.shape[place])
    if x.type.dtype is DType.COMPLEX64:
        return as_complex(emit(Gather(axis=place, batch_dims=batch_dims), as_floats(x), picked))
    return emit(Gather(axis=place, batch_dims=batch_dims), x, picked)


def take_along_axis(x: Value, indices: Any, axis: int) -> Value:
    """`x[..., indices[..., j], ...]`: for each place of `indices`, the element there; other axes broadcast."""
    picked = index_value(indices)
    rank = x.type.rank
    place = axis_of(axis, rank)
    around = [
        1 if i == place else broadcast_sizes(own, others)
        for i, (own, others) in enumerate(zip(x.type.shape, picked.type.shape, strict=True))
    ]
    rows, places = (
        move_axis(broadcast_to(value, _with(around, place, value.type.shape[place])), place, rank - 1)
        for value in (x, picked)
    )
    return move_axis(gather(rows, places, rank - 1, batch_dims=rank - 1), rank - 1, place)


def _with(shape: Sequence[Size], axis: int, size: Size) -> list[Size]:
    return [size if i == axis else other for i, other in enumerate(shape)]


def get_item(x: Value, key: Sequence[Index]) -> Value:
    """`x[key]`, as numpy indexes: slices, integers, new axes, an ellipsis, integer arrays.

    Boolean arrays stand for the places of their true elements.
    """
    x, items = _with_computed_slices(x, _explicit(x, key))
    by_array = any(_is_array(item) for item in items)
    basic: list[slice | Size] = []
    new_axes: list[int] = []
    arrays: dict[int, Any] = {}
    axis = 0
    for item in items:
        if item is None:
            new_axes.append(axis)
        elif isinstance(item, slice):
            basic.append(_slice_of_sizes(item))
        elif by_array:
            basic.append(slice(None))
            arrays[axis] = item
        else:
            basic.append(item)
            continue
        axis += 1
    result = strided_slice(x, basic)
    if new_axes:
        result = expand_dims(result, new_axes)
    return _pick(result, arrays) if arrays else result


def _with_computed_slices(x: Value, items: list[Index]) -> tuple[Value, list[Index]]:
    """The slices whose bounds the model computes taken, and the key that is left."""
    left: list[Index] = []
    for item in items:
        if isinstance(item, slice) and any(map(is_computed, (item.start, item.stop, item.step))):
            x = slice_between(x, sum(one is not None for one in left), _slice_of_sizes(item))
            item = slice(None)
        left.append(item)
    return x, left


def _is_array(item: Index) -> bool:
    return isinstance(item, (Value, np.ndarray, list, tuple))


def _slice_of_sizes(item: slice) -> slice:
    return slice(_bound(item.start), _bound(item.stop), _bound(item.step))


def _bound(bound: Any) -> Size | Value | None:
    """A slice's bound as a size where it is known or was computed from sizes."""
    if bound is None or isinstance(bound, Dim) or is_computed(bound):
        return bound
    if not isinstance(bound, Value):
        return int(bound)
    (size,) = sizes_of(bound) or ()
    return size


def _explicit(x: Value, key: Sequence[Index]) -> list[Index]:
    """The key with one item for each axis, and None where a new one goes."""
    items: list[Index] = []
    for item in key:
        items.extend(_index_items(item))
    taken = sum(item is not None and item is not Ellipsis for item in items)
    if taken > x.type.rank:
        raise Unsupported(f"{taken} indices for a tensor with {x.type.rank} axes")
    if not any(item is Ellipsis for item in items):
        items.append(Ellipsis)
    place = next(i for i, item in enumerate(items) if item is Ellipsis)
    items[place : place + 1] = [slice(None)] * (x.type.rank - taken)
    return items


def places_of_true(mask: Value) -> list[Value]:
    """For each axis of a mask, the index along it of each true element (int32); their number depends on values."""
    places = cast(true_places(mask, "mask"), DType.INT32)
    count, rank = places.type.shape
    return [reshape(strided_slice(places, [slice(None), slice(i, i + 1)]), (count,)) for i in range(int(rank))]


def _index_items(item: Index) -> list[Index]:
    """An item of a key as integers; a mask becomes the indices of its true places, one array an axis."""
    if item is None or item is Ellipsis or isinstance(item, (slice, Dim)):
        return [item]
    if isinstance(item, (list, tuple, np.ndarray)) and not any(isinstance(i, (Dim, Value)) for i in item):
        item = constant(np.asarray(item))
    if isinstance(item, (bool, np.bool_)) or (isinstance(item, Value) and item.type.dtype is DType.BOOL):
        if not isinstance(item, Value) or not item.type.rank:
            raise Unsupported("a single truth value as an index")
        return list(np.nonzero(item.constant.array())) if item.constant is not None else places_of_true(item)
    if isinstance(item, (list, tuple)):
        return [as_value(item)]
    if not isinstance(item, Value):
        return [int(item)]
    return [int(item.constant.array())] if item.constant is not None and item.type.rank == 0 else [item]


def _pick(x: Value, arrays: dict[int, Any]) -> Value:
    """Elements at index arrays for some axes, which broadcast against each other.

    The axes they index become one, along which the linear index of each element is gathered.
    """
    axes = sorted(arrays)
    if len(axes) == 1:
        return gather(x, arrays[axes[0]], axes[0])
    first = axes[0]
    if axes != list(range(first, first + len(axes))):
        rest = [axis for axis in range(x.type.rank) if axis not in axes]
        x, first = transpose(x, [*axes, *rest]), 0
    sizes = x.type.shape[first : first + len(axes)]
    merged = reshape(x, (*x.type.shape[:first], product(sizes), *x.type.shape[first + len(axes) :]))
    return emit(Gather(axis=first), merged, linear_index([arrays[axis] for axis in axes], sizes))


def linear_index(indices: Sequence[Any], sizes: Sequence[Size]) -> Value:
    """Where an element stands in row-major order (int32), from its index along each axis."""
    parts = [cast(from_front(item, size), DType.INT32) for item, size in zip(indices, sizes, strict=True)]
    if is_static(tuple(sizes)) and all(part.is_constant for part in parts):
        arrays = np.broadcast_arrays(*(part.constant.array() for part in parts if part.constant is not None))
        return constant(np.ravel_multi_index(arrays, tuple(map(int, sizes))), DType.INT32)
    total = parts[0]
    for part, size in zip(parts[1:], sizes[1:], strict=True):
        total = math.add(math.multiply(total, as_value(size, DType.INT32)), part)
    return total


def take_block(x: Value, starts: Any, sizes: Sequence[Size]) -> Value:
    """The block of a shape that begins at an index for each axis; a size of -1 takes the rest."""
    return emit(Slice(), x, starts_tensor(starts), shape_tensor(sizes))


def write_block(x: Value, starts: Any, block: Value) -> Value:
    """`x` with a block written where it begins at an index for each axis."""
    return emit(DynamicUpdateSlice(), x, block, starts_tensor(starts))


def starts_tensor(starts: Any) -> Value:
    """An index for each axis as an int32 vector."""
    if isinstance(starts, Value):
        return cast(starts, DType.INT32)
    known = [size for start in starts for size in (sizes_of(as_value(start)) or ())]
    if len(known) == len(starts):
        return shape_tensor(known)
    return stack([reshape(as_value(start, DType.INT32), ()) for start in starts])
