"""HDF5 files that can be read without surprises: no links, nothing that unpacks to more than it seems."""

from __future__ import annotations

import io
import math
import mmap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py

from litesmith.diagnostics.base import LitesmithError
from litesmith.diagnostics.files import DamagedFile
from litesmith.diagnostics.old_files import UnsafeFile
from litesmith.frontends.hdf5_heaps import heaps_problem, texts_problem

UNPACKED = 20
"""How many times larger than the file its arrays may be; Keras compresses nothing."""

SPARE_BYTES = 1 << 24
OBJECTS = 500_000
DEPTH = 64
ATTRIBUTE_BYTES = 1 << 25
"""More than the description of any model takes, and than any list of names."""

UNREADABLE = "the tables of its HDF5 file cannot be read"

ERRORS = (OSError, RuntimeError, KeyError, ValueError, TypeError, OverflowError, MemoryError, AttributeError)
"""What h5py raises where tables contradict each other."""


@contextmanager
def opened_hdf5(
    path: Path | str, content: Any = None, size: int | None = None, is_checked: bool = False
) -> Iterator[h5py.File]:
    """An HDF5 file to read from, once its tables were looked through.

    Args:
        path: of the file, for findings too.
        content: where the file is in another one, what it is read from.
        size: bytes of the file.
        is_checked: whether it was looked through before.

    Raises:
        LitesmithError: F108 where its tables cannot be read, F124 for links and what unpacks to far more than it takes.
    """
    if is_checked:
        with h5py.File(path if content is None else content, "r") as file:
            yield file
        return
    size = Path(path).stat().st_size if size is None else size
    with _mapped(Path(path)) as mapped:
        heaps = content.getvalue() if isinstance(content, io.BytesIO) else mapped
        damage = heaps_problem(heaps)
        if damage:
            raise LitesmithError(DamagedFile(str(path), damage))
        try:
            file = h5py.File(path if content is None else content, "r")
        except ERRORS:
            raise LitesmithError(DamagedFile(str(path), UNREADABLE)) from None
        try:
            tables = Tables(size)
            problem = tables.problem(file) or texts_problem(heaps, tables.texts)
        except ERRORS:
            file.close()
            raise LitesmithError(DamagedFile(str(path), UNREADABLE)) from None
    with file:
        if problem:
            raise LitesmithError(UnsafeFile(str(path), problem))
        yield file


@contextmanager
def _mapped(path: Path) -> Iterator[mmap.mmap | bytes]:
    """A file's content, which is read where it is looked at."""
    with path.open("rb") as file:
        if not path.stat().st_size:
            yield b""
            return
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            yield mapped


@dataclass
class Tables:
    """The tables of an HDF5 file of `size` bytes.

    Attributes:
        size: of the file.
        texts: how many texts of any length there are in lists.
    """

    size: int
    texts: int = 0

    def problem(self, file: h5py.Group) -> str | None:
        """What is wrong with a file, or None; only its tables are read."""
        total = count = 0
        stack: list[tuple[h5py.Group, int]] = [(file, 0)]
        while stack:
            group, depth = stack.pop()
            problem = self._attributes_problem(group) or ("its groups are nested too deeply" if depth > DEPTH else None)
            if problem:
                return problem
            for name in group:
                count += 1
                if count > OBJECTS:
                    return "it has more groups and arrays than any model"
                link = group.id.links.get_info(name.encode()).type
                if link != h5py.h5l.TYPE_HARD:
                    kind = "another file" if link == h5py.h5l.TYPE_EXTERNAL else "another place"
                    return f"{_short(name)} is a link to {kind}"
                item = group[name]
                if isinstance(item, h5py.Group):
                    stack.append((item, depth + 1))
                    continue
                problem = _array_problem(item, name)
                if problem:
                    return problem
                total += item.size * item.dtype.itemsize
                if total > UNPACKED * self.size + SPARE_BYTES:
                    return f"its arrays would take {total} bytes and more, of {self.size} in the file"
        return None

    def _attributes_problem(self, group: h5py.Group) -> str | None:
        for name in group.attrs:
            found = group.attrs.get_id(name)
            elements = math.prod(found.shape)
            if elements * found.dtype.itemsize > ATTRIBUTE_BYTES:
                return f"its attribute {_short(name)} is larger than any of a model's"
            self.texts += elements if found.dtype.kind == "O" and found.shape else 0
        return None


def attribute(group: h5py.Group, name: str) -> Any:
    """An attribute of a file that was looked through, or None."""
    return group.attrs.get(name)


def _array_problem(item: Any, name: str) -> str | None:
    if not isinstance(item, h5py.Dataset):
        return f"{_short(name)} is neither a group nor an array"
    options = item.id.get_create_plist()
    if options.get_external_count():
        return f"the values of {_short(name)} are in another file"
    if options.get_layout() == h5py.h5d.VIRTUAL:
        return f"the values of {_short(name)} are put together from other arrays"
    if item.dtype.kind == "O":
        return f"{_short(name)} holds texts or references"
    if item.shape is None:
        return f"{_short(name)} is empty"
    return None


def _short(name: str) -> str:
    return repr(name if len(name) < 60 else f"{name[:57]}...")
