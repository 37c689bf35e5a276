"""Where a model or its file goes wrong, as tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from litesmith.bisection.failing import Kind
from litesmith.bisection.walking import Fate, Step
from litesmith.diagnostics.render import render
from litesmith.report.layout import grid

if TYPE_CHECKING:
    from litesmith.bisection.result import Bisection

AROUND = 4
"""How many layers are shown in front of the first that differs, and how many from there on."""

VERDICTS = {
    Kind.DIFFERENCE: "the file computes something else than {}",
    Kind.NAN: "the file gives infinities or NaNs in other places than {}",
    Kind.CONVERSION: "the model does not convert",
    Kind.REFUSAL: "the runtime refuses the file",
    Kind.CRASH: "the runtime crashes on the file",
    Kind.TIMEOUT: "the runtime does not finish in time",
}
STYLES = {Fate.SAME: "green", Fate.DIFFERENT: "bold red", Fate.ABSENT: "dim"}


def bisection_layout(found: Bisection, saved: Sequence[str] = (), everything: bool = False) -> RenderableType:
    """The verdict, the layers around the first that differs (or all), the findings, and the smallest failing model.

    Args:
        saved: the files that the smallest model was written to.
        everything: show all layers.
    """
    if found.kind is None:
        return Text.assemble(("✓ ", "bold green"), f"nothing fails: the file computes what {found.framework} does")
    parts: list[RenderableType] = [Text.assemble(("✗ ", "bold red"), VERDICTS[found.kind].format(found.framework))]
    if found.steps:
        parts += ["", _steps(found.steps, everything)]
    if found.findings:
        parts += ["", render(found.findings)]
    if found.smallest is not None:
        layers = found.smallest.layers
        count = "1 layer" if len(layers) == 1 else f"{len(layers)} layers"
        named = ", ".join(layer or "the whole model" for layer in layers)
        where = f": {', '.join(saved)}" if saved else ""
        parts += ["", Text(f"The smallest model that fails so has {count} ({named}){where}")]
    return Group(*parts)


def _steps(steps: Sequence[Step], everything: bool) -> Table:
    table = grid("layer", "class", "output", ">max abs", ">allowed", "tensor of the file")
    first = next((place for place, step in enumerate(steps) if step.fate is Fate.DIFFERENT), len(steps))
    start, end = (0, len(steps)) if everything else (max(0, first - AROUND), first + AROUND)
    if start:
        table.add_row(f"... {start} before", *[""] * 5)
    for step in steps[start:end]:
        again = f" ({step.call + 1})" if step.call else ""
        numbers = ["" if number is None else f"{number:.1e}" for number in (step.max_abs, step.allowed)]
        fate = Text(step.fate.value, STYLES[step.fate])
        table.add_row((step.layer or "the model") + again, step.kind, fate, *numbers, _short(step.tensor or ""))
    if end < len(steps):
        table.add_row(f"... {len(steps) - end} behind", *[""] * 5)
    return table


def _short(name: str) -> str:
    return name if len(name) <= 40 else name[:37] + "..."
