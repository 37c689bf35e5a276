"""What was repaired, and how far the model is from what it was, as tables."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from litesmith.diagnostics.quantities import size_text
from litesmith.diagnostics.render import render
from litesmith.repairs.plan import Fixed, Step
from litesmith.report.layout import grid
from litesmith.targets.assessment import Assessment

STYLES = {"applied": "green", "not allowed": "yellow", "not the same": "red"}


def repairs_layout(fixed: Fixed, file: str | None = None) -> RenderableType:
    """The verdict, the steps, what becomes of the model before and after them, and what is left.

    `file`: where the model was written.
    """
    parts: list[RenderableType] = [_verdict(fixed)]
    if fixed.steps:
        parts += ["", _steps(fixed.steps)]
    for name, found in (("before", fixed.before), ("after", fixed.after)):
        parts += [Text(f"{name}: {_becomes(found)}")]
    if fixed.change is not None:
        tuned = " and the fine-tuning" if fixed.fine_tuned else ""
        parts += [Text(f"all repairs{tuned} together change the outputs by {_change(fixed)}")]
    if fixed.verification is not None:
        worst = max((output.max_rel for output in fixed.verification.outputs), default=0.0)
        parts += [Text(f"its file computes the same, within {worst:.2g} of the largest output")]
    if file is not None:
        parts += [Text(f"written: {file}")]
    if fixed.findings:
        parts += ["", render(fixed.findings)]
    return Group(*parts)


def _verdict(fixed: Fixed) -> Text:
    if not fixed:
        return Text(f"not repaired for {fixed.target}", "bold red")
    if not fixed.changed:
        is_well = fixed.after is not None and all(layer.fate.value == "runs" for layer in fixed.after.layers)
        said = "nothing to repair" if is_well else "it runs as it is; no repair makes it run better"
        return Text(f"{said} for {fixed.target}" if is_well else f"{said} on {fixed.target}", "bold green")
    count = sum(step.state == "applied" for step in fixed.steps)
    return Text.assemble(("repaired", "bold green"), f" for {fixed.target} in {count} step{'s' * (count > 1)}")


def _steps(steps: tuple[Step, ...]) -> Table:
    table = grid("repair", "what it does", "kind", "changes outputs by", "state")
    for step in steps:
        kind = "exact" if step.exact else "approximate"
        table.add_row(step.repair, step.done, kind, f"{step.change.max_rel:.2g}", Text(step.state, STYLES[step.state]))
    return table


def _becomes(found: Assessment | None) -> str:
    if found is None:
        return "does not convert"
    slow = sum(layer.fate.value != "runs" for layer in found.layers)
    left = f", {slow} of {len(found.layers)} layers do not run there or are slow" if slow else ""
    return f"file {size_text(found.bytes)}, values {size_text(found.arena)}{left}"


def _change(fixed: Fixed) -> str:
    assert fixed.change is not None
    return f"{fixed.change.max_rel:.2g} of the largest"
