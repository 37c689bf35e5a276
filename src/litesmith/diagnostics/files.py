"""Findings about files (F...): what cannot be opened, read or written."""

from __future__ import annotations

from dataclasses import dataclass

from litesmith.diagnostics.base import Diagnostic


@dataclass(frozen=True)
class FileNotFound(Diagnostic, code="F101"):
    """There is no file at the path given.

    Why it matters: there is nothing to work on.
    Example: `litesmith convert modle.keras`.
    How to fix: check the spelling and the folder you are in.
    """

    path: str

    def message(self) -> str:
        return f"There is no file at {self.path}."

    def hint(self) -> str:
        return "Check the spelling, and the folder that you are in."


@dataclass(frozen=True)
class CannotWrite(Diagnostic, code="F201"):
    """The result cannot be written to the path given.

    Why it matters: nothing was saved; no partial file is left behind either.
    Example: an output path in a folder that does not exist, a read-only folder, a full disk.
    How to fix: choose a folder that exists and can be written to, or free space.
    """

    path: str
    reason: str

    def message(self) -> str:
        return f"Cannot write {self.path}: {self.reason}."

    def hint(self) -> str:
        return "Nothing was written. Choose another path with -o, or free space on the disk."
