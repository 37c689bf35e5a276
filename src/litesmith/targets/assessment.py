"""What becomes of a graph on a target: layer by layer, and in all."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import asdict, dataclass, replace
from typing import Any

from litesmith.diagnostics.base import Diagnostic, Severity
from litesmith.diagnostics.lowering import LoweringNote
from litesmith.diagnostics.targets import (
    BatchFixed,
    CannotRun,
    DoesNotFit,
    LeftBehind,
    NeedsIntegers,
    NeedsKernel,
    OpenInput,
    OpenSizes,
)
from litesmith.diagnostics.telling import Attention
from litesmith.flatbuffer.read import read
from litesmith.ir.dims import Dim
from litesmith.ir.graph import Graph, Model, Operation, Value
from litesmith.ir.source import Source
from litesmith.memory.plan import QuantizedSizes, Sizes
from litesmith.opset.unmodeled import operator_name
from litesmith.targets.arenas import Arena, arena_of, bytes_in_int8
from litesmith.targets.conditions import REALS
from litesmith.targets.costs import multiply_accumulates
from litesmith.targets.judging import INTEGERS, OPEN_SIZE, Problem, is_custom, problems
from litesmith.targets.profile import Profile, load
from litesmith.targets.regions import delegated


class Fate(enum.Enum):
    """What becomes of a layer, best first."""

    RUNS = "runs"
    REWRITTEN = "runs, rewritten"
    SLOW = "runs, but slow"
    CANNOT = "cannot run"


@dataclass(frozen=True)
class Layer:
    """A layer on the target.

    Attributes:
        operators: how often each operator stands for it.
        multiply_accumulates: for a batch of 1; once for the body of a loop.
        held: the most bytes of values that are held at once while it runs.
        why: what the target has against it; empty where it runs.
        changes: what was rewritten of it: how, and how close that comes.
    """

    layer: str
    fate: Fate
    operators: Mapping[str, int]
    multiply_accumulates: int
    held: int
    why: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Assessment:
    """A model on a target; true where it runs.

    Attributes:
        bytes: of the file.
        arena: bytes for the values, as the runtime plans them before it runs anything; open sizes count as 1.
        needed: bytes that there must be for them; more than `arena` where planning takes more than they do.
        as_integers: the same as `bytes` and `needed` for the model quantized to int8, about, where the target computes
            with integers alone and the model does not yet.
        regions: how many parts of the graph a delegate takes; None for a runtime.
        taken: how many operators these have.
        ignored: findings that were left out, as the caller said.
    """

    target: str
    title: str
    bytes: int
    arena: int
    needed: int
    multiply_accumulates: int
    operators: int
    regions: int | None
    taken: int
    layers: tuple[Layer, ...]
    findings: tuple[Diagnostic, ...]
    sources: tuple[str, ...]
    ignored: tuple[Diagnostic, ...] = ()
    as_integers: tuple[int, int] | None = None

    @property
    def runs(self) -> bool:
        """Whether the target runs the model; what is ignored does not count."""
        return not any(type(finding).severity is Severity.ERROR for finding in self.findings)

    def __bool__(self) -> bool:
        return not any(finding.severity is Severity.ERROR for finding in self.findings)

    def heeding(self, attention: Attention) -> Assessment:
        """The same with the findings that count, as what they count for."""
        kept = tuple(attention.kept(self.findings))
        ignored = (each for each in self.findings if each not in kept)
        return replace(self, findings=kept, ignored=(*self.ignored, *ignored))

    def to_json(self) -> dict[str, Any]:
        layers = [{**asdict(layer), "fate": layer.fate.value} for layer in self.layers]
        own = {key: value for key, value in vars(self).items() if key not in ("layers", "findings", "ignored")}
        found = {"findings": [each.to_json() for each in self.findings]}
        left_out = {"ignored": [each.to_json() for each in self.ignored]} if self.ignored else {}
        return {**own, "runs": self.runs, "layers": layers, **found, **left_out}

    def __str__(self) -> str:
        from litesmith.report.assessment import assessment_layout
        from litesmith.report.layout import to_text

        return to_text(assessment_layout(self))


@dataclass
class _Judgement:
    """One operation on the target: what keeps it from running well, and whether it runs at all."""

    fate: Fate
    reasons: list[Problem]


def assess(model: Model, size: int, profile: Profile, notes: tuple[Diagnostic, ...] = ()) -> Assessment:
    """What becomes of a model, whose file has `size` bytes, on a target.

    Args:
        notes: what is known of it besides; those of layers say what was rewritten (L1..).
    """
    sizes = Sizes()
    if profile.quantized and _is_quantized(model):
        profile = replace(profile, quantized=False)  # what is left of real numbers stays so
    regions: list[list[Operation]] = []
    judged: dict[Operation, _Judgement] = {}
    for graph in model.all_graphs():
        taken, fates = _judge(graph, profile)
        regions += taken
        judged.update(fates)
        judged.update(
            (operation, _Judgement(Fate.RUNS, problems(operation, profile)))
            for operation in graph.operations
            if is_custom(operation)
        )
    taken_ones = frozenset(operation for region in regions for operation in region)
    arenas = [arena_of(graph, profile, taken_ones, sizes) for graph in _called(model)]
    largest = max(arenas, key=lambda arena: arena.needed)
    counted, in_integers = (size, largest), None
    if profile.quantized and _reals(model):
        arenas_then = [arena_of(graph, profile, taken_ones, QuantizedSizes()) for graph in _called(model)]
        counted = (bytes_in_int8(model, size), max(arenas_then, key=lambda arena: arena.needed))
        in_integers = (counted[0], counted[1].needed)
    of_the_model = list(_of_the_model(model, profile, in_integers))
    has_open_inputs = any(isinstance(finding, OpenSizes) for finding in of_the_model)
    found: list[Diagnostic] = [
        *of_the_model,
        *_memory(profile, *counted),
        *_of_operations(judged, profile, {OPEN_SIZE} if has_open_inputs else set()),
    ]
    return Assessment(
        profile.name,
        profile.title,
        size,
        largest.bytes,
        largest.needed,
        sum(multiply_accumulates(operation, sizes) for operation in judged),
        len(judged),
        len(regions) if profile.kind == "delegate" else None,
        sum(map(len, regions)),
        tuple(_layers(judged, arenas, _changes(notes))),
        (*found, *notes),
        profile.sources,
        as_integers=in_integers,
    )


def assess_file(content: bytes, model: Model, profile: Profile, notes: tuple[Diagnostic, ...] = ()) -> Assessment:
    """What becomes of a file, which holds `model`, on a target.

    LiteRT for Microcontrollers knows of no sizes that change: it takes the batch that the file was written with.
    """
    left_open = list(open_inputs(model))
    if profile.arena == "tflm" and left_open and all(None not in each.shape[1:] for each in left_open):
        model = read(content, as_stored=True)
        batches = {int(value.type.shape[0]) for value in model.main.inputs if value.type.shape}
        notes = (BatchFixed(Source(), profile.name, max(batches, default=1)), *notes)
    return assess(model, len(content), profile, notes)


def _is_quantized(model: Model) -> bool:
    """Whether any values that the model computes are integers with scales."""
    results = (result for graph in model.all_graphs() for each in graph.operations for result in each.results)
    return any(result.type.quantization is not None and result.type.dtype in INTEGERS for result in results)


def _called(model: Model) -> list[Graph]:
    """The graphs that callers run, without the bodies of loops."""
    return [graph for graph in model.graphs if not graph.is_called] or [model.main]


def _judge(graph: Graph, profile: Profile) -> tuple[list[list[Operation]], dict[Operation, _Judgement]]:
    """The regions that a delegate takes, and each operation's fate."""
    against = {operation: problems(operation, profile) for operation in graph.operations}
    if profile.kind == "runtime":
        return [], {
            operation: _Judgement(Fate.CANNOT if found else Fate.RUNS, found) for operation, found in against.items()
        }
    regions = delegated(graph.operations, lambda operation: not against[operation], profile.regions)
    taken = {operation for region in regions for operation in region}
    beneath = load(profile.fallback) if profile.fallback else None
    judged = {}
    for operation, found in against.items():
        if operation in taken:
            judged[operation] = _Judgement(Fate.RUNS, [])
            continue
        reasons = found or [Problem("it takes one region of a graph, and this is in another")]
        refused = _refused(operation, beneath)
        judged[operation] = _Judgement(Fate.CANNOT if refused else Fate.SLOW, refused or reasons)
    return regions, judged


def _refused(operation: Operation, beneath: Profile | None) -> list[Problem]:
    """What everything beneath a delegate has against an operation; nothing where one of them runs it."""
    refused: list[Problem] = []
    while beneath is not None:
        refused = problems(operation, beneath)
        if not refused:
            return []
        beneath = load(beneath.fallback) if beneath.fallback else None
    return refused


def _of_the_model(model: Model, profile: Profile, in_integers: tuple[int, int] | None) -> Iterator[Diagnostic]:
    if profile.static_shapes and (left_open := tuple(open_inputs(model))):
        yield OpenSizes(Source(), profile.name, left_open)
    if in_integers is not None:
        yield NeedsIntegers(Source(), profile.name, len(_reals(model)), *in_integers)


def _reals(model: Model) -> list[Operation]:
    """The operations that compute real numbers."""
    operations = (operation for graph in model.all_graphs() for operation in graph.operations)
    return [each for each in operations if any(result.type.dtype in REALS for result in each.results)]


def open_inputs(model: Model) -> Iterator[OpenInput]:
    """The inputs with unknown sizes, by the names that callers know, each once."""
    names = {each.graph: each.inputs for each in model.signatures}
    seen = set()
    for graph in _called(model):
        for value, name in zip(graph.inputs, names.get(graph) or map(_name, graph.inputs), strict=True):
            sizes = value.type.shape
            if name not in seen and any(isinstance(size, Dim) for size in sizes):
                seen.add(name)
                yield OpenInput(name, tuple(None if isinstance(size, Dim) else size for size in sizes))


def _name(value: Value) -> str:
    return value.name


def _memory(profile: Profile, size: int, arena: Arena) -> Iterator[Diagnostic]:
    """What is too large, with the layer that is to blame: none where planning takes the most."""
    fullest = arena.fullest if arena.planning < arena.bytes else None
    where, parts = (fullest.source, arena.parts(fullest)) if fullest else (Source(), ())
    values = "the values" if fullest else "planning the values"
    if profile.arena_bytes is not None and arena.needed > profile.arena_bytes:
        yield DoesNotFit(where, profile.name, values, arena.needed, profile.arena_bytes, parts)
    if profile.weights is not None and size > profile.weights:
        yield DoesNotFit(Source(), profile.name, "the file", size, profile.weights)
    needed = size + arena.needed
    if profile.memory is not None and needed > profile.memory:
        yield DoesNotFit(where, profile.name, f"the file and {values}", needed, profile.memory, parts)


def _of_operations(
    judged: Mapping[Operation, _Judgement], profile: Profile, said: Set[Problem]
) -> Iterator[Diagnostic]:
    """Each reason that is not said yet once for a layer, with the operators that it keeps back; the worst first."""
    for fate, kind in ((Fate.CANNOT, CannotRun), (Fate.SLOW, LeftBehind), (Fate.RUNS, NeedsKernel)):
        groups: dict[tuple[str, Problem], list[Operation]] = {}
        for operation, judgement in judged.items():
            for problem in judgement.reasons if judgement.fate is fate else ():
                groups.setdefault((operation.source.layer, problem), []).append(operation)
        for (_, problem), operations in groups.items():
            if problem in said:
                continue
            names = tuple(dict.fromkeys(map(operator_name, operations)))
            yield kind(operations[0].source, profile.name, names, problem.reason, problem.cure)


def _changes(notes: Sequence[Diagnostic]) -> dict[str, list[str]]:
    """What was rewritten of each layer."""
    changes: dict[str, list[str]] = {}
    for note in notes:
        if isinstance(note, LoweringNote) and note.is_rewriting:
            changes.setdefault(note.source.layer, []).append(note.message())
    return changes


def _layers(
    judged: Mapping[Operation, _Judgement], arenas: list[Arena], changes: Mapping[str, list[str]]
) -> Iterator[Layer]:
    held = {operation: amount for arena in arenas for operation, amount in arena.held.items()}
    groups: dict[str, list[Operation]] = {}
    for operation in judged:
        groups.setdefault(operation.source.layer, []).append(operation)
    for layer, operations in groups.items():
        worst = max((judged[each].fate for each in operations), key=list(Fate).index)
        if worst is Fate.RUNS and layer in changes:
            worst = Fate.REWRITTEN
        reasons = dict.fromkeys(problem.reason for each in operations for problem in judged[each].reasons)
        yield Layer(
            layer,
            worst,
            dict(Counter(map(operator_name, operations))),
            sum(multiply_accumulates(each, Sizes()) for each in operations),
            max((held.get(each, 0) for each in operations), default=0),
            tuple(reasons),
            tuple(dict.fromkeys(changes.get(layer, ()))),
        )
