"""What becomes of a model on a target, as tables."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from litesmith.diagnostics.quantities import count_text, size_text
from litesmith.diagnostics.render import render
from litesmith.report.layout import LAYERS, grid
from litesmith.targets.assessment import Assessment, Fate, Layer
from litesmith.targets.profile import Profile

PLURAL = {Fate.REWRITTEN: "are rewritten", Fate.SLOW: "are slow", Fate.CANNOT: "cannot run"}
STYLES = {Fate.RUNS: "green", Fate.REWRITTEN: "cyan", Fate.SLOW: "yellow", Fate.CANNOT: "bold red"}


def assessment_layout(found: Assessment, layers: int | None = LAYERS) -> RenderableType:
    """The verdict, figures, the layers that matter most (all of them for None), and the findings."""
    parts: list[RenderableType] = [_verdict(found), Text(_figures(found))]
    if found.layers:
        parts += ["", _layers(found.layers, layers)]
    if found.findings:
        parts += ["", render(found.findings)]
    return Group(*parts)


def _verdict(found: Assessment) -> Text:
    worse = [(fate, sum(layer.fate is fate for layer in found.layers)) for fate in PLURAL]
    said = [f"{count} of {len(found.layers)} layers {PLURAL[fate]}" for fate, count in worse if count]
    word, style = ("runs", "bold green") if found.runs else ("does not run", "bold red")
    return Text.assemble((word, style), f" on {found.title}", "".join(f"; {each}" for each in said))


def _figures(found: Assessment) -> str:
    planning = f" ({size_text(found.needed)} to plan them)" if found.needed > found.arena else ""
    figures = [f"file {size_text(found.bytes)}", f"values {size_text(found.arena)}{planning}"]
    figures.append(f"{count_text(found.multiply_accumulates)} multiply-accumulates")
    if found.regions is not None:
        regions = "region" if found.regions == 1 else "regions"
        figures.append(f"{found.taken} of {found.operators} operators delegated, in {found.regions} {regions}")
    return "; ".join(figures)


def _layers(layers: tuple[Layer, ...], limit: int | None) -> Table:
    """What does not run first, then what costs most."""
    order = sorted(layers, key=lambda layer: (-list(Fate).index(layer.fate), -layer.multiply_accumulates))
    table = grid("layer", "fate", "operators", ">MACs", ">held")
    for layer in order[:limit]:
        operators = ", ".join(_counted(layer))
        fate = Text(layer.fate.value, STYLES[layer.fate])
        table.add_row(
            layer.layer or "model", fate, operators, count_text(layer.multiply_accumulates), size_text(layer.held)
        )
    if limit is not None and len(order) > limit:
        table.add_row(f"... {len(order) - limit} others", "", "", "", "")
    return table


def _counted(layer: Layer) -> Iterator[str]:
    for name, count in layer.operators.items():
        yield name if count == 1 else f"{count} {name}"


def targets_layout(profiles: list[Profile]) -> Table:
    """All targets, and where what is known of them comes from."""
    table = grid("target", "what it is", "what its rules stand on")
    for profile in profiles:
        table.add_row(profile.name, profile.title, "; ".join(profile.sources))
    return table
