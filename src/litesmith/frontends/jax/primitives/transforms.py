"""Fourier transforms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from litesmith.frontends.jax.registry import imports
from litesmith.ir.dims import Size
from litesmith.ir.graph import Value
from litesmith.ops import complex as complexes
from litesmith.ops import fourier
from litesmith.ops.array import move_axis


@imports("fft")
def fft(x: Value, *, fft_type: Any, fft_lengths: Sequence[Size]) -> Value:
    """Over as many of the last axes as there are lengths, which are the sizes of the reals where there are any."""
    kind = str(getattr(fft_type, "name", fft_type)).rpartition(".")[2]
    axes = range(x.type.rank - len(fft_lengths), x.type.rank)
    if kind == "RFFT":
        pair = fourier.rfft(x, fft_lengths[-1])
        return complexes.combine(*_along(axes[:-1], pair, inverse=False))
    pair = (complexes.real(x), complexes.imag(x))
    if kind == "IRFFT":
        return fourier.irfft(_along(axes[:-1], pair, inverse=True), fft_lengths[-1])
    return complexes.combine(*_along(axes, pair, inverse=kind == "IFFT"))


def _along(axes: Sequence[int], pair: fourier.Pair, inverse: bool) -> fourier.Pair:
    """The transform along one axis after the other."""
    last = pair[0].type.rank - 1
    for axis in axes:
        turned = fourier.fft((move_axis(pair[0], axis, last), move_axis(pair[1], axis, last)), inverse)
        pair = (move_axis(turned[0], last, axis), move_axis(turned[1], last, axis))
    return pair
