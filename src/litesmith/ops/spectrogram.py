"""Spectra of short sequences of a signal, and the signal of such spectra, in LiteRT operators."""

from __future__ import annotations

from litesmith.ir.dims import Dim, Size, ceil_div
from litesmith.ir.graph import Value
from litesmith.ops import math
from litesmith.ops.array import broadcast_to, expand_dims, full, reshape, slice_axis, tile
from litesmith.ops.fourier import Pair, irfft, rfft
from litesmith.ops.indexing import select
from litesmith.ops.padding import pad, pad_with_copies
from litesmith.ops.sequences import overlap_add, sequences

LEAST_OVERLAP = 1e-10
"""Where the squared windows sum up to less, a signal is not divided by the sum."""


def stft(x: Value, window: Value | None, stride: int, length: int, center: bool) -> Pair:
    """[..., n] as pairs [..., count, length // 2 + 1]; `center` mirrors half a sequence at both ends.

    Args:
        window: [length], or None.
    """
    around = [*[(0, 0)] * (x.type.rank - 1), (length // 2, length // 2)]
    parts = sequences(pad_with_copies(x, around, "reflect") if center else x, length, stride)
    return rfft(parts if window is None else math.multiply(parts, window), length)


def istft(x: Pair, window: Value | None, stride: int, length: int, periodic: bool) -> Value:
    """[..., count, length // 2 + 1] as the sum of windowed sequences [..., n], over what the squared windows sum up to.

    Without a window, the result is multiplied by how many sequences lie over each place in the middle.

    Args:
        periodic: the windows are summed as if there were sequences before the first and behind the last as well.
    """
    parts = irfft(x, length)
    if window is None and periodic:
        return overlap_add(parts, stride)
    if window is not None and periodic:
        return overlap_add(math.multiply(parts, math.divide(window, _periodic_overlap(window, stride))), stride)
    count = parts.type.shape[-2]
    if window is None:
        ones = broadcast_to(full((1, 1), 1.0, parts.type.dtype), (count, length))
        shared = math.divide(overlap_add(ones, stride), length / stride)
        return math.divide(overlap_add(parts, stride), shared)
    squared = broadcast_to(expand_dims(math.square(window), 0), (count, length))
    overlap = overlap_add(squared, stride)
    divisor = select(math.greater(overlap, LEAST_OVERLAP), overlap, full((), 1.0, window.type.dtype))
    return math.divide(overlap_add(math.multiply(parts, window), stride), divisor)


def _periodic_overlap(window: Value, stride: int) -> Value:
    """At each place of a window, the sum of its squares at all places that are multiples of `stride` away."""
    length = window.type.shape[0]
    pieces = ceil_div(length, stride)
    padded = pad(math.square(window), [(0, pieces * stride - length)])
    summed = math.sum(reshape(padded, (pieces, stride)), 0)
    return slice_axis(tile(summed, (pieces,)), 0, 0, length)


def part(x: Value, start: int, length: Size | None, behind: int) -> Value:
    """`length` elements from `start` on, or all but the last `behind`."""
    if length is None:
        return slice_axis(x, -1, start, x.type.shape[-1] - behind)
    if isinstance(x.type.shape[-1], Dim):
        x = pad(x, [*[(0, 0)] * (x.type.rank - 1), (0, start + length)])
    return slice_axis(x, -1, start, start + length)
