"""Fourier transforms and spectra; complex numbers are pairs (real, imaginary)."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from litesmith.frontends.keras.lowerings.promotion import promote
from litesmith.frontends.keras.registry import lowers
from litesmith.ir.builder import constant
from litesmith.ir.dims import Size
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import fourier, spectrogram
from litesmith.ops.array import as_value, cast
from litesmith.ops.errors import Unsupported
from litesmith.ops.padding import pad
from litesmith.ops.sequences import sequences

COSINES = {"hann": (0.5, 0.5), "hamming": (0.54, 0.46)}
"""Windows a - b * cos(2 pi n / length)."""


@lowers("ops.fft")
def fft(x: Any) -> fourier.Pair:
    real, imaginary = _pair(x)
    return _as_type(fourier.fft(_floats(real, imaginary)), real.type.dtype)


@lowers("ops.fft2")
def fft2(x: Any) -> fourier.Pair:
    real, imaginary = _pair(x)
    return _as_type(fourier.fft2(_floats(real, imaginary)), real.type.dtype)


@lowers("ops.ifft2")
def ifft2(x: Any) -> fourier.Pair:
    real, imaginary = _pair(x)
    return _as_type(fourier.fft2(_floats(real, imaginary), inverse=True), real.type.dtype)


@lowers("ops.rfft")
def rfft(x: Any, fft_length: Size | None = None) -> fourier.Pair:
    value = _float(x)
    return _as_type(fourier.rfft(cast(value, DType.FLOAT32), fft_length), value.type.dtype)


@lowers("ops.irfft")
def irfft(x: Any, fft_length: Size | None = None) -> Value:
    real, imaginary = _pair(x)
    return cast(fourier.irfft(_floats(real, imaginary), fft_length), real.type.dtype)


@lowers("ops.stft")
def stft(
    x: Any, sequence_length: int, sequence_stride: int, fft_length: int, window: Any = "hann", center: bool = True
) -> fourier.Pair:
    value = _float(x)
    if window is None and keras.backend.backend() == "torch":
        window = constant(np.ones(sequence_length, np.float32))  # where the other backends take all of `fft_length`
    shape = _window(window, sequence_length, fft_length)
    spectra = spectrogram.stft(cast(value, DType.FLOAT32), shape, sequence_stride, fft_length, center)
    return _as_type(spectra, value.type.dtype)


@lowers("ops.istft")
def istft(
    x: Any,
    sequence_length: int,
    sequence_stride: int,
    fft_length: int,
    length: Size | None = None,
    window: Any = "hann",
    center: bool = True,
) -> Value:
    real, imaginary = _pair(x)
    shape = _window(window, sequence_length, fft_length)
    periodic = _sums_periodically(sequence_length == fft_length and center and window is not None)
    whole = spectrogram.istft(_floats(real, imaginary), shape, sequence_stride, fft_length, periodic)
    margin = fft_length // 2 if center else 0
    return cast(spectrogram.part(whole, margin, length, margin), real.type.dtype)


def _sums_periodically(is_plain: bool) -> bool:
    """How the active backend weighs the ends of a signal, where fewer sequences overlap."""
    backend = keras.backend.backend()
    return backend == "tensorflow" or (backend == "torch" and not is_plain)


@lowers("ops.extract_sequences")
def extract_sequences(x: Any, sequence_length: int, sequence_stride: int) -> Value:
    return sequences(as_value(x), sequence_length, sequence_stride)


def _pair(x: Any) -> fourier.Pair:
    real, imaginary = promote(*x)
    if not real.type.dtype.is_float:
        raise Unsupported(f"a pair of {real.type.dtype}; cast it to floats")
    return real, imaginary


def _float(x: Any) -> Value:
    value = as_value(x)
    if not value.type.dtype.is_float:
        raise Unsupported(f"elements of {value.type.dtype}, for which Keras' backends differ; cast them to floats")
    return value


def _floats(real: Value, imaginary: Value) -> fourier.Pair:
    return cast(real, DType.FLOAT32), cast(imaginary, DType.FLOAT32)


def _as_type(pair: fourier.Pair, dtype: DType) -> fourier.Pair:
    return cast(pair[0], dtype), cast(pair[1], dtype)


def _window(window: Any, sequence_length: int, fft_length: int) -> Value | None:
    """A window in the middle of `fft_length` elements, the others zeros; None for ones everywhere."""
    if window is None:
        return None
    if isinstance(window, str):
        offset, factor = COSINES[window]
        turns = np.arange(sequence_length) * (2 * np.pi / sequence_length)
        window = constant((offset - factor * np.cos(turns)).astype(np.float32))
    before = (fft_length - sequence_length) // 2
    return pad(as_value(window, DType.FLOAT32), [(before, fft_length - sequence_length - before)])
