"""Slices, and elements picked and written by index."""

from __future__ import annotations

from typing import Any

from litesmith.frontends.tensorflow.assigning import written
from litesmith.frontends.tensorflow.graph import Node
from litesmith.frontends.tensorflow.indexing import Masks
from litesmith.frontends.tensorflow.known import Known, known_elements
from litesmith.frontends.tensorflow.registry import Int, Ints, Item, Sizes, as_value, imports
from litesmith.ir.dims import Dim
from litesmith.ir.graph import Value
from litesmith.ops import array, blocks, indexing, math, scattering
from litesmith.ops.errors import Unsupported
from litesmith.ops.slicing import slice_between
from litesmith.opset.joining import Pack


@imports("StridedSlice")
def strided_slice(x: Value, begin: Item, end: Item, strides: Ints, *, node: Node) -> Value:
    return indexing.get_item(x, Masks.of(node).key(bounds_of(begin), bounds_of(end), strides))


def bounds_of(item: Any) -> list[Any]:
    """Sizes where they are known, and scalars that the model computes."""
    if isinstance(item, Known):
        return list(item.sizes)
    vector = as_value(item)
    if vector.producer is None or not isinstance(vector.producer.operator, Pack):
        return array.unstack(vector, 0)
    scalars = [scalar for scalar in vector.producer.operands if scalar is not None]
    known = [known_elements(scalar) for scalar in scalars]
    return [scalar if own is None else own.sizes[0] for scalar, own in zip(scalars, known, strict=True)]


@imports("TensorStridedSliceUpdate")
def write_slice(x: Value, begin: Item, end: Item, strides: Ints, part: Value, *, node: Node) -> Value:
    return written(x, Masks.of(node).key(bounds_of(begin), bounds_of(end), strides), part)


@imports("Slice")
def slice_(x: Value, begin: Item, sizes: Item) -> Value:
    """Blocks; a size of -1 takes the rest."""
    starts, counts = bounds_of(begin), bounds_of(sizes)
    result = x
    for axis, (start, count) in enumerate(zip(starts, counts, strict=True)):
        takes_rest = not isinstance(count, (Value, Dim)) and count == -1
        if isinstance(start, Value) or isinstance(count, Value):
            if not takes_rest and not isinstance(count, Value):
                result = _block_along(result, axis, start, count)
                continue
            end = None if takes_rest else math.add(array.as_value(start, count.type.dtype), count)
            result = slice_between(result, axis, slice(start, end, None))
        else:
            result = array.slice_axis(result, axis, start, None if takes_rest else start + count)
    return result


def _block_along(x: Value, axis: int, start: Value, count: Any) -> Value:
    """So many places along an axis, from one that the model computes."""
    starts = [start if place == axis else array.as_value(0, start.type.dtype) for place in range(x.type.rank)]
    return blocks.take(x, starts, [count if place == axis else size for place, size in enumerate(x.type.shape)])


@imports("GatherV2")
def gather(x: Value, indices: Value, axis: Int, *, batch_dims: int = 0) -> Value:
    count = batch_dims if batch_dims >= 0 else indices.type.rank + batch_dims
    return indexing.gather(x, indices, int(axis), count)


@imports("Gather")
def gather_first(x: Value, indices: Value) -> Value:
    return indexing.gather(x, indices, 0)


def refuse_ignoring(bad_indices_policy: str) -> None:
    """Raise `Unsupported` where indices outside of a tensor are to be ignored."""
    if bad_indices_policy == "IGNORE":
        raise Unsupported("indices outside of a tensor that are to be ignored; leave out bad_indices_policy=")


@imports("GatherNd")
def gather_nd(x: Value, indices: Value, *, bad_indices_policy: str = "") -> Value:
    refuse_ignoring(bad_indices_policy)
    return indexing.get_item(x, array.unstack(indices, -1)) if indices.type.shape[-1] else x


@imports("ScatterNd")
def scatter_nd(indices: Value, updates: Value, shape: Sizes, *, bad_indices_policy: str = "") -> Value:
    refuse_ignoring(bad_indices_policy)
    return scattering.scatter(indices, updates, shape)


@imports("TensorScatterUpdate")
def scatter_update(x: Value, indices: Value, updates: Value, *, bad_indices_policy: str = "") -> Value:
    refuse_ignoring(bad_indices_policy)
    return scattering.scatter_update(x, indices, updates)


@imports("TensorScatterAdd")
def scatter_add(x: Value, indices: Value, updates: Value, *, bad_indices_policy: str = "") -> Value:
    refuse_ignoring(bad_indices_policy)
    return scattering.scatter_update(x, indices, updates, "add")


@imports("TensorScatterSub")
def scatter_sub(x: Value, indices: Value, updates: Value, *, bad_indices_policy: str = "") -> Value:
    refuse_ignoring(bad_indices_policy)
    return scattering.scatter_update(x, indices, math.negative(updates), "add")


@imports("TensorScatterMax")
def scatter_max(x: Value, indices: Value, updates: Value, *, bad_indices_policy: str = "") -> Value:
    refuse_ignoring(bad_indices_policy)
    return scattering.scatter_update(x, indices, updates, "max")


@imports("TensorScatterMin")
def scatter_min(x: Value, indices: Value, updates: Value, *, bad_indices_policy: str = "") -> Value:
    refuse_ignoring(bad_indices_policy)
    return scattering.scatter_update(x, indices, updates, "min")
