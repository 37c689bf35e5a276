"""HDF5 files that can be read without surprises: no links, nothing that unpacks to more than it seems."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py

from litesmith.diagnostics.base import LitesmithError
from litesmith.diagnostics.files import DamagedFile
from litesmith.diagnostics.old_files import UnsafeFile

UNPACKED = 20
"""How many times larger than the file its arrays may be; Keras compresses nothing."""

SPARE_BYTES = 1 << 24
OBJECTS = 500_000
DEPTH = 64
ATTRIBUTE_BYTES = 1 << 25
"""More than the description of any model takes, and than any list of names."""

TEXTS_BYTES = 1 << 30

ERRORS = (OSError, RuntimeError, KeyError, ValueError, TypeError, OverflowError, MemoryError, AttributeError)
"""What h5py raises where tables contradict each other."""


@contextmanager
def opened_hdf5(path: Path | str, content: Any = None, size: int | None = None) -> Iterator[h5py.File]:
    """An HDF5 file to read from, once its tables were looked through.

    Args:
        path: of the file, for findings too.
        content: where the file is in another one, what it is read from.
        size: bytes of the file.

    Raises:
        LitesmithError: F108 where its tables cannot be read, F124 for links and what unpacks to far more than it takes.
    """
    size = Path(path).stat().st_size if size is None else size
    try:
        file = h5py.File(path if content is None else content, "r")
    except ERRORS:
        raise LitesmithError(DamagedFile(str(path), "the tables of its HDF5 file cannot be read")) from None
    with file:
        try:
            problem = hdf5_problem(file, size)
        except ERRORS:
            raise LitesmithError(DamagedFile(str(path), "the tables of its HDF5 file cannot be read")) from None
        if problem:
            raise LitesmithError(UnsafeFile(str(path), problem))
        yield file


def hdf5_problem(file: h5py.Group, size: int) -> str | None:
    """What is wrong with an HDF5 file of `size` bytes, or None; only its tables are read."""
    total = count = 0
    stack: list[tuple[h5py.Group, int]] = [(file, 0)]
    while stack:
        group, depth = stack.pop()
        problem = _attributes_problem(group, size) or ("its groups are nested too deeply" if depth > DEPTH else None)
        if problem:
            return problem
        for name in group:
            count += 1
            if count > OBJECTS:
                return "it has more groups and arrays than any model"
            link = group.get(name, getlink=True)
            if not isinstance(link, h5py.HardLink):
                kind = "another file" if isinstance(link, h5py.ExternalLink) else "another place"
                return f"{_short(name)} is a link to {kind}"
            item = group[name]
            if isinstance(item, h5py.Group):
                stack.append((item, depth + 1))
                continue
            problem = _array_problem(item, name)
            if problem:
                return problem
            total += item.size * item.dtype.itemsize
            if total > UNPACKED * size + SPARE_BYTES:
                return f"its arrays would take {total} bytes and more, of {size} in the file"
    return None


def attribute(group: h5py.Group, name: str) -> Any:
    """An attribute of a file that was looked through, or None."""
    return group.attrs.get(name)


def _attributes_problem(group: h5py.Group, size: int) -> str | None:
    """Texts of any length may all be one and the same, so that they unpack to a multiple of the file."""
    for name in group.attrs:
        found = group.attrs.get_id(name)
        elements = math.prod(found.shape)
        is_text = found.dtype.kind == "O"
        if elements * found.dtype.itemsize > ATTRIBUTE_BYTES or (
            is_text and elements > 1 and elements * size > TEXTS_BYTES
        ):
            return f"its attribute {_short(name)} is larger than any of a model's"
    return None


def _array_problem(item: Any, name: str) -> str | None:
    if not isinstance(item, h5py.Dataset):
        return f"{_short(name)} is neither a group nor an array"
    if item.external:
        return f"the values of {_short(name)} are in another file"
    if item.is_virtual:
        return f"the values of {_short(name)} are put together from other arrays"
    if item.dtype.kind == "O":
        return f"{_short(name)} holds texts or references"
    if item.shape is None:
        return f"{_short(name)} is empty"
    return None


def _short(name: str) -> str:
    return repr(name if len(name) < 60 else f"{name[:57]}...")
