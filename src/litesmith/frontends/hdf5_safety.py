"""HDF5 files that can be read without surprises: no links, nothing that unpacks to more than it seems."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
from h5py import h5a, h5d, h5g, h5l, h5o, h5s, h5t

from litesmith.diagnostics.base import LitesmithError
from litesmith.frontends.hdf5_heaps import heaps_problem, texts_problem
from litesmith.frontends.mapped_bytes import MappedBytes, mapped

if TYPE_CHECKING:
    from litesmith.diagnostics.base import Diagnostic

UNPACKED = 20
"""How many times larger than the file its arrays may be; Keras compresses nothing."""

SPARE_BYTES = 1 << 24
OBJECTS = 500_000
DEPTH = 64
ATTRIBUTE_BYTES = 1 << 25
"""More than the description of any model takes, and than any list of names."""

UNREAD = (b"optimizer", b"optimizer_weights")
"""Groups that nobody opens: states of training."""

UNREADABLE = "the tables of its HDF5 file cannot be read"

ERRORS = (OSError, RuntimeError, KeyError, ValueError, TypeError, OverflowError, MemoryError, AttributeError)
"""What h5py raises where tables contradict each other."""


@dataclass(frozen=True, eq=False)
class StoredArray:
    """An array of an HDF5 file that was looked through.

    Attributes:
        node: of the library that reads it.
        place: of its elements in the file, where they lie there one behind the other as numpy has them.
    """

    node: h5d.DatasetID
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    place: int | None
    store: CheckedHdf5

    def read(self) -> np.ndarray[Any, Any]:
        """The elements, in an array of their own; bfloat16 where Keras says so."""
        if self.place is not None:
            return self.store.content.array(self.place, self.shape, self.dtype)
        dataset = h5py.Dataset(self.node)
        if self.dtype.kind == "V" and self.store.checked and dataset.attrs.get("dtype") == "bfloat16":
            import ml_dtypes

            return np.array(dataset, dtype=ml_dtypes.bfloat16)
        return np.array(dataset)


@dataclass
class CheckedHdf5:
    """An HDF5 file whose tables were looked through.

    Attributes:
        path: for findings.
        arrays: its arrays by their names, by the path of the group that they are in (`""`, `"layers/dense/vars"`).
        has_texts, texts: whether texts of any length are in attributes, and how many in lists.
    """

    path: Path
    opened: h5py.File
    content: MappedBytes
    arrays: dict[str, dict[str, StoredArray]] = field(default_factory=dict)
    has_texts: bool = False
    texts: int = 0

    @property
    def file(self) -> h5py.File:
        """What h5py reads; raises F108, F124 for texts that it had better not read."""
        return self.checked and self.opened

    @cached_property
    def checked(self) -> bool:
        """True, once the heaps were looked through, which arrays do not need."""
        heaps: list[int] = []
        damage = heaps_problem(self.content, heaps) if self.has_texts else None
        if damage:
            raise LitesmithError(damaged(self.path, damage))
        problem = texts_problem(self.content, heaps, self.texts)
        if problem:
            raise LitesmithError(unsafe(self.path, problem))
        return True


@contextmanager
def opened_hdf5(path: Path, part: MappedBytes | None = None) -> Iterator[CheckedHdf5]:
    """An HDF5 file to read from, once its tables were looked through.

    Args:
        path: of the file, for findings too.
        part: what has the file's bytes, where it is in another one.

    Raises:
        LitesmithError: F108 where its tables cannot be read, F124 for links and what unpacks to far more than it takes.
    """
    with nullcontext(part) if part is not None else mapped(path) as content:
        try:
            file = h5py.File(path if part is None else part.file(), "r")
        except ERRORS:
            raise LitesmithError(damaged(path, UNREADABLE)) from None
        with file:
            found = CheckedHdf5(path, file, content)
            try:
                problem = Tables(found).problem()
            except ERRORS:
                raise LitesmithError(damaged(path, UNREADABLE)) from None
            if problem:
                raise LitesmithError(unsafe(path, problem))
            yield found


def damaged(path: Path, problem: str) -> Diagnostic:
    """F108, which is imported where there is one."""
    from litesmith.diagnostics.files import DamagedFile

    return DamagedFile(str(path), problem)


def unsafe(path: Path, problem: str) -> Diagnostic:
    """F124."""
    from litesmith.diagnostics.old_files import UnsafeFile

    return UnsafeFile(str(path), problem)


@dataclass
class Tables:
    """Looks through the tables of a file by the library's own functions: h5py's objects take twice as long."""

    store: CheckedHdf5

    def problem(self) -> str | None:
        """What is wrong with the file, or None; only its tables are read, and noted in `store`."""
        total = count = 0
        size = len(self.store.content)
        stack: list[tuple[h5g.GroupID, str, int]] = [(h5o.open(self.store.opened.id, b"/"), "", 0)]
        while stack:
            group, path, depth = stack.pop()
            problem = self._attributes_problem(group) or ("its groups are nested too deeply" if depth > DEPTH else None)
            if problem:
                return problem
            for name, kind in _links(group):
                if not path and name in UNREAD:
                    continue
                count += 1
                if count > OBJECTS:
                    return "it has more groups and arrays than any model"
                if kind != h5l.TYPE_HARD:
                    where = "another file" if kind == h5l.TYPE_EXTERNAL else "another place"
                    return f"{_short(name)} is a link to {where}"
                node, text = h5o.open(group, name), name.decode("utf-8", "surrogateescape")
                if isinstance(node, h5g.GroupID):
                    stack.append((node, f"{path}/{text}" if path else text, depth + 1))
                    continue
                found = self._array(node, name)
                if isinstance(found, str):
                    return found
                self.store.arrays.setdefault(path, {})[text] = found
                total += math.prod(found.shape) * found.dtype.itemsize
                if total > UNPACKED * size + SPARE_BYTES:
                    return f"its arrays would take {total} bytes and more, of {size} in the file"
        return None

    def _attributes_problem(self, group: h5g.GroupID) -> str | None:
        for number in range(h5a.get_num_attrs(group)):
            found = h5a.open(group, index=number)
            kind, elements = found.get_type(), math.prod(found.shape)
            if elements * kind.get_size() > ATTRIBUTE_BYTES:
                return f"its attribute {_short(found.name)} is larger than any of a model's"
            if kind.is_variable_str() if kind.get_class() == h5t.STRING else found.dtype.kind == "O":
                self.store.has_texts = True
                self.store.texts += elements if found.shape else 0
        return None

    def _array(self, node: Any, name: bytes) -> StoredArray | str:
        """An array of the file, or what is wrong with it."""
        if not isinstance(node, h5d.DatasetID):
            return f"{_short(name)} is neither a group nor an array"
        options = node.get_create_plist()
        if options.get_external_count():
            return f"the values of {_short(name)} are in another file"
        layout = options.get_layout()
        if layout == h5d.VIRTUAL:
            return f"the values of {_short(name)} are put together from other arrays"
        dtype = node.dtype
        if dtype.kind == "O":
            return f"{_short(name)} holds texts or references"
        if node.get_space().get_simple_extent_type() == h5s.NULL:
            return f"{_short(name)} is empty"
        self.store.has_texts |= dtype.kind == "V"  # beside which Keras says in an attribute what it is
        shape, place = node.shape, None
        is_plain = layout == h5d.CONTIGUOUS and dtype.kind in "fiu" and node.get_type() == h5t.py_create(dtype)
        if is_plain and node.get_storage_size() == math.prod(shape) * dtype.itemsize:
            place = node.get_offset()
        return StoredArray(node, shape, dtype, place, self.store)


def _links(group: h5g.GroupID) -> list[tuple[bytes, int]]:
    """The names in a group, and of what kind each link is."""
    found: list[tuple[bytes, int]] = []
    group.links.iterate(lambda name, info: found.append((name, info.type)), info=True)
    return found


def attribute(group: h5py.Group, name: str) -> Any:
    """An attribute of a file that was looked through, or None."""
    return group.attrs.get(name)


def _short(name: bytes) -> str:
    text = name.decode("utf-8", "replace")
    return repr(text if len(text) < 60 else f"{text[:57]}...")
