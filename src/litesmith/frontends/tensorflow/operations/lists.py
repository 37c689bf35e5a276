"""Lists of tensors (`TensorArray`)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from litesmith.frontends.tensorflow.known import Known
from litesmith.frontends.tensorflow.lists import TensorList
from litesmith.frontends.tensorflow.registry import Item, Sizes, as_value, imports
from litesmith.ir.dims import Dim, Size
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import indexing
from litesmith.ops.array import concatenate as join
from litesmith.ops.array import reshape, split
from litesmith.ops.errors import Unsupported


def as_list(item: Any) -> TensorList:
    """What stands for a list of tensors."""
    if not isinstance(item, TensorList):
        raise Unsupported(f"{item} in place of a list of tensors")
    return item


def _shape(sizes: Any) -> tuple[Size | None, ...] | None:
    """What is said of the elements' shape: -1 for a size that is not, and a scalar where nothing is."""
    if not isinstance(sizes, Known) or not sizes.array.ndim:
        return None
    return tuple(None if not isinstance(size, Dim) and size < 0 else size for size in sizes.sizes)


@imports("TensorListReserve")
def reserve(shape: Item, count: Sizes, *, element_dtype: DType) -> TensorList:
    return TensorList.reserved(element_dtype, _shape(shape), count[0])


@imports("EmptyTensorList")
def empty(shape: Item, most: Item, *, element_dtype: DType) -> TensorList:
    return TensorList(element_dtype, _shape(shape), 0, ())


@imports("TensorListFromTensor")
def from_tensor(x: Value, shape: Item) -> TensorList:
    return TensorList.of(x)


@imports("TensorListGetItem")
def get_item(items: Item, index: Item, shape: Item) -> Any:
    return as_list(items).get(index)


@imports("TensorListSetItem")
def set_item(items: Item, index: Item, item: Item, *, resize_if_index_out_of_bounds: bool = False) -> TensorList:
    given = as_list(items)
    return replace(given, grows=given.grows or resize_if_index_out_of_bounds).set(index, item)


@imports("TensorListStack")
def stacked(items: Item, shape: Item) -> Value:
    given, said = as_list(items), _shape(shape)
    if given.element is None and said is not None:
        given = TensorList(given.dtype, said, given.length, given.items)
    return given.tensor()


@imports("TensorListLength")
def length(items: Item) -> Known:
    return Known.of(as_list(items).length, DType.INT32)


@imports("TensorListElementShape")
def element_shape(items: Item, *, shape_type: DType = DType.INT32) -> Known:
    element = as_list(items).element
    if element is None:
        raise Unsupported("the shape of a list's elements before any of them is set")
    return Known.of(list(element.shape), shape_type)


@imports("TensorListGather")
def gather(items: Item, indices: Value, shape: Item) -> Value:
    return indexing.gather(as_list(items).tensor(), indices, 0)


@imports("TensorListScatter", "TensorListScatterV2")
def scatter(x: Value, indices: Item, *shapes: Item) -> TensorList:
    """The rows of a tensor in the order of known places."""
    if not isinstance(indices, Known) or indices.is_open:
        raise Unsupported("tensors put into a list at places that the model computes")
    places = [int(place) for place in indices.sizes]
    order = sorted(range(len(places)), key=places.__getitem__)
    if sorted(places) != list(range(len(places))):
        raise Unsupported("tensors put into a list at some of its places")
    return TensorList.of(indexing.gather(x, order, 0))


@imports("TensorListConcatV2", "TensorListConcat", outputs=("tensor", "lengths"))
def concatenate(items: Item, *operands: Item) -> tuple[Value, Known]:
    """All elements one behind the other along their own first axis."""
    given = as_list(items)
    if given.items and all(item is not None for item in given.items):
        parts = [as_value(item) for item in given.items]
        return join(parts, 0), Known.of([part.type.shape[0] for part in parts], DType.INT64)
    whole = given.tensor()
    count, size, *rest = whole.type.shape
    if isinstance(count, Dim):
        raise Unsupported("the lengths of the elements of a list of open length")
    return reshape(whole, (count * size, *rest)), Known.of([size] * int(count), DType.INT64)


@imports("TensorListSplit")
def split_up(x: Value, shape: Item, lengths: Sizes) -> TensorList:
    parts = split(x, list(lengths), 0)
    return TensorList(x.type.dtype, None, len(parts), tuple(parts))


@imports("TensorListPushBack")
def push_back(items: Item, item: Item) -> TensorList:
    return as_list(items).appended(item)


@imports("TensorListPopBack", outputs=("output_handle", "tensor"))
def pop_back(items: Item, shape: Item) -> tuple[TensorList, Any]:
    return as_list(items).without_last()


@imports("TensorListResize")
def resize(items: Item, count: Sizes) -> TensorList:
    """Only to the size that a list has, or of one of known places."""
    given = as_list(items)
    if isinstance(count[0], Dim) or given.items is None:
        if given.length == count[0]:
            return given
        raise Unsupported("a list of tensors that changes its length")
    more = (None,) * max(int(count[0]) - len(given.items), 0)
    return TensorList(given.dtype, given.shape, count[0], (*given.items, *more)[: int(count[0])])
