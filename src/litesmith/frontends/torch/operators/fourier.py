"""Fourier transforms of complex64 numbers."""

from __future__ import annotations

from collections.abc import Sequence

from litesmith.frontends.torch.registry import imports
from litesmith.ir.dims import Size, product
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import complex as complexes
from litesmith.ops import fourier, math
from litesmith.ops.array import as_value, axis_of, cast, full, move_axis

BY_ROOT, BY_SIZE = 1, 2
"""What torch divides by: the root of the number of elements that are transformed, or the number itself."""


def _scaled(x: Value, count: Size, normalization: int, divided: bool) -> Value:
    """By what torch's normalization leaves after `divided` by the count or not."""
    size = as_value(count, DType.FLOAT32)
    wanted = {0: 0.0, BY_ROOT: -0.5, BY_SIZE: -1.0}[normalization]
    exponent = wanted + (1.0 if divided else 0.0)
    if not exponent:
        return x
    return math.multiply(x, cast(math.power(size, exponent), x.type.dtype))


def _parts(x: Value) -> tuple[Value, Value]:
    real, imaginary = complexes.parts(x)
    zeros = full(x.type.shape, 0.0, DType.FLOAT32)
    return zeros if real is None else real, zeros if imaginary is None else imaginary


def _transformed(x: Value, axis: int, inverse: bool) -> Value:
    last = x.type.rank - 1
    moved = move_axis(x, axis, last)
    return move_axis(complexes.combine(*fourier.fft(_parts(moved), inverse)), last, axis)


@imports("_fft_c2c")
def complex_to_complex(x: Value, dim: Sequence[int], normalization: int, forward: bool) -> Value:
    axes = [axis_of(axis, x.type.rank) for axis in dim]
    for axis in axes:
        x = _transformed(x, axis, not forward)
    return _scaled(x, product(x.type.shape[axis] for axis in axes), normalization, divided=not forward)


@imports("_fft_r2c")
def real_to_complex(x: Value, dim: Sequence[int], normalization: int, onesided: bool) -> Value:
    """The last of the axes first, of which half is left if `onesided`."""
    axes = [axis_of(axis, x.type.rank) for axis in dim]
    count = product(x.type.shape[axis] for axis in axes)
    last = x.type.rank - 1
    moved = move_axis(x, axes[-1], last)
    if onesided:
        found = complexes.combine(*fourier.rfft(moved))
    else:
        found = complexes.combine(*fourier.fft((moved, full(moved.type.shape, 0.0, DType.FLOAT32))))
    result = move_axis(found, last, axes[-1])
    for axis in axes[:-1]:
        result = _transformed(result, axis, False)
    return _scaled(result, count, normalization, divided=False)


@imports("_fft_c2r")
def complex_to_real(x: Value, dim: Sequence[int], normalization: int, last_dim_size: Size) -> Value:
    axes = [axis_of(axis, x.type.rank) for axis in dim]
    for axis in axes[:-1]:
        x = _transformed(x, axis, True)
    last = x.type.rank - 1
    found = fourier.irfft(_parts(move_axis(x, axes[-1], last)), last_dim_size)
    result = move_axis(found, last, axes[-1])
    return _scaled(result, product(result.type.shape[axis] for axis in axes), normalization, divided=True)
