"""`gather` and the scatters: slices of one size read or written at many places.

Along an axis a slice is either whole, or indexed: then each of its elements has an index there. The axes that are
indexed are made one, along which a linear index says where a row of the whole axes lies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from litesmith.frontends.jax.registry import imports
from litesmith.ir.builder import constant, emit
from litesmith.ir.dims import Dim, Size, product, same
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import blocks, math, scattering
from litesmith.ops.array import (
    as_value,
    broadcast_to,
    cast,
    concatenate,
    full,
    reshape,
    slice_axis,
    squeeze,
    strided_slice,
    transpose,
)
from litesmith.ops.creation import count_up
from litesmith.ops.errors import Unsupported
from litesmith.ops.indexing import select
from litesmith.opset.slicing import Gather

CLIP, FILL_OR_DROP = "CLIP", "FILL_OR_DROP"


@dataclass(frozen=True)
class Places:
    """Where slices lie in a tensor.

    Attributes:
        shape: of the tensor.
        sizes: of a slice, one for each axis of the tensor.
        starts: the index of the slices' first elements along an axis, by axis; 0 along others.
        batch: the shape of the indices.
        paired: the axes that go together with an axis of the indices, and with which.
        dropped: axes of size 1 that slices do not keep, those that are paired among them.
    """

    shape: tuple[Size, ...]
    sizes: tuple[Size, ...]
    starts: dict[int, Value]
    batch: tuple[Size, ...]
    paired: dict[int, int]
    dropped: frozenset[int]

    @property
    def indexed(self) -> list[int]:
        """The axes along which slices are not whole."""
        axes = range(len(self.shape))
        return [axis for axis in axes if axis in self.dropped or not same(self.sizes[axis], self.shape[axis])]

    @property
    def whole(self) -> list[int]:
        """The axes that slices have all of."""
        indexed = self.indexed
        return [axis for axis in range(len(self.shape)) if axis not in indexed]

    @property
    def windows(self) -> list[int]:
        """The indexed axes that slices keep."""
        return [axis for axis in self.indexed if axis not in self.dropped]

    @property
    def kept(self) -> list[int]:
        """The axes that slices keep."""
        return [axis for axis in range(len(self.shape)) if axis not in self.dropped]

    def index(self, axis: int) -> Value:
        """The index along an axis of each element of the slices, to be broadcast to [*batch, *windows]."""
        windows = self.windows
        ones = (1,) * len(windows)
        if axis in self.paired:
            place = self.paired[axis]
            shape = tuple(size if i == place else 1 for i, size in enumerate(self.batch))
            return reshape(count_up(0, self.batch[place]), (*shape, *ones))
        index = as_value(0, DType.INT32)
        if axis in self.starts:
            inside = blocks.within(self.starts[axis], self.shape[axis], self.sizes[axis])
            index = reshape(inside, (*self.batch, *ones))
        if axis in windows and self.sizes[axis] != 1:
            along = tuple(self.sizes[axis] if axis == other else 1 for other in windows)
            offsets = reshape(count_up(0, self.sizes[axis]), (*(1,) * len(self.batch), *along))
            index = math.add(index, offsets)
        return index

    def linear(self) -> Value:
        """Where each element of the slices lies along the indexed axes made one, [*batch, *windows]."""
        total: Value | None = None
        for axis in self.indexed:
            index = self.index(axis)
            if total is not None:
                index = math.add(math.multiply(total, as_value(self.shape[axis], DType.INT32)), index)
            total = index
        shape = (*self.batch, *(self.sizes[axis] for axis in self.windows))
        assert total is not None
        return _spread(total, shape)

    def are_inside(self) -> Value | None:
        """For each slice, whether all of it is inside, [*batch]; None where they are known to be."""
        found: Value | None = None
        for axis, start in self.starts.items():
            if blocks.is_inside(start, self.shape[axis], self.sizes[axis]):
                continue
            last = as_value(self.shape[axis] - self.sizes[axis], DType.INT32)
            place = cast(start, DType.INT32)
            fits = math.logical_and(math.greater_equal(place, 0), math.less_equal(place, last))
            found = fits if found is None else math.logical_and(found, fits)
        return found


def _spread(x: Value, shape: tuple[Size, ...]) -> Value:
    """X broadcast to a shape."""
    padded = reshape(x, (*(1,) * (len(shape) - x.type.rank), *x.type.shape))
    if padded.constant is not None and not any(isinstance(size, Dim) for size in shape):
        return constant(np.broadcast_to(padded.constant.array(), tuple(map(int, shape))))
    return broadcast_to(padded, shape)


def _places(
    x: Value,
    indices: Value,
    sizes: Sequence[Size],
    mapped: Sequence[int],
    dropped: Sequence[int],
    batching: Sequence[int],
    of_indices: Sequence[int],
) -> Places:
    *batch, _ = indices.type.shape
    front = [slice(None)] * len(batch)
    starts = {
        int(axis): squeeze(strided_slice(indices, [*front, slice(place, place + 1)]), -1)
        for place, axis in enumerate(mapped)
    }
    paired = {int(axis): int(place) for axis, place in zip(batching, of_indices, strict=True)}
    return Places(
        x.type.shape, tuple(sizes), starts, tuple(batch), paired, frozenset({*map(int, dropped), *map(int, batching)})
    )


@imports("gather")
def gather(
    x: Value, indices: Value, *, dimension_numbers: Any, slice_sizes: Sequence[Size], mode: Any, fill_value: Any
) -> Value:
    """Indices are moved so that slices are inside; with FILL_OR_DROP, slices that were not are filled."""
    if x.type.dtype is DType.COMPLEX64:
        raise Unsupported("complex numbers picked by index; pick their parts")
    numbers = dimension_numbers
    places = _places(
        x,
        indices,
        slice_sizes,
        numbers.start_index_map,
        numbers.collapsed_slice_dims,
        getattr(numbers, "operand_batching_dims", ()),
        getattr(numbers, "start_indices_batching_dims", ()),
    )
    if not places.batch:
        found, labels = _one_slice(x, places), places.kept
        where_batch = 0
    else:
        found, labels, where_batch = _many_slices(x, places)
    inside = places.are_inside() if _name(mode) == FILL_OR_DROP else None
    if inside is not None:
        behind = found.type.rank - where_batch - len(places.batch)
        mask = reshape(inside, (*(1,) * where_batch, *places.batch, *(1,) * behind))
        found = select(mask, found, as_value(_fill(x.type.dtype, fill_value), x.type.dtype))
    offsets = [int(axis) for axis in numbers.offset_dims]
    order, batch = [], iter(range(len(places.batch)))
    for axis in range(found.type.rank):
        label = places.kept[offsets.index(axis)] if axis in offsets else -1 - next(batch)
        order.append(labels.index(label))
    return transpose(found, order)


def _one_slice(x: Value, places: Places) -> Value:
    zero = as_value(0, DType.INT32)
    starts = [places.starts.get(axis, zero) for axis in range(len(places.shape))]
    block = blocks.take(x, starts, places.sizes)
    return squeeze(block, tuple(places.dropped)) if places.dropped else block


def _many_slices(x: Value, places: Places) -> tuple[Value, list[int], int]:
    """The slices, what their axes are (axes of x, or -1, -2, ... for those of the indices), where the latter begin."""
    of_batch = [-1 - place for place in range(len(places.batch))]
    indexed, whole = places.indexed, places.whole
    if not indexed:
        ones = (*(1,) * len(places.batch), *x.type.shape)
        return _spread(reshape(x, ones), (*places.batch, *x.type.shape)), [*of_batch, *whole], 0
    linear = places.linear()
    if len(indexed) == 1:
        (axis,) = indexed
        before = [other for other in whole if other < axis]
        after = [other for other in whole if other > axis]
        return emit(Gather(axis=axis), x, linear), [*before, *of_batch, *places.windows, *after], len(before)
    rows = _as_rows(x, places)
    return emit(Gather(axis=0), rows, linear), [*of_batch, *places.windows, *whole], 0


def _as_rows(x: Value, places: Places) -> Value:
    """X with its indexed axes made one in front of the others."""
    moved = transpose(x, [*places.indexed, *places.whole])
    count = product(x.type.shape[axis] for axis in places.indexed)
    return reshape(moved, (count, *(x.type.shape[axis] for axis in places.whole)))


def _name(mode: Any) -> str:
    return str(getattr(mode, "name", mode))


def _fill(dtype: DType, given: Any) -> Any:
    """What stands for slices that are not inside, by default of JAX."""
    if given is not None:
        return given
    if dtype.is_float:
        return np.nan
    if dtype is DType.BOOL:
        return True
    information = np.iinfo(dtype.numpy)
    return int(information.max if math.is_unsigned(dtype) else information.min)


def _scattered(
    reduction: str | None, x: Value, indices: Value, updates: Value, *, dimension_numbers: Any, mode: Any
) -> Value:
    """Slices that are not inside are dropped, or moved with CLIP."""
    if x.type.dtype is DType.COMPLEX64:
        raise Unsupported("complex numbers written by index; write their parts")
    numbers = dimension_numbers
    batching = tuple(getattr(numbers, "operand_batching_dims", ()))
    missing = {*map(int, numbers.inserted_window_dims), *map(int, batching)}
    kept = iter(int(axis) for axis in numbers.update_window_dims)
    sizes = [1 if axis in missing else updates.type.shape[next(kept)] for axis in range(x.type.rank)]
    places = _places(
        x,
        indices,
        sizes,
        numbers.scatter_dims_to_operand_dims,
        numbers.inserted_window_dims,
        batching,
        getattr(numbers, "scatter_indices_batching_dims", ()),
    )
    inside = None if _name(mode) == CLIP else places.are_inside()
    if not places.batch:
        return _one_written(reduction, x, reshape(updates, tuple(sizes)), places, inside)
    windows = [int(axis) for axis in numbers.update_window_dims]
    of_batch = [axis for axis in range(updates.type.rank) if axis not in windows]
    where = dict(zip(places.kept, windows, strict=True))
    moved = transpose(updates, [*of_batch, *(where[axis] for axis in [*places.windows, *places.whole])])
    return _rows_written(reduction, x, moved, places, inside)


def _one_written(reduction: str | None, x: Value, block: Value, places: Places, inside: Value | None) -> Value:
    zero = as_value(0, DType.INT32)
    starts = [places.starts.get(axis, zero) for axis in range(x.type.rank)]
    new = block
    if reduction is not None:
        old = blocks.take(x, starts, places.sizes)
        new = COMBINED[reduction](old, block)
    written = blocks.write(x, starts, new)
    return written if inside is None else select(reshape(inside, (1,) * x.type.rank), written, x)


COMBINED = {"add": math.add, "mul": math.multiply, "min": math.minimum, "max": math.maximum}


def _rows_written(reduction: str | None, x: Value, updates: Value, places: Places, inside: Value | None) -> Value:
    """Updates [*batch, *windows, *whole]; those to be dropped go to a row behind the last."""
    if not places.indexed:
        raise Unsupported("a scatter of whole tensors")
    rows = _as_rows(x, places)
    count, *whole = rows.type.shape
    width = product(whole)
    table, ids = reshape(rows, (count, width)), places.linear()
    if inside is not None:
        mask = reshape(inside, (*places.batch, *(1,) * len(places.windows)))
        ids = select(mask, ids, as_value(count, DType.INT32))
        table = concatenate([table, full((1, width), 0, x.type.dtype)], 0)
    number = product(ids.type.shape)
    found = scattering.scatter_update(table, reshape(ids, (number, 1)), reshape(updates, (number, width)), reduction)
    if inside is not None:
        found = slice_axis(found, 0, 0, count)
    order = [*places.indexed, *places.whole]
    shape = [places.shape[axis] for axis in order]
    return transpose(reshape(found, shape), [order.index(axis) for axis in range(len(order))])


for _primitive, _reduction in {
    "scatter": None,
    "scatter-add": "add",
    "scatter_add": "add",
    "scatter-mul": "mul",
    "scatter_mul": "mul",
    "scatter-min": "min",
    "scatter_min": "min",
    "scatter-max": "max",
    "scatter_max": "max",
}.items():
    imports(_primitive)(partial(_scattered, _reduction))


@imports("scatter-sub", "scatter_sub")
def scatter_sub(x: Value, indices: Value, updates: Value, *, dimension_numbers: Any, mode: Any) -> Value:
    return _scattered("add", x, indices, math.negative(updates), dimension_numbers=dimension_numbers, mode=mode)
