"""The random numbers that TensorFlow draws of a seed alone: Philox 4x32, 10 rounds (Salmon et al., 2011).

A key of two and a counter of four 32-bit words give four words; the counter goes up by 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

MULTIPLIERS = (np.uint64(0xD2511F53), np.uint64(0xCD9E8D57))
WEYL = (np.uint64(0x9E3779B9), np.uint64(0xBB67AE85))
LOW = np.uint64(0xFFFFFFFF)
HALF = np.uint64(32)

SMALLEST = np.float32(1e-7)
"""In place of smaller numbers, whose logarithm would be too large."""


def blocks(key: Array, counter: Array, offsets: Array) -> Array:
    """The words of the counters so far behind this one, uint32 [offsets, 4]; key uint64 [1], counter uint64 [2]."""
    keys = [np.uint64(key[0]) & LOW, np.uint64(key[0]) >> HALF]
    with np.errstate(over="ignore"):
        low = np.uint64(counter[0]) + offsets.astype(np.uint64)
        high = np.uint64(counter[1]) + (low < np.uint64(counter[0])).astype(np.uint64)
        words = [low & LOW, low >> HALF, high & LOW, high >> HALF]
        for _ in range(10):
            first, second = words[0] * MULTIPLIERS[0], words[2] * MULTIPLIERS[1]
            words = [
                *((second >> HALF) ^ words[1] ^ keys[0], second & LOW),
                *((first >> HALF) ^ words[3] ^ keys[1], first & LOW),
            ]
            keys = [(each + step) & LOW for each, step in zip(keys, WEYL, strict=True)]
    return np.stack(words, 1).astype(np.uint32)


def of_seed(seed: Array) -> tuple[Array, Array]:
    """The key (uint64 [1]) and the counter (uint64 [2]) for a seed of two integers."""
    scrambler = np.array([0x3EC8F720 | (0x02461E29 << 32)], np.uint64)
    mixed = blocks(scrambler, seed.astype(np.int64).view(np.uint64), np.zeros(1))[0].astype(np.uint64)
    return mixed[:1] | (mixed[1:2] << HALF), np.array([0, mixed[2] | (mixed[3] << HALF)], np.uint64)


def _words(key: Array, counter: Array, count: int) -> Array:
    return blocks(key, counter, np.arange(-(-count // 4))).reshape(-1)


def uniform(key: Array, counter: Array, shape: Sequence[int]) -> Array:
    """float32 from 0 up to but without 1."""
    count = int(np.prod(shape))
    return _unit(_words(key, counter, count)[:count]).reshape(shape)


def _unit(words: Array) -> Array:
    mantissa = (words & np.uint32(0x7FFFFF)) | np.uint32(0x3F800000)
    found: Array = mantissa.view(np.float32) - np.float32(1)
    return found


def normal(key: Array, counter: Array, shape: Sequence[int]) -> Array:
    """float32 of mean 0 and variance 1 (Box and Muller, 1958)."""
    count = int(np.prod(shape))
    return _normal(_words(key, counter, count))[:count].reshape(shape)


def _normal(words: Array) -> Array:
    pairs = _unit(words).reshape(-1, 2)
    length = np.sqrt(np.float32(-2) * np.log(np.maximum(pairs[:, 0], SMALLEST)))
    angle = np.float32(2 * np.pi) * pairs[:, 1]
    found: Array = np.stack([np.sin(angle) * length, np.cos(angle) * length], 1).astype(np.float32)
    return found.reshape(-1)


def integers(key: Array, counter: Array, shape: Sequence[int], low: Any, high: Any) -> Array:
    """From `low` up to but without `high`, of their type, int32 or int64."""
    count = int(np.prod(shape))
    low, high = np.asarray(low), np.asarray(high)
    unsigned = np.uint64 if low.dtype.itemsize == 8 else np.uint32
    words = whole(key, counter, (count,), unsigned)
    with np.errstate(over="ignore"):
        span = (high - low).astype(unsigned)
        found: Array = (low + (words % span).astype(low.dtype)).astype(low.dtype)
    return found.reshape(shape)


def whole(key: Array, counter: Array, shape: Sequence[int], dtype: Any) -> Array:
    """Words of 32 or 64 bits."""
    count = int(np.prod(shape))
    if np.dtype(dtype).itemsize == 4:
        found = _words(key, counter, count)[:count]
    else:
        pairs = _words(key, counter, 2 * count).reshape(-1, 2)[:count].astype(np.uint64)
        found = pairs[:, 0] | (pairs[:, 1] << HALF)
    typed: Array = found.view(dtype)
    return typed.reshape(shape)


RESERVED = 256
"""How many counters there are for four truncated numbers."""

TRIED = 16
"""How many of these are looked at: among 64 normal numbers, four are within 2 of 0."""


def truncated_normal(key: Array, counter: Array, shape: Sequence[int]) -> Array:
    """float32 normal numbers, those left out that are 2 or more from 0."""
    count = int(np.prod(shape))
    groups = np.arange(-(-count // 4))[:, None] * RESERVED + np.arange(TRIED)
    drawn = _normal(blocks(key, counter, groups.reshape(-1)).reshape(-1)).reshape(-1, 4 * TRIED)
    is_near = np.abs(drawn) < 2
    first_four = is_near & (np.cumsum(is_near, 1) <= 4)
    return drawn[first_four][:count].reshape(shape)
