"""Hashes of strings as the preprocessing layers of Keras take them: FarmHash's 64-bit fingerprint and SipHash-2-4."""

from __future__ import annotations

from collections.abc import Sequence

MASK = (1 << 64) - 1
K0, K1, K2 = 0xC3A5C85C97CB3127, 0xB492B66FBE98F273, 0x9AE16A3B2F90404F
"""FarmHash's constants: primes between 2**63 and 2**64."""
CROSS_MULTIPLIER = 0xC6A4A7935BD1E995
CROSS_KEY = 0xDECAFCAFFE
"""What crosses of features begin with."""

Pair = tuple[int, int]


def bucket(text: bytes, count: int, salt: Sequence[int] | None = None) -> int:
    """One of `count` buckets: by the fingerprint, or by SipHash where there is a salt of two numbers."""
    return (fingerprint(text) if salt is None else siphash(text, salt[0] & MASK, salt[1] & MASK)) % count


def cross(features: Sequence[bytes | int], count: int) -> int:
    """One of `count` buckets for a combination of features; integers stand for themselves."""
    hashed = CROSS_KEY
    for feature in features:
        value = fingerprint(feature) if isinstance(feature, bytes) else feature & MASK
        hashed = _combined(hashed, value)
    return hashed % count


def _combined(first: int, second: int) -> int:
    """The fingerprint of two fingerprints."""
    result = first ^ CROSS_MULTIPLIER
    result ^= _mixed(second * CROSS_MULTIPLIER & MASK) * CROSS_MULTIPLIER & MASK
    result = result * CROSS_MULTIPLIER & MASK
    result = _mixed(result) * CROSS_MULTIPLIER & MASK
    return _mixed(result)


def fingerprint(text: bytes) -> int:
    """FarmHash's Fingerprint64."""
    length = len(text)
    if length <= 16:
        return _up_to_16(text)
    if length <= 32:
        return _up_to_32(text)
    return _up_to_64(text) if length <= 64 else _longer(text)


def _up_to_16(text: bytes) -> int:
    length = len(text)
    factor = K2 + 2 * length & MASK
    if length >= 8:
        a, b = _word(text, 0) + K2 & MASK, _word(text, length - 8)
        c, d = _rotated(b, 37) * factor + a & MASK, (_rotated(a, 25) + b) * factor & MASK
        return _hashed(c, d, factor)
    if length >= 4:
        return _hashed(length + (_half(text, 0) << 3), _half(text, length - 4), factor)
    if length:
        y = text[0] + (text[length >> 1] << 8)
        z = length + (text[-1] << 2)
        return _mixed(y * K2 & MASK ^ z * K0 & MASK) * K2 & MASK
    return K2


def _up_to_32(text: bytes) -> int:
    length = len(text)
    factor = K2 + 2 * length & MASK
    a, b = _word(text, 0) * K1 & MASK, _word(text, 8)
    c, d = _word(text, length - 8) * factor & MASK, _word(text, length - 16) * K2 & MASK
    first = _rotated(a + b & MASK, 43) + _rotated(c, 30) + d & MASK
    return _hashed(first, a + _rotated(b + K2 & MASK, 18) + c & MASK, factor)


def _up_to_64(text: bytes) -> int:
    length = len(text)
    factor = K2 + 2 * length & MASK
    a, b = _word(text, 0) * K2 & MASK, _word(text, 8)
    c, d = _word(text, length - 8) * factor & MASK, _word(text, length - 16) * K2 & MASK
    y = _rotated(a + b & MASK, 43) + _rotated(c, 30) + d & MASK
    z = _hashed(y, a + _rotated(b + K2 & MASK, 18) + c & MASK, factor)
    e, f = _word(text, 16) * factor & MASK, _word(text, 24)
    g, h = (y + _word(text, length - 32)) * factor & MASK, (z + _word(text, length - 24)) * factor & MASK
    first = _rotated(e + f & MASK, 43) + _rotated(g, 30) + h & MASK
    return _hashed(first, e + _rotated(f + a & MASK, 18) + g & MASK, factor)


def _longer(text: bytes) -> int:
    """Of more than 64 bytes: 56 bytes of state, taken through the text in blocks of 64 bytes."""
    x, y = 81, 81 * K1 + 113 & MASK
    z = _mixed(y * K2 + 113 & MASK) * K2 & MASK
    v, w = (0, 0), (0, 0)
    x = x * K2 + _word(text, 0) & MASK
    last = (len(text) - 1) // 64 * 64
    for start in range(0, last, 64):
        x, y, z, v, w = _block(text, start, (x, y, z, v, w), K1, 1)
    factor = K1 + ((z & 0xFF) << 1) & MASK
    w = (w[0] + ((len(text) - 1) & 63) & MASK, w[1])
    v = (v[0] + w[0] & MASK, v[1])
    w = (w[0] + v[0] & MASK, w[1])
    x, y, z, v, w = _block(text, len(text) - 64, (x, y, z, v, w), factor, 9)
    first = _hashed(v[0], w[0], factor) + _mixed(y) * K0 + z & MASK
    return _hashed(first, _hashed(v[1], w[1], factor) + x & MASK, factor)


def _block(
    text: bytes, start: int, state: tuple[int, int, int, Pair, Pair], factor: int, weight: int
) -> tuple[int, int, int, Pair, Pair]:
    """The state after 64 more bytes; the last ones weigh parts of it otherwise."""
    x, y, z, v, w = state
    x = _rotated(x + y + v[0] + _word(text, start + 8) & MASK, 37) * factor & MASK
    y = _rotated(y + v[1] + _word(text, start + 48) & MASK, 42) * factor & MASK
    x ^= w[1] * weight & MASK
    y = y + v[0] * weight + _word(text, start + 40) & MASK
    z = _rotated(z + w[0] & MASK, 33) * factor & MASK
    v = _pair(text, start, v[1] * factor & MASK, x + w[0] & MASK)
    w = _pair(text, start + 32, z + w[1] & MASK, y + _word(text, start + 16) & MASK)
    return z, y, x, v, w


def _pair(text: bytes, start: int, a: int, b: int) -> Pair:
    """Two weak hashes of 32 bytes."""
    words = [_word(text, start + 8 * i) for i in range(4)]
    a = a + words[0] & MASK
    b = _rotated(b + a + words[3] & MASK, 21)
    total = a + words[1] + words[2] & MASK
    b = b + _rotated(total, 44) & MASK
    return total + words[3] & MASK, b + a & MASK


def _hashed(u: int, v: int, factor: int) -> int:
    """16 bytes hashed to 8."""
    a = (u ^ v) * factor & MASK
    a ^= a >> 47
    b = (v ^ a) * factor & MASK
    b ^= b >> 47
    return b * factor & MASK


def _mixed(value: int) -> int:
    return value ^ value >> 47


def _rotated(value: int, places: int) -> int:
    return (value >> places | value << 64 - places) & MASK


def _word(text: bytes, start: int) -> int:
    return int.from_bytes(text[start : start + 8], "little")


def _half(text: bytes, start: int) -> int:
    return int.from_bytes(text[start : start + 4], "little")


def siphash(text: bytes, first: int, second: int) -> int:
    """SipHash-2-4 with a key of two 64-bit numbers."""
    state = (
        first ^ 0x736F6D6570736575,
        second ^ 0x646F72616E646F6D,
        first ^ 0x6C7967656E657261,
        second ^ 0x7465646279746573,
    )
    whole = len(text) // 8 * 8
    words = [_word(text, start) for start in range(0, whole, 8)]
    words.append(int.from_bytes(text[whole:], "little") | (len(text) & 0xFF) << 56)
    for word in words:
        v0, v1, v2, v3 = state
        v0, v1, v2, v3 = _sip_rounds((v0, v1, v2, v3 ^ word), 2)
        state = (v0 ^ word, v1, v2, v3)
    v0, v1, v2, v3 = state
    v0, v1, v2, v3 = _sip_rounds((v0, v1, v2 ^ 0xFF, v3), 4)
    return v0 ^ v1 ^ v2 ^ v3


def _sip_rounds(state: tuple[int, int, int, int], count: int) -> tuple[int, int, int, int]:
    v0, v1, v2, v3 = state
    for _ in range(count):
        v0, v2 = v0 + v1 & MASK, v2 + v3 & MASK
        v1, v3 = _rotated(v1, 51) ^ v0, _rotated(v3, 48) ^ v2
        v0 = _rotated(v0, 32)
        v2, v0 = v2 + v1 & MASK, v0 + v3 & MASK
        v1, v3 = _rotated(v1, 47) ^ v2, _rotated(v3, 43) ^ v0
        v2 = _rotated(v2, 32)
    return v0, v1, v2, v3
