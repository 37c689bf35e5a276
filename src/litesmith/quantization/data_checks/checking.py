"""`litesmith.check_calibration`: whether data is fit to calibrate a model with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from litesmith.conversion import converted
from litesmith.diagnostics.base import Diagnostic, LitesmithError, worst_first
from litesmith.diagnostics.calibration_data import ConstantInput, OtherScale, RandomNoise, RangesDoNotFit
from litesmith.diagnostics.quantization import NeedsCalibration
from litesmith.diagnostics.telling import attention, attentive
from litesmith.frontends.open import Kind, identify
from litesmith.frontends.options import Options
from litesmith.ir.copying import copy_model
from litesmith.ir.graph import Value
from litesmith.lite_model import LiteModel
from litesmith.opening import load, open_model
from litesmith.quantization.calibration import UnfitData, batches, check_source
from litesmith.quantization.data_checks.prediction import Cost, costs, loss, ranges_of, signal_to_noise
from litesmith.quantization.data_checks.samples import Samples
from litesmith.quantization.data_checks.scaling import formula, scale_of
from litesmith.quantization.data_checks.watch import NAMED, Watch
from litesmith.quantization.ranges import Histogram, observe

LOST, MUCH_LOST = 6.0, 10.0
"""Decibels that the probe may lose in ranges of the calibration data: 1.1 at most in those of 32 real images."""
TENSORS = 5
"""How many tensors are shown."""


@dataclass(frozen=True)
class Tensor:
    """What the ranges of the calibration data cost one tensor on the probe.

    Attributes:
        low, high: the range.
        largest: percentile 99.9 of the magnitudes that the probe has.
        saturated: the share of the probe's values outside of the range.
        decibels: predicted signal over noise.
        share: of all that is added to the noise.
        cause: `"clip"`: values are cut off; `"waste"`: the range is wider than they need.
    """

    name: str
    layer: str
    low: float
    high: float
    largest: float
    saturated: float
    decibels: float
    share: float
    cause: str


@dataclass(frozen=True)
class DataReport:
    """What was found of calibration data; true where nothing is wrong with it.

    Attributes:
        samples, distinct: how many there are, and how many differ.
        inputs: the smallest and the largest number of each input, by name.
        findings: what is wrong (Q201..).
        predicted: decibels of signal over noise on the probe with these ranges, as predicted; None without a probe.
        lost: how many of these the probe would have more with ranges of its own.
        tensors: those that lose most, first.
    """

    samples: int
    distinct: int
    inputs: dict[str, tuple[float, float]]
    findings: tuple[Diagnostic, ...]
    predicted: float | None = None
    lost: float | None = None
    tensors: tuple[Tensor, ...] = ()

    def __bool__(self) -> bool:
        return not any(finding.severity.value != "note" for finding in self.findings)

    def to_json(self) -> dict[str, Any]:
        """The report as plain data."""
        return {
            "passed": bool(self),
            "samples": self.samples,
            "distinct": self.distinct,
            "inputs": {name: {"least": least, "most": most} for name, (least, most) in self.inputs.items()},
            "predicted_decibels": self.predicted,
            "lost_decibels": self.lost,
            "tensors": [vars(each) for each in self.tensors],
        }

    def __str__(self) -> str:
        from litesmith.report.calibration_data import data_layout
        from litesmith.report.layout import to_text

        return to_text(data_layout(self))


@attentive
def check_calibration(
    model: Any,
    data: Any,
    probe: Any = None,
    *,
    strict: bool = False,  # noqa: ARG001 (`attentive` reads it)
    ignore: str | tuple[str, ...] = (),  # noqa: ARG001
) -> DataReport:
    """Check data before a model is calibrated with it: noise, other scales, one class, zeros, too few.

    Args:
        model: what `convert` takes, or a converted model or its file. Of a converted one less is known: a file does not
            say what its normalizations were trained with.
        data: as for `quantize(calibration=)`.
        probe: a held-out batch of real inputs, in any of these forms; what ranges of `data` cost there is predicted.
        strict, ignore: as for `convert`.

    Raises:
        LitesmithError: Q103 for data that does not fit the model.
    """
    try:
        check_source(data)
        lite = model if isinstance(model, LiteModel) else _opened(model)
        return check_data(lite, data, probe)
    except UnfitData as problem:
        raise LitesmithError(NeedsCalibration(str(problem))) from None


def check_data(lite: LiteModel, data: Any, probe: Any = None) -> DataReport:
    """What is wrong with data for a real model, in one run of it, and one of the probe."""
    model = copy_model(lite.model)
    watch = Watch(lite, model.main.outputs, data)
    histograms = observe(model, watch.passing(batches(data, lite.face())), watch.see)
    found = watch.findings()
    described = {
        name: (numbers.least, numbers.most)
        for name, numbers in zip(lite.face().input_names, watch.samples.numbers, strict=True)
    }
    predicted, lost = None, None
    tensors: tuple[Tensor, ...] = ()
    if probe is not None:
        held_out = Samples()
        seen = observe(model, held_out.passing(batches(probe, lite.face())))
        if not any(isinstance(each, (OtherScale, ConstantInput, RandomNoise)) for each in found):
            found += _other_scales(lite, watch.samples, held_out)
        ranges = ranges_of(histograms)
        all_costs = costs(seen, ranges)
        predicted, lost = signal_to_noise(all_costs), loss(all_costs)
        tensors = tuple(_worst(all_costs, seen, ranges))
        if lost > LOST:
            named = tuple(f"'{each.name}' ({each.cause})" for each in tensors[:NAMED])
            found.append(RangesDoNotFit(lost, named, lost > MUCH_LOST))
    kept = tuple(worst_first(attention().kept(found)))
    return DataReport(watch.samples.count, watch.samples.distinct, described, kept, predicted, lost, tensors)


def _other_scales(lite: LiteModel, samples: Samples, held_out: Samples) -> Iterator[Diagnostic]:
    """That the held-out batch is scaled otherwise, where both are scaled as is common."""
    for name, own, other in zip(lite.face().input_names, samples.numbers, held_out.numbers, strict=True):
        found, meant = scale_of(own.least, own.most), scale_of(other.least, other.most)
        if found is not None and meant is not None and found is not meant:
            evidence = f"the held-out batch reaches from {other.least:.4g} to {other.most:.4g}"
            yield OtherScale(name, found.name, meant.name, formula(found, meant), evidence)


def _worst(found: dict[Value, Cost], seen: Any, ranges: dict[Value, tuple[float, float]]) -> list[Tensor]:
    """The tensors that add most to the noise, first."""
    total = sum(cost.added for cost in found.values()) or 1.0
    worst = sorted(found, key=lambda value: -found[value].added)[:TENSORS]
    return [_tensor(value, found[value], seen[value], ranges[value], total) for value in worst]


def _tensor(value: Value, cost: Cost, seen: Histogram, range: tuple[float, float], total: float) -> Tensor:
    low, high = range
    width = (seen.high - seen.low) / len(seen.counts)
    middles = seen.low + (np.arange(len(seen.counts)) + 0.5) * width
    outside = float(seen.counts[(middles < low) | (middles > high)].sum() / max(seen.counts.sum(), 1))
    order = np.argsort(np.abs(middles))
    reached = np.searchsorted(np.cumsum(seen.counts[order]), 0.999 * seen.counts.sum())
    largest = float(np.abs(middles[order][min(int(reached), len(middles) - 1)]))
    layer = value.producer.source.layer if value.producer is not None else ""
    decibels = -10 * float(np.log10(max(cost.noise, 1e-30)))
    return Tensor(value.name, layer, low, high, largest, outside, decibels, cost.added / total, cost.cause)


def _opened(model: Any) -> LiteModel:
    """A converted model from its file, or one that is converted now, which is not compared."""
    if isinstance(model, (str, Path)) and identify(Path(model)) is Kind.LITERT:
        return load(model)
    lite, _ = converted(open_model(model), None, None, Options(), None)
    return lite
