"""Hashes of integers, in LiteRT operators: exact, in 64-bit arithmetic that wraps around.

`preprocessing.hashing` has the same for texts, in Python. Here a text is the decimal digits of an int64.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from litesmith.ir.builder import constant
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import math
from litesmith.ops.array import as_value, cast, concatenate, expand_dims, slice_axis, squeeze
from litesmith.ops.bits import bitwise_xor, view
from litesmith.ops.decomposing import decomposition
from litesmith.ops.indexing import select, take_along_axis
from litesmith.preprocessing import hashing
from litesmith.preprocessing.hashing import CROSS_KEY, CROSS_MULTIPLIER, K0, K1, K2

WIDTH = 20
"""Characters of the longest int64."""
MINUS, ZERO = ord("-"), ord("0")
SMALLEST = -(1 << 63)


@decomposition
def bucket_of_digits(x: Value, count: int) -> Value:
    """One of `count` buckets for each integer, by FarmHash's fingerprint of its decimal digits; int64."""
    return unsigned_mod(fingerprint_of_digits(x), count)


@decomposition
def cross(features: Sequence[Value], count: int) -> Value:
    """One of `count` buckets for combinations of integers, as TensorFlow crosses features; int64."""
    hashed = _word(CROSS_KEY)
    for feature in features:
        hashed = _combined(hashed, cast(feature, DType.INT64))
    return unsigned_mod(hashed, count)


def unsigned_mod(x: Value, count: int) -> Value:
    """The remainder of an int64 whose bits are those of an unsigned number."""
    rest = math.floor_mod(x, _word(count))
    above = select(math.less(x, _word(0)), _word((1 << 64) % count), _word(0))
    return math.floor_mod(math.add(rest, above), _word(count))


def _combined(first: Value, second: Value) -> Value:
    """The fingerprint of two fingerprints."""
    factor = _word(CROSS_MULTIPLIER)
    result = bitwise_xor(first, factor)
    result = bitwise_xor(result, math.multiply(_mixed(math.multiply(second, factor)), factor))
    result = _mixed(math.multiply(result, factor))
    return _mixed(math.multiply(result, factor))


@decomposition
def fingerprint_of_digits(x: Value) -> Value:
    """FarmHash's Fingerprint64 of the decimal digits of integers, with their minus sign; the bits as int64."""
    number = cast(x, DType.INT64)
    text, length = _digits(number)
    words = _Words(text, length)
    result = select(math.less(length, _word(4)), _of_3(words), _of_7(words))
    result = select(math.less(length, _word(8)), result, _of_16(words))
    if x.type.dtype in (DType.INT64, DType.UINT32):
        result = select(math.less(length, _word(17)), result, _of_32(words))
        smallest = _word(hashing.fingerprint(str(SMALLEST).encode()))
        result = select(math.equal(number, _word(SMALLEST)), smallest, result)
    return result


def _digits(x: Value) -> tuple[Value, Value]:
    """(characters of int64 as uint8, 20 in a new last axis, the last digit last; how many they are).

    Without a division of int64, a digit is what remains by its power of ten and the next, as a float32 that is
    off by less than half a digit.
    """
    is_negative = math.less(x, _word(0))
    magnitude = expand_dims(select(is_negative, math.negative(x), x), -1)
    powers = 10 ** np.arange(19, dtype=np.int64)
    rests = math.floor_mod(magnitude, constant(powers[:0:-1]))
    rests = concatenate([magnitude, rests, math.multiply(magnitude, _word(0))], -1)
    parts = math.subtract(slice_axis(rests, -1, 0, 19), slice_axis(rests, -1, 1, 20))
    scale = constant((1.0 / powers[::-1].astype(np.float64)).astype(np.float32))
    digits = cast(math.round_half_even(math.multiply(cast(parts, DType.FLOAT32), scale)), DType.INT32)
    count = math.sum(cast(math.greater_equal(magnitude, constant(powers[1:])), DType.INT32), -1, True)
    count = math.add(count, 1)
    place = constant(np.arange(19, -1, -1, dtype=np.int32))
    characters = math.add(concatenate([math.multiply(slice_axis(digits, -1, 0, 1), 0), digits], -1), ZERO)
    sign = select(math.logical_and(math.equal(place, count), expand_dims(is_negative, -1)), _code(MINUS), _code(0))
    text = select(math.less(place, count), characters, sign)
    length = math.add(squeeze(cast(count, DType.INT64), -1), cast(is_negative, DType.INT64))
    return cast(text, DType.UINT8), length


class _Words:
    """Little-endian words of the characters, from the front and from the end."""

    def __init__(self, text: Value, length: Value) -> None:
        """`text`: uint8 in a last axis of 20, of which the last `length` count."""
        self.text = text
        self.length = length
        places = math.add(
            math.subtract(as_value(WIDTH, DType.INT32), expand_dims(cast(length, DType.INT32), -1)),
            constant(np.arange(16, dtype=np.int32)),
        )
        self.front = take_along_axis(text, math.minimum(places, as_value(WIDTH - 1, DType.INT32)), -1)
        self.factor = math.add(math.multiply(length, _word(2)), _word(K2))

    def from_front(self, start: int) -> Value:
        """The 8 characters from `start` on."""
        return _packed(slice_axis(self.front, -1, start, start + 8))

    def from_end(self, start: int) -> Value:
        """The 8 characters that begin `start` before the end."""
        return _packed(slice_axis(self.text, -1, WIDTH - start, WIDTH - start + 8))

    def half(self, text: Value, start: int) -> Value:
        """4 characters."""
        return _packed(slice_axis(text, -1, start, start + 4), DType.INT32)

    def character(self, text: Value, place: int) -> Value:
        """One character."""
        return cast(squeeze(slice_axis(text, -1, place, place + 1), -1), DType.INT64)


def _packed(characters: Value, dtype: DType = DType.INT64) -> Value:
    return cast(squeeze(view(characters, dtype), -1), DType.INT64)


def _of_3(words: _Words) -> Value:
    """The fingerprint of 1 to 3 characters."""
    first, second = (words.character(words.front, place) for place in (0, 1))
    middle = select(math.less(words.length, _word(2)), first, second)
    last = words.character(words.text, WIDTH - 1)
    y = math.add(first, math.multiply(middle, _word(256)))
    z = math.add(words.length, math.multiply(last, _word(4)))
    mixed = _mixed(bitwise_xor(math.multiply(y, _word(K2)), math.multiply(z, _word(K0))))
    return math.multiply(mixed, _word(K2))


def _of_7(words: _Words) -> Value:
    """The fingerprint of 4 to 7 characters."""
    first, last = words.half(words.front, 0), words.half(words.text, WIDTH - 4)
    return _hashed(math.add(words.length, math.multiply(first, _word(8))), last, words.factor)


def _of_16(words: _Words) -> Value:
    """The fingerprint of 8 to 16 characters."""
    a, b = math.add(words.from_front(0), _word(K2)), words.from_end(8)
    c = math.add(math.multiply(_rotated(b, 37), words.factor), a)
    d = math.multiply(math.add(_rotated(a, 25), b), words.factor)
    return _hashed(c, d, words.factor)


def _of_32(words: _Words) -> Value:
    """The fingerprint of 17 to 32 characters."""
    a, b = math.multiply(words.from_front(0), _word(K1)), words.from_front(8)
    c, d = math.multiply(words.from_end(8), words.factor), math.multiply(words.from_end(16), _word(K2))
    first = math.add(math.add(_rotated(math.add(a, b), 43), _rotated(c, 30)), d)
    second = math.add(math.add(a, _rotated(math.add(b, _word(K2)), 18)), c)
    return _hashed(first, second, words.factor)


def _hashed(u: Value, v: Value, factor: Value) -> Value:
    """16 bytes hashed to 8."""
    a = _mixed(math.multiply(bitwise_xor(u, v), factor))
    b = _mixed(math.multiply(bitwise_xor(v, a), factor))
    return math.multiply(b, factor)


def _mixed(x: Value) -> Value:
    """X xor its upper 17 bits."""
    low, high = _halves(x)
    return _joined(math.bitwise_xor(low, math.right_shift(high, constant(np.uint32(15)))), high)


def _rotated(x: Value, places: int) -> Value:
    """The bits moved to the right, around the end."""
    low, high = _halves(x)
    if places >= 32:
        low, high, places = high, low, places - 32
    return _joined(_funnel(low, high, places), _funnel(high, low, places))


def _funnel(low: Value, high: Value, places: int) -> Value:
    """The lower half of two halves moved to the right by 1 to 31 places."""
    down = math.right_shift(low, constant(np.uint32(places)))
    return math.bitwise_xor(down, math.multiply(high, constant(np.uint32(1 << 32 - places))))


def _halves(x: Value) -> tuple[Value, Value]:
    """The lower and upper half of int64 as uint32, in a last axis of size 1."""
    halves = view(expand_dims(x, -1), DType.UINT32)
    return slice_axis(halves, -1, 0, 1), slice_axis(halves, -1, 1, 2)


def _joined(low: Value, high: Value) -> Value:
    return squeeze(view(concatenate([low, high], -1), DType.INT64), -1)


def _word(number: int) -> Value:
    """64 bits as an int64."""
    return constant(np.uint64(number & hashing.MASK).astype(np.int64))


def _code(number: int) -> Value:
    return constant(np.int32(number))
