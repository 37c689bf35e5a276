"""Checkpoints of TensorFlow (TensorBundle): an index of names, and files of the tensors' bytes one after another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from litesmith.frontends.tensorflow.pieces import key_of
from litesmith.frontends.tensorflow.sorted_table import read_table
from litesmith.frontends.tensorflow.tensors import dtype_of, shape_of
from litesmith.frontends.tensorflow.wire import Malformed, Message
from litesmith.ir.builder import constant_value
from litesmith.ir.constants import Constant
from litesmith.ir.graph import Value
from litesmith.ir.types import TensorType
from litesmith.ops.errors import Unsupported

MOST_INDEX_BYTES = 1 << 28
MOST_SHARDS = 1 << 16
HEADER = b""
"""The key of what is said of the whole checkpoint."""


class Bundle:
    """A checkpoint; its tensors stay in their files until they are needed."""

    def __init__(self, prefix: Path) -> None:
        """`prefix`: of the files' names, as `variables/variables`."""
        self.prefix = prefix
        index = prefix.with_name(prefix.name + ".index")
        if index.stat().st_size > MOST_INDEX_BYTES:
            raise Malformed("an index that is larger than any model's")
        self.entries = read_table(index.read_bytes())
        header = Message(self.entries.get(HEADER, b""))
        self.shards = header.integer(1)
        if not 1 <= self.shards <= MOST_SHARDS:
            raise Malformed(f"a checkpoint of {self.shards} files")
        if header.integer(2):
            raise Unsupported("a checkpoint of big-endian numbers")

    def value(self, name: str, part: str = "") -> Value:
        """A constant for a tensor, whose elements are read when they are needed.

        `part`: which piece of it, as `RestoreV2` says that; empty for the whole.
        """
        found = self.entries.get(key_of(name, part))
        if found is None:
            raise Malformed(f"the checkpoint has no {name!r}" + f" in pieces of {part!r}" * bool(part))
        entry = Message(found)
        dtype, sizes = dtype_of(entry.integer(1)), shape_of(entry.message(2))
        if entry.has(7):
            raise Unsupported(f"the variable {name!r}, which is stored in pieces")
        if sizes is None or None in sizes or dtype.bits < 8:
            raise Unsupported(f"the variable {name!r} of type {dtype} and shape {sizes}")
        type = TensorType(dtype, tuple(int(size) for size in sizes if size is not None))
        shard, offset, length = (entry.integer(number) for number in (3, 4, 5))
        if length != type.nbytes or offset < 0:
            raise Malformed(f"the variable {name!r} of {type.nbytes} bytes, of which {length} are stored")
        self._check(shard, offset, length, name)
        key = ("checkpoint", str(self.prefix.absolute()), shard, offset, length)
        return constant_value(Constant(type, lambda: self._array(type, shard, offset, length), key), _variable_of(name))

    def _check(self, shard: int, offset: int, length: int, name: str) -> None:
        if not 0 <= shard < self.shards or offset + length > self._path(shard).stat().st_size:
            raise Malformed(f"the variable {name!r} lies behind the end of its file")

    def _array(self, type: TensorType, shard: int, offset: int, length: int) -> np.ndarray[Any, Any]:
        """Read anew each time, so that no weight stays in memory beside the file that is made of it."""
        stored = np.fromfile(self._path(shard), np.uint8, length, offset=offset)
        if stored.size != length:
            raise Malformed("a variable that was cut off while it was read")
        return stored.view(type.dtype.numpy).reshape(tuple(map(int, type.shape)))

    def _path(self, shard: int) -> Path:
        return self.prefix.with_name(f"{self.prefix.name}.data-{shard:05}-of-{self.shards:05}")


def _variable_of(name: str) -> str:
    """What people call the variable that a checkpoint calls `layer/kernel/.ATTRIBUTES/VARIABLE_VALUE`."""
    return name.partition("/.ATTRIBUTES")[0]
