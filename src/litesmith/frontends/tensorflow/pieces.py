"""Variables that checkpoints hold in pieces, as TensorFlow 1 stores those that were partitioned.

A piece is an entry of its own, whose key says where it is: numbers and the name, in bytes whose order is theirs.
"""

from __future__ import annotations

from litesmith.frontends.tensorflow.wire import Malformed

LONGEST = 8
"""Bytes of a number, which then has up to 55 bits."""


def key_of(name: str, text: str) -> bytes:
    """The key of the piece of a tensor that `RestoreV2` calls `7 2 0,4:0,2`: sizes, then start and length by axis.

    A tensor that is whole goes by its name.
    """
    if not text:
        return name.encode()
    *sizes, extents = text.split(" ")
    places = [_extent(part) for part in extents.split(":")]
    if len(places) != len(sizes):
        raise Malformed(f"{text!r} says no piece of a variable")
    if all(length == -1 or str(length) == size for (_, length), size in zip(places, sizes, strict=True)):
        return name.encode()
    return b"".join([
        _natural(0), _name(name.encode()), _natural(len(places)),
        *(_integer(number) for place in places for number in place),
    ])  # fmt: skip


def _extent(text: str) -> tuple[int, int]:
    """Start and length; -1 for the length of an axis that is whole, which is `-`."""
    if text == "-":
        return 0, -1
    try:
        start, length = map(int, text.split(","))
    except ValueError:
        raise Malformed(f"{text!r} says no piece of a variable") from None
    return start, length


def _natural(number: int) -> bytes:
    """How many bytes follow, and these, the highest first."""
    content = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return bytes([len(content)]) + content


def _name(name: bytes) -> bytes:
    """Ends with 0 1; a 0 in it is told from that by a byte behind it."""
    return name.replace(b"\x00", b"\x00\xff") + b"\x00\x01"


def _integer(number: int) -> bytes:
    """Two's complement below as many set bits as there are bytes; the first of these is clear for negative numbers."""
    magnitude = ~number if number < 0 else number
    length = magnitude.bit_length() // 7 + 1
    if length > LONGEST:
        raise Malformed(f"a piece of a variable at {number}")
    marks = (0xFF << LONGEST - length & 0xFF) << 8 * (length - 1)
    return ((number & (1 << 8 * length) - 1) ^ marks).to_bytes(length, "big")
