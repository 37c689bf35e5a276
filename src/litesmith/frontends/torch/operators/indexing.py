"""Picking and writing elements by index."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from litesmith.frontends.torch.operators.elementwise import converted
from litesmith.frontends.torch.registry import Deferred, imports
from litesmith.frontends.torch.sizes import bound
from litesmith.ir.builder import constant, emit
from litesmith.ir.dims import Dim, Shape, Size, is_static, maximum, minimum, product
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import array, math
from litesmith.ops.array import as_value, axis_of, cast
from litesmith.ops.creation import band, count_up, diagonal_matrix
from litesmith.ops.creation import one_hot as one_hot_of
from litesmith.ops.errors import Unsupported
from litesmith.ops.indexing import gather as gather_slices
from litesmith.ops.indexing import get_item, index_value, select, take_along_axis
from litesmith.ops.measured import true_places
from litesmith.ops.ordering import search_sorted
from litesmith.ops.scattering import scatter_update
from litesmith.ops.segments import segment
from litesmith.ops.statistics import cumulative_sum
from litesmith.opset.slicing import Gather

Index = Any


@imports("select.int", "select_copy.int")
def select_int(x: Value, dim: int, index: Any) -> Value:
    if isinstance(index, Value):
        return gather_slices(x, array.reshape(index, ()), dim)
    place = axis_of(dim, x.type.rank)
    return array.strided_slice(x, [*[slice(None)] * place, index])


@imports("slice.Tensor", "slice_copy.Tensor")
def slice_(x: Value, dim: int = 0, start: Any = None, end: Any = None, step: int = 1) -> Value:
    first, last = _bounds(x.type.shape[axis_of(dim, x.type.rank)], start, end)
    return array.slice_axis(x, dim, first, last, step)


def _bounds(size: Size, start: Any, end: Any) -> tuple[Size | None, Size | None]:
    """Bounds of a slice, limited to the axis where the kernel would not."""
    first, last = bound(start), bound(end)
    if not isinstance(first, Dim) and first == 0:
        first = None
    return first, last


@imports("narrow")
def narrow(x: Value, dim: int, start: Any, length: Size) -> Value:
    if isinstance(start, Value):
        raise Unsupported("a slice that begins where a tensor says")
    return array.slice_axis(x, dim, start, start + length)


@imports("index_select", "index_select.dimname")
def index_select(x: Value, dim: int, index: Value) -> Value:
    return _not_negative(x, array.reshape(index, (-1,)), axis_of(dim, x.type.rank))


@imports("embedding")
def embedding(weight: Value, indices: Value) -> Value:
    return _not_negative(weight, indices, 0)


def _not_negative(x: Value, index: Value, axis: int) -> Value:
    """Slices at indices that count from the front, as torch takes no others here."""
    return emit(Gather(axis=axis), x, index_value(index))


SUM, MEAN, MAX = 0, 1, 2


@imports("_embedding_bag", "_embedding_bag_forward_only", "embedding_bag")
def embedding_bag(
    weight: Value,
    indices: Value,
    offsets: Value,
    scale_grad_by_freq: bool = False,
    mode: int = SUM,
    sparse: bool = False,
    per_sample_weights: Value | None = None,
    include_last_offset: bool = False,
) -> Sequence[Any]:
    """Sums, means or maxima of the rows of bags, which begin at the offsets; those of an empty bag are 0."""
    rows = _not_negative(weight, indices, 0)
    if per_sample_weights is not None:
        rows = math.multiply(rows, array.expand_dims(per_sample_weights, 1))
    begins = array.slice_axis(offsets, 0, 0, -1) if include_last_offset else offsets
    places = count_up(0, indices.type.shape[0])
    begun = math.less_equal(array.expand_dims(cast(begins, DType.INT32), 0), array.expand_dims(places, 1))
    bags = math.subtract(math.sum(cast(begun, DType.INT32), 1), 1)
    count = begins.type.shape[0]
    found = segment(rows, bags, count, "max" if mode == MAX else "sum", infinite=False)
    if mode != SUM:
        sizes = segment(array.full(indices.type.shape, 1.0, rows.type.dtype), bags, count, "sum")
        column = array.expand_dims(sizes, 1)
        if mode == MEAN:
            found = math.divide(found, math.maximum(column, 1.0))
        else:
            found = select(math.equal(column, 0.0), constant(0.0, found.type.dtype), found)
    return [found, *(Deferred(_for_gradients) for _ in range(3))]


def _for_gradients() -> Value:
    raise Unsupported("what embedding_bag returns for gradients")


@imports("index.Tensor", "_unsafe_index.Tensor")
def index(x: Value, indices: Sequence[Value | None]) -> Value:
    """As numpy indexes: the axes of several index tensors that do not stand side by side come first."""
    key = [slice(None) if each is None else each for each in indices]
    return get_item(x, key)


@imports("gather")
def gather(x: Value, dim: int, index: Value) -> Value:
    """Only the front of the other axes is read, where the index is shorter."""
    if not x.type.rank:
        return array.reshape(x, index.type.shape)
    return take_along_axis(_front(x, index, dim), index, dim)


def _front(x: Value, index: Value, dim: int) -> Value:
    """As much of the other axes as the index has."""
    place = axis_of(dim, x.type.rank)
    for axis, (own, other) in enumerate(zip(x.type.shape, index.type.shape, strict=True)):
        if axis != place and not (own is other or own == other):
            x = array.slice_axis(x, axis, 0, other)
    return x


@imports("take_along_dim")
def take_along_dim(x: Value, indices: Value, dim: int | None = None) -> Value:
    if dim is None:
        return gather_slices(array.reshape(x, (-1,)), array.reshape(indices, (-1,)), 0)
    return take_along_axis(x, indices, dim)


@imports("take")
def take(x: Value, index: Value) -> Value:
    return gather_slices(array.reshape(x, (-1,)), index, 0)


@imports("masked_select")
def masked_select(x: Value, mask: Value) -> Value:
    shape = array.broadcast_shape(x, mask)
    return get_item(array.broadcast_to(x, shape), [array.broadcast_to(mask, shape)])


@imports("nonzero")
def nonzero(x: Value) -> Value:
    return true_places(converted(x, DType.BOOL))


@imports("argwhere")
def argwhere(x: Value) -> Value:
    return nonzero(x)


@imports("nonzero_numpy", "where.default")
def nonzero_numpy(x: Value | None = None, condition: Value | None = None) -> Sequence[Value]:
    tested = x if x is not None else condition
    assert tested is not None
    return array.unstack(nonzero(tested), 1)


@imports("index_put", "_unsafe_index_put")
def index_put(x: Value, indices: Sequence[Value | None], values: Value, accumulate: bool = False) -> Value:
    """Elements written where index tensors say; of a mask, where it holds."""
    values = cast(values, x.type.dtype)
    only = [each for each in indices if each is not None]
    if len(only) == 1 and only[0].type.dtype is DType.BOOL and values.type.elements == 1 and not accumulate:
        return _masked(x, indices, only[0], values)
    if any(each.type.dtype is DType.BOOL for each in only):
        raise Unsupported("several values written where a mask holds; use torch.where")
    axes = [axis for axis, each in enumerate(indices) if each is not None]
    order = [*axes, *(axis for axis in range(x.type.rank) if axis not in axes)]
    moved = array.transpose(x, order)
    shape = array.broadcast_shape(*only)
    places = array.stack([array.broadcast_to(cast(each, DType.INT32), shape) for each in only], -1)
    rest = moved.type.shape[len(axes) :]
    if axes == list(range(axes[0], axes[0] + len(axes))) and axes[0]:
        # The axes of the indices stand where the first of them is: in the values, other axes stand before them.
        whole = (*x.type.shape[: axes[0]], *shape, *x.type.shape[axes[-1] + 1 :])
        values = array.broadcast_to(values, whole)
        count = len(shape)
        first = list(range(axes[0], axes[0] + count))
        values = array.transpose(values, [*first, *(a for a in range(len(whole)) if a not in first)])
    else:
        values = array.broadcast_to(values, (*shape, *rest))
    written = scatter_update(moved, places, values, "add" if accumulate else None)
    return array.transpose(written, [order.index(axis) for axis in range(x.type.rank)])


def _masked(x: Value, indices: Sequence[Value | None], mask: Value, value: Value) -> Value:
    axis = next(place for place, each in enumerate(indices) if each is not None)
    shape = (*mask.type.shape, *[1] * (x.type.rank - axis - mask.type.rank))
    return select(array.reshape(mask, shape), array.reshape(value, ()), x)


@imports("masked_scatter")
def masked_scatter(x: Value, mask: Value, source: Value) -> Value:
    """The elements of the source in turn, one for each place where the mask holds."""
    shape = x.type.shape
    flat = array.reshape(array.broadcast_to(mask, shape), (-1,))
    count = math.subtract(cumulative_sum(cast(flat, DType.INT32), 0), 1)
    items = array.reshape(source, (-1,))
    last = math.subtract(as_value(items.type.shape[0], DType.INT32), 1)
    taken = gather_slices(items, math.minimum(math.maximum(count, 0), last), 0)
    return array.reshape(select(flat, taken, array.reshape(x, (-1,))), shape)


REDUCTIONS = {"sum": "add", "add": "add", "prod": "mul", "multiply": "mul", "amax": "max", "amin": "min"}


@imports("scatter.src", "scatter.reduce", "scatter.value", "scatter.value_reduce")
def scatter(
    x: Value, dim: int, index: Value, src: Value | None = None, value: Any = None, reduce: str | None = None
) -> Value:
    updates = src if src is not None else array.full(index.type.shape, as_value(value, x.type.dtype), x.type.dtype)
    return _scattered(x, dim, index, updates, None if reduce is None else REDUCTIONS[reduce])


@imports("scatter_add")
def scatter_add(x: Value, dim: int, index: Value, src: Value) -> Value:
    return _scattered(x, dim, index, src, "add")


@imports("scatter_reduce.two")
def scatter_reduce(x: Value, dim: int, index: Value, src: Value, reduce: str, include_self: bool = True) -> Value:
    if reduce not in REDUCTIONS or not include_self:
        raise Unsupported(f"scatter_reduce with reduce={reduce!r}, include_self={include_self}")
    return _scattered(x, dim, index, src, REDUCTIONS[reduce])


def _scattered(x: Value, dim: int, index: Value, updates: Value, reduction: str | None) -> Value:
    if not x.type.rank:
        row, places, given = (array.reshape(each, (1,)) for each in (x, index, updates))
        return array.reshape(_scattered(row, 0, places, given, reduction), ())
    place, shape = axis_of(dim, x.type.rank), index.type.shape
    for axis, size in enumerate(shape):
        updates = array.slice_axis(updates, axis, 0, size) if updates.type.shape[axis] != size else updates
    columns = [
        cast(index, DType.INT32) if axis == place else array.broadcast_to(_along(size, axis, len(shape)), shape)
        for axis, size in enumerate(shape)
    ]
    return scatter_update(x, array.stack(columns, -1), cast(updates, x.type.dtype), reduction)


def _along(size: Size, axis: int, rank: int) -> Value:
    return array.reshape(count_up(0, size), tuple(size if place == axis else 1 for place in range(rank)))


@imports("index_add")
def index_add(x: Value, dim: int, index: Value, source: Value, alpha: Any = 1) -> Value:
    scaled = source if alpha == 1 else math.multiply(source, as_value(alpha, source.type.dtype))
    return _rows_written(x, dim, index, scaled, "add")


@imports("index_copy")
def index_copy(x: Value, dim: int, index: Value, source: Value) -> Value:
    return _rows_written(x, dim, index, source, None)


@imports("index_fill.int_Scalar", "index_fill.int_Tensor")
def index_fill(x: Value, dim: int, index: Value, value: Any) -> Value:
    place = axis_of(dim, x.type.rank)
    rows = array.reshape(index, (-1,))
    shape = (*x.type.shape[:place], rows.type.shape[0], *x.type.shape[place + 1 :])
    return _rows_written(x, dim, rows, array.full(shape, as_value(value, x.type.dtype), x.type.dtype), None)


def _rows_written(x: Value, dim: int, index: Value, rows: Value, reduction: str | None) -> Value:
    place = axis_of(dim, x.type.rank)
    moved, updates = array.move_axis(x, place, 0), array.move_axis(rows, place, 0)
    written = scatter_update(moved, array.expand_dims(array.reshape(index, (-1,)), -1), updates, reduction)
    return array.move_axis(written, 0, place)


@imports("select_scatter")
def select_scatter(x: Value, src: Value, dim: int, index: Size) -> Value:
    place = axis_of(dim, x.type.rank)
    stop = None if not isinstance(index, Dim) and index == -1 else index + 1
    return slice_scatter(x, array.expand_dims(src, place), place, index, stop)


@imports("slice_scatter")
def slice_scatter(x: Value, src: Value, dim: int = 0, start: Any = None, end: Any = None, step: int = 1) -> Value:
    """What a slice reads written there: elements before, the new ones, and those behind."""
    place = axis_of(dim, x.type.rank)
    size = x.type.shape[place]
    src = cast(src, x.type.dtype)
    if step != 1:
        return _every(x, src, place, start, end, step)
    first, last = _inside(bound(start), size, 0), _inside(bound(end), size, size)
    shape = (*x.type.shape[:place], src.type.shape[place], *x.type.shape[place + 1 :])
    parts = [
        None if not isinstance(first, Dim) and first == 0 else array.slice_axis(x, place, 0, first),
        array.broadcast_to(src, shape),
        None if last is size or (is_static((last, size)) and last == size) else array.slice_axis(x, place, last, None),
    ]
    return array.concatenate([part for part in parts if part is not None], place)


def _inside(number: Size | None, size: Size, otherwise: Size) -> Size:
    """A bound counted from the front."""
    if number is None:
        return otherwise
    if isinstance(number, Dim):
        return minimum(number, size)
    return maximum(size + number, 0) if number < 0 else minimum(number, size)


def _every(x: Value, src: Value, place: int, start: Any, end: Any, step: int) -> Value:
    size = x.type.shape[place]
    if isinstance(size, Dim):
        raise Unsupported("every n-th element of an axis of open size assigned")
    places = np.arange(size)[slice(bound(start), bound(end), step)]
    shape = (*x.type.shape[:place], len(places), *x.type.shape[place + 1 :])
    return _rows_written(x, place, constant(places.astype(np.int32)), array.broadcast_to(src, shape), None)


@imports("diagonal_scatter")
def diagonal_scatter(x: Value, src: Value, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Value:
    if x.type.rank != 2 or (dim1, dim2) != (0, 1) or isinstance(x.type.shape[0], Dim):
        raise Unsupported("the diagonal of matrices in a batch assigned")
    if x.type.shape[0] != x.type.shape[1]:
        raise Unsupported("the diagonal of a matrix that is not square assigned")
    rows, columns = x.type.shape
    return select(band(rows, columns, offset, offset), diagonal_matrix(cast(src, x.type.dtype), offset), x)


@imports("as_strided", "as_strided_copy")
def as_strided(x: Value, size: Shape, stride: Sequence[int], storage_offset: int | None = None) -> Value:
    """Elements of the memory at known places: that of a contiguous tensor."""
    if not is_static((*size, *stride, *x.type.shape)):
        raise Unsupported("as_strided with open sizes; use unfold, slices or indices")
    places = np.full((), storage_offset or 0, np.int32)
    for count, step in zip(size, stride, strict=True):
        places = places[..., None] + np.arange(count, dtype=np.int32) * int(step)
    if places.size and places.max() >= product(x.type.shape):
        raise Unsupported("as_strided beyond the tensor")
    return gather_slices(array.reshape(x, (-1,)), constant(places), 0)


@imports("unfold")
def unfold(x: Value, dimension: int, size: int, step: int) -> Value:
    """Windows along an axis, in a new last one."""
    if not x.type.rank:
        return array.reshape(x, (1,))
    place = axis_of(dimension, x.type.rank)
    count = (x.type.shape[place] - size) // step + 1
    starts = math.multiply(count_up(0, count), step)
    places = math.add(array.expand_dims(starts, 1), count_up(0, size))
    taken = gather_slices(x, places, place)
    return array.move_axis(taken, place + 1, x.type.rank)


@imports("bucketize.Tensor")
def bucketize(x: Value, boundaries: Value, out_int32: bool = False, right: bool = False) -> Value:
    return search_sorted(boundaries, x, right)


@imports("searchsorted.Tensor")
def searchsorted(
    sorted_sequence: Value, x: Value, out_int32: bool = False, right: bool = False, side: str | None = None
) -> Value:
    """Each row of x in the row of the sequence that stands at its place."""
    after = right or side == "right"
    compare = math.less_equal if after else math.less
    rows = array.expand_dims(sorted_sequence, -2)
    below = compare(rows, array.expand_dims(x, -1))
    return math.sum(cast(below, DType.INT32), -1)


@imports("one_hot")
def one_hot(x: Value, num_classes: int = -1) -> Value:
    if num_classes < 0:
        raise Unsupported("one_hot without num_classes")
    return one_hot_of(x, num_classes, x.type.rank, DType.INT64)
