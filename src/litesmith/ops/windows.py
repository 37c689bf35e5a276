"""Sums and extremes of windows along any axes, in LiteRT operators."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from litesmith.ir.dims import Dim, Size, ceil_div, product
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import margins, math
from litesmith.ops.array import cast, reshape, strided_slice, transpose
from litesmith.ops.cumulative import highest, lowest
from litesmith.ops.errors import Unsupported
from litesmith.ops.pool import average_pool, max_pool
from litesmith.opset.enums import Padding

Kind = Literal["sum", "max", "min"]

COMBINED: dict[Kind, Callable[[Value, Value], Value]] = {
    "sum": math.add,
    "max": math.maximum,
    "min": math.minimum,
}

MOST_SLICES = 64
"""The longest window along one axis that is reduced slice by slice."""

MOST_POOLED = 3


@dataclass(frozen=True)
class Window:
    """How windows lie along one axis: `spread` elements of it take the place of one, `dilation` of the window."""

    size: int
    stride: int = 1
    padding: tuple[Size, Size] = (0, 0)
    spread: int = 1
    dilation: int = 1

    @property
    def is_nothing(self) -> bool:
        return self.size == 1 and self.stride == 1

    @property
    def extent(self) -> int:
        return (self.size - 1) * self.dilation + 1


def reduce_windows(kind: Kind, x: Value, windows: Sequence[Window]) -> Value:
    """The sum, or the largest or smallest element, of each window; places outside of the tensor are neutral.

    Windows of floats over up to three axes are pooled; others are reduced one axis after the other.
    """
    pooled = [axis for axis, window in enumerate(windows) if not window.is_nothing]
    neutral = _neutral(kind, x.type.dtype)
    is_float = x.type.dtype.is_float
    if is_float and kind == "max" and (whole := _pooled_same(x, windows, pooled)) is not None:
        return whole
    for axis, window in enumerate(windows):
        if window.spread > 1:
            x = margins.spread(x, axis, window.spread - 1, neutral)
    x = margins.pad_or_cut(x, [window.padding for window in windows], neutral)
    if not pooled:
        return x
    if is_float and len(pooled) <= MOST_POOLED and all(window.dilation == 1 for window in windows):
        return _pooled(kind, x, windows, pooled, Padding.VALID)
    for axis in pooled:
        x = _by_slices(kind, x, axis, windows[axis])
    return x


def _neutral(kind: Kind, dtype: DType) -> Any:
    if kind == "sum":
        return 0
    return lowest(dtype) if kind == "max" else highest(dtype)


def _pooled_same(x: Value, windows: Sequence[Window], pooled: Sequence[int]) -> Value | None:
    """Maxima of windows that lie as SAME padding has them, which the kernel knows; None for others."""
    if not 0 < len(pooled) <= MOST_POOLED:
        return None
    for size, window in zip(x.type.shape, windows, strict=True):
        if window.spread > 1 or window.dilation > 1 or not _is_same(size, window):
            return None
    return _pooled("max", x, windows, pooled, Padding.SAME)


def _is_same(size: Size, window: Window) -> bool:
    """Whether a window is padded so that there is one for each stride, the odd element behind."""
    before, behind = window.padding
    if isinstance(before, Dim) or isinstance(behind, Dim) or (isinstance(size, Dim) and window.stride > 1):
        return False
    total = window.size - 1 if window.stride == 1 else (ceil_div(size, window.stride) - 1) * window.stride
    if window.stride > 1:
        total = max(total + window.size - int(size), 0)
    return (before, behind) == (total // 2, total - total // 2)


def _pooled(kind: Kind, x: Value, windows: Sequence[Window], pooled: Sequence[int], padding: Padding) -> Value:
    """With the axes that are pooled between the others, of which the last one stands for channels."""
    others = [axis for axis in range(x.type.rank) if axis not in pooled]
    order = [*others[:-1], *pooled, *others[-1:]]
    sizes = [x.type.shape[axis] for axis in order]
    batch, channels = product(sizes[: len(others[:-1])]), sizes[-1] if others else 1
    places = [x.type.shape[axis] for axis in pooled]
    images = reshape(transpose(x, order), (batch, *places, channels))
    window, strides = [windows[axis].size for axis in pooled], [windows[axis].stride for axis in pooled]
    if kind == "sum":
        count = float(product(window))
        found = math.multiply(average_pool(images, window, strides, padding), count)
    elif kind == "max":
        found = max_pool(images, window, strides, padding)
    else:
        found = math.negative(max_pool(math.negative(images), window, strides, padding))
    results = dict(zip(pooled, found.type.shape[1:-1], strict=True))
    shaped = reshape(found, [results.get(axis, x.type.shape[axis]) for axis in order])
    return transpose(shaped, [order.index(axis) for axis in range(x.type.rank)])


def _by_slices(kind: Kind, x: Value, axis: int, window: Window) -> Value:
    """One axis: what stands at a place of all its windows is a slice."""
    if window.size > MOST_SLICES:
        raise Unsupported(f"windows of {window.size} elements of {x.type.dtype}; reduce floats, or smaller windows")
    last = x.type.shape[axis] - window.extent
    combine = COMBINED[kind]
    truths = x.type.dtype is DType.BOOL
    wide = cast(x, DType.INT32) if truths else x
    result: Value | None = None
    for place in range(window.size):
        first = place * window.dilation
        key = [slice(None)] * axis + [slice(first, first + last + 1, window.stride)]
        part = strided_slice(wide, key)
        result = part if result is None else combine(result, part)
    assert result is not None
    return cast(result, DType.BOOL) if truths else result
