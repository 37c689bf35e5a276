"""How close a converted model comes to its original, as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from litesmith.report.layout import grid

if TYPE_CHECKING:
    from litesmith.verification.comparison import Report


def comparison_layout(report: Report) -> RenderableType:
    """Each output with its largest difference and what is allowed."""
    rows = grid("output", ">max abs", ">max rel", ">allowed")
    for output in report.outputs:
        rows.add_row(output.name, f"{output.max_abs:.1e}", f"{output.max_rel:.1e}", f"{output.allowed:.1e}")
    inputs = "input" if report.samples == 1 else "inputs"
    title = Text.assemble(("✓ ", "bold green"), f"the same as {report.framework} on {report.samples} {inputs}")
    return Group(title, rows)
