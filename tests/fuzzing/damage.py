"""Other bytes that are almost the same: any bytes, protocol buffers field by field, and tables with their checksums."""

from __future__ import annotations

import random
import re

from graph_bytes import varint as encoded
from litesmith.frontends.tensorflow.sorted_table import read_table
from litesmith.frontends.tensorflow.wire import Malformed, varint
from table_bytes import table

NUMBERS = (
    0,
    1,
    2,
    3,
    7,
    9,
    20,
    127,
    255,
    1 << 16,
    (1 << 31) - 1,
    1 << 31,
    1 << 40,
    1 << 62,
    (1 << 64) - 1,
    (1 << 64) - 2,
)
TEXTS = re.compile(rb"[A-Za-z][A-Za-z0-9_/:.]{2,60}")
DEEPEST = 12

Field = tuple[int, int, "int | bytes"]


def other_bytes(content: bytes, dice: random.Random) -> bytes:
    """Some bytes changed, moved, zeroed, or cut off."""
    changed = bytearray(content)
    kind = dice.choice(("flip", "flip", "flip", "cut", "zero", "copy", "insert"))
    place = dice.randrange(len(changed))
    size, other = dice.randrange(1, 200), dice.randrange(len(changed))
    if kind == "cut":
        del changed[place:]
    elif kind == "zero":
        changed[place : place + size] = bytes(len(changed[place : place + size]))
    elif kind == "copy":
        changed[place : place + size] = changed[other : other + size]
    elif kind == "insert":
        changed[place:place] = dice.randbytes(dice.randrange(1, 9))
    else:
        for _ in range(dice.choice((1, 1, 2, 5, 20))):
            changed[dice.randrange(len(changed))] = dice.choice((0, 0xFF, dice.randrange(256)))
    return bytes(changed)


def other_message(content: bytes, dice: random.Random) -> bytes:
    """A protocol buffer with a few fields changed, left out, or there twice, at any depth; lengths fit."""
    texts = TEXTS.findall(content)
    for _ in range(dice.choice((1, 1, 1, 2, 4))):
        content = _changed(content, dice, texts, 0)
    return content


def _changed(content: bytes, dice: random.Random, texts: list[bytes], depth: int) -> bytes:
    fields = _fields(content)
    if not fields:
        return _other_value(content, dice, texts)
    place = dice.randrange(len(fields))
    number, kind, value = fields[place]
    if isinstance(value, bytes) and kind == 2 and depth < DEEPEST and _fields(value) and dice.random() < 0.85:
        fields[place] = number, kind, _changed(value, dice, texts, depth + 1)
    else:
        choice = dice.random()
        if choice < 0.6:
            fields[place] = number, kind, _other_value(value, dice, texts)
        elif choice < 0.75:
            del fields[place]
        elif choice < 0.85:
            fields.insert(dice.randrange(len(fields)), fields[place])
        elif choice < 0.95:
            other = dice.randrange(len(fields))
            fields[place], fields[other] = fields[other], fields[place]
        else:
            fields[place] = dice.randrange(1, 30), kind, value
    return b"".join(map(_written, fields))


def _other_value(value: int | bytes, dice: random.Random, texts: list[bytes]) -> int | bytes:
    if isinstance(value, int):
        return dice.choice((*NUMBERS, value + 1, max(value - 1, 0), value * 1000)) & (1 << 64) - 1
    if texts and TEXTS.fullmatch(value) and dice.random() < 0.8:
        return dice.choice(texts)
    if not value:
        return dice.choice((b"", b"x", b"\x08\x01"))
    return dice.choice((value[: len(value) // 2], value + value, b"", other_bytes(value, dice), bytes(len(value))))


def _fields(content: bytes) -> list[Field] | None:
    """The fields of a message; None for what is none."""
    data, place, found = memoryview(content), 0, []
    try:
        while place < len(data):
            key, place = varint(data, place)
            kind = key & 7
            if kind == 0:
                value, place = varint(data, place)
                found.append((key >> 3, kind, value))
                continue
            length = {1: 8, 5: 4}.get(kind)
            if length is None:
                if kind != 2:
                    return None
                length, place = varint(data, place)
            if length > len(data) - place or not key >> 3:
                return None
            found.append((key >> 3, kind, bytes(data[place : place + length])))
            place += length
    except Malformed:
        return None
    return found


def _written(field: Field) -> bytes:
    number, kind, value = field
    if isinstance(value, int):
        return encoded(number << 3) + encoded(value)
    if kind != 2:
        return encoded(number << 3 | kind) + value[: 8 if kind == 1 else 4].ljust(8 if kind == 1 else 4, b"\0")
    return encoded(number << 3 | 2) + encoded(len(value)) + value


def other_table(content: bytes, dice: random.Random) -> bytes:
    """A table with entries changed, left out or renamed, whose checksums fit."""
    entries = list(read_table(content).items())
    for _ in range(dice.choice((1, 1, 2, 4))):
        place = dice.randrange(len(entries))
        key, value = entries[place]
        choice = dice.random()
        if choice < 0.7:
            entries[place] = key, other_message(value, dice)
        elif choice < 0.8 and len(entries) > 1:
            del entries[place]
        elif choice < 0.9:
            entries[place] = key, dice.choice(entries)[1]
        else:
            entries[place] = other_bytes(key or b"x", dice), value
    return table(entries)
