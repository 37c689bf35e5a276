"""Where the error of a quantized model comes from, as tables."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from litesmith.quantization.analysis.result import Analysis, LayerError
from litesmith.quantization.judging import NO_NOISE
from litesmith.report.layout import grid

LAYERS = 12
"""How many layers are shown."""


def analysis_layout(found: Analysis, layers: int | None = LAYERS) -> RenderableType:
    """The layers that add most (all of them for None), what is the matter with them, and their numbers."""
    outputs = f"outputs are {found.measured:.1f} dB above the error ({found.simulated:.1f} dB as simulated"
    parts: list[RenderableType] = [Text(f"{outputs}, on {found.samples} samples)")]
    if found.unknown:
        parts.append(Text(f"real weights not found, and so not told apart: {', '.join(found.unknown)}"))
    both = [f"{_number(part)} with only {kind} rounded" for kind, part in _kinds(found) if part is not None]
    if len(both) == 2:
        parts.append(Text(", ".join(both)))
    parts += ["", _layers(found, layers)]
    shown = [layer for layer in found.layers[:layers] if layer.tried]
    if shown:
        parts += ["", *map(_words, shown), "", _tensors(shown)]
    if found.settings:
        parts += ["", Text(_settings(found))]
    return Group(*parts)


def _settings(found: Analysis) -> str:
    tried = ", ".join(map(str, found.settings))
    return f"for all layers at once: {tried}; {found.trials} trials in the simulation"


def _kinds(found: Analysis) -> list[tuple[str, float | None]]:
    return [("weights", found.weights), ("activations", found.activations)]


def _layers(found: Analysis, limit: int | None) -> Table:
    table = grid("layer", ">share", ">alone", ">weights", ">activations", ">without it")
    table.columns[0].overflow = "fold"
    for layer in found.layers[:limit]:
        parts = [_number(layer.weights), _number(layer.activations)]
        table.add_row(layer.layer, f"{layer.share:.1%}", _number(layer.alone), *parts, f"{layer.gain:+.1f} dB")
    if limit is not None and len(found.layers) > limit:
        rest = found.layers[limit:]
        table.add_row(f"... {len(rest)} others", f"{sum(layer.share for layer in rest):.1%}")
    return table


def _number(decibels: float | None) -> str:
    return "" if decibels is None else f"{decibels:.1f} dB"


def _words(layer: LayerError) -> Text:
    if layer.cured is not None:
        return Text(f"{layer.layer}: {layer.cause}; {layer.cured}")
    own = (cure for cure in layer.tried if not cure.change.startswith("observer="))
    best = max(own, key=lambda cure: cure.gain, default=None)
    nothing = "" if best is None else f"; nothing in this layer alone helps: at best {best}"
    return Text(f"{layer.layer}: {layer.cause}{nothing}")


def _tensors(layers: list[LayerError]) -> Table:
    table = grid("numbers", ">from", "histogram", "to", "integers", ">cut off", ">dB")
    table.columns[0].overflow = "fold"
    for column in table.columns[1:]:
        column.no_wrap = True
    for layer in layers:
        for tensor in (each for each in layer.tensors if each.decibels < NO_NOISE):
            ends = [f"{tensor.least:.3g}", tensor.bars, f"{tensor.most:.3g}", f"{tensor.low:.3g}..{tensor.high:.3g}"]
            name = f"{layer.layer} {tensor.what}"
            table.add_row(name, *ends, f"{tensor.beyond:.2%}", f"{tensor.decibels:.1f}")
    return table
