"""Findings on a terminal: what, where, and what to do.

error K103: The layer's Scale.call could not be followed: ...
   in block_1/scale at layers.py:12
   12 | return tf.math.sin(inputs)
      |        ^^^^^^^^^^^^^^^^^^^
   Use keras.ops in place of functions of tf, jax, torch or numpy on the layer's tensors.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from rich.console import Group, RenderableType
from rich.text import Text

from litesmith.diagnostics.base import Diagnostic, Severity
from litesmith.diagnostics.excerpt import excerpt
from litesmith.ir.source import Source

STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.NOTE: "bold blue"}
INDENT = "   "
PLACES = 5
"""How many places of one finding are shown."""


def render(findings: Iterable[Diagnostic]) -> RenderableType:
    """Findings, an empty line between them; those that say the same share an entry with all their places."""
    groups: dict[tuple[str, str], list[Diagnostic]] = {}
    for finding in findings:
        groups.setdefault((finding.code, finding.message()), []).append(finding)
    lines: list[RenderableType] = []
    for (code, message), group in groups.items():
        first = group[0]
        lines += [""] if lines else []
        lines.append(Text.assemble((first.severity.value, STYLES[first.severity]), " ", (code, "bold"), ": ", message))
        lines += [Text(INDENT).append_text(line) for line in _details(group)]
    return Group(*lines)


def _details(group: list[Diagnostic]) -> Iterator[Text]:
    places = [finding.where for finding in group if finding.where is not None]
    for place in places[:PLACES]:
        yield from _place(place, STYLES[group[0].severity])
    if len(places) > PLACES:
        yield Text(f"and {len(places) - PLACES} other places")
    hint = group[0].hint()
    if hint:
        yield Text(hint, style="green")


def _place(place: Source, style: str) -> Iterator[Text]:
    """The layer's path, the user's file and line, and the line itself where it can be read, with marks below."""
    parts = [f"in {place.layer}"] if place.layer else []
    parts += [f"at {_short(place.file)}:{place.line}"] if place.file else []
    if parts:
        yield Text(" ".join(parts), style="cyan")
    line = excerpt(place)
    if line is None:
        return
    margin = f"{place.line} | "
    yield Text.assemble((margin, "dim"), line.text)
    if marks := line.underline():
        yield Text.assemble((f"{'| ':>{len(margin)}}", "dim"), (marks, style))


def _short(file: str) -> str:
    """The path from the working folder, where the file is inside of it."""
    try:
        return str(Path(file).relative_to(Path.cwd()))
    except ValueError:
        return file
