"""Shaping, joining and taking apart, in LiteRT operators.

Functions take values (or what `as_value` makes values of) and return values. Axes count
from the end when they are negative, as in numpy.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from litesmith.ir.builder import constant, constant_value, current_builder, emit, emit_many
from litesmith.ir.dims import Dim, Shape, Size, is_static, product, same, same_shape
from litesmith.ir.graph import Value
from litesmith.ir.types import DType, TensorType
from litesmith.ops.errors import Unsupported
from litesmith.ops.sizes import int32, shape_tensor, size_scalar
from litesmith.opset.conversion import Bitcast, Cast
from litesmith.opset.joining import Concatenation, Fill, Pack, Split, SplitV, Tile, Unpack
from litesmith.opset.rules import broadcast_shapes
from litesmith.opset.shaping import BroadcastTo, ExpandDims, Reshape, ReverseV2, Squeeze, Transpose
from litesmith.opset.slicing import StridedSlice

Axes = Sequence[int]

MOST_JOINED_AXES = 6
"""XNNPACK refuses to join or split tensors with more axes, instead of leaving them to the plain kernel."""

PACKED = frozenset({DType.FLOAT32, DType.INT8, DType.UINT8, DType.INT16, DType.INT32, DType.UINT32, DType.INT64})
UNPACKED = frozenset({DType.FLOAT32, DType.INT8, DType.UINT8, DType.INT16, DType.INT32, DType.BOOL})
SPLIT = frozenset({DType.FLOAT32, DType.INT8, DType.UINT8, DType.INT16, DType.INT32, DType.INT64})
"""The element types that the kernels of PACK, UNPACK and SPLIT take, in runtimes old and new."""


def as_value(x: Any, dtype: DType | None = None) -> Value:
    """A value as it is; a dynamic size as an int32 scalar; anything else as a constant of `dtype`."""
    if isinstance(x, Value):
        return x if dtype is None or x.type.dtype is dtype else cast(x, dtype)
    if isinstance(x, Dim):
        return as_value(size_scalar(x), dtype)
    if isinstance(x, (list, tuple)) and (leaves := list(_symbolic_leaves(x))):
        first = next((leaf.type.dtype for leaf in leaves if isinstance(leaf, Value)), DType.INT32)
        return stack([as_value(item, dtype or first) for item in x])
    return constant(x, dtype)


def _symbolic_leaves(x: Any) -> Iterator[Value | Dim]:
    """The values and dynamic sizes in nested lists."""
    if isinstance(x, (list, tuple)):
        for item in x:
            yield from _symbolic_leaves(item)
    elif isinstance(x, (Value, Dim)):
        yield x


def cast(x: Value, dtype: DType) -> Value:
    """The elements as another type; floats truncate toward zero when they become integers."""
    if x.type.dtype is dtype:
        return x
    if DType.COMPLEX64 in (x.type.dtype, dtype):
        return _cast_complex(x, dtype)
    if x.constant is not None:
        return constant_value(x.constant.cast(dtype), x.name)
    result = emit(Cast(in_data_type=x.type.dtype, out_data_type=dtype), x)
    result.contents = x.contents if dtype.is_integer else None
    return result


def _cast_complex(x: Value, dtype: DType) -> Value:
    """To complex numbers; nothing takes the real part of one unasked."""
    if dtype is not DType.COMPLEX64:
        raise Unsupported(f"complex numbers as {dtype}; take their real part")
    if x.constant is not None:
        return constant(x.constant.array().astype(dtype.numpy))
    return emit(Cast(in_data_type=DType.FLOAT32, out_data_type=DType.COMPLEX64), cast(x, DType.FLOAT32))


def as_complex(x: Value) -> Value:
    """float32 pairs along the last axis, read as complex64."""
    return _bits_as(x, DType.COMPLEX64, x.type.shape[:-1])


def as_floats(x: Value) -> Value:
    """complex64 numbers, read as float32 pairs along a new last axis."""
    return _bits_as(x, DType.FLOAT32, (*x.type.shape, 2))


def _bits_as(x: Value, dtype: DType, shape: Shape) -> Value:
    return current_builder().add(Bitcast(), [x], [TensorType(dtype, shape)]).result


def axis_of(axis: int, rank: int) -> int:
    """A non-negative axis; `Unsupported` when there is no such axis."""
    if not -rank <= axis < rank:
        raise Unsupported(f"axis {axis} of a tensor with {rank} axes")
    return int(axis) % rank


def axes_of(axes: int | Axes | None, rank: int) -> tuple[int, ...]:
    """Non-negative axes in order; all of them for None."""
    if axes is None:
        return tuple(range(rank))
    if isinstance(axes, int):
        axes = (axes,)
    return tuple(axis_of(axis, rank) for axis in axes)


def reshape(x: Value, shape: Sequence[Size]) -> Value:
    """The same elements in another shape, in which one size may be -1."""
    sizes = _without_inferred(x, tuple(shape))
    if same_shape(sizes, x.type.shape):
        return x
    if x.constant is not None and is_static(sizes):
        return constant_value(x.constant.reshaped(sizes), x.name)
    operand = shape_tensor(sizes, may_infer=True)
    result = emit(Reshape(), x, operand)
    result.type = result.type.with_shape(sizes)
    return result


def _without_inferred(x: Value, shape: Shape) -> Shape:
    """The shape with what is left in place of a -1."""
    unknown = [i for i, size in enumerate(shape) if not isinstance(size, Dim) and size == -1]
    if not unknown:
        return shape
    if len(unknown) > 1:
        raise Unsupported(f"a shape with more than one -1: {shape}")
    known = product(size for i, size in enumerate(shape) if i != unknown[0])
    total = x.type.elements
    return tuple(total // known if i == unknown[0] else size for i, size in enumerate(shape))


def expand_dims(x: Value, axes: int | Axes) -> Value:
    """With new axes of size 1, at these places of the result."""
    places = (axes,) if isinstance(axes, int) else tuple(axes)
    rank = x.type.rank + len(places)
    new = {axis_of(axis, rank) for axis in places}
    old = iter(x.type.shape)
    shape = tuple(1 if axis in new else next(old) for axis in range(rank))
    if sum(isinstance(size, Dim) for size in shape) > 1:
        result = x
        for axis in sorted(new):
            result = emit(ExpandDims(), result, int32(axis))
        return result
    return reshape(x, shape)


def squeeze(x: Value, axes: int | Axes | None = None) -> Value:
    """Without axes of size 1: these, or all of them."""
    if axes is None:
        dropped = {i for i, size in enumerate(x.type.shape) if not isinstance(size, Dim) and size == 1}
    else:
        dropped = set(axes_of(axes, x.type.rank))
    shape = tuple(size for i, size in enumerate(x.type.shape) if i not in dropped)
    if dropped and sum(isinstance(size, Dim) for size in shape) > 1:
        return emit(Squeeze(squeeze_dims=tuple(sorted(dropped))), x)
    return reshape(x, shape)


def transpose(x: Value, axes: Axes | None = None) -> Value:
    """The axes in another order; reversed for None."""
    rank = x.type.rank
    order = tuple(reversed(range(rank))) if axes is None else axes_of(axes, rank)
    if order == tuple(range(rank)):
        return x
    if x.constant is not None:
        return constant_value(x.constant.transposed(order), x.name)
    return emit(Transpose(), x, int32(list(order)))


def move_axis(x: Value, source: int | Axes, destination: int | Axes) -> Value:
    """The axes `source` at the places `destination`, the others in order."""
    rank = x.type.rank
    moved, places = axes_of(source, rank), axes_of(destination, rank)
    order = [axis for axis in range(rank) if axis not in moved]
    for place, axis in sorted(zip(places, moved, strict=True)):
        order.insert(place, axis)
    return transpose(x, order)


def concatenate(values: Sequence[Value], axis: int = 0) -> Value:
    """Tensors of one type one after another."""
    if len(values) == 1:
        return values[0]
    place = axis_of(axis, values[0].type.rank)
    if values[0].type.dtype is DType.COMPLEX64:
        return as_complex(concatenate([as_floats(value) for value in values], place))
    if values[0].type.rank > MOST_JOINED_AXES:
        return _concatenate_merged(values, place)
    result = emit(Concatenation(axis=place), *values)
    of_sizes = result.type.rank == 1 and result.type.dtype.is_integer
    if of_sizes and all(value.contents is not None or value.is_constant for value in values):
        result.contents = tuple(size for value in values for size in _contents(value))
    return result


def _concatenate_merged(values: Sequence[Value], axis: int) -> Value:
    """Concatenation as three axes: those in front of the one that grows, that one, and those behind."""
    shapes = [value.type.shape for value in values]
    parts = [
        reshape(value, (product(shape[:axis]), shape[axis], product(shape[axis + 1 :])))
        for value, shape in zip(values, shapes, strict=True)
    ]
    joined = concatenate(parts, 1)
    return reshape(joined, (*shapes[0][:axis], joined.type.shape[1], *shapes[0][axis + 1 :]))


def _contents(value: Value) -> tuple[Size, ...]:
    if value.contents is not None:
        return value.contents
    assert value.constant is not None
    return tuple(int(element) for element in value.constant.array().reshape(-1))


def stack(values: Sequence[Value], axis: int = 0) -> Value:
    """Tensors of one type along a new axis."""
    place = axis_of(axis, values[0].type.rank + 1)
    if len(values) == 1 or values[0].type.dtype not in PACKED:
        return concatenate([expand_dims(value, place) for value in values], place)
    result = emit(Pack(values_count=len(values), axis=place), *values)
    scalars = values[0].type.rank == 0 and values[0].type.dtype.is_integer
    if scalars and all(value.contents is not None or value.is_constant for value in values):
        result.contents = tuple(size for value in values for size in _contents(value))
    return result


def unstack(x: Value, axis: int = 0) -> list[Value]:
    """The slices along an axis of known size, each without it."""
    place = axis_of(axis, x.type.rank)
    size = x.type.shape[place]
    if isinstance(size, Dim):
        raise Unsupported(f"taking apart an axis of dynamic size {size}")
    if size == 1:
        return [squeeze(x, place)]
    if x.type.dtype in UNPACKED:
        return list(emit_many(Unpack(num=size, axis=place), x))
    front: list[slice | Size] = [slice(None)] * place
    return [strided_slice(x, [*front, index]) for index in range(size)]


def split(x: Value, parts: int | Sequence[Size], axis: int = 0) -> list[Value]:
    """Equal parts along an axis, or parts of given sizes."""
    place = axis_of(axis, x.type.rank)
    count = parts if isinstance(parts, int) else len(parts)
    if count == 1:
        return [x]
    if x.type.dtype not in SPLIT or x.type.rank > MOST_JOINED_AXES:
        return _split_by_slicing(x, parts, place)
    if isinstance(parts, int) or (is_static(tuple(parts)) and len(set(parts)) == 1):
        return list(emit_many(Split(num_splits=count), int32(place), x))
    return list(emit_many(SplitV(num_splits=len(parts)), x, shape_tensor(parts), int32(place)))


def _split_by_slicing(x: Value, parts: int | Sequence[Size], axis: int) -> list[Value]:
    sizes = [x.type.shape[axis] // parts] * parts if isinstance(parts, int) else list(parts)
    begins: list[Size] = [0]
    for size in sizes:
        begins.append(begins[-1] + size)
    return [slice_axis(x, axis, begin, end) for begin, end in pairwise(begins)]


def slice_axis(x: Value, axis: int, begin: Size | None, end: Size | None, step: int = 1) -> Value:
    """`x[begin:end:step]` along one axis."""
    place = axis_of(axis, x.type.rank)
    key: list[Any] = [slice(None)] * x.type.rank
    key[place] = slice(begin, end, step)
    return strided_slice(x, key)


def strided_slice(x: Value, key: Sequence[slice | Size]) -> Value:
    """Basic indexing: a slice or an integer for each axis, integers drop their axis.

    Bounds mean what they mean in Python. A dynamic bound keeps the sign it has while the model is imported.
    All axes get bounds: XNNPACK does not take a slice of fewer.
    """
    items = [*key, *[slice(None)] * (x.type.rank - len(key))]
    bounds = [_bounds(item, size) for item, size in zip(items, x.type.shape, strict=True)]
    if all(bound == EVERYTHING for bound in bounds):
        return x
    operator = StridedSlice(
        begin_mask=sum(1 << axis for axis, bound in enumerate(bounds) if bound.begin is None),
        end_mask=sum(1 << axis for axis, bound in enumerate(bounds) if bound.end is None),
        shrink_axis_mask=sum(1 << axis for axis, bound in enumerate(bounds) if bound.drops_axis),
    )
    begins = shape_tensor([0 if bound.begin is None else bound.begin for bound in bounds])
    ends = shape_tensor([0 if bound.end is None else bound.end for bound in bounds])
    result = emit(operator, x, begins, ends, int32([bound.step for bound in bounds]))
    if any(not isinstance(size, Dim) and size == 0 for size in result.type.shape):
        # XNNPACK takes a size of 0 for "all that is left".
        return full(result.type.shape, 0, x.type.dtype)
    if x.contents is not None and x.type.rank == 1:
        taken = x.contents[key[0]]
        result.contents = taken if isinstance(taken, tuple) else (taken,)
    return result


@dataclass(frozen=True)
class _Bounds:
    """What one axis of a strided slice takes; None for a bound that is left out."""

    begin: Size | None = None
    end: Size | None = None
    step: int = 1
    drops_axis: bool = False


EVERYTHING = _Bounds()


def _bounds(item: slice | Size, size: Size) -> _Bounds:
    """A slice or an integer as the kernel takes it, counted from the front as far as sizes are known."""
    if not isinstance(item, slice):
        if isinstance(size, Dim) or isinstance(item, Dim):
            return _Bounds(item, item + 1, drops_axis=True)
        place = axis_of(item, size)
        return _Bounds(place, place + 1, drops_axis=True)
    step = 1 if item.step is None else int(item.step)
    if any(isinstance(number, Dim) for number in (item.start, item.stop, size)):
        starts_in_front = step > 0 and not isinstance(item.start, Dim) and item.start == 0
        begin = None if starts_in_front else _from_front(item.start, size)
        return _Bounds(begin, _from_front(item.stop, size), step)
    start, stop, step = item.indices(int(size))
    first = 0 if step > 0 else size - 1
    last = size if step > 0 else -1
    return _Bounds(None if start == first else start, None if stop == last else stop, step)


def _from_front(bound: Size | None, size: Size) -> Size | None:
    """A dynamic bound that counts from the end, counted from the front."""
    return size + bound if isinstance(bound, Dim) and int(bound) < 0 else bound


def broadcast_to(x: Value, shape: Sequence[Size]) -> Value:
    """Elements repeated along axes of size 1, and along new axes in front."""
    sizes = tuple(shape)
    if same_shape(x.type.shape, sizes):
        return x
    if x.constant is not None and is_static(sizes) and x.type.elements == 1:
        fill = np.broadcast_to(x.constant.array().reshape(-1), tuple(map(int, sizes)))
        return constant(fill, x.type.dtype)
    result = emit(BroadcastTo(), x, shape_tensor(sizes))
    result.type = result.type.with_shape(sizes)
    return result


def broadcast_shape(*values: Value) -> Shape:
    """The shape that values broadcast to."""
    return broadcast_shapes(*(value.type.shape for value in values))


def tile(x: Value, times: Sequence[Size]) -> Value:
    """The tensor repeated along each axis."""
    if all(not isinstance(count, Dim) and count == 1 for count in times):
        return x
    return emit(Tile(), x, shape_tensor(tuple(times)))


def full(shape: Sequence[Size], fill: Any, dtype: DType) -> Value:
    """One value in every place of a shape."""
    value = as_value(fill, dtype)
    sizes = tuple(shape)
    if value.constant is not None and is_static(sizes):
        return constant(np.full(tuple(map(int, sizes)), value.constant.array(), dtype.numpy), dtype)
    result = emit(Fill(), shape_tensor(sizes), value)
    result.type = result.type.with_shape(sizes)
    return result


def flip(x: Value, axes: int | Axes | None = None) -> Value:
    """The elements along axes in opposite order."""
    if x.type.dtype is DType.COMPLEX64:
        return as_complex(flip(as_floats(x), axes_of(axes, x.type.rank)))
    result = x
    for axis in axes_of(axes, x.type.rank):
        # The kernel takes several axes only where they are neighbours.
        result = emit(ReverseV2(), result, int32([axis]))
    return result


def is_known_size(x: Value, axis: int, size: int) -> bool:
    """Whether an axis has this size in every call."""
    return same(x.type.shape[axis], size)
