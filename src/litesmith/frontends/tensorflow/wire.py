"""Reading protocol buffers: the wire format, and nothing of any message.

A message is a view of bytes whose fields are found when one of them is asked for. Nothing is copied, and
nothing is read deeper than it is asked for, so that no message can take more memory than it has bytes.
"""

from __future__ import annotations

import struct
from functools import cached_property
from typing import Any

import numpy as np

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
LONGEST_VARINT = 10


class Malformed(Exception):
    """Bytes that are not what they should be; the text says what is wrong."""


class Message:
    """A message: its fields by number, as they stand there. What is missing is 0, empty, or None."""

    def __init__(self, data: bytes | memoryview) -> None:
        self.data = memoryview(data).cast("B")

    @cached_property
    def fields(self) -> dict[int, list[Any]]:
        """For each number an integer, or a view of bytes, for each time that the field is there."""
        found: dict[int, list[Any]] = {}
        place, end = 0, len(self.data)
        value: int | memoryview
        while place < end:
            key, place = varint(self.data, place)
            kind = key & 7
            if kind == VARINT:
                value, place = varint(self.data, place)
            else:
                if kind == BYTES:
                    length, place = varint(self.data, place)
                elif kind in (FIXED32, FIXED64):
                    length = 4 if kind == FIXED32 else 8
                else:
                    raise Malformed(f"a field of the unknown kind {kind}")
                if length > end - place:
                    raise Malformed("a field that is longer than what it is in")
                value, place = self.data[place : place + length], place + length
            found.setdefault(key >> 3, []).append(value)
        return found

    def has(self, number: int) -> bool:
        return number in self.fields

    def integer(self, number: int) -> int:
        """The last integer of a field, signed."""
        found = self.fields.get(number)
        return 0 if found is None else signed(_integer(found[-1]))

    def integers(self, number: int) -> list[int]:
        """All integers of a field, one by one or packed, signed."""
        found: list[int] = []
        for value in self.fields.get(number, ()):
            if isinstance(value, int):
                found.append(signed(value))
                continue
            place = 0
            while place < len(value):
                integer, place = varint(value, place)
                found.append(signed(integer))
        return found

    def real(self, number: int) -> float:
        """The last float of a field of 4 bytes."""
        found = self.fields.get(number)
        return 0.0 if found is None else float(struct.unpack("<f", _view(found[-1], 4))[0])

    def reals(self, number: int, dtype: str) -> np.ndarray[Any, Any]:
        """All floats of a field, one by one or packed, of a little-endian numpy type."""
        data = b"".join(_view(value) for value in self.fields.get(number, ()))
        if len(data) % np.dtype(dtype).itemsize:
            raise Malformed("floats of the wrong length")
        return np.frombuffer(data, dtype)

    def view(self, number: int) -> memoryview | None:
        """The last bytes of a field; None where there are none."""
        found = self.fields.get(number)
        return None if found is None else _view(found[-1])

    def views(self, number: int) -> list[memoryview]:
        return [_view(value) for value in self.fields.get(number, ())]

    def text(self, number: int) -> str:
        return _text(self.view(number) or b"")

    def texts(self, number: int) -> list[str]:
        return [_text(value) for value in self.views(number)]

    def message(self, number: int) -> Message:
        """The message in a field; an empty one where there is none. Of several, the fields go together."""
        found = self.views(number)
        return Message(found[0] if len(found) == 1 else b"".join(found))

    def messages(self, number: int) -> list[Message]:
        return [Message(value) for value in self.views(number)]

    def entries(self, number: int) -> dict[str, Message]:
        """A map from texts to messages."""
        return {entry.text(1): entry.message(2) for entry in self.messages(number)}

    def named(self, number: int) -> dict[str, str]:
        """A map from texts to texts."""
        return {entry.text(1): entry.text(2) for entry in self.messages(number)}


def varint(data: memoryview, place: int) -> tuple[int, int]:
    """The unsigned integer of variable length at a place, and the place behind it."""
    result, shift = 0, 0
    for step in range(LONGEST_VARINT):
        if place + step >= len(data):
            raise Malformed("an integer that ends too early")
        byte = data[place + step]
        result |= (byte & 0x7F) << shift
        if byte < 0x80:
            return result, place + step + 1
        shift += 7
    raise Malformed("an integer of more than 64 bits")


def signed(integer: int) -> int:
    """64 bits as two's complement has them."""
    integer &= (1 << 64) - 1
    return integer - (1 << 64) if integer >> 63 else integer


def _integer(value: Any) -> int:
    if isinstance(value, int):
        return value
    return int.from_bytes(value, "little")


def _view(value: Any, length: int | None = None) -> memoryview:
    if not isinstance(value, memoryview) or (length is not None and len(value) != length):
        raise Malformed("a field of another kind than it should be")
    return value


def _text(value: bytes | memoryview) -> str:
    try:
        return bytes(value).decode()
    except UnicodeDecodeError:
        raise Malformed("a text that is not UTF-8") from None
