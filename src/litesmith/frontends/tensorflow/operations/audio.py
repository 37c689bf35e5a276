"""Spectrograms, and what is heard in them, as small speech models begin with them."""

from __future__ import annotations

import numpy as np

from litesmith.frontends.tensorflow.known import Array, Known
from litesmith.frontends.tensorflow.registry import imports
from litesmith.ir.builder import constant
from litesmith.ir.dims import Dim
from litesmith.ir.graph import Value
from litesmith.ops import math
from litesmith.ops.array import transpose
from litesmith.ops.einsum import matmul
from litesmith.ops.errors import Unsupported
from litesmith.ops.fourier import rfft
from litesmith.ops.padding import pad
from litesmith.ops.sequences import sequences

MOST_SAMPLES, MOST_BANDS = 1 << 20, 4096

FLOOR = 1e-12
"""Of the energy of a band, before the logarithm."""


@imports("AudioSpectrogram")
def spectrogram(x: Value, *, window_size: int, stride: int, magnitude_squared: bool = False) -> Value:
    """Magnitudes of Hann windows of samples [n, channels], filled up to a power of two: [channels, windows, bins]."""
    if not 2 <= window_size <= MOST_SAMPLES:
        raise Unsupported(f"windows of {window_size} samples")
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window_size) / window_size)
    length = 1 << (window_size - 1).bit_length()
    parts = math.multiply(sequences(transpose(x, (1, 0)), window_size, stride), constant(window.astype(np.float32)))
    real, imaginary = rfft(pad(parts, [(0, 0), (0, 0), (0, length - window_size)]), length)
    energy = math.add(math.square(real), math.square(imaginary))
    return energy if magnitude_squared else math.sqrt(energy)


@imports("Mfcc")
def mel_frequency_cepstrum(
    x: Value,
    rate: Known,
    *,
    upper_frequency_limit: float = 4000.0,
    lower_frequency_limit: float = 20.0,
    filterbank_channel_count: int = 40,
    dct_coefficient_count: int = 13,
) -> Value:
    """Cosine transforms of the logarithms of the magnitudes that bands of a squared spectrogram have."""
    bins = x.type.shape[-1]
    if isinstance(bins, Dim):
        raise Unsupported("a spectrogram of an open number of frequencies")
    limits = lower_frequency_limit, upper_frequency_limit
    if not 0 < dct_coefficient_count <= filterbank_channel_count <= MOST_BANDS:
        raise Unsupported(f"{dct_coefficient_count} coefficients of {filterbank_channel_count} bands")
    bands = mel_bands(int(bins), float(rate.array) / 2, limits, filterbank_channel_count)
    count = filterbank_channel_count
    angles = np.pi / count * np.arange(dct_coefficient_count)[None] * (np.arange(count)[:, None] + 0.5)
    energies = math.log(math.maximum(matmul(math.sqrt(x), constant(bands.astype(np.float32))), FLOOR))
    return matmul(energies, constant((np.sqrt(2 / count) * np.cos(angles)).astype(np.float32)))


def mel_bands(bins: int, highest: float, limits: tuple[float, float], count: int) -> Array:
    """How much each bin counts in each of overlapping triangles that are evenly spaced in mel: [bins, count]."""
    first, last = (1127 * np.log1p(limit / 700) for limit in limits)
    centers = first + (last - first) / (count + 1) * np.arange(1, count + 2)
    width = highest / (bins - 1)
    start, end = int(1.5 + limits[0] / width), int(limits[1] / width)
    if end >= bins:
        raise Unsupported(f"bands up to {limits[1]:g} Hz, of a spectrogram up to {highest:g} Hz")
    bands = np.zeros((bins, count))
    for place in range(start, end + 1):
        mel = 1127 * np.log1p(place * width / 700)
        above = int(np.searchsorted(centers, mel))
        below = first if above == 0 else centers[above - 1]
        weight = (centers[above] - mel) / (centers[above] - below)
        if above > 0:
            bands[place, above - 1] += weight
        if above < count:
            bands[place, above] += 1 - weight
    return bands
