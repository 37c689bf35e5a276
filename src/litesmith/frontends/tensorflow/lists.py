"""Lists of tensors while a graph is imported: what `TensorArray`, `tf.map_fn` and recurrent layers are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from litesmith.frontends.tensorflow.known import Known
from litesmith.frontends.tensorflow.registry import as_value
from litesmith.ir.builder import emit
from litesmith.ir.dims import Dim, Size
from litesmith.ir.graph import Value
from litesmith.ir.types import DType, TensorType
from litesmith.ops import indexing, math
from litesmith.ops.array import as_value as constant_of
from litesmith.ops.array import cast, concatenate, expand_dims, full, reshape, stack
from litesmith.ops.errors import Unsupported
from litesmith.ops.scan import STACKED
from litesmith.ops.sizes import known_size, size_scalar
from litesmith.opset.slicing import Gather

MOST_ITEMS = 256
"""Lists of known places that are kept one by one."""


@dataclass(frozen=True, eq=False)
class TensorList:
    """A list of tensors of one type, which operations make a new one of.

    Attributes:
        dtype: of the elements.
        shape: of the elements, as far as it was said: None for a size that was not.
        length: how many there are.
        items: each of them, None for one that was not set yet, where their places are known.
        stacked: all of them along a new first axis, where they are not; None for nothing set yet.
        grows: whether it becomes longer by what is set behind its end.
    """

    dtype: DType
    shape: tuple[int | Dim | None, ...] | None
    length: Size
    items: tuple[Any, ...] | None = None
    stacked: Value | None = None
    grows: bool = False

    @staticmethod
    def reserved(dtype: DType, shape: tuple[Size | None, ...] | None, length: Size) -> TensorList:
        """One of which nothing is set."""
        by_place = not isinstance(length, Dim) and length <= MOST_ITEMS
        return TensorList(dtype, shape, length, (None,) * int(length) if by_place else None)

    @staticmethod
    def of(stacked: Value) -> TensorList:
        """The slices of a tensor along its first axis."""
        return TensorList(stacked.type.dtype, stacked.type.shape[1:], stacked.type.shape[0], None, stacked)

    @property
    def element(self) -> TensorType | None:
        """The type of the elements, as soon as it is known."""
        if self.stacked is not None:
            return self.stacked.type.with_shape(self.stacked.type.shape[1:])
        for item in self.items or ():
            if item is not None:
                return as_value(item).type
        if self.shape is None or any(size is None for size in self.shape):
            return None
        return TensorType(self.dtype, tuple(size for size in self.shape if size is not None))

    def tensor(self) -> Value:
        """All elements along a new first axis; zeros for those that were not set."""
        if self.stacked is not None:
            return self.stacked
        element = self.element
        if element is None:
            raise Unsupported("a list of tensors whose shape is not known before any of them is set")
        if not any(item is not None for item in self.items or ()):
            return full((self.length, *element.shape), 0, element.dtype)
        zeros = [full(element.shape, 0, element.dtype) if item is None else as_value(item) for item in self.items or ()]
        return stack(zeros, 0)

    def get(self, index: Any) -> Any:
        """The element at a place."""
        if self.items is not None and isinstance(index, Known) and not index.is_open:
            place = int(index.array.item())
            if 0 <= place < len(self.items) and self.items[place] is not None:
                return self.items[place]
        return emit(Gather(axis=0), self.tensor(), as_value(index))

    def set(self, index: Any, item: Any) -> TensorList:
        """With another element at a place."""
        if self.items is not None and isinstance(index, Known) and not index.is_open:
            place = int(index.array.item())
            count = max(len(self.items), place + 1 if self.grows and place < MOST_ITEMS else 0)
            if not 0 <= place < count:
                raise Unsupported(f"place {place} of a list of {count} tensors")
            items = [*self.items, *[None] * (count - len(self.items))]
            items[place] = item
            return replace(self, items=tuple(items), length=count)
        value = as_value(item)
        if value.type.dtype not in STACKED:
            raise Unsupported(f"a list of tensors of type {value.type.dtype}, at places that the model computes")
        first = constant_of(index.array.item(), DType.INT32) if _is_number(index) else as_value(index)
        return self.with_block(cast(reshape(first, ()), DType.INT32), expand_dims(value, 0))

    def with_block(self, first: Value, block: Value) -> TensorList:
        """With other elements, along the first axis of a tensor, from a place on, an int32 scalar."""
        whole = self if self.element is not None else replace(self, shape=block.type.shape[1:])
        held = whole.tensor()
        if self.grows:
            end = math.add(first, size_scalar(block.type.shape[0]))
            missing = math.maximum(math.subtract(end, size_scalar(held.type.shape[0])), 0)
            held = concatenate([held, full((known_size(missing), *held.type.shape[1:]), 0, held.type.dtype)], 0)
        zero = constant_of(0, first.type.dtype)
        return self.filled(indexing.write_block(held, [first, *[zero] * (block.type.rank - 1)], block))

    def filled(self, stacked: Value) -> TensorList:
        """A list of the same kind with all its elements as a tensor."""
        size, *shape = stacked.type.shape
        return TensorList(self.dtype, tuple(shape), size, None, stacked, self.grows)

    def appended(self, item: Any) -> TensorList:
        """With one more element behind the others."""
        return replace(self, items=(*self._by_place(), item), length=len(self._by_place()) + 1)

    def without_last(self) -> tuple[TensorList, Any]:
        """What is in front of the last element, and that."""
        *front, last = self._by_place()
        return replace(self, items=tuple(front), length=len(front)), last

    def _by_place(self) -> tuple[Any, ...]:
        if self.items is None:
            raise Unsupported("a list of tensors that becomes longer in a loop")
        return self.items


def _is_number(index: Any) -> bool:
    return isinstance(index, Known) and not index.is_open


def flat(items: Sequence[Any]) -> list[Value]:
    """Items as values: lists of tensors as one tensor each."""
    return [item.tensor() if isinstance(item, TensorList) else as_value(item) for item in items]


def nested(items: Sequence[Any], values: Sequence[Value]) -> list[Any]:
    """Values as the items whose place they take."""
    pairs = zip(items, values, strict=True)
    return [item.filled(value) if isinstance(item, TensorList) else value for item, value in pairs]


def is_shapeless(item: Any) -> bool:
    """Whether it is a list whose elements' type is not known yet."""
    return isinstance(item, TensorList) and item.element is None
