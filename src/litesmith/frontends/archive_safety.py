"""ZIP archives that can be unpacked without surprises."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath

from litesmith.diagnostics.base import LitesmithError
from litesmith.frontends.hdf5_safety import CheckedHdf5, damaged, opened_hdf5, unsafe
from litesmith.frontends.mapped_bytes import MappedBytes, mapped

UNPACKED = 20
"""How many times larger than the archive what is in it may be; Keras compresses little."""

SPARE_BYTES = 1 << 25
MEMBERS = 10_000
WEIGHTS = "model.weights.h5"
CHUNK = 1 << 20
LOCAL_HEADER = 30
"""Bytes in front of a member's name, the last four of which say how long that is and what follows it."""

UNREADABLE = (zipfile.BadZipFile, EOFError, OSError, RuntimeError, ValueError, zlib.error, struct.error)
"""What reading a member raises where it is damaged, or packed in a way that nobody packs models."""


@contextmanager
def opened_archive(path: Path) -> Iterator[tuple[zipfile.ZipFile, CheckedHdf5 | None]]:
    """An archive to read from, and the weights in it, once both's tables were looked through; None without weights.

    Raises:
        LitesmithError: F108 where it cannot be read, F124 for what would be unpacked elsewhere or to far more.
    """
    with ExitStack() as stack:
        try:
            archive = stack.enter_context(zipfile.ZipFile(path))
            problem = archive_problem(archive, path.stat().st_size)
            has_weights = WEIGHTS in archive.namelist()
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
            raise LitesmithError(damaged(path, "its ZIP archive cannot be read")) from None
        if problem:
            raise LitesmithError(unsafe(path, problem))
        store = None
        if has_weights:
            try:
                content = stack.enter_context(_content(archive, path, archive.getinfo(WEIGHTS)))
            except UNREADABLE:
                problem = f"the content of {WEIGHTS} does not fit its checksum"
                raise LitesmithError(damaged(path, problem)) from None
            store = stack.enter_context(opened_hdf5(path, content))
        yield archive, store


@contextmanager
def _content(archive: zipfile.ZipFile, path: Path, member: zipfile.ZipInfo) -> Iterator[MappedBytes]:
    """What a member has, once its checksum was looked at: right from the file where it lies there as it is.

    `zipfile` would find places in it by reading all that is in front of them.
    """
    if member.compress_type != zipfile.ZIP_STORED:
        content = archive.read(member)
        yield MappedBytes(content, 0, len(content))
        return
    archive.open(member).close()  # which compares the name
    with mapped(path) as whole:
        header = whole[member.header_offset : member.header_offset + LOCAL_HEADER]
        start = member.header_offset + LOCAL_HEADER + sum(struct.unpack("<HH", header[-4:]))
        found = MappedBytes(whole.whole, start, member.file_size)
        checksum = 0
        for place in range(0, member.file_size, CHUNK):
            checksum = zlib.crc32(found[place : place + CHUNK], checksum)
        if checksum != member.CRC or start + member.file_size > len(whole):
            raise zipfile.BadZipFile
        yield found


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
