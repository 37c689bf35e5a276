"""Messages between two processes: a JSON header, and the elements of arrays as a file has them.

Nothing is unpickled, so a process that a bad file took over cannot make the other one run code.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import numpy as np

from litesmith.flatbuffer.encoding import decode, encode
from litesmith.ir.types import DType, dtype_of

Array = np.ndarray[Any, Any]
PREFIX = struct.Struct("<Q")


@dataclass(frozen=True)
class Message:
    """What to do or what came of it, with arrays by name."""

    header: Mapping[str, Any]
    arrays: Mapping[str, Array] = field(default_factory=dict)


def send(stream: BinaryIO, message: Message) -> None:
    """Write a message and flush; raises OSError when nobody reads."""
    types = {name: dtype_of(array) for name, array in message.arrays.items()}
    parts = [encode(array, types[name]) for name, array in message.arrays.items()]
    described = [
        [name, types[name].value, list(array.shape), len(part)]
        for (name, array), part in zip(message.arrays.items(), parts, strict=True)
    ]
    header = json.dumps({"header": dict(message.header), "arrays": described}).encode()
    stream.write(PREFIX.pack(len(header)) + header)
    for part in parts:
        stream.write(part)
    stream.flush()


def receive(stream: BinaryIO) -> Message:
    """Read a message; raises EOFError when the other side is gone."""
    (length,) = PREFIX.unpack(_exactly(stream, PREFIX.size))
    packed = json.loads(bytes(_exactly(stream, length)))
    arrays = {}
    for name, dtype, shape, size in packed["arrays"]:
        data = np.frombuffer(_exactly(stream, size), np.uint8)
        arrays[name] = decode(data, DType(dtype), tuple(shape))
    return Message(packed["header"], arrays)


def _exactly(stream: BinaryIO, count: int) -> bytearray:
    data = bytearray(count)
    view, done = memoryview(data), 0
    while done < count:
        read = stream.readinto(view[done:])  # type: ignore[attr-defined]
        if not read:
            raise EOFError
        done += read
    return data
