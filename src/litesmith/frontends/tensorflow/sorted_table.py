"""Tables of keys in order and their values, in blocks: the file format that LevelDB made known.

A block holds entries whose keys leave out what they share with the key in front; each block is followed by a byte
that says how it is compressed, and by a checksum. The last 48 bytes of the file say where the block is that lists the
others.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import cache

from litesmith.frontends.tensorflow.wire import Malformed, varint

MAGIC = 0xDB4775248B80FB57
FOOTER_BYTES = 48
TRAILER_BYTES = 5
PLAIN, SNAPPY = 0, 1
MOST_BYTES = 1 << 28
"""Of one block when it is no longer compressed."""

MASK = 0xA282EAD8
POLYNOMIAL = 0x82F63B78


def read_table(data: bytes) -> dict[bytes, bytes]:
    """All entries of a table.

    Raises:
        Malformed: for what is none, or was damaged.
    """
    view = memoryview(data)
    if len(view) < FOOTER_BYTES or struct.unpack("<Q", view[-8:])[0] != MAGIC:
        raise Malformed("a table without its end")
    footer = view[-FOOTER_BYTES:]
    _, place = _handle(footer, 0)
    blocks, _ = _handle(footer, place)
    found: dict[bytes, bytes] = {}
    for _, handle in _entries(_block(view, *blocks)):
        where, _ = _handle(memoryview(handle), 0)
        found.update(_entries(_block(view, *where)))
    return found


def _handle(data: memoryview, place: int) -> tuple[tuple[int, int], int]:
    """Where a block is and how long; and the place behind that."""
    offset, place = varint(data, place)
    size, place = varint(data, place)
    return (offset, size), place


def _block(data: memoryview, offset: int, size: int) -> memoryview:
    """The content of a block."""
    if offset + size + TRAILER_BYTES > len(data):
        raise Malformed("a block behind the end of its table")
    content, trailer = data[offset : offset + size], data[offset + size : offset + size + TRAILER_BYTES]
    (stored,) = struct.unpack("<I", trailer[1:])
    if _masked(checksum(data[offset : offset + size + 1])) != stored:
        raise Malformed("a block that does not fit its checksum")
    if trailer[0] == PLAIN:
        return content
    if trailer[0] == SNAPPY:
        return memoryview(unpack_snappy(content))
    raise Malformed(f"a block of the unknown compression {trailer[0]}")


def _entries(block: memoryview) -> Iterator[tuple[bytes, bytes]]:
    """The keys and values of a block, up to the list of places where keys are whole."""
    if len(block) < 4:
        raise Malformed("a block without its end")
    (restarts,) = struct.unpack("<I", block[-4:])
    end = len(block) - 4 * (restarts + 1)
    if end < 0:
        raise Malformed("a block without its end")
    content, place, key = block[:end], 0, b""
    while place < end:
        shared, place = varint(content, place)
        own, place = varint(content, place)
        length, place = varint(content, place)
        if shared > len(key) or place + own + length > end:
            raise Malformed("an entry that is longer than its block")
        key = key[:shared] + bytes(content[place : place + own])
        yield key, bytes(content[place + own : place + own + length])
        place += own + length


def unpack_snappy(data: memoryview) -> bytes:
    """What was compressed by Snappy: pieces that stand there, and copies of what came before."""
    size, place = varint(data, 0)
    if size > MOST_BYTES:
        raise Malformed("a block of absurd size")
    result = bytearray()
    while place < len(data):
        tag = data[place]
        place += 1
        if tag & 3 == 0:
            length, place = _literal_length(data, tag >> 2, place)
            if place + length > len(data):
                raise Malformed("a compressed block that ends too early")
            result += data[place : place + length]
            place += length
        else:
            offset, length, place = _copy(data, tag, place)
            if not 0 < offset <= len(result):
                raise Malformed("a compressed block that copies what is not there")
            for _ in range(length):  # what is copied may overlap what that makes
                result.append(result[-offset])
        if len(result) > size:
            raise Malformed("a compressed block that is longer than it says")
    if len(result) != size:
        raise Malformed("a compressed block that is shorter than it says")
    return bytes(result)


def _literal_length(data: memoryview, code: int, place: int) -> tuple[int, int]:
    if code < 60:
        return code + 1, place
    more = code - 59
    return _number(data, place, more) + 1, place + more


def _copy(data: memoryview, tag: int, place: int) -> tuple[int, int, int]:
    """How far back, how long, and the place behind the tag."""
    if tag & 3 == 1:
        return (tag >> 5 << 8) | _number(data, place, 1), (tag >> 2 & 7) + 4, place + 1
    more = 2 if tag & 3 == 2 else 4
    return _number(data, place, more), (tag >> 2) + 1, place + more


def _number(data: memoryview, place: int, count: int) -> int:
    if place + count > len(data):
        raise Malformed("a compressed block that ends too early")
    return int.from_bytes(data[place : place + count], "little")


def checksum(data: bytes | memoryview) -> int:
    """CRC-32C, by Castagnoli's polynomial."""
    table, result = _checksums(), 0xFFFFFFFF
    for byte in data:
        result = table[(result ^ byte) & 0xFF] ^ (result >> 8)
    return result ^ 0xFFFFFFFF


@cache
def _checksums() -> list[int]:
    found = []
    for byte in range(256):
        for _ in range(8):
            byte = (byte >> 1) ^ (POLYNOMIAL if byte & 1 else 0)
        found.append(byte)
    return found


def _masked(crc: int) -> int:
    return ((crc >> 15 | crc << 17) + MASK) & 0xFFFFFFFF
