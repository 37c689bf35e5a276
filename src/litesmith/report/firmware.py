"""What was written for a microcontroller's program, in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from litesmith.diagnostics.quantities import size_text

if TYPE_CHECKING:
    from litesmith.firmware.sources import Firmware


def firmware_lines(made: Firmware) -> Iterator[str]:
    """The files, and what the interpreter takes."""
    yield f"for the program: {', '.join(made.files)}"
    count = len(made.operators)
    yield f"arena: {size_text(made.needed)} are enough; about {size_text(made.arena)} are used while it runs"
    yield f"{count} operator{'s' * (count != 1)} to link"
