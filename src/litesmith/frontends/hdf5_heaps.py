"""Heaps of HDF5 files, which hold texts: the library that reads them does not end on damaged ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from litesmith.frontends.mapped_bytes import MappedBytes

SIGNATURE = b"GCOL\x01\x00\x00\x00"
"""How a global heap begins (HDF5 File Format Specification, III.E): its name, its version, nothing."""

TEXTS_BYTES = 1 << 28
"""More than all texts of any model's file take."""

MOST_HEAPS = 50

SMALLEST = 1 << 12
"""Bytes that the library makes a heap of at least."""

HEADER = 16
"""Bytes in front of a heap's objects, and of each object."""


def heaps_problem(content: MappedBytes, places: list[int]) -> str | None:
    """What is wrong with the global heaps in a file, or None; their places are added to `places`."""
    at = content.find(SIGNATURE)
    while at >= 0:
        end = at + _size(content, at)
        if not at + HEADER <= end <= len(content) or not _ends(content, at + HEADER, end):
            return "a heap of its HDF5 file is damaged"
        places.append(at)
        if len(places) * SMALLEST > TEXTS_BYTES:
            return "its HDF5 file has more heaps than any model's"
        at = content.find(SIGNATURE, at + 1)
    return None


def texts_problem(content: MappedBytes, places: Sequence[int], texts: int) -> str | None:
    """What is wrong with `texts` texts in a file's heaps: many of them may be one long one, and unpack to its multiple.

    Only heaps with texts so long are looked at: each text names its heap by its place, behind its length.
    """
    large = [at for at in places if _size(content, at) * texts > TEXTS_BYTES]
    total = 0
    for heap in large[: MOST_HEAPS + 1]:
        total += sum(_lengths(content, heap))
        if total > TEXTS_BYTES:
            return "its texts are longer than the file"
    return "its texts are longer than the file" if len(large) > MOST_HEAPS else None


def _size(content: MappedBytes, heap: int) -> int:
    return int.from_bytes(content[heap + 8 : heap + HEADER], "little")


def _lengths(content: MappedBytes, heap: int) -> Iterator[int]:
    """The lengths of all texts that name the heap at a place."""
    name = heap.to_bytes(8, "little")
    at = content.find(name)
    while at >= 0:
        yield int.from_bytes(content[max(at - 4, 0) : at], "little")
        at = content.find(name, at + 1)


def _ends(content: MappedBytes, at: int, end: int) -> bool:
    """Whether the objects of a heap lie one behind the other up to its end; number 0 is what is free."""
    while end - at >= HEADER:
        number = int.from_bytes(content[at : at + 2], "little")
        length = int.from_bytes(content[at + 8 : at + HEADER], "little")
        taken = HEADER + (length + 7) // 8 * 8 if number else length
        if not HEADER <= taken <= end - at:
            return False
        at += taken
    return True
