"""The bytes of a tensor in a file: little-endian elements, packed below a byte, strings with offsets."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

from litesmith.ir.constants import Constant
from litesmith.ir.dims import Shape
from litesmith.ir.types import DType

Array = np.ndarray[Any, Any]


def encode(array: Array, dtype: DType) -> memoryview:
    """The elements of `array` as a buffer holds them; without a copy where memory allows."""
    if dtype is DType.STRING:
        return memoryview(_encode_strings(array))
    if dtype.bits < 8:
        return _pack(array, dtype.bits).data
    contiguous = np.ascontiguousarray(array, dtype.numpy.newbyteorder("<"))
    return contiguous.reshape(-1).view(np.uint8).data


def encode_into(constant: Constant, memory: memoryview) -> None:
    """Write the elements as a buffer holds them into `memory`; whole bytes without another copy."""
    dtype = constant.type.dtype
    if dtype is DType.STRING or dtype.bits < 8:
        memory[:] = encode(constant.array(), dtype)
        return
    target = np.frombuffer(memory, dtype.numpy.newbyteorder("<"))
    constant.write_into(target.reshape(constant.type.shape))


def decode(data: Array, dtype: DType, shape: Shape) -> Array:
    """The elements that a buffer's bytes hold, as a view where the type allows one."""
    if dtype is DType.STRING:
        return _decode_strings(data.tobytes()).reshape(shape)
    if dtype.bits < 8:
        return _unpack(data, dtype).reshape(-1)[: int(np.prod(shape, dtype=np.int64))].reshape(shape)
    return data.view(dtype.numpy).reshape(shape)


def _pack(array: Array, bits: int) -> Array:
    """Several integers in a byte, the first in the lowest bits."""
    per_byte = 8 // bits
    flat = array.reshape(-1).astype(np.int8).view(np.uint8) & ((1 << bits) - 1)
    padded = np.zeros(-(-flat.size // per_byte) * per_byte, np.uint8)
    padded[: flat.size] = flat
    packed = np.zeros(padded.size // per_byte, np.uint8)
    for place in range(per_byte):
        packed |= padded[place::per_byte] << (bits * place)
    return packed


def _unpack(data: Array, dtype: DType) -> Array:
    bits, per_byte = dtype.bits, 8 // dtype.bits
    elements = np.empty(data.size * per_byte, np.uint8)
    for place in range(per_byte):
        elements[place::per_byte] = (data >> (bits * place)) & ((1 << bits) - 1)
    if dtype.value.startswith("int"):
        sign = 1 << (bits - 1)
        return ((elements ^ sign).astype(np.int16) - sign).astype(dtype.numpy)
    return elements.astype(dtype.numpy)


def _encode_strings(array: Array) -> bytes:
    """Count, offsets of each string and of the end, then the characters."""
    strings = [text.encode() if isinstance(text, str) else bytes(text) for text in array.reshape(-1).tolist()]
    start = 4 * (len(strings) + 2)
    offsets = start + np.cumsum([0, *map(len, strings)])
    return struct.pack(f"<{len(strings) + 2}i", len(strings), *offsets) + b"".join(strings)


def _decode_strings(data: bytes) -> Array:
    (count,) = struct.unpack_from("<i", data)
    offsets = struct.unpack_from(f"<{count + 1}i", data, 4)
    strings = np.empty(count, object)
    for i in range(count):
        strings[i] = data[offsets[i] : offsets[i + 1]]
    return strings
