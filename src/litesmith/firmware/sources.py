"""Everything that a microcontroller's program needs of a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from litesmith import __version__
from litesmith.firmware.c_array import array_header, array_source
from litesmith.firmware.names import identifier
from litesmith.firmware.resolver import operators_of, resolver_header, resource_variables
from litesmith.ir.graph import Model
from litesmith.memory.tflm_kernels import MEASURED_WITH, aligned
from litesmith.runtime.saving import check_writable, save_bytes

SPARE = 64
"""Bytes that an arena is given more than estimated: estimates were at most 36 too low."""


@dataclass(frozen=True)
class Firmware:
    """Sources for one model.

    Attributes:
        name: of the array.
        arena: bytes that the interpreter uses of its arena, as estimated.
        needed: bytes that it must be given, with `SPARE`: planning can take more than running.
        operators: that the resolver is told of.
        files: texts by file name.
    """

    name: str
    arena: int
    needed: int
    operators: tuple[str, ...]
    files: Mapping[str, str]

    def save(self, folder: str | Path) -> list[Path]:
        """Write all files into a folder; where one cannot be written, none is.

        Raises:
            LitesmithError: F201 when the folder or disk does not allow it.
        """
        paths = {name: Path(folder) / name for name in self.files}
        for path in paths.values():
            check_writable(path)
        return [save_bytes(text.encode(), paths[name]) for name, text in self.files.items()]

    def to_json(self) -> dict[str, Any]:
        return {
            "array": self.name,
            "arena": self.arena,
            "needed": self.needed,
            "operators": list(self.operators),
            "files": list(self.files),
        }


def firmware(content: bytes, model: Model, file: str, arena: int, needed: int) -> Firmware:
    """The sources for a file's content; `file` is its name, `arena` what it uses there, `needed` what it must have."""
    needed = aligned(needed + SPARE)
    stem = identifier(Path(file).stem)
    name, operators = f"{stem}_tflite", operators_of(model)
    written = f"written by Litesmith {__version__}."
    origin = f"{Path(file).name} as a C array, {written}"
    files = {
        f"{name}.h": array_header(origin, name, len(content), _arena(name, arena, needed)),
        f"{name}.c": array_source(origin, name, content),
        f"{stem}_resolver.h": resolver_header(
            f"The operators of {Path(file).name}, {written}", stem, operators, resource_variables(model)
        ),
    }
    return Firmware(name, arena, needed, operators, files)


def _arena(name: str, used: int, needed: int) -> str:
    return f"""\
// Bytes of an arena, aligned to 16, that are enough, as estimated for {MEASURED_WITH};
// boards of 32 bits take less. MicroInterpreter::arena_used_bytes() will say about {used}.
#define {name.upper()}_ARENA_BYTES {needed}
"""
