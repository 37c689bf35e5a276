"""Tensors, element types and shapes as TensorFlow's messages have them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from litesmith.frontends.tensorflow.wire import Malformed, Message
from litesmith.ir.types import DType
from litesmith.ops.errors import Unsupported

Array = np.ndarray[Any, Any]

DTYPES = {
    1: DType.FLOAT32, 2: DType.FLOAT64, 3: DType.INT32, 4: DType.UINT8, 5: DType.INT16, 6: DType.INT8,
    7: DType.STRING, 8: DType.COMPLEX64, 9: DType.INT64, 10: DType.BOOL, 14: DType.BFLOAT16, 17: DType.UINT16,
    18: DType.COMPLEX128, 19: DType.FLOAT16, 20: DType.RESOURCE, 21: DType.VARIANT, 22: DType.UINT32,
    23: DType.UINT64, 24: DType.FLOAT8_E5M2, 25: DType.FLOAT8_E4M3FN, 29: DType.INT4, 30: DType.UINT4,
}  # fmt: skip
"""By TensorFlow's number of the type."""

REFERENCES = 100
"""What the number of a type has more where a tensor is a reference to a variable (TensorFlow 1)."""

MOST_BYTES = 1 << 31
MOST_AXES = 254

Shape = tuple[int | None, ...]


def dtype_of(number: int) -> DType:
    """The element type of this number; `Unsupported` for those that nothing here has."""
    found = DTYPES.get(number - REFERENCES if number > REFERENCES else number)
    if found is None:
        raise Unsupported(f"the element type with TensorFlow's number {number}")
    return found


def shape_of(message: Message) -> Shape | None:
    """A TensorShapeProto: None for a size that is not known, and for a shape of which nothing is."""
    if message.integer(3):
        return None
    sizes = [axis.integer(1) for axis in message.messages(2)]
    if len(sizes) > MOST_AXES or any(size < -1 for size in sizes):
        raise Malformed("a shape of absurd sizes")
    return tuple(None if size == -1 else size for size in sizes)


def array_of(message: Message) -> Array:
    """A TensorProto as an array; a view of the message's bytes where they stand there as they are."""
    dtype, sizes = dtype_of(message.integer(1)), shape_of(message.message(2))
    if sizes is None or None in sizes:
        raise Malformed("a constant whose shape is not known")
    shape = tuple(size for size in sizes if size is not None)
    count = 1
    for size in shape:
        count *= size
    if dtype is DType.STRING:
        return _filled(np.array([bytes(text) for text in message.views(8)], object), shape, count)
    numpy = dtype.numpy
    if numpy == np.dtype(object) or dtype.bits < 8:
        raise Unsupported(f"a constant of type {dtype}")
    if count * numpy.itemsize > MOST_BYTES:
        raise Malformed("a constant of absurd size")
    content = message.view(4)
    if content:
        if len(content) != count * numpy.itemsize:
            raise Malformed(f"a constant of {count} elements in {len(content)} bytes")
        return np.frombuffer(content, numpy).reshape(shape)
    return _filled(LISTED[dtype](message).astype(numpy, copy=False), shape, count)


def _filled(listed: Array, shape: tuple[int, ...], count: int) -> Array:
    """The elements that are listed, the last of them repeated up to the end; zeros for none."""
    if listed.size > count:
        raise Malformed(f"a constant of {count} elements that lists {listed.size}")
    if listed.size == count:
        return listed.reshape(shape)
    empty: Any = b"" if listed.dtype == np.dtype(object) else 0
    last = listed[-1:] if listed.size else np.array([empty], listed.dtype)
    if listed.size <= 1:
        return np.broadcast_to(last.reshape(()), shape)
    if count > MOST_BYTES // 8:
        raise Malformed("a constant of absurd size")
    return np.concatenate([listed, np.broadcast_to(last, (count - listed.size,))]).reshape(shape)


def _integers(number: int) -> Callable[[Message], Array]:
    def read(message: Message) -> Array:
        return np.array([value & ((1 << 64) - 1) for value in message.integers(number)], np.uint64).view(np.int64)

    return read


def _reals(number: int, dtype: str) -> Callable[[Message], Array]:
    return lambda message: message.reals(number, dtype)


def _halves(dtype: DType) -> Callable[[Message], Array]:
    """The bits of floats of two bytes, one integer each."""
    return lambda message: np.array(message.integers(13), np.int64).astype(np.uint16).view(dtype.numpy)


def _complex(number: int, dtype: str, pair: str) -> Callable[[Message], Array]:
    def read(message: Message) -> Array:
        parts = message.reals(number, dtype)
        if parts.size % 2:
            raise Malformed("half a complex number")
        return parts.view(pair)

    return read


def _bytes(message: Message) -> Array:
    return np.frombuffer(message.view(18) or b"", np.uint8)


LISTED: dict[DType, Callable[[Message], Array]] = {
    DType.FLOAT32: _reals(5, "<f4"),
    DType.FLOAT64: _reals(6, "<f8"),
    **{dtype: _integers(7) for dtype in (DType.INT32, DType.UINT8, DType.INT16, DType.INT8, DType.UINT16)},
    DType.COMPLEX64: _complex(9, "<f4", "<c8"),
    DType.INT64: _integers(10),
    DType.BOOL: _integers(11),
    DType.COMPLEX128: _complex(12, "<f8", "<c16"),
    DType.FLOAT16: _halves(DType.FLOAT16),
    DType.BFLOAT16: _halves(DType.BFLOAT16),
    DType.UINT32: _integers(16),
    DType.UINT64: _integers(17),
    DType.FLOAT8_E5M2: lambda message: _bytes(message).view(DType.FLOAT8_E5M2.numpy),
    DType.FLOAT8_E4M3FN: lambda message: _bytes(message).view(DType.FLOAT8_E4M3FN.numpy),
}
"""The elements that a message lists one by one, by element type."""
