"""Reports as tables, on a terminal or as plain text."""

from __future__ import annotations

import io
from collections.abc import Iterator

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from litesmith.diagnostics.quantities import shape_text, size_text
from litesmith.ir.loops import LoopForm
from litesmith.report.quantization import quantization_lines
from litesmith.report.stored_weights import weights_lines
from litesmith.report.summary import CustomUse, LayerWeights, SignatureFace, Summary

LAYERS = 10
"""How many layers are shown; the others are added up in one row."""

WIDTH = 100


def to_text(report: RenderableType) -> str:
    """A report without colours."""
    buffer = io.StringIO()
    Console(file=buffer, width=WIDTH, color_system=None).print(report)
    return "\n".join(line.rstrip() for line in buffer.getvalue().splitlines())


def summary_layout(summary: Summary, layers: int | None = LAYERS) -> RenderableType:
    """Signatures, operators, and the `layers` that take most (all of them for None)."""
    parts: list[RenderableType] = [_headline(summary)]
    for signature in summary.signatures:
        parts += ["", _signature(signature)]
    parts += ["", _operators(summary.operators)]
    if summary.custom_operators:
        parts += ["", _custom_operators(summary.custom_operators)]
    if summary.loops:
        parts += ["", _loops(summary.loops)]
    for line in (
        *summary.types_lines(),
        *summary.through_lines(),
        *weights_lines(summary.stored_weights),
        *quantization_lines(summary.quantization),
        *map(str, summary.losses),
    ):
        parts += ["", Text(line)]
    if summary.weight_bytes:
        parts += ["", _layers(summary, layers)]
    return Group(*parts)


def _headline(summary: Summary) -> Text:
    graphs = f" in {summary.graphs} graphs" if summary.graphs > 1 else ""
    text = Text.assemble((size_text(summary.bytes), "bold"), f", {size_text(summary.weight_bytes)} of it weights; ")
    text.append(f"{sum(summary.operators.values())} operators on {summary.tensors} tensors{graphs}")
    return text.append(f"; made by {summary.maker}" if summary.maker else "")


def _signature(signature: SignatureFace) -> Table:
    table = grid(signature.name, "tensor", "type", "shape")
    for side, faces in (("input", signature.inputs), ("output", signature.outputs)):
        for face in faces:
            table.add_row(side, face.name, face.dtype, shape_text(face.sizes))
    return table


def _operators(counts: dict[str, int]) -> Table:
    table = grid("operator", ">count")
    for name, count in counts.items():
        table.add_row(name, str(count))
    return table


def _custom_operators(uses: tuple[CustomUse, ...]) -> Table:
    table = grid("custom operator", ">version", "options")
    for use in uses:
        options = None if use.options is None else ", ".join(f"{key}={value!r}" for key, value in use.options.items())
        table.add_row(use.name, str(use.version), "of a form of its own" if options is None else options or "none")
    return table


def _loops(loops: tuple[LoopForm, ...]) -> Table:
    table = grid("loop", "of", "form", "because")
    for loop in loops:
        table.add_row(loop.layer or "model", loop.operation, loop.form, loop.reason)
    return table


def _layers(summary: Summary, limit: int | None) -> Table:
    table = grid("layer", ">operators", ">weights", ">share")
    for layer in _shortened(summary.layers, limit):
        share = f"{layer.bytes / summary.weight_bytes:.1%}"
        table.add_row(layer.layer, str(layer.operators), size_text(layer.bytes), share)
    return table


def _shortened(layers: tuple[LayerWeights, ...], limit: int | None) -> Iterator[LayerWeights]:
    if limit is None or len(layers) <= limit + 1:
        yield from layers
        return
    yield from layers[:limit]
    rest = layers[limit:]
    operators, size = sum(layer.operators for layer in rest), sum(layer.bytes for layer in rest)
    yield LayerWeights(f"... {len(rest)} others", operators, size)


def grid(*columns: str) -> Table:
    """A table without lines; columns whose title begins with `>` are numbers."""
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="bold")
    for column in columns:
        table.add_column(column.removeprefix(">"), justify="right" if column.startswith(">") else "left")
    return table
