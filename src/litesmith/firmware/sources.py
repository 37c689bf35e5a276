"""Everything that a microcontroller's program needs of a model."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from litesmith import __version__
from litesmith.diagnostics.quantities import count_text
from litesmith.firmware.c_array import array_header, array_source
from litesmith.firmware.resolver import operators_of, resolver_header, resource_variables
from litesmith.ir.graph import Model
from litesmith.memory.tflm import MEASURED_WITH
from litesmith.runtime.saving import check_writable, save_bytes


@dataclass(frozen=True)
class Firmware:
    """Sources for one model.

    Attributes:
        name: of the array.
        arena: bytes that the interpreter takes of its arena, as estimated.
        operators: that the resolver is told of.
        files: texts by file name.
    """

    name: str
    arena: int
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
        return {"array": self.name, "arena": self.arena, "operators": list(self.operators), "files": list(self.files)}


def firmware(content: bytes, model: Model, file: str, arena: int) -> Firmware:
    """The sources for a file's content; `file` is its name, `arena` what it takes there."""
    stem = identifier(Path(file).stem)
    name, operators = f"{stem}_tflite", operators_of(model)
    written = f"written by Litesmith {__version__}."
    origin = f"{Path(file).name} as a C array, {written}"
    files = {
        f"{name}.h": array_header(origin, name, len(content), _arena(name, arena)),
        f"{name}.c": array_source(origin, name, content),
        f"{stem}_resolver.h": resolver_header(
            f"The operators of {Path(file).name}, {written}", stem, operators, resource_variables(model)
        ),
    }
    return Firmware(name, arena, operators, files)


def identifier(name: str) -> str:
    """A name in C for a file's: `my_model_2` for `my-model.2`."""
    found = re.sub(r"\W", "_", name, flags=re.ASCII).strip("_")
    return found if found[:1].isalpha() else f"model_{found}".rstrip("_")


def _arena(name: str, size: int) -> str:
    return f"""\
// What the interpreter takes of its arena, as estimated for {MEASURED_WITH}: {count_text(size)} bytes.
// MicroInterpreter::arena_used_bytes() says what it took; boards of 32 bits take less.
#define {name.upper()}_ARENA_BYTES {size}
"""
