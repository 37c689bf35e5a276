"""Findings on a terminal: what, where, and what to do.

error K103: The layer's Scale.call could not be followed: ...
   in block_1/scale
   layers.py:12
   12 | return tf.math.sin(inputs)
   Use keras.ops in place of functions of tf, jax, torch or numpy on the layer's tensors.
"""

from __future__ import annotations

import linecache
from collections.abc import Iterable, Iterator
from pathlib import Path

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from litesmith.diagnostics.base import Diagnostic, Severity
from litesmith.ir.source import Source

STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.NOTE: "bold blue"}
INDENT = (0, 0, 0, 3)


def render(findings: Iterable[Diagnostic]) -> RenderableType:
    """Findings, an empty line between them."""
    lines: list[RenderableType] = []
    for finding in findings:
        lines += [""] if lines else []
        severity = (finding.severity.value, STYLES[finding.severity])
        lines.append(Text.assemble(severity, " ", (finding.code, "bold"), ": ", finding.message()))
        lines += [Padding(line, INDENT) for line in _details(finding)]
    return Group(*lines)


def _details(finding: Diagnostic) -> Iterator[Text]:
    if finding.where is not None:
        yield from _place(finding.where)
    hint = finding.hint()
    if hint:
        yield Text(hint, style="green")


def _place(place: Source) -> Iterator[Text]:
    """The layer's path, the user's file and line, and the line itself where it can be read."""
    if place.layer:
        yield Text.assemble("in ", (place.layer, "cyan"))
    if place.file is None:
        return
    yield Text(f"{_short(place.file)}:{place.line}", style="cyan")
    line = linecache.getline(place.file, place.line or 0).strip()
    if line:
        yield Text.assemble((f"{place.line} | ", "dim"), line)


def _short(file: str) -> str:
    """The path from the working folder, where the file is inside of it."""
    try:
        return str(Path(file).relative_to(Path.cwd()))
    except ValueError:
        return file
