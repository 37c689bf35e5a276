"""Lists of tensors of TensorFlow 1 (`TensorArray`), which a handle names, and whose state flows from write to write.

Here the flow is the list itself, and the handle the list of which nothing is set.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from litesmith.frontends.tensorflow.known import Known
from litesmith.frontends.tensorflow.lists import TensorList
from litesmith.frontends.tensorflow.operations.lists import as_list, concatenate, split_up
from litesmith.frontends.tensorflow.registry import Item, Sizes, as_value, imports
from litesmith.ir.dims import Size, same
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import indexing
from litesmith.ops.array import as_value as constant_of
from litesmith.ops.array import slice_axis, squeeze
from litesmith.ops.errors import Unsupported
from litesmith.opset.conversion import Cast
from litesmith.opset.joining import Range
from litesmith.opset.rules import sizes_of


@imports("TensorArrayV3", outputs=("handle", "flow"))
def create(
    size: Sizes, *, dtype: DType, element_shape: tuple[int | None, ...] | None = None, dynamic_size: bool = False
) -> tuple[TensorList, TensorList]:
    made = replace(TensorList.reserved(dtype, element_shape, size[0]), grows=dynamic_size)
    return made, made


@imports("TensorArrayReadV3")
def read(handle: Item, index: Item, flow: Item) -> Any:
    return as_list(flow).get(index)


@imports("TensorArrayWriteV3")
def write(handle: Item, index: Item, item: Item, flow: Item) -> TensorList:
    return as_list(flow).set(index, item)


@imports("TensorArrayGatherV3")
def gather(handle: Item, indices: Item, flow: Item, *, element_shape: tuple[int | None, ...] | None = None) -> Value:
    given = as_list(flow)
    if given.element is None:
        given = replace(given, shape=element_shape)
    return given.tensor() if _are_all(indices, given.length) else indexing.gather(given.tensor(), as_value(indices), 0)


@imports("TensorArrayScatterV3")
def scatter(handle: Item, indices: Item, x: Value, flow: Item) -> TensorList:
    """The rows of a tensor at places that are known, or at all of them."""
    given, count = as_list(flow), x.type.shape[0]
    if _are_all(indices, count) and (given.grows or same(count, given.length)):
        return replace(TensorList.of(x), grows=given.grows)
    if _are_all(indices, count):
        return given.with_block(constant_of(0, DType.INT32), x)
    if not isinstance(indices, Known) or indices.is_open:
        raise Unsupported("tensors put into a list at places that the model computes")
    for row, place in enumerate(indices.array.flat):
        item = squeeze(slice_axis(x, 0, row, row + 1), 0)
        given = given.set(Known.of(place, indices.dtype), item)
    return given


@imports("TensorArraySizeV3")
def size(handle: Item, flow: Item) -> Known:
    return Known.of(as_list(flow).length, DType.INT32)


@imports("TensorArrayConcatV3", outputs=("value", "lengths"))
def concat(handle: Item, flow: Item) -> tuple[Value, Known]:
    return concatenate(flow)


@imports("TensorArraySplitV3")
def split(handle: Item, x: Value, lengths: Sizes, flow: Item) -> TensorList:
    return split_up(x, Item(None), lengths)


@imports("TensorArrayCloseV3")
def close(handle: Item) -> list[Any]:
    return []


def _are_all(indices: Any, length: Size) -> bool:
    """Whether places are 0, 1, 2, ... up to a length."""
    if isinstance(indices, Known) and not indices.is_open:
        return same(indices.array.size, length) and indices.sizes == tuple(range(indices.array.size))
    if not isinstance(indices, Value):
        return False
    if indices.producer is not None and isinstance(indices.producer.operator, Cast):
        return _are_all(indices.producer.operands[0], length)
    if indices.producer is None or not isinstance(indices.producer.operator, Range):
        return False
    start, stop, step = (sizes_of(each) for each in indices.producer.operands)
    return start == (0,) and step == (1,) and stop is not None and same(stop[0], length)
