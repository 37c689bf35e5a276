"""Bytes of files, which are read where they are looked at."""

from __future__ import annotations

import io
import mmap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True)
class MappedBytes:
    """`size` bytes of a file, from `start` on; or of memory."""

    whole: bytes | mmap.mmap
    start: int
    size: int

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, place: slice) -> bytes:
        first, last, _ = place.indices(self.size)
        return self.whole[self.start + first : self.start + last]

    def find(self, what: bytes, place: int = 0) -> int:
        """Where `what` is found first, from a place on; -1 for nowhere."""
        found = self.whole.find(what, self.start + place, self.start + self.size)
        return found - self.start if found >= 0 else -1

    def array(self, place: int, shape: tuple[int, ...], dtype: np.dtype[Any]) -> np.ndarray[Any, Any]:
        """A copy of the elements that lie at a place; ValueError where the file ends before them."""
        count = int(np.prod(shape, dtype=object))
        if not 0 <= place <= self.size - count * dtype.itemsize:
            raise ValueError("values lie behind the file's end")
        return np.frombuffer(self.whole, dtype, count, self.start + place).reshape(shape).copy()

    def file(self) -> BytesFile:
        """To be read as a file."""
        return BytesFile(self)


class BytesFile(io.RawIOBase):
    """Some bytes, as a file."""

    def __init__(self, content: MappedBytes) -> None:
        self._content = content
        self._place = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._place = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: len(self._content)}[whence]
        return self._place

    def readinto(self, buffer: Any) -> int:
        target = memoryview(buffer).cast("B")
        found = self._content[self._place : self._place + len(target)]
        target[: len(found)] = found
        self._place += len(found)
        return len(found)


@contextmanager
def mapped(path: Path) -> Iterator[MappedBytes]:
    """A file's content."""
    with path.open("rb") as file:
        size = path.stat().st_size
        if not size:
            yield MappedBytes(b"", 0, 0)
            return
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as whole:
            yield MappedBytes(whole, 0, size)
