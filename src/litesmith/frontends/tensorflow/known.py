"""Tensors whose elements are known while a graph is imported: numbers, and sizes that only the run knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from litesmith.ir.builder import constant_value
from litesmith.ir.constants import Constant
from litesmith.ir.dims import Dim, Size
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops.array import cast, reshape
from litesmith.ops.sizes import shape_tensor, size_scalar

Array = np.ndarray[Any, Any]

MOST_COMPUTED = 4096
"""Tensors of more elements are left to the passes that fold constants, which need not hold them twice."""


@dataclass(frozen=True, eq=False)
class Known:
    """A tensor of known elements.

    Attributes:
        array: of the element type; of type `object`, with sizes in it, where some of them are open.
    """

    array: Array
    dtype: DType

    @staticmethod
    def of(array: Any, dtype: DType) -> Known:
        """Anything that numpy makes an array of, or sizes nested in lists."""
        items = np.asarray(array, object) if _has_open(array) else np.asarray(array)
        if items.dtype == np.dtype(object) and dtype is not DType.STRING:
            if any(isinstance(item, Dim) for item in items.flat):
                return Known(items, dtype)
            return Known(items.astype(dtype.numpy), dtype)
        return Known(items.astype(dtype.numpy, copy=False), dtype)

    @property
    def is_open(self) -> bool:
        """Whether it has sizes that only the run knows."""
        return self.array.dtype == np.dtype(object) and self.dtype is not DType.STRING

    @property
    def sizes(self) -> tuple[Size, ...]:
        """The elements in order, as sizes."""
        return tuple(item if isinstance(item, Dim) else int(item) for item in self.array.flat)

    def value(self) -> Value:
        """A value of the current graph with these elements."""
        if not self.is_open:
            return constant_value(Constant.of(self.array, self.dtype))
        if not self.array.ndim:
            return cast(size_scalar(self.array.item()), self.dtype)
        return cast(reshape(shape_tensor(self.sizes), self.array.shape), self.dtype)


def _has_open(items: Any) -> bool:
    """Whether an open size is among nested items: numpy would make a plain number of it."""
    if isinstance(items, (list, tuple)):
        return any(map(_has_open, items))
    return isinstance(items, Dim)


def known_elements(value: Value) -> Known | None:
    """What is known of a value's elements; None where not all of them are, or where they are many."""
    elements = value.type.elements
    if isinstance(elements, Dim) or elements > MOST_COMPUTED:
        return None
    if value.contents is not None and value.type.rank <= 1:
        return Known.of(_nested(value.contents, value.type.rank), value.type.dtype)
    if value.constant is not None and value.type.dtype is not DType.STRING:
        return Known.of(value.constant.array(), value.type.dtype)
    return None


def _nested(contents: Sequence[Size], rank: int) -> Any:
    return list(contents) if rank else contents[0]
