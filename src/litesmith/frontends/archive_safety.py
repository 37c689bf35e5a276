"""ZIP archives that can be unpacked without surprises."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

import h5py

from litesmith.diagnostics.base import LitesmithError
from litesmith.diagnostics.files import DamagedFile
from litesmith.diagnostics.old_files import UnsafeFile
from litesmith.frontends.hdf5_safety import opened_hdf5

UNPACKED = 20
"""How many times larger than the archive what is in it may be; Keras compresses little."""

SPARE_BYTES = 1 << 25
MEMBERS = 10_000
WEIGHTS = "model.weights.h5"
CHUNK = 1 << 20
LOCAL_HEADER = 30
"""Bytes in front of a member's name, the last four of which say how long that is and what follows it."""


def check_archive(path: Path) -> None:
    """Look through an archive's table, and those of the weights in it.

    Raises:
        LitesmithError: F108 where it cannot be read, F124 for what would be unpacked elsewhere or to far more.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            problem = archive_problem(archive, path.stat().st_size)
            has_weights = WEIGHTS in archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise LitesmithError(DamagedFile(str(path), "its ZIP archive cannot be read")) from None
    if problem:
        raise LitesmithError(UnsafeFile(str(path), problem))
    if has_weights:
        with opened_weights(path):
            pass


@contextmanager
def opened_weights(path: Path, is_checked: bool = False) -> Iterator[h5py.File]:
    """The weights in an archive, looked through as those in a file of their own.

    Raises:
        LitesmithError: F108 where there are none or they cannot be read, F124.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            member = archive.getinfo(WEIGHTS)
            content: Any = _stored(archive, member, is_checked)
            if content is None:
                content = io.BytesIO(archive.read(member))
            with content, opened_hdf5(path, content, member.file_size, is_checked) as file:
                yield file
    except KeyError:
        raise LitesmithError(DamagedFile(str(path), "its weights are missing")) from None
    except (zipfile.BadZipFile, EOFError, NotImplementedError):
        problem = f"the content of {WEIGHTS} does not fit its checksum"
        raise LitesmithError(DamagedFile(str(path), problem)) from None


def _stored(archive: zipfile.ZipFile, member: zipfile.ZipInfo, is_checked: bool) -> Part | None:
    """What is in an archive as it is, to be read at any place, once its checksum was looked at; None for other members.

    `zipfile` would find places by reading all that is in front of them.
    """
    if member.compress_type != zipfile.ZIP_STORED:
        return None
    if not is_checked:
        with archive.open(member) as whole:  # reads to the end, where it compares the checksum
            while whole.read(CHUNK):
                pass
    file = Path(str(archive.filename)).open("rb")  # noqa: SIM115 (the part closes it)
    file.seek(member.header_offset)
    lengths = struct.unpack("<HH", file.read(LOCAL_HEADER)[-4:])
    return Part(file, member.header_offset + LOCAL_HEADER + sum(lengths), member.file_size)


class Part(io.RawIOBase):
    """Some bytes of a file, as a file."""

    def __init__(self, file: io.BufferedReader, start: int, size: int) -> None:
        self._file = file
        self._start = start
        self._size = size
        self._place = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._place = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._size}[whence]
        return self._place

    def readinto(self, buffer: Any) -> int:
        target = memoryview(buffer).cast("B")
        target = target[: max(min(len(target), self._size - self._place), 0)]
        self._file.seek(self._start + self._place)
        count = self._file.readinto(target)
        self._place += count
        return count

    def close(self) -> None:
        self._file.close()
        super().close()


def archive_problem(archive: zipfile.ZipFile, size: int) -> str | None:
    """What is wrong with an archive of `size` bytes, or None; only its table is read."""
    members = archive.infolist()
    if len(members) > MEMBERS:
        return f"it has {len(members)} files in it"
    names = set()
    for member in members:
        place = PurePosixPath(member.filename.replace("\\", "/"))
        if place.is_absolute() or ".." in place.parts or ":" in member.filename[:3]:
            return f"{member.filename[:60]!r} would be unpacked to another folder"
        if member.external_attr >> 28 == 0xA:
            return f"{member.filename[:60]!r} is a link"
        if member.filename in names:
            return f"{member.filename[:60]!r} is in it twice"
        names.add(member.filename)
    total = sum(member.file_size for member in members)
    if total > UNPACKED * size + SPARE_BYTES:
        return f"it unpacks to {total} bytes, of {size} in the file"
    return None
