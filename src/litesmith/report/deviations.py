"""What a conversion did otherwise than the model says it, as findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from litesmith.diagnostics.base import Diagnostic
from litesmith.diagnostics.lowering import (
    DrawnAnew,
    FewerBits,
    LeftToApp,
    LoopInOtherForm,
    NarrowerOutput,
    OtherElementType,
    ThroughFramework,
    WrittenOut,
)
from litesmith.ir.graph import Model, Operation
from litesmith.ir.source import Rewriting, Source
from litesmith.opset.unmodeled import operator_name
from litesmith.preprocessing.pipeline import Preprocessing
from litesmith.report.summary import FRAMEWORKS, through_layers

DRAWING = frozenset({"RANDOM_UNIFORM", "RANDOM_STANDARD_NORMAL", "MULTINOMIAL"})
FULL = "float32"


def deviations(model: Model, preprocessing: Preprocessing | None = None) -> list[Diagnostic]:
    """Everything that a model's file does otherwise than the model, each once for a layer.

    A file that was read knows only what its operators show.
    """
    left = (LeftToApp(step) for step in preprocessing.steps()) if preprocessing is not None else ()
    return list(dict.fromkeys([*written_out(model), *_noted(model), *_of_layers(model), *left]))


def _noted(model: Model) -> Iterator[Diagnostic]:
    """What was noted while the model was converted."""
    for noted in model.computed_types:
        for layer in noted.layers:
            yield OtherElementType(Source(_path(layer)), noted.dtype, noted.computed_in)
    for output in model.other_outputs:
        yield NarrowerOutput(output.output, output.declared, output.dtype)
    for loop in model.loops:
        if loop.form != "loop":
            source = Source(loop.layer, loop.operation, loop.file, loop.line)
            yield LoopInOtherForm(source, loop.form, loop.reason)
    for weight in model.stored_weights:
        if weight.form != FULL:
            yield FewerBits(Source(weight.layer), weight.operator, weight.form, weight.reason)


def _of_layers(model: Model) -> Iterator[Diagnostic]:
    """What the operators themselves show."""
    for framework in FRAMEWORKS.values():
        for layer in through_layers(model, framework.prefix):
            yield ThroughFramework(Source(_path(layer)), framework.name)
    for operation in _operations(model):
        if (name := operator_name(operation)) in DRAWING:
            yield DrawnAnew(operation.source, name)


def written_out(model: Model) -> list[WrittenOut]:
    """The operations that are computed by several operators; an exact one that became a single operator is none."""
    groups: dict[tuple[str, str, Rewriting], list[Operation]] = {}
    for operation in _operations(model):
        source = operation.source
        if source.rewriting is not None:
            groups.setdefault((source.layer, source.operation, source.rewriting), []).append(operation)
    return [
        WrittenOut(operations[0].source, operation, rewriting.name, tuple(_counted(operations)), rewriting.bound)
        for (_, operation, rewriting), operations in groups.items()
        if rewriting.bound or len(operations) > 1
    ]


def written_out_lines(found: Sequence[Diagnostic], most_layers: int) -> list[str]:
    """Operations that are computed by several operators, in words, with the names of so many layers."""
    layers: dict[str, dict[str, None]] = {}
    for finding in found:
        if isinstance(finding, WrittenOut):
            layers.setdefault(finding.message().rstrip("."), {})[finding.source.layer or "model"] = None
    return [f"{message} ({_named(list(names), most_layers)})" for message, names in layers.items()]


def _named(names: list[str], most: int) -> str:
    more = [f"{len(names) - most} other layers"] if len(names) > most else []
    return ", ".join([*names[:most], *more])


def _counted(operations: list[Operation]) -> Iterator[str]:
    """The operators, most frequent first."""
    for name, count in Counter(map(operator_name, operations)).most_common():
        yield name if count == 1 else f"{count} {name}"


def _operations(model: Model) -> Iterator[Operation]:
    for graph in model.all_graphs():
        yield from graph.operations


def _path(layer: str) -> str:
    """A layer's path: what is the model's own has none."""
    return "" if layer == "model" else layer
