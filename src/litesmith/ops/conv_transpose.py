"""Transposed convolutions, in LiteRT operators.

Each input element spreads the filter over the result, from place `element * stride` on. The kernels of
TRANSPOSE_CONV are slow (measured: 1.4 to 2.7 times the time of what stands here) and take a dynamic batch
as an operand. Where strides allow it, the `stride` elements of the result that begin at `place * stride`
are computed as channels of one place of a plain convolution, and interleaved by DEPTH_TO_SPACE.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from litesmith.ir.builder import constant_value
from litesmith.ir.constants import Array
from litesmith.ir.dims import Size
from litesmith.ir.graph import Value
from litesmith.ops.array import expand_dims, flip, reshape, squeeze, strided_slice, transpose
from litesmith.ops.conv import conv, no_bias
from litesmith.ops.errors import Unsupported
from litesmith.ops.padding import pad
from litesmith.ops.sizes import shape_tensor
from litesmith.ops.widening import compute
from litesmith.opset.convolution import Conv3DTranspose, TransposeConv
from litesmith.opset.enums import Padding
from litesmith.opset.shaping import DepthToSpace

MOST_GROWTH = 2
"""How many times the elements of its filter the one plain convolution may read, zeros included."""


@dataclass(frozen=True)
class Spread:
    """How the filter is spread along one axis, and which part of that is the result.

    Attributes:
        taps: the filter's size.
        kept: the result has `(size - 1) * stride + kept` elements.
        skipped: how many elements in front are left out of it.
    """

    taps: int
    stride: int
    dilation: int
    kept: int
    skipped: int

    @property
    def window(self) -> int:
        """The filter's size with the holes of its dilation."""
        return (self.taps - 1) * self.dilation + 1

    def result(self, size: Size) -> Size:
        """How many elements the result has for an input of this size."""
        return (size - 1) * self.stride + self.kept

    def tap_at(self, places: Array) -> Array:
        """The tap that stands at a place of the window; the number of taps where none does."""
        taps, in_hole = np.divmod(places, self.dilation)
        return np.where((places >= 0) & (taps < self.taps) & (in_hole == 0), taps, self.taps)


WHOLE = Spread(1, 1, 1, 1, 0)
"""An axis of size 1 under a filter of size 1."""


def conv_transpose(x: Value, filter: Value, spreads: Sequence[Spread]) -> Value:
    """The gradient of a convolution with respect to its input.

    Args:
        x: [batch, *spatial, in], with one to three spatial axes.
        filter: [*spatial, out, in].
        spreads: one for each spatial axis.
    """
    if x.type.rank == 3:
        flat = conv_transpose(expand_dims(x, 1), expand_dims(filter, 0), (WHOLE, *spreads))
        return squeeze(flat, 1)
    if all(spread.stride == 1 for spread in spreads):
        return _as_conv(x, filter, spreads)
    if filter.constant is not None and x.type.rank == 4 and spreads[0].stride in (1, spreads[1].stride):
        phases = [Phases.of(spread) for spread in spreads]
        read = prod(phase.taps * phase.spread.stride for phase in phases)
        if read <= MOST_GROWTH * prod(spread.taps for spread in spreads):
            return _in_phases(x, filter, phases)
    return _by_kernel(x, filter, spreads)


def _as_conv(x: Value, filter: Value, spreads: Sequence[Spread]) -> Value:
    """Strides of 1: a convolution with the filter backward."""
    axes = tuple(range(len(spreads)))
    if filter.constant is None:
        backward = flip(filter, axes)
    else:
        backward = _with_taps(filter, [np.arange(spread.taps)[::-1] for spread in spreads])
    padded = _pad_or_cut(
        x, [(spread.window - 1 - spread.skipped, spread.kept + spread.skipped - 1) for spread in spreads]
    )
    dilations = [spread.dilation for spread in spreads]
    in_before_out = transpose(backward, (*axes, len(axes) + 1, len(axes)))
    return conv(padded, in_before_out, [1] * len(axes), Padding.VALID, dilations)


def _with_taps(filter: Value, taps: Sequence[Array]) -> Value:
    """A constant filter with these of its taps along each spatial axis, zeros for the number of taps.

    The axes of an index array stand in place of the axis that it indexes.
    """
    assert filter.constant is not None
    old = filter.type.shape

    def take(array: Array) -> Array:
        for axis in reversed(range(len(taps))):
            around = [(0, 1) if i == axis else (0, 0) for i in range(array.ndim)]
            array = np.take(np.pad(array, around), taps[axis], axis)
        return array

    shape = (*(size for indices in taps for size in indices.shape), *old[len(taps) :])
    key = ("taps", *((indices.shape, indices.tobytes()) for indices in taps))
    return constant_value(filter.constant.map(take, filter.type.with_shape(shape), key), filter.name)


def _pad_or_cut(x: Value, around: Sequence[tuple[int, int]]) -> Value:
    """Zeros around the spatial axes, or elements less where an amount is negative."""
    grown = pad(x, [(0, 0), *((max(front, 0), max(behind, 0)) for front, behind in around), (0, 0)])
    cuts = [slice(max(-front, 0), min(behind, 0) or None) for front, behind in around]
    return strided_slice(grown, [slice(None), *cuts])


@dataclass(frozen=True)
class Phases:
    """Along one axis, the plain convolution whose place m gives the `stride` elements from m * stride on.

    Attributes:
        taps: its window.
        last: how much it pads in front, which is the block of the filter that its first tap reads.
        start: which element of all that is spread is the first of place 0.
    """

    spread: Spread
    taps: int
    last: int
    start: int

    @staticmethod
    def of(spread: Spread) -> Phases:
        """The one that begins where the result does, or at the very front if its window is smaller."""
        return min((Phases.beginning(spread, start) for start in (spread.skipped, 0)), key=lambda phases: phases.taps)

    @staticmethod
    def beginning(spread: Spread, start: int) -> Phases:
        """The one that begins at an element of all that is spread."""
        last = (spread.window - 1 - start) // spread.stride
        first = -((spread.stride - 1 + start) // spread.stride)
        return Phases(spread, last - first + 1, last, start)

    @property
    def surplus(self) -> int:
        """How many elements in front of the result are computed as well."""
        return self.spread.skipped - self.start

    @property
    def padding(self) -> tuple[int, int]:
        """What is added around the input, so that all of the result is computed."""
        blocks = -(-(self.spread.kept + self.surplus) // self.spread.stride)
        return self.last, blocks - 1 + self.taps - 1 - self.last

    @property
    def sources(self) -> Array:
        """The filter's tap behind each [tap, phase]; the number of its taps for none."""
        blocks = self.last - np.arange(self.taps)[:, None]
        return self.spread.tap_at(blocks * self.spread.stride + np.arange(self.spread.stride) + self.start)


def _in_phases(x: Value, filter: Value, phases: Sequence[Phases]) -> Value:
    """One convolution and a DEPTH_TO_SPACE, or a RESHAPE where only the width has a stride."""
    out, channels = filter.type.shape[-2:]
    height, width = (phase.spread.stride for phase in phases)
    blocks = _with_taps(filter, [phase.sources for phase in phases])
    kernel = reshape(
        transpose(blocks, (0, 2, 5, 1, 3, 4)), (phases[0].taps, phases[1].taps, channels, height * width * out)
    )
    places = conv(_pad_or_cut(x, [phase.padding for phase in phases]), kernel, (1, 1), Padding.VALID, (1, 1))
    if height == width:
        whole = compute(DepthToSpace(height), places)
    else:
        shape = places.type.shape
        whole = reshape(places, (*shape[:2], shape[2] * width, out))
    sizes = [phase.spread.result(size) for phase, size in zip(phases, x.type.shape[1:3], strict=True)]
    return _cut(whole, [phase.surplus for phase in phases], sizes)


def _cut(x: Value, starts: Sequence[int], sizes: Sequence[Size]) -> Value:
    """The part of the spatial axes that begins at `starts`."""
    behind = [total - start - size for total, start, size in zip(x.type.shape[1:-1], starts, sizes, strict=True)]
    return _pad_or_cut(x, [(-start, -surplus) for start, surplus in zip(starts, behind, strict=True)])


def _by_kernel(x: Value, filter: Value, spreads: Sequence[Spread]) -> Value:
    """TRANSPOSE_CONV: with SAME padding the middle of all that is spread, with VALID all, of which a part is kept."""
    results = [spread.result(size) for spread, size in zip(spreads, x.type.shape[1:-1], strict=True)]
    if all(map(_is_middle, spreads)):
        return _emit_transposed(x, filter, spreads, results, Padding.SAME)
    sizes = [
        (size - 1) * spread.stride + max(spread.window, spread.kept + spread.skipped)
        for spread, size in zip(spreads, x.type.shape[1:-1], strict=True)
    ]
    whole = _emit_transposed(x, filter, spreads, sizes, Padding.VALID)
    return _cut(whole, [spread.skipped for spread in spreads], results)


def _is_middle(spread: Spread) -> bool:
    """Whether SAME padding of the kernel leaves out just what is left out here."""
    return 0 < spread.kept <= spread.stride and spread.skipped == max((spread.window - spread.kept) // 2, 0)


def _emit_transposed(
    x: Value, filter: Value, spreads: Sequence[Spread], sizes: Sequence[Size], padding: Padding
) -> Value:
    out = filter.type.shape[-2]
    shape = shape_tensor((x.type.shape[0], *sizes, out))
    kernel, strides = _with_holes(filter, spreads), [spread.stride for spread in spreads]
    if len(spreads) == 3:
        volume = Conv3DTranspose(padding, stride_d=strides[0], stride_h=strides[1], stride_w=strides[2])
        return compute(volume, shape, kernel, x, no_bias(x, out))
    image = TransposeConv(padding, stride_h=strides[0], stride_w=strides[1])
    return compute(image, shape, transpose(kernel, (2, 0, 1, 3)), x, no_bias(x, out))


def _with_holes(filter: Value, spreads: Sequence[Spread]) -> Value:
    """The filter with zeros for its dilation, which the kernels of transposed convolutions do not know."""
    if all(spread.dilation == 1 for spread in spreads):
        return filter
    if filter.constant is None:
        raise Unsupported("a transposed convolution with strides and dilation, by a filter that the model computes")
    return _with_taps(filter, [spread.tap_at(np.arange(spread.window)) for spread in spreads])
