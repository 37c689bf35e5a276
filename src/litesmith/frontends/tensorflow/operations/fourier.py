"""Fourier transforms."""

from __future__ import annotations

from collections.abc import Callable

from litesmith.frontends.tensorflow.registry import Sizes, imports
from litesmith.ir.graph import Value
from litesmith.ops import complex as complexes
from litesmith.ops import fourier
from litesmith.ops.fourier import Pair


def _pair(x: Value) -> Pair:
    return complexes.real(x), complexes.imag(x)


def _register(name: str, function: Callable[[Pair], Pair]) -> None:
    @imports(name)
    def transform(x: Value) -> Value:
        return complexes.combine(*function(_pair(x)))


_register("FFT", fourier.fft)
_register("IFFT", lambda pair: fourier.fft(pair, inverse=True))
_register("FFT2D", fourier.fft2)
_register("IFFT2D", lambda pair: fourier.fft2(pair, inverse=True))


@imports("RFFT")
def rfft(x: Value, length: Sizes) -> Value:
    return complexes.combine(*fourier.rfft(x, length[0]))


@imports("IRFFT")
def irfft(x: Value, length: Sizes) -> Value:
    return fourier.irfft(_pair(x), length[0])
