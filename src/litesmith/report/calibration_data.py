"""What was found of calibration data, as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from litesmith.diagnostics.render import render
from litesmith.report.layout import grid

if TYPE_CHECKING:
    from litesmith.quantization.data_checks.checking import DataReport


def data_layout(found: DataReport, findings: bool = True) -> RenderableType:
    """The verdict, the inputs, what the probe loses, and the findings, where they are wanted."""
    mark = Text("✓ ", "bold green") if found else Text("✗ ", "bold red")
    verdict = "nothing is wrong with the calibration data" if found else "the calibration data is not what it should be"
    copies = "" if found.distinct in (0, found.samples) else f", {found.distinct} of them differ"
    parts: list[RenderableType] = [Text.assemble(mark, f"{verdict}: {found.samples} samples{copies}"), ""]
    parts.append(_inputs(found))
    if found.lost is not None:
        said = (
            f"on the probe, {found.predicted:.1f} dB are predicted; ranges of its own would have {found.lost:.1f} more"
        )
        parts += ["", Text(said)]
        if found.lost > 1:
            parts += ["", _tensors(found)]
    if found.findings and findings:
        parts += ["", render(found.findings)]
    return Group(*parts)


def _inputs(found: DataReport) -> Table:
    table = grid("input", ">least", ">most")
    for name, (least, most) in found.inputs.items():
        table.add_row(name, f"{least:.6g}", f"{most:.6g}")
    return table


def _tensors(found: DataReport) -> Table:
    table = grid("tensor", "range", ">99.9 %", ">outside", ">predicted", ">share", "cause")
    for each in found.tensors:
        numbers = (f"{each.low:.4g} .. {each.high:.4g}", f"{each.largest:.4g}", f"{each.saturated:.2%}")
        table.add_row(each.name[:40], *numbers, f"{each.decibels:.1f} dB", f"{each.share:.0%}", each.cause)
    return table
