"""What a quantization did: from which model to which file, and what that cost."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.text import Text

from litesmith.diagnostics.quantities import seconds_text, size_text
from litesmith.report.analysis import analysis_layout
from litesmith.report.layout import grid
from litesmith.report.quantization import quantization_lines, refining_lines
from litesmith.report.search import search_layout
from litesmith.report.stored_weights import weights_lines
from litesmith.report.summary import Summary

if TYPE_CHECKING:
    from litesmith.quantization.analysis.result import Analysis
    from litesmith.quantization.outcome import Quantization
    from litesmith.quantization.search.result import Found


@dataclass(frozen=True)
class Judged:
    """What a measure says of the real model and of the quantized one.

    Attributes:
        name: of the measure.
        allowed: by how much it may fall; None where nothing was said.
    """

    name: str
    real: float
    found: float
    allowed: float | None

    def __str__(self) -> str:
        allowed = "" if self.allowed is None else f" ({self.allowed:.3g} allowed)"
        return f"{self.name} {self.real:.4g} -> {self.found:.4g}{allowed}"


@dataclass(frozen=True)
class Quantized:
    """One model quantized.

    Attributes:
        recipe: what it was made by, as text.
        real_bytes: of the file with float32.
        seconds: of each step, by name.
        framework: what the real file was compared with, and found the same; None where it was not.
        judged: what the user's measure says.
        analysis: where the error comes from.
        found: what a search tried.
        verbose: whether every change and every refined weight are shown.
    """

    model: str
    file: str
    recipe: str
    summary: Summary
    real_bytes: int
    seconds: dict[str, float]
    framework: str | None = None
    judged: Judged | None = None
    analysis: Analysis | None = None
    found: Found | None = None
    verbose: bool = False

    def to_json(self) -> dict[str, Any]:
        summary = self.summary
        return {
            "model": self.model,
            "file": self.file,
            "recipe": self.recipe,
            "bytes": summary.bytes,
            "float32_bytes": self.real_bytes,
            "operators": summary.operators,
            "stored_weights": [asdict(each) for each in summary.stored_weights],
            "losses": [asdict(each) for each in summary.losses],
            **({} if summary.quantization is None else {"quantization": summary.quantization.to_json()}),
            "compared_with": self.framework,
            "seconds": {step: round(seconds, 4) for step, seconds in self.seconds.items()},
            **({} if self.judged is None else {"measure": asdict(self.judged)}),
            **({} if self.analysis is None else {"analysis": self.analysis.to_json()}),
            **({} if self.found is None else {"search": self.found.to_json()}),
        }

    def layout(self) -> RenderableType:
        """A few lines for people, and tables of the analysis and the search where there are any."""
        lines = [Text("  ").append_text(line) if i else line for i, line in enumerate(self._lines())]
        parts: list[RenderableType] = [*lines]
        if self.verbose and self.summary.quantization is not None:
            parts += _tables(self.summary.quantization)
        if self.found is not None:
            parts += ["", search_layout(self.found)]
        if self.analysis is not None:
            parts += ["", analysis_layout(self.analysis)]
        return Group(*parts)

    def _lines(self) -> list[Text]:
        size = f"{size_text(self.summary.bytes)} ({size_text(self.real_bytes)} as float32)"
        steps = ", ".join(f"{step} in {seconds_text(seconds)}" for step, seconds in self.seconds.items())
        lines = [
            Text.assemble(("✓ ", "bold green"), (self.file, "bold"), f"  {size}"),
            Text(f"{self.model} -> {self.recipe}" if "\n" not in self.recipe else f"{self.model} ->"),
        ]
        lines += [Text(f"  {line}") for line in self.recipe.splitlines()] if "\n" in self.recipe else []
        lines += [Text(steps)] if steps else []
        if self.framework is not None:
            lines.append(Text(f"same as {self.framework} before its numbers were rounded"))
        lines += map(Text, weights_lines(self.summary.stored_weights))
        lines += map(Text, quantization_lines(self.summary.quantization))
        lines += [Text(str(loss)) for loss in self.summary.losses]
        lines += [Text(str(self.judged))] if self.judged is not None else []
        return lines


def quantization_layout(done: Quantization) -> RenderableType:
    """All that was done: the recipe, every change, every weight that was refined, and what the outputs lost."""
    last = [*weights_lines(done.stored_weights), *map(str, done.losses)]
    said = [] if done.refining is None else refining_lines(done.refining)
    return Group(Text(str(done.recipe)), *_tables(done), *([""] if said or last else []), *map(Text, [*said, *last]))


def _tables(done: Quantization) -> list[RenderableType]:
    parts: list[RenderableType] = []
    if done.changes:
        table = grid("before rounding", "layers", "why")
        for change in done.changes:
            table.add_row(change.what, ", ".join(change.layers), change.why)
        parts += ["", table]
    if done.refining is not None and done.refining.layers:
        table = grid("refined weights", "operator", ">error on the data")
        for layer in done.refining.layers:
            table.add_row(layer.layer, layer.operator, f"{-layer.gain:+.1f} dB" if layer.gain else "as it was")
        parts += ["", table]
    return parts
