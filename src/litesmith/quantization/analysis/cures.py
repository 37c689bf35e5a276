"""What may be done about the error of a layer, or of all of them, tried in the simulation before it is proposed.

A cure is tried in one layer while all others stay rounded as they are. A tensor is rounded where it is made and where
it is read alike: bits of activations are of use only where those that read them have them, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from litesmith.ir.constants import Constant
from litesmith.ir.graph import Operation
from litesmith.ir.operator import Fixed, Role, Same
from litesmith.ir.types import DType, Quantization, TensorType
from litesmith.opset.matmul import FullyConnected
from litesmith.quantization.analysis.errors import LayerNoise, Measuring, Noise, decibels_of
from litesmith.quantization.analysis.result import Cure
from litesmith.quantization.analysis.unrounding import (
    INPUT,
    MODEL,
    ROUNDS_AGAIN,
    RoundedConstant,
    RoundedRows,
    RoundedValue,
    Rounding,
    reals_of,
)
from litesmith.quantization.constants import in_blocks, weight_scales, with_scales
from litesmith.quantization.observers.choosing import range_of
from litesmith.quantization.ranges import Histogram
from litesmith.quantization.scales import asymmetric, symmetric16

Array = np.ndarray[Any, Any]
Group = tuple[RoundedValue, ...]
"""Activations of one scale."""
HALF = 0.5
"""Of the noise that any cure of a layer takes away: the cheapest that takes as much is proposed."""
LEAST_GAIN = 0.25
"""In decibels of the outputs: what gains less is not proposed."""
ALIKE = 0.01
"""Scales that differ by less are the same."""
BLOCK = 32
"""Of int4 weights: the finest that kernels take."""
STATIC = ("min_max", "percentile", "mse")
"""Observers that look at values alone, not at batches."""


@dataclass(frozen=True)
class _Idea:
    """Something to try: roundings that go, and others in their place. Ideas come from cheap to dear."""

    change: str
    removed: frozenset[Rounding]
    added: frozenset[Rounding] = frozenset()


class Cures:
    """Tries what may help.

    Attributes:
        count: how many times a part of the model was run to measure something.
    """

    def __init__(self, measuring: Measuring, exact: Mapping[RoundedConstant, Constant], noise: Noise) -> None:
        self._measuring, self._exact, self._noise = measuring, exact, noise
        self._groups = _groups(each for layer in noise.layers for each in layer.roundings)
        self._histograms: dict[Group, Histogram] = {}
        self.count = 0

    def of(self, layer: LayerNoise) -> tuple[Cure, ...]:
        """All that was tried in a layer, from cheap to dear."""
        return tuple(self._tried(idea) for idea in self._ideas(layer))

    def of_all(self) -> tuple[Cure, ...]:
        """What was tried in all layers at once."""
        return tuple(self._tried(idea) for idea in self._whole() if idea.added)

    def _tried(self, idea: _Idea) -> Cure:
        self.count += 1
        found = self._measuring.changed(idea.removed, idea.added)
        return Cure(idea.change, decibels_of(found) - decibels_of(self._noise.total))

    def _ideas(self, layer: LayerNoise) -> Iterator[_Idea]:
        names = _quoted([layer.layer.removeprefix(f"{INPUT} ")])
        values = [each for each in layer.roundings if isinstance(each, RoundedValue) and each.type.quantization]
        rows = frozenset(each for each in layer.roundings if isinstance(each, RoundedRows))
        weights = frozenset(
            each for each in layer.roundings if isinstance(each, RoundedConstant) and each in self._exact
        )
        if layer.layer == MODEL:
            return
        yield from self._by_observers([group for group in self._groups if len(group) == 1 and group[0] in values])
        if not layer.layer.startswith(f"{INPUT} "):
            form = "int8" if values else "dynamic_int8" if rows else "weights_int8"
            yield from self._finer_weights(layer.layer, weights, form)
        if rows:
            form = "weights_int4" if any(each.type.dtype is DType.INT4 for each in weights) else "weights_int8"
            yield _Idea(f'.use("{form}", {names})', rows)
        readers = _quoted([*([] if layer.layer.startswith(f"{INPUT} ") else [layer.layer]), *readers_of(layer)])
        wide = {each: self._wide(each) for each in values if each.type.dtype is not DType.INT16}
        if wide and readers:
            yield _Idea(f".int16({readers})", frozenset(wide), frozenset(wide.values()))
        if weights and not layer.layer.startswith(f"{INPUT} "):
            yield _Idea(f".keep_float({names})", weights | rows)
        if values and readers:
            yield _Idea(f".keep_float({readers})", weights | rows | frozenset(values))

    def _whole(self) -> Iterator[_Idea]:
        """Ranges by other observers, and 16 bits, for all activations."""
        values = [each for group in self._groups for each in group]
        yield from self._by_observers(self._groups)
        narrow = [each for each in values if each.type.dtype is not DType.INT16]
        yield _Idea('"int16x8"', frozenset(narrow), frozenset(map(self._wide, narrow)))

    def _by_observers(self, groups: Sequence[Group]) -> Iterator[_Idea]:
        """Ranges by other observers, where that changes some."""
        for observer in STATIC:
            found = {group: self._observe(group, observer) for group in groups}
            other = {each: _with(each, DType.INT8, to) for group, to in found.items() if to for each in group}
            if other:
                yield _Idea(f'observer="{observer}"', frozenset(other), frozenset(other.values()))

    def _observe(self, group: Group, observer: str) -> Quantization | None:
        """Another scale of a group; None where it is the same, fixed, or not known."""
        if group[0].type.dtype is not DType.INT8 or any(_is_fixed(each) for each in group):
            return None
        if group not in self._histograms:
            histogram = self._histograms[group] = Histogram()
            for array in (array for each in group for array in self._arrays(each)):
                histogram.add(array)
        old = group[0].type.quantization
        assert old is not None
        found = asymmetric(*range_of(self._histograms[group], observer))
        is_known = self._histograms[group].seen and abs(found.scales[0] / old.scales[0] - 1) >= ALIKE
        return found if is_known else None

    def _wide(self, value: RoundedValue) -> RoundedValue:
        """The same in 16 bits."""
        arrays, old = list(self._arrays(value)), value.type.quantization
        assert old is not None
        ends = [float(np.abs(array).max()) for array in arrays if array.size] or [256 * old.scales[0]]
        return _with(value, DType.INT16, symmetric16(-max(ends), max(ends)))

    def _arrays(self, value: RoundedValue) -> Iterator[Array]:
        return (batch[value.value] for batch in self._noise.real if value.value in batch)

    def _finer_weights(self, layer: str, weights: frozenset[RoundedConstant], form: str) -> Iterator[_Idea]:
        """Of int4: blocks, and 8 bits as `form` has them. Biases that make up for what rounding changed go with it."""
        few = [each for each in weights if each.type.dtype is DType.INT4 and each.role is Role.WEIGHT]
        blocks = [each for each in few if _can_have_blocks(each)]
        if blocks:
            added = frozenset(_rounded(each, in_blocks(self._exact[each], BLOCK)) for each in blocks)
            yield _Idea(f'.int4("{layer}", block={BLOCK})', _with_biases(blocks, weights), added)
        if few:
            added = frozenset(_rounded(each, _int8(each, self._exact[each])) for each in few)
            change = f'.int8("{layer}")' if form == "int8" else f'.use("{form}", "{layer}")'
            yield _Idea(change, _with_biases(few, weights), added)


def chosen(tried: Sequence[Cure], settings: Sequence[Cure]) -> Cure | None:
    """The cheapest of what was tried in a layer that helps.

    `settings`: what was tried in all layers. An observer is that of all: it helps where it does for all of them.
    """
    helps = {each.change for each in settings if each.gain >= LEAST_GAIN}
    own = [each for each in tried if each.change in helps or not each.change.startswith("observer=")]
    taken = [1 - 10 ** (-each.gain / 10) for each in own]
    enough = (each for each, less in zip(own, taken, strict=True) if less >= HALF * max(taken))
    return next((each for each in enough if each.gain >= LEAST_GAIN), None)


def readers_of(layer: LayerNoise) -> list[str]:
    """The layers that compute with the activations of a layer; what only moves numbers hands them on."""
    found: dict[str, None] = {}
    waiting = [each.value for each in layer.roundings if isinstance(each, RoundedValue) and not _is_rows(each)]
    seen = set(waiting)
    while waiting:
        for user in dict.fromkeys(waiting.pop().users):
            found[user.source.layer or MODEL] = None
            if isinstance(user.operator.scales, Same) and user.operator.builtin not in ROUNDS_AGAIN:
                waiting += [result for result in user.results if result not in seen]
                seen.update(user.results)
    return [name for name in found if name not in (layer.layer, MODEL)]


def _groups(roundings: Iterable[Rounding]) -> list[Group]:
    """Activations of one scale, together."""
    found: dict[Any, list[RoundedValue]] = {}
    for each in roundings:
        if isinstance(each, RoundedValue) and not _is_rows(each):
            found.setdefault((each.type.dtype, each.type.quantization), []).append(each)
    return list(map(tuple, found.values()))


def _is_rows(value: RoundedValue) -> bool:
    return isinstance(value, RoundedRows)


def _is_fixed(value: RoundedValue) -> bool:
    producer: Operation | None = value.value.producer
    return producer is not None and isinstance(producer.operator.scales, Fixed)


def _with(value: RoundedValue, dtype: DType, quantization: Quantization) -> RoundedValue:
    return replace(value, type=TensorType(dtype, value.type.shape, quantization))


def _rounded(weights: RoundedConstant, stored: Constant) -> RoundedConstant:
    return replace(weights, rounded=Constant.of(reals_of(stored)), type=stored.type)


def _int8(weights: RoundedConstant, exact: Constant) -> Constant:
    axis = weights.operation.operator.operand(weights.place).channel_axis
    return with_scales(exact, weight_scales(exact.array(), axis, DType.INT8), axis)


def _with_biases(chosen: Sequence[RoundedConstant], constants: Iterable[RoundedConstant]) -> frozenset[Rounding]:
    """Weights, and the biases of the same operations among some constants."""
    operations = {each.operation for each in chosen}
    biases = (each for each in constants if each.role is Role.BIAS and each.operation in operations)
    return frozenset((*chosen, *biases))


def _can_have_blocks(weights: RoundedConstant) -> bool:
    quantization = weights.type.quantization
    is_in_blocks = quantization is not None and bool(quantization.block_size)
    size = int(weights.rounded.type.shape[-1])
    return not is_in_blocks and isinstance(weights.operator, FullyConnected) and size % BLOCK == 0


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
