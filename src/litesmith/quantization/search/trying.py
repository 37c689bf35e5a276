"""One recipe tried: a model made by it, judged, weighed and timed. Runs in this process or in another."""

from __future__ import annotations

import time
import warnings
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from litesmith.diagnostics.base import LitesmithError
from litesmith.flatbuffer.read import read
from litesmith.ir.graph import Model
from litesmith.ir.source import Source
from litesmith.lite_model import LiteModel
from litesmith.memory import litert
from litesmith.memory.plan import Sizes
from litesmith.quantization.judging import NO_NOISE, Measure, agreement, decibels, is_classification, real_outputs
from litesmith.quantization.outcome import Quantization
from litesmith.quantization.quantizing import quantize
from litesmith.quantization.recipe import Recipe
from litesmith.quantization.search.result import Trial
from litesmith.runtime.interpreter import Session

Array = np.ndarray[Any, Any]
RUNS = 5
"""Of which the quickest counts."""


@dataclass(frozen=True)
class Bench:
    """What recipes are tried with.

    Attributes:
        real: the real model.
        calibration: batches of inputs for the ranges; None where there is no data.
        inputs: those that outputs are compared on.
        expected: what the real model returns for them.
        measure: the user's; None where outputs are compared.
        at_best: what it says of the real model.
        least: of the measure; None where it may be anything.
        least_decibels: of the outputs.
    """

    real: LiteModel
    calibration: Any
    inputs: list[list[Array]]
    expected: list[list[Array]]
    inference_type: str
    measure: Measure | None
    at_best: float
    least: float | None
    least_decibels: float | None

    def attempt(self, recipe: Recipe, why: str) -> tuple[Trial, LiteModel | None]:
        """The recipe's model, and what is to be said of it."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # findings of recipes that are only tried
                data = self.calibration if recipe.needs_data or _has_few_bits(recipe) else None
                face = self.inference_type if recipe.needs_data else "float32"
                made = quantize(self.real, recipe, data, face)
            if (done := made.quantization) is not None and done.refining is not None and done.refining.stopped:
                raise KeyboardInterrupt  # which refining takes for its own end
        except (LitesmithError, ValueError) as problem:
            said = problem.diagnostics[0].message() if isinstance(problem, LitesmithError) else str(problem)
            nothing = (-np.inf, -np.inf, 0.0, 0, 0.0, 0)
            return Trial(recipe, why, *nothing, within=False, problem=said), None
        return self.judged(recipe, why, made), made

    def judged(self, recipe: Recipe, why: str, made: LiteModel) -> Trial:
        """What is to be said of a model."""
        found = [real_outputs(made, arrays) for arrays in self.inputs]
        above, same = compared(self.expected, found)
        measured = self.measure(made) if self.measure else same if is_classification(self.expected[0]) else above
        within = (self.least is None or measured >= self.least - 1e-12) and (
            self.least_decibels is None or above >= self.least_decibels
        )
        ram = litert.plan(made.graph, Sizes()).bytes
        return Trial(recipe, why, measured, above, same, len(bytes(made)), self.seconds(made), ram, within)

    def seconds(self, made: LiteModel) -> float:
        """Of a run on the first batch, on one thread."""
        session, seconds = Session(bytes(made)), []
        given = [np.zeros(array.shape, value.type.dtype.numpy) for array, value in self._first(made)]
        for _ in range(RUNS + 1):
            start = time.perf_counter()
            session.run(given)
            seconds.append(time.perf_counter() - start)
        return min(seconds[1:])

    def _first(self, made: LiteModel) -> Any:
        return zip(self.inputs[0], made.graph.inputs, strict=True)


def _has_few_bits(recipe: Recipe) -> bool:
    """Whether some weights have 4 bits: data is of use for their rounding."""
    return any("int4" in mode for mode in (recipe.mode, *(rule.mode for rule in recipe.rules)))


def compared(expected: list[list[Array]], found: list[list[Array]]) -> tuple[float, float]:
    """Decibels of all real outputs (the mean of their shares of noise), and agreement of the first."""
    shares, same = [], 1.0
    for place, first in enumerate(expected[0]):
        real, other = (np.concatenate([np.atleast_1d(each[place]) for each in side]) for side in (expected, found))
        if first.dtype.kind == "f":
            shares.append(10 ** (-decibels(real, other) / 10))
        if place == 0 and is_classification([real]):
            same = agreement(real, other)
    share = float(np.mean(shares)) if shares else 0.0
    return (NO_NOISE if share <= 0 else min(-10 * float(np.log10(share)), NO_NOISE)), same


Sources = tuple[tuple[Source, ...], ...]


@dataclass(frozen=True)
class Parcel:
    """A bench that can be sent to another process: files know less of a model than its graphs do."""

    content: bytes
    sources: Sources
    bench: Bench

    @staticmethod
    def of(bench: Bench) -> Parcel:
        """`bench` without the graphs of its model."""
        sources = tuple(
            tuple(operation.source for operation in graph.operations) for graph in bench.real.model.all_graphs()
        )
        return Parcel(bytes(bench.real), sources, replace(bench, real=None))  # type: ignore[arg-type]

    def attempt(self, recipe: Recipe, why: str) -> tuple[Trial, bytes | None, Quantization | None]:
        """As `Bench.attempt`; what it makes, and what was done to it, can be sent back."""
        model = read(self.content)
        _name_sources(model, self.sources)
        real = LiteModel(self.content, model, isolated=False)
        trial, made = replace(self.bench, real=real).attempt(recipe, why)
        return (trial, None, None) if made is None else (trial, bytes(made), made.quantization)


def _name_sources(model: Model, sources: Sources) -> None:
    graphs = list(model.all_graphs())
    if [len(graph.operations) for graph in graphs] != [len(each) for each in sources]:
        return
    for graph, each in zip(graphs, sources, strict=True):
        for operation, source in zip(graph.operations, each, strict=True):
            operation.source = source
