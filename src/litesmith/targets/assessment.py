"""What becomes of a graph on a target: layer by layer, and in all."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Iterator, Mapping, Set
from dataclasses import asdict, dataclass
from typing import Any

from litesmith.diagnostics.base import Diagnostic, Severity
from litesmith.diagnostics.targets import CannotRun, DoesNotFit, LeftBehind, NeedsIntegers, OpenSizes
from litesmith.ir.dims import Dim
from litesmith.ir.graph import Graph, Model, Operation
from litesmith.ir.source import Source
from litesmith.memory import litert, tflm
from litesmith.memory.plan import Sizes
from litesmith.opset.unmodeled import operator_name
from litesmith.targets.costs import multiply_accumulates
from litesmith.targets.judging import REALS, Problem, problems
from litesmith.targets.profile import Profile, load
from litesmith.targets.regions import delegated


class Fate(enum.Enum):
    """What becomes of a layer, best first."""

    RUNS = "runs"
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
    """

    layer: str
    fate: Fate
    operators: Mapping[str, int]
    multiply_accumulates: int
    held: int
    why: tuple[str, ...] = ()


@dataclass(frozen=True)
class Assessment:
    """A model on a target; true where it runs.

    Attributes:
        bytes: of the file.
        arena: bytes for the values, as the runtime plans them before it runs anything; open sizes count as 1.
        regions: how many parts of the graph a delegate takes; None for a runtime.
        taken: how many operators these have.
    """

    target: str
    title: str
    bytes: int
    arena: int
    multiply_accumulates: int
    operators: int
    regions: int | None
    taken: int
    layers: tuple[Layer, ...]
    findings: tuple[Diagnostic, ...]
    sources: tuple[str, ...]

    @property
    def runs(self) -> bool:
        return not any(finding.severity is Severity.ERROR for finding in self.findings)

    def __bool__(self) -> bool:
        return self.runs

    def to_json(self) -> dict[str, Any]:
        layers = [{**asdict(layer), "fate": layer.fate.value} for layer in self.layers]
        own = {key: value for key, value in vars(self).items() if key not in ("layers", "findings")}
        return {**own, "runs": self.runs, "layers": layers, "findings": [each.to_json() for each in self.findings]}

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
    """What becomes of a model, whose file has `size` bytes, on a target."""
    sizes = Sizes()
    regions: list[list[Operation]] = []
    judged: dict[Operation, _Judgement] = {}
    for graph in model.all_graphs():
        taken, fates = _judge(graph, profile)
        regions += taken
        judged.update(fates)
    taken_ones = frozenset(operation for region in regions for operation in region)
    arenas = [_arena(graph, profile, taken_ones) for graph in _called(model)]
    largest = max(arenas, key=lambda arena: arena.bytes)
    found: list[Diagnostic] = [
        *_of_the_model(model, profile),
        *_memory(profile, size, largest),
        *_of_operations(judged, profile),
    ]
    return Assessment(
        profile.name,
        profile.title,
        size,
        largest.bytes,
        sum(multiply_accumulates(operation, sizes) for operation in judged),
        len(judged),
        len(regions) if profile.kind == "delegate" else None,
        sum(map(len, regions)),
        tuple(_layers(judged, arenas)),
        (*found, *notes),
        profile.sources,
    )


@dataclass(frozen=True)
class _Arena:
    """What calling a graph takes.

    Attributes:
        bytes: in all.
        held: for each operation, the bytes of values that are held while it runs, of its own graph.
    """

    bytes: int
    held: Mapping[Operation, int]


def _arena(graph: Graph, profile: Profile, taken: Set[Operation]) -> _Arena:
    """TFLM plans the graphs of loops into one arena; in LiteRT each has one of its own."""
    if profile.arena == "tflm":
        plan = tflm.plan(graph, Sizes())
        return _Arena(plan.bytes + tflm.kept(graph), plan.held())
    plan = litert.plan(graph, Sizes(), taken)
    inner = [_arena(each, profile, taken) for operation in graph.operations for each in operation.operator.subgraphs()]
    held = {operation: amount for arena in inner for operation, amount in arena.held.items()}
    return _Arena(plan.bytes + sum(arena.bytes for arena in inner), {**held, **plan.held()})


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


def _of_the_model(model: Model, profile: Profile) -> Iterator[Diagnostic]:
    operations = [operation for graph in model.all_graphs() for operation in graph.operations]
    if profile.static_shapes and (open_sizes := _open_sizes(model)):
        yield OpenSizes(Source(), profile.name, tuple(open_sizes))
    reals = [each for each in operations if any(result.type.dtype in REALS for result in each.results)]
    if profile.quantized and reals:
        yield NeedsIntegers(Source(), profile.name, len(reals))


def _open_sizes(model: Model) -> list[str]:
    inputs = [value for graph in _called(model) for value in graph.inputs]
    return list(dict.fromkeys(f"{size}" for value in inputs for size in value.type.shape if isinstance(size, Dim)))


def _memory(profile: Profile, size: int, largest: _Arena) -> Iterator[Diagnostic]:
    arena, held = largest.bytes, largest.held
    fullest = max(held, key=lambda operation: held[operation]).source if held else Source()
    if profile.arena_bytes is not None and arena > profile.arena_bytes:
        yield DoesNotFit(fullest, profile.name, "the values", arena, profile.arena_bytes)
    if profile.weights is not None and size > profile.weights:
        yield DoesNotFit(Source(), profile.name, "the file", size, profile.weights)
    if profile.memory is not None and size + arena > profile.memory:
        yield DoesNotFit(fullest, profile.name, "the file and the values", size + arena, profile.memory)


def _of_operations(judged: Mapping[Operation, _Judgement], profile: Profile) -> Iterator[Diagnostic]:
    """Each reason once for a layer, with the operators that it keeps back; what cannot run first."""
    for fate, kind in ((Fate.CANNOT, CannotRun), (Fate.SLOW, LeftBehind)):
        groups: dict[tuple[str, Problem], list[Operation]] = {}
        for operation, judgement in judged.items():
            for problem in judgement.reasons if judgement.fate is fate else ():
                groups.setdefault((operation.source.layer, problem), []).append(operation)
        for (_, problem), operations in groups.items():
            names = tuple(dict.fromkeys(map(operator_name, operations)))
            yield kind(operations[0].source, profile.name, names, problem.reason, problem.cure)


def _layers(judged: Mapping[Operation, _Judgement], arenas: list[_Arena]) -> Iterator[Layer]:
    held = {operation: amount for arena in arenas for operation, amount in arena.held.items()}
    groups: dict[str, list[Operation]] = {}
    for operation in judged:
        groups.setdefault(operation.source.layer, []).append(operation)
    for layer, operations in groups.items():
        worst = max((judged[each].fate for each in operations), key=list(Fate).index)
        reasons = dict.fromkeys(problem.reason for each in operations for problem in judged[each].reasons)
        yield Layer(
            layer,
            worst,
            dict(Counter(map(operator_name, operations))),
            sum(multiply_accumulates(each, Sizes()) for each in operations),
            max((held.get(each, 0) for each in operations), default=0),
            tuple(reasons),
        )
