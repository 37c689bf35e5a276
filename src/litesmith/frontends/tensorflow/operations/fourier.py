"""Fourier transforms."""

from __future__ import annotations

from collections.abc import Callable

from litesmith.frontends.tensorflow.registry import Sizes, imports
from litesmith.ir.dims import Size
from litesmith.ir.graph import Value
from litesmith.ops import complex as complexes
from litesmith.ops import fourier
from litesmith.ops.fourier import Pair
from litesmith.ops.margins import pad_or_cut
from litesmith.ops.rearranging import swap_axes


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


@imports("RFFT2D")
def rfft2(x: Value, lengths: Sizes) -> Value:
    """Rows are cut or filled up to the first length."""
    real, imaginary = fourier.rfft(_rows(x, lengths[0]), lengths[1])
    columns = swap_axes(real, -2, -1), swap_axes(imaginary, -2, -1)
    found = complexes.combine(*fourier.fft(columns))
    return swap_axes(found, -2, -1)


@imports("IRFFT2D")
def irfft2(x: Value, lengths: Sizes) -> Value:
    rows = _rows(x, lengths[0])
    columns = fourier.fft(_pair(swap_axes(rows, -2, -1)), inverse=True)
    return fourier.irfft((swap_axes(columns[0], -2, -1), swap_axes(columns[1], -2, -1)), lengths[1])


def _rows(x: Value, count: Size) -> Value:
    """So many rows of a matrix: the first ones, or zeros behind them."""
    return pad_or_cut(x, [*[(0, 0)] * (x.type.rank - 2), (0, count - x.type.shape[-2]), (0, 0)])


def _register_3d(name: str, inverse: bool) -> None:
    @imports(name)
    def transform(x: Value) -> Value:
        first = swap_axes(complexes.combine(*fourier.fft2(_pair(x), inverse=inverse)), -3, -1)
        return swap_axes(complexes.combine(*fourier.fft(_pair(first), inverse=inverse)), -3, -1)


_register_3d("FFT3D", inverse=False)
_register_3d("IFFT3D", inverse=True)
