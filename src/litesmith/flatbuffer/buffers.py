"""Which constants share a buffer of the file."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable

from litesmith.flatbuffer.encoding import encode, encode_into
from litesmith.ir.constants import Constant
from litesmith.ir.types import DType

COMPARED_BYTES = 64 * 1024
"""Constants up to this size, and arrays in memory, share a buffer when their bytes are equal.

Larger ones share it only when they come from the same variable in the same way: comparing
them would compute every weight of a model twice.
"""

KEPT_BYTES = 1024


class Buffers:
    """The buffers of a file in order: constants, and raw bytes such as metadata.

    Buffer 0 is empty by the schema's convention.
    """

    def __init__(self) -> None:
        self.contents: list[Constant | bytes] = [b""]
        self._by_key: dict[Hashable, int] = {}
        self._by_bytes: dict[Hashable, int] = {}

    def add_bytes(self, data: bytes) -> int:
        self.contents.append(data)
        return len(self.contents) - 1

    def add(self, constant: Constant) -> int:
        """The index of the buffer that holds a constant's elements."""
        key = (constant.key, constant.type.dtype)
        if key not in self._by_key:
            self._by_key[key] = self._find_or_append(constant)
        return self._by_key[key]

    def _find_or_append(self, constant: Constant) -> int:
        if constant.type.dtype is DType.STRING or constant.type.nbytes <= COMPARED_BYTES or constant.is_held:
            data = bytes(encode(constant.array(), constant.type.dtype))
            digest = hashlib.blake2b(data, digest_size=16).digest()
            if digest not in self._by_bytes:
                self._by_bytes[digest] = self._append(constant, data) if data else 0
            return self._by_bytes[digest]
        return self._append(constant)

    def _append(self, constant: Constant, data: bytes | None = None) -> int:
        """Bytes are kept where they are few or of strings, else computed again: all would be half a file in memory."""
        is_kept = data is not None and (len(data) <= KEPT_BYTES or constant.type.dtype is DType.STRING)
        self.contents.append(data if data is not None and is_kept else constant)
        return len(self.contents) - 1

    def sizes(self) -> list[int]:
        """Bytes of each buffer."""
        return [len(content) if isinstance(content, bytes) else content.type.nbytes for content in self.contents]

    def fill(self, index: int, memory: memoryview) -> None:
        """Compute the bytes of one buffer into `memory`, which has their size."""
        content = self.contents[index]
        if isinstance(content, bytes):
            memory[:] = content
        else:
            encode_into(content, memory)
