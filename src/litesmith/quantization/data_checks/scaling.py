"""Whether numbers are scaled as the model was trained to see them, and as what they are scaled in its place."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from litesmith.diagnostics.base import LitesmithError
from litesmith.flatbuffer.write import to_bytes
from litesmith.ir.expectations import Expectation
from litesmith.ir.graph import Model
from litesmith.quantization.data_checks.classes import entropy
from litesmith.runtime.interpreter import Session

Array = np.ndarray[Any, Any]
Arrays = list[Array]
FAR, VERY_FAR = 0.15, 0.4
"""How far means of channels may be from those that a normalization was trained with, in its deviations, on average."""
OTHER_SPREAD = 0.8
"""By how many octaves deviations may differ from those, on average."""
CHANCE = 1.6
"""Twice what an average of magnitudes is that chance makes, in deviations: sqrt(2 / pi) of one."""
MUCH_BETTER = 0.25
"""How far off the right scale leaves what it corrects, of how far off it was."""
GAINED = 0.2
"""How much better outputs tell samples apart in the right scale, at least, of what they could at best."""
GAINED_BY_MORE = 0.5
"""In a scale that makes numbers larger: outputs look surer of larger numbers, right or wrong."""
TOLD_BEFORE, TOLD_BEFORE_MUCH = 0.3, 0.05
"""How well samples may be told apart as they are, at most, for a scale that makes them larger, and much larger."""
MUCH = 50.0
TOO_SURE, ALIKE = 1e-3, 0.9
"""Outputs that are as good as certain of every sample are of numbers that are much too large, where these as well tell
samples apart when they are much smaller."""
IMAGENET_MEAN, IMAGENET_DEVIATION = 0.449, 0.226
"""Of all channels of the images that many networks are trained on, from 0 to 1."""


@dataclass(frozen=True)
class Scale:
    """A way to scale pixels and the like.

    Attributes:
        name: as people call it.
        factor, offset: what makes it of numbers from 0 to 1.
    """

    name: str
    factor: float
    offset: float

    def holds(self, least: float, most: float) -> bool:
        """Whether all numbers between may be scaled so, and some of them show it."""
        low, high = sorted((self.offset, self.offset + self.factor))
        slack = 0.01 * (high - low)
        return low - slack <= least and most <= high + slack and most - least > 0.25 * (high - low)


UNIT = Scale("0 to 1", 1.0, 0.0)
SIGNED = Scale("-1 to 1", 2.0, -1.0)
BYTES = Scale("0 to 255", 255.0, 0.0)
STANDARD = Scale("mean 0 and deviation 1 (as ImageNet)", 1 / IMAGENET_DEVIATION, -IMAGENET_MEAN / IMAGENET_DEVIATION)
SCALES = (UNIT, SIGNED, BYTES, STANDARD)


def scale_of(least: float, most: float) -> Scale | None:
    """The narrowest common scale that numbers fit into, where they fill it."""
    return next((scale for scale in SCALES if scale.holds(least, most)), None)


def converted(array: Array, found: Scale, meant: Scale) -> Array:
    """Numbers of one scale in another."""
    unit = (array - found.offset) / found.factor
    return np.asarray(unit * meant.factor + meant.offset, array.dtype)


def formula(found: Scale, meant: Scale) -> str:
    """What makes numbers of one scale those of another, as code."""
    factor = meant.factor / found.factor
    offset = meant.offset - found.offset * factor
    scaled = f"x / {1 / factor:.4g}" if abs(factor) < 1 else "x" if factor == 1 else f"x * {factor:.4g}"
    if abs(offset) < 1e-9:
        return scaled
    return f"{scaled} {'+' if offset > 0 else '-'} {abs(offset):.4g}"


@dataclass(frozen=True)
class Distance:
    """How far what comes into a normalization is from what it was trained with.

    Attributes:
        means: of channels, in deviations, on average, less twice what chance makes of so few samples.
        spreads: of channels, in octaves, on average.
    """

    layer: str
    means: float
    spreads: float

    @property
    def is_far(self) -> bool:
        return self.means > FAR or self.spreads > OTHER_SPREAD

    @property
    def is_very_far(self) -> bool:
        return self.means > VERY_FAR or self.spreads > 2 * OTHER_SPREAD

    @property
    def size(self) -> float:
        return self.means + self.spreads


class Normalizations:
    """The first normalizations of a model, which know what they were trained with."""

    def __init__(self, expectations: tuple[Expectation, ...]) -> None:
        self._sessions = list(_running(expectations))

    def __bool__(self) -> bool:
        return bool(self._sessions)

    def distance(self, arrays: Arrays) -> Distance:
        """That of the one that is farthest off."""
        return max((_distance(each, run(arrays)) for each, run in self._sessions), key=lambda found: found.size)


def _running(expectations: Iterable[Expectation]) -> Iterator[tuple[Expectation, Callable[[Arrays], Array]]]:
    """Those that run by themselves: not what reads variables, or is computed by operators of the user's own."""
    for each in expectations:
        with contextlib.suppress(LitesmithError):
            yield each, _session(each)


def _session(expectation: Expectation) -> Callable[[Arrays], Array]:
    """What runs the model up to a normalization."""
    graph = expectation.graph
    (output,) = graph.outputs
    if not graph.operations:
        place = graph.inputs.index(output)
        return lambda arrays: arrays[place]
    session = Session(to_bytes(Model([graph])))
    fixed = {value.type.shape[0] for value in graph.inputs if value.type.rank and type(value.type.shape[0]) is int}
    step = int(fixed.pop()) if len(fixed) == 1 else None

    def run(arrays: Arrays) -> Array:
        return np.concatenate([session.run(part)[0] for part in parts(arrays, step)])

    return run


def parts(arrays: Arrays, step: int | None) -> Iterator[Arrays]:
    """Arrays in parts of `step` samples; all at once without it."""
    count = len(arrays[0])
    step = count if step is None else step
    for start in range(0, count - count % step if count >= step else 0, step):
        yield [array[start : start + step] for array in arrays]


def _distance(expectation: Expectation, values: Array) -> Distance:
    axis = expectation.axis % values.ndim
    others = tuple(place for place in range(values.ndim) if place != axis)
    mean, variance = (each.array().astype(np.float64).reshape(-1) for each in (expectation.mean, expectation.variance))
    deviation = np.sqrt(variance + 1e-3 * variance.mean() + 1e-12)
    values = values.astype(np.float64)
    off = np.abs(values.mean(others) - mean) / deviation
    samples = values.mean(others[1:]) if 0 in others else values
    by_chance = samples.std(0) / np.sqrt(len(samples)) / deviation
    spreads = np.abs(np.log2((values.std(others) + 1e-9) / deviation))
    return Distance(
        expectation.layer,
        max(float(off.mean() - CHANCE * by_chance.mean()), 0.0),
        float(np.minimum(spreads, 16).mean()),
    )


def information(probabilities: Array) -> tuple[float, float]:
    """(how well outputs tell samples apart, in nats; how unsure they are of each): both of probabilities of classes."""
    unsure = float(entropy(probabilities).mean())
    return float(entropy(probabilities.mean(0))) - unsure, unsure


def is_better(own: tuple[float, float], other: tuple[float, float], classes: int, factor: float, says_so: bool) -> bool:
    """Whether outputs say that another scale is meant: they tell samples apart much better, and are surer of each.

    Args:
        own, other: what `information` is in both scales.
        factor: how much larger the other one makes numbers.
        says_so: whether the outputs certainly are of classes.
    """
    most = float(np.log(classes))
    if factor < 1 / MUCH and own[1] < TOO_SURE and other[1] > 10 * own[1] and other[0] > ALIKE * own[0] > GAINED * most:
        return True
    if other[1] > own[1]:
        return False
    if factor <= 1:
        return other[0] - own[0] > GAINED * most
    if factor > MUCH:
        return says_so and own[0] < TOLD_BEFORE_MUCH * most and other[0] - own[0] > GAINED_BY_MORE * most
    return own[0] < TOLD_BEFORE * most and other[0] - own[0] > GAINED_BY_MORE * most
