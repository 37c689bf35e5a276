"""Calibration without data: random images, and the statistics that batch normalizations kept.

While a model is trained, each batch normalization learns the mean and the variance of every channel that it is given.
Where these are known (`Model.normalizations`), a copy of the model is fitted to random images: every filter that was
normalized is scaled and moved until its channels have on the images the means and variances that they had in training.
What this copy's activations hold is what is taken for the ranges of the model's.

Where nothing is known, the random images alone say what activations hold, which is a guess.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from litesmith.flatbuffer.write import to_bytes
from litesmith.ir.builder import building, constant_value, emit
from litesmith.ir.constants import Constant
from litesmith.ir.copying import copy_model
from litesmith.ir.dims import Dim
from litesmith.ir.graph import Graph, Model, Operation, Value
from litesmith.ir.normalizations import Normalization
from litesmith.ir.operator import Operator, Role
from litesmith.ir.source import source_scope
from litesmith.ir.types import DType
from litesmith.opset.elementwise import Relu, Relu6, ReluN1To1
from litesmith.opset.enums import Activation
from litesmith.passes.linear import Filtering, activation_of, filtering
from litesmith.quantization.algorithms.bias_correction import LIMITS, means_behind
from litesmith.quantization.changes import Statistics
from litesmith.quantization.ranges import Histogram, observe
from litesmith.quantization.refining.segments import Segments
from litesmith.runtime.interpreter import Session
from litesmith.verification.samples import samples

Array = np.ndarray[Any, Any]
SYNTHETIC = "synthetic"
"""What is given in place of calibration data where there is none."""
COUNT, BATCH = 64, 16
"""Of random inputs."""
SPANS = ((0.0, 1.0), (-1.0, 1.0), (0.0, 255.0), (-2.2, 2.6))
"""What images are scaled to; the last are those of images less their mean over their deviation."""
LARGEST_FACTOR = 3.0
"""Of a channel: one that random images hardly move would be all noise of them."""
DEVIATIONS, MARGIN = 5.0, 1.25
"""A channel's range is taken to reach so many deviations to each side of its mean, and so many times what was seen."""
WIDER = 2.0
"""How much wider the ranges of outputs are taken to be: trained models are surer of what they were trained on."""
ALONE: dict[Activation, type[Operator]] = {
    Activation.RELU: Relu,
    Activation.RELU6: Relu6,
    Activation.RELU_N1_TO_1: ReluN1To1,
}


@dataclass(frozen=True)
class Moments:
    """Of each channel, over all places."""

    means: Array
    deviations: Array

    def distance(self, other: Moments) -> float:
        """How far other moments are from these, in their deviations, on average."""
        scale = np.maximum(self.deviations, 1e-12)
        return float(np.mean(np.abs(other.means - self.means) / scale + np.abs(other.deviations / scale - 1)))


def random_inputs(graph: Graph, span: tuple[float, float] = SPANS[0], seed: int = 0) -> list[list[Array]]:
    """Batches of arrays for the inputs of a graph: images where an input may be one, samples of its type elsewhere."""
    random = np.random.default_rng(seed)
    found = []
    for number in range(COUNT // BATCH):
        arrays = samples(graph, BATCH, seed + number)
        found.append(
            [_image(a, span, random) if _is_image(v) else a for v, a in zip(graph.inputs, arrays, strict=True)]
        )
    return found


def _is_image(value: Value) -> bool:
    shape = value.type.shape
    return value.type.dtype is DType.FLOAT32 and len(shape) == 4 and not isinstance(shape[3], Dim) and shape[3] <= 4


def _image(like: Array, span: tuple[float, float], random: Any) -> Array:
    """Random images: noise whose power falls with the square of its frequency, as that of photographs does."""
    count, height, width, channels = like.shape
    frequencies = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None, :])
    decay = 1 / np.maximum(frequencies, 1 / max(height, width))[None, :, :, None]
    shared = random.standard_normal((count, height, width, 1))
    noise = np.fft.rfft2(shared + 0.5 * random.standard_normal((count, height, width, channels)), axes=(1, 2)) * decay
    images = np.fft.irfft2(noise, (height, width), axes=(1, 2))
    images -= images.mean((1, 2, 3), keepdims=True)
    images *= random.uniform(0.1, 0.35, (count, 1, 1, 1)) / np.maximum(images.std((1, 2, 3), keepdims=True), 1e-12)
    images = np.clip(images + random.uniform(0.2, 0.8, (count, 1, 1, 1)), 0, 1)
    return np.asarray(span[0] + (span[1] - span[0]) * images, np.float32)


def is_synthetic(calibration: Any) -> bool:
    """Whether this is said in place of data."""
    return isinstance(calibration, str) and calibration == SYNTHETIC


class DataFree:
    """What a model's activations are taken to hold, without data.

    Args:
        model: as it was converted, with what is known of its normalizations.

    Attributes:
        batches: random inputs, in the span that fits best what the first normalizations were given.
        targets: filters, by their place among the operations, with the moments that their channels had in training.
    """

    def __init__(self, model: Model) -> None:
        self.targets = targets_of(model)
        self.batches = self._fitting_inputs(model)
        self._first = self._moments(model) if self.targets else {}

    @property
    def knows(self) -> bool:
        """Whether statistics of training are known; everything is a guess where not."""
        return bool(self.targets)

    def observe(self, model: Model) -> Statistics:
        """What the activations of a model hold: of the given one, or of it rewritten so that it computes the same."""
        statistics = _with_wider_outputs(model, self._observed(model))
        return _with_known_channels(model, statistics, {model.main.operations[place] for place in self.targets})

    def means(self, model: Model) -> dict[Value, Array]:
        """The means of channels that follow from normalizations: of what filters compute, cut off or not."""
        found, operations = {}, model.main.operations
        for place, now in self._moments(model).items() if self.targets else ():
            result, activation = operations[place].result, activation_of(operations[place])
            if activation in LIMITS:
                moments = _followed(self.targets[place], self._first[place], now)
                found[result] = means_behind(activation, moments.means, moments.deviations)
        return found

    def _observed(self, model: Model) -> Statistics:
        if not self.targets:
            return observe(model, self.batches)
        fitted = _Fitted(model, list(self.targets))
        now = self._moments(model)
        fitted.fit(
            self.batches, {place: _followed(self.targets[place], self._first[place], now[place]) for place in now}
        )
        histograms = observe(fitted.model, self.batches)
        return {value: histograms[own] for value, own in fitted.values.items() if own in histograms}

    def _moments(self, model: Model) -> dict[int, Moments]:
        return _Fitted(model, list(self.targets)).moments(self.batches)

    def _fitting_inputs(self, model: Model) -> list[list[Array]]:
        if not self.targets or not any(_is_image(value) for value in model.main.inputs):
            return random_inputs(model.main)
        first = min(self.targets)
        whole = _Fitted(model, [first])
        choices = [random_inputs(model.main, span) for span in SPANS]
        return min(choices, key=lambda batches: self.targets[first].distance(whole.moments(batches)[first]))


def targets_of(model: Model) -> dict[int, Moments]:
    """The moments that the channels of filters had in training, with what is folded into the filters since."""
    operations: dict[str, list[int]] = {}
    for place, operation in enumerate(model.main.operations):
        if filtering(operation) is not None:
            operations.setdefault(operation.source.layer, []).append(place)
    found = {}
    for each in model.normalizations:
        places = operations.get(each.of, [])
        product = filtering(model.main.operations[places[0]]) if len(places) == 1 else None
        moments = None if product is None else _folded(each, product)
        if moments is not None:
            found[places[0]] = moments
    return found


def _folded(before: Normalization, product: Filtering) -> Moments | None:
    """The moments of what a filter computes now, by what it computed before each channel was scaled and moved."""
    if before.filter.type.shape != product.filter.type.shape:
        return None
    own, now = (
        np.moveaxis(each.array().astype(np.float64), product.axis, 0) for each in (before.filter, product.filter)
    )
    own, now = own.reshape(len(own), -1), now.reshape(len(now), -1)
    powers = (own**2).sum(1)
    factors = np.where(powers > 0, (own * now).sum(1) / np.maximum(powers, 1e-300), 1.0)
    if not np.allclose(own * factors[:, None], now, atol=1e-4 * np.abs(now).max()):
        return None
    bias = 0.0 if before.bias is None else before.bias.array().astype(np.float64)
    shifts = product.bias_or_zeros().array().astype(np.float64) - factors * bias
    means, variances = before.mean.array().astype(np.float64), before.variance.array().astype(np.float64)
    return Moments(
        factors * means.reshape(-1) + shifts, np.abs(factors) * np.sqrt(np.maximum(variances.reshape(-1), 0))
    )


def _followed(target: Moments, first: Moments, now: Moments) -> Moments:
    """Moments in training of channels that were multiplied and moved since, as random inputs show."""
    factors = np.where(first.deviations > 1e-12, now.deviations / np.maximum(first.deviations, 1e-12), 1.0)
    return Moments(target.means * factors + now.means - factors * first.means, target.deviations * factors)


class _Fitted:
    """A copy of a model some of whose filters are scaled and moved, with what they compute before their activations.

    Attributes:
        values: of the copy, for each of the model's.
    """

    def __init__(self, model: Model, places: Sequence[int]) -> None:
        self.model = copy_model(model)
        graph = self.model.main
        self._filters = {place: graph.operations[place] for place in places}
        self.values = dict(zip(model.main.inputs, graph.inputs, strict=True))
        for own, copy in zip(model.main.operations, list(graph.operations), strict=True):
            self.values.update(zip(own.results, copy.results, strict=True))
        of = {copy: own for own, copy in self.values.items()}
        for operation in self._filters.values():
            result = operation.result
            self.values[of[result]] = _apart(graph, operation)

    def moments(self, batches: Iterable[list[Array]]) -> dict[int, Moments]:
        """Of the channels of the filters, before activations."""
        session = Session(self._showing())
        held = [session.run(arrays) for arrays in batches]
        return {place: _moments_of(arrays) for place, *arrays in zip(self._filters, *held, strict=True)}

    def fit(self, batches: Sequence[list[Array]], wanted: dict[int, Moments]) -> None:
        """Scale and move the channels of the filters, first to last, so that their moments become others.

        Each operation runs once: what follows a filter reads what it computes as it is then.
        """
        segments, waiting = Segments(self.model.main, batches), list[Operation]()
        places = {operation: place for place, operation in self._filters.items()}
        for operation in list(self.model.main.operations):
            waiting.append(operation)
            if operation in places:
                segments.run(waiting)
                waiting.clear()
                held = segments.known.get(operation.result)
                if held is not None:
                    factors, shifts = _difference(_moments_of(held), wanted[places[operation]])
                    self._change(operation, factors, shifts)
                    segments.known[operation.result] = [(each * factors + shifts).astype(np.float32) for each in held]

    def _change(self, operation: Operation, factors: Array, shifts: Array) -> None:
        """Let a filter compute each channel times a factor, and moved."""
        product = filtering(operation)
        assert product is not None
        shape = [1] * product.filter.type.rank
        shape[product.axis] = len(factors)
        bias = product.bias_or_zeros().array() * factors + shifts
        made = {Role.WEIGHT: product.filter.array() * factors.reshape(shape), Role.BIAS: bias}
        for position, described in enumerate(operation.operator.operands[: len(operation.operands)]):
            if described.role in made:
                constant = Constant.of(made[described.role].astype(np.float32))
                self.model.main.rewire(operation, position, constant_value(constant))

    def _showing(self) -> bytes:
        """The file that returns what the filters compute."""
        graph, outputs, signatures = self.model.main, self.model.main.outputs, self.model.signatures
        try:
            graph.outputs, self.model.signatures = [each.result for each in self._filters.values()], []
            return to_bytes(self.model)
        finally:
            graph.outputs, self.model.signatures = outputs, signatures


def _moments_of(arrays: Iterable[Array]) -> Moments:
    """The moments of each index of the last axis."""
    count, total, squares = 0, np.zeros(1), np.zeros(1)
    for array in arrays:
        rows = array.reshape(-1, array.shape[-1])
        count += len(rows)
        total = total + rows.sum(0, dtype=np.float64)
        squares = squares + np.einsum("rc,rc->c", rows, rows, dtype=np.float64)
    means = total / max(count, 1)
    return Moments(means, np.sqrt(np.maximum(squares / max(count, 1) - means**2, 0)))


def _difference(found: Moments, wanted: Moments) -> tuple[Array, Array]:
    """The factors and the shifts of channels that make moments others; factors are limited."""
    ratio = wanted.deviations / np.maximum(found.deviations, 1e-12)
    factors = np.clip(ratio, 1 / LARGEST_FACTOR, LARGEST_FACTOR)
    return factors, wanted.means - factors * found.means


def _apart(graph: Graph, operation: Operation) -> Value:
    """What an operation computes with its activation, which becomes an operation of its own."""
    activation = activation_of(operation)
    if activation not in ALONE:
        return operation.result
    place, uses = graph.operations.index(operation) + 1, tuple(operation.result.uses)
    operation.operator = replace(operation.operator, fused_activation_function=Activation.NONE)  # type: ignore[call-arg]
    before = graph.operations[place] if place < len(graph.operations) else None
    with building(graph, before), source_scope(operation.source):
        made = emit(ALONE[activation](), operation.result)
    for user, position in uses:
        graph.rewire(user, position, made)
    graph.outputs = [made if output is operation.result else output for output in graph.outputs]
    return made


def _with_wider_outputs(model: Model, statistics: Statistics) -> Statistics:
    """Statistics in which the results of the last filters, and what is made of them, reach farther."""
    found, waiting, seen = dict(statistics), list(model.main.outputs), set[Value]()
    while waiting:
        value = waiting.pop()
        if value in seen or value not in found:
            continue
        seen.add(value)
        found[value] = _wider(found[value])
        if value.producer is not None and filtering(value.producer) is None:
            waiting += [operand for operand in value.producer.operands if operand is not None]
    return found


def _wider(histogram: Histogram) -> Histogram:
    """The same counts over a wider range; what is known of channels stays."""
    low, high, least, most = (WIDER * end for end in (histogram.low, histogram.high, histogram.least, histogram.most))
    ends = [(WIDER * low, WIDER * high) for low, high in histogram.batches]
    return replace(histogram, low=low, high=high, least=least, most=most, batches=ends)


def _with_known_channels(model: Model, statistics: Statistics, targets: set[Operation]) -> Statistics:
    """Statistics that say of channels no more than is known: some room beyond, and nothing where it is a guess."""
    found, known = dict(statistics), set[Value]()
    for operation in model.main.operations:
        own = [value for value in operation.operands if value in found]
        if operation in targets or (filtering(operation) is None and own and all(value in known for value in own)):
            known.update(operation.results)
    for value, histogram in statistics.items():
        found[value] = (
            _with_room(histogram) if value in known else replace(histogram, lows=None, highs=None, peaks=None)
        )
    return found


def _with_room(histogram: Histogram) -> Histogram:
    means, squares, lows, highs = histogram.means, histogram.squares, histogram.lows, histogram.highs
    if means is None or squares is None or lows is None or highs is None:
        return histogram
    room = DEVIATIONS * np.sqrt(np.maximum(squares * len(squares) / histogram.seen - means**2, 0))
    least = np.where(lows < 0, np.minimum(MARGIN * lows, means - room), lows)
    most = np.where(highs > 0, np.maximum(MARGIN * highs, means + room), highs)
    return replace(histogram, lows=least, highs=most, peaks=np.maximum(most, -least))
