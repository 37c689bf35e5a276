"""Weights and biases of a quantized model made better on data, layer by layer, against the model that it was made of.

Layers come in the order of the graph. What a layer reads is what the layers in front of it, which were refined already,
compute now; what it should compute is what the model of reals computes there. Both models run once, piece by piece.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from litesmith.flatbuffer.write import to_bytes
from litesmith.ir.dims import Dim
from litesmith.ir.graph import Graph, Model, Operation, Value
from litesmith.ir.types import DType, TensorType
from litesmith.quantization.refining.checkpoints import Checkpoints, key_of
from litesmith.quantization.refining.layers import Layer, layers_of
from litesmith.quantization.refining.moments import Moments, independent, lines_of
from litesmith.quantization.refining.segments import Segments, levels, real_numbers
from litesmith.quantization.refining.solving import Method, Solution, solve
from litesmith.quantization.refining.worse import are_worse, errors_of

Array = np.ndarray[Any, Any]
Pairs = Iterable[tuple[Operation, Operation]]
Progress = Callable[[int, int, str], None]
SAMPLES = 256
"""How many samples are looked at."""
FEWEST = 4
"""With fewer, weights would fit chance."""
MEMORY = 2**30
"""Bytes of what is kept of both models between two layers, about: fewer samples are looked at where they are large."""
PART = 2**25
"""Bytes of the largest activation of a part of the data."""
JUDGES = 5
"""Each fifth part of the data is kept to judge the outcome by, if there are as many."""


@dataclass(frozen=True)
class RefinedLayer:
    """A layer, and by how many decibels the error of its weights fell, of what the data shows of it."""

    layer: str
    operator: str
    gain: float


@dataclass
class Refinings:
    """What became of a model.

    Attributes:
        layers: those that were refined.
        count: how many layers there were to refine.
        samples: how many samples layers were refined on.
        stopped: whether the user ended it; what was done until then is kept.
        undone: whether everything was put back, as the outputs would have lost more than without it, and not by chance.
        before, after: squared errors of all outputs, of their squares, on data that was kept for this if there was
            enough; None where it was stopped.
    """

    layers: list[RefinedLayer] = field(default_factory=list)
    count: int = 0
    samples: int = 0
    stopped: bool = False
    undone: bool = False
    before: float | None = None
    after: float | None = None

    @property
    def gain(self) -> float | None:
        """By how many decibels the error of all outputs fell; None where it was not measured."""
        return 10 * float(np.log10(self.before / self.after)) if self.before and self.after else None


def refine(
    real: Model,
    own: Model,
    pairs: Pairs,
    batches: Iterable[Sequence[Array]],
    method: Method | None = None,
    *,
    samples: int = SAMPLES,
    progress: Progress | None = None,
    resume: str | Path | None = None,
    seed: int = 0,
) -> Refinings:
    """Find better integers for the weights of a model's first graph, and correct biases; `own` is changed.

    A model with variables stays as it is: no piece of it computes the same alone.
    KeyboardInterrupt ends it; layers that were done until then stay as they are then, and the model is whole.

    Args:
        real: the model of float32 that `own` was made of.
        pairs: operations of the one and of the other that compute the same.
        batches: arrays for the inputs of `real`, in order. No more are taken than are needed.
        samples: how many are looked at, at most.
        progress: called before each layer with how many are done, how many there are, and the name of the next.
        resume: a folder where what is found is kept, so that the same run goes on when it was ended.
        seed: of the lines that are drawn where there are very many.
    """
    method = method or Method()
    parts = list(_parts(batches, real.main, samples))
    run = _Run(real.main, own.main, list(layers_of(pairs)), parts, method, seed)
    is_enough = run.found.samples >= FEWEST
    if not run.layers or not is_enough or any(each.operator.has_side_effects for each in real.main.operations):
        return run.found
    if resume is not None:
        run.checkpoints = Checkpoints(resume, key_of((to_bytes(real), to_bytes(own)), (method, seed), parts))
    held = [(layer, layer.held()) for layer in run.layers]
    before = run.outputs()
    try:
        run.all(progress)
        _judge(run, before, held)
    except KeyboardInterrupt:
        run.found.stopped = True
    return run.found


class _Run:
    """Both models on their way through the data."""

    def __init__(
        self, real: Graph, own: Graph, layers: list[Layer], parts: list[list[Array]], method: Method, seed: int
    ) -> None:
        self.layers, self.method = layers, method
        self.checkpoints: Checkpoints | None = None
        self.found = Refinings(count=len(layers))
        self._graphs, self._parts, self._seed = (real, own), parts, seed
        self._judges = set(range(JUDGES - 1, len(parts), JUDGES))
        self.found.samples = sum(_count(part) for place, part in enumerate(parts) if place not in self._judges)
        self._ways = [
            (graph, levels(graph, chosen), chosen)
            for graph, chosen in ((real, {layer.real for layer in layers}), (own, {layer.own for layer in layers}))
        ]

    def all(self, progress: Progress | None) -> None:
        """Refine all layers."""
        real, own = (Segments(graph, _given(self._parts, graph)) for graph in self._graphs)
        last = max(self._ways[1][1].values())
        for level in range(last + 1):
            for segments, (_, found, chosen) in zip((real, own), self._ways, strict=True):
                segments.run(_due(segments, found, chosen, level))
            for place, layer in enumerate(self.layers):
                if self._ways[1][1][layer.own] == level:
                    if progress is not None:
                        progress(len(self.found.layers), len(self.layers), layer.name)
                    self._refine(place, layer, real, own)
        for segments in (real, own):
            segments.run(list(segments.waiting))
        self.ends = _outputs(real, self._judging), _outputs(own, self._judging)

    def outputs(self) -> list[list[Array]]:
        """What the quantized model computes before it is refined, of each part that judges."""
        parts = [self._parts[place] for place in self._judging]
        segments = Segments(self._graphs[1], _given(parts, self._graphs[1]))
        segments.run(list(segments.waiting))
        return _outputs(segments, range(len(parts)))

    def errors(self, found: list[list[Array]]) -> Array:
        """Of each sample that judges, the squared error of outputs."""
        counts = [_count(self._parts[place]) for place in self._judging]
        return np.concatenate(list(map(errors_of, self.ends[0], found, counts)))

    @property
    def _judging(self) -> list[int]:
        """The places of the parts that judge."""
        return sorted(self._judges) or list(range(len(self._parts)))

    def _refine(self, place: int, layer: Layer, real: Segments, own: Segments) -> None:
        solution = None if self.checkpoints is None else self.checkpoints.load(place)
        if solution is None:
            moments = self._moments(place, layer, real, own)
            solution = Solution() if moments is None else solve(layer, moments, self.method)
            if self.checkpoints is not None:
                self.checkpoints.save(place, solution)
        solution.apply(layer)
        self.found.layers.append(RefinedLayer(layer.name, layer.own.operator.builtin, solution.gain))

    def _moments(self, place: int, layer: Layer, real: Segments, own: Segments) -> Moments | None:
        """Of the rows of a layer; None where one of the models has come to it another way."""
        operands = [each.operands[layer.product.input_place] for each in (layer.real, layer.own)]
        assert operands[0] is not None
        assert operands[1] is not None
        if operands[0] not in real.known or operands[1] not in own.known:
            return None
        pairs = zip(real.known[operands[0]], own.known[operands[1]], strict=True)
        seen = [pair for place, pair in enumerate(pairs) if place not in self._judges]
        rng = np.random.default_rng((self._seed, place))
        shapes = [array.shape for array, _ in seen]
        lines = list(lines_of(layer.product, shapes, rng))
        rows = sum(len(some) * layer.product.line_size(shape) for some, shape in zip(lines, shapes, strict=True))
        is_rounded = self.method.rounds(layer, independent(rows, self.found.samples))
        moments = Moments(layer.product, layer.weights if is_rounded else None, self.found.samples)
        for (reals, integers), some in zip(seen, lines, strict=True):
            moments.add(real_numbers(integers, operands[1]), real_numbers(reals, operands[0]), some)
        return moments


def _outputs(segments: Segments, places: Iterable[int]) -> list[list[Array]]:
    """The outputs that are real numbers, or stand for some, of each part at some places."""
    chosen = [
        value
        for value in segments.graph.outputs
        if value in segments.known and (value.type.dtype is DType.FLOAT32 or value.type.quantization is not None)
    ]
    return [[real_numbers(segments.known[value][place], value) for value in chosen] for place in places]


def _due(segments: Segments, found: dict[Operation, int], chosen: set[Operation], level: int) -> list[Operation]:
    """The operations between the layers of the last level and those of this one, the former included."""
    return [
        operation
        for operation in segments.waiting
        if found[operation] < level or (found[operation] == level and operation not in chosen)
    ]


def _judge(run: _Run, before: list[list[Array]], held: list[tuple[Layer, Any]]) -> None:
    """Put everything back where the outputs as a whole have become worse."""
    real, after = run.ends
    power = sum(float(np.sum(np.square(array, dtype=np.float64))) for part in real for array in part) or 1.0
    errors = [run.errors(found) for found in (before, after)]
    run.found.before, run.found.after = (float(each.sum()) / power for each in errors)
    if are_worse(*errors):
        for layer, values in held:
            layer.put_back(values)
        run.found.undone = True


def _given(parts: Sequence[list[Array]], graph: Graph) -> list[list[Array]]:
    """The data as the inputs of a graph take it: real numbers as integers, where those are asked for."""
    return [[_as_given(array, value.type) for array, value in zip(part, graph.inputs, strict=True)] for part in parts]


def _as_given(array: Array, type: TensorType) -> Array:
    if type.quantization is None or array.dtype.kind != "f":
        return array
    (scale,), (zero,) = type.quantization.scales, type.quantization.zero_points
    limits = np.iinfo(type.dtype.numpy)
    return np.asarray(np.clip(np.rint(array / scale) + zero, limits.min, limits.max), type.dtype.numpy)


def _parts(batches: Iterable[Sequence[Array]], graph: Graph, samples: int) -> Iterator[list[Array]]:
    """The data in parts that fit into memory, as much of it as is looked at."""
    largest = max((_bytes(result) for operation in graph.operations for result in operation.results), default=1)
    most = min(samples, max(MEMORY // (4 * largest), 1))
    sizes = [value.type.shape[0] for value in graph.inputs if value.type.rank]
    fixed = next((int(size) for size in sizes if not isinstance(size, Dim)), None)
    seen = 0
    for batch in batches:
        count = _count(batch)
        step = fixed or max(min(PART // largest, -(-min(count, most) // JUDGES)), 1)
        if any(not array.ndim or len(array) != count for array in batch) or count < step:
            if seen and seen + count > most:
                return
            seen += count
            yield list(batch)
            continue
        for start in range(0, count - (count % step if fixed else 0), step):
            if seen and seen + step > most:
                return
            part = [array[start : min(start + step, start + most - seen)] for array in batch]
            seen += _count(part)
            yield part
        if seen >= most:
            return


def _bytes(value: Value) -> int:
    """Of one sample of an activation as float32."""
    return 4 * int(np.prod([int(size) for size in value.type.shape[1:]], dtype=np.int64))


def _count(part: Sequence[Array]) -> int:
    return next((len(array) for array in part if array.ndim), 1)
