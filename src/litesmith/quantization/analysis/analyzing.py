"""`litesmith.analyze`: which layers of a quantized model add its error, why, and what helps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from litesmith.conversion import converted
from litesmith.diagnostics.base import LitesmithError
from litesmith.diagnostics.quantization_search import CannotAnalyze
from litesmith.frontends.open import Kind, identify
from litesmith.frontends.options import Options
from litesmith.ir.constants import Constant
from litesmith.ir.graph import Model
from litesmith.ir.operator import Role
from litesmith.ir.types import TensorType
from litesmith.lite_model import LiteModel
from litesmith.opening import load, open_model
from litesmith.opset.variable import ReadVariable
from litesmith.quantization.analysis.causes import described_constant, described_rows, described_value
from litesmith.quantization.analysis.cures import Cures, chosen, readers_of
from litesmith.quantization.analysis.errors import LayerNoise, Measuring, Noise, decibels_of
from litesmith.quantization.analysis.originals import Looking, originals
from litesmith.quantization.analysis.result import NEGLIGIBLE, Analysis, Cure, LayerError, Tensor
from litesmith.quantization.analysis.unrounding import (
    RoundedConstant,
    RoundedRows,
    RoundedValue,
    Rounding,
    Unrounded,
    unrounded,
)
from litesmith.quantization.analysis.variants import Variants
from litesmith.quantization.calibration import UnfitData, batches
from litesmith.quantization.judging import decibels, real_outputs
from litesmith.quantization.sources.together import of_one_size

Array = np.ndarray[Any, Any]
MOST_SAMPLES = 64
CURED = 8
"""In how many layers cures are tried."""
LIKELY = 3.0
"""By how many decibels real weights are better than rounded ones, if they are the right ones."""
MOST_BYTES = 512 * 2**20
"""Of all values of a model on all samples: fewer samples are looked at where they would take more."""


def analyze(
    model: Any,
    quantized: LiteModel | str | Path,
    data: Any,
    samples: int = MOST_SAMPLES,
    progress: Callable[[str], None] | None = None,
    cures: int = CURED,
) -> Analysis:
    """Which layers of a quantized model add its error, why, and what helps.

    The quantized model's integers are taken as the real numbers that they stand for, and rounded where it rounds, in
    one layer alone and in all but one: the errors are those of this file, whoever made it. Weights in fewer bits are
    looked at as well where activations are real numbers, and what kernels round of these as they come.

    Args:
        model: the float32 model that it was made of: a `LiteModel`, a `.tflite` file, or what `convert` takes.
        quantized: the quantized model, or the path of its file.
        data: inputs as for `calibration`; other inputs than those say more.
        samples: how many of them are looked at, at most.
        progress: called with the name of each layer before it is measured, and before cures are tried in it; what it
            raises ends the analysis.
        cures: in how many layers, at most, it is tried what helps: the worst; each takes a few runs. 0 tries nothing.

    Raises:
        LitesmithError: Q144 for models that do not belong together, of which nothing is rounded, or that read
            variables inside of loops.
    """
    quantized = quantized if isinstance(quantized, LiteModel) else load(quantized)
    real = _real(model, quantized)
    laid_out = unrounded(quantized.model)
    if not laid_out.roundings:
        raise LitesmithError(CannotAnalyze("nothing of it is rounded"))
    if _keeps_state_inside(laid_out.model):
        raise LitesmithError(CannotAnalyze("it reads variables inside of loops or branches"))
    if not _are_alike([each.type for each in real.graph.outputs], [each.type for each in quantized.graph.outputs]):
        raise LitesmithError(CannotAnalyze("the two models return other outputs"))
    inputs = _inputs(real, quantized, data, samples, laid_out)
    expected = _outputs_of(real, inputs)
    try:
        exact, measuring = _measuring(laid_out, real, quantized.rounded_from, inputs, expected)
        advance = progress or _silent
        noise = measuring.run(advance)
        tried = Cures(measuring, exact, noise)
        settings = tried.of_all() if cures else ()
        layers = tuple(_layers(noise, exact, laid_out, tried, settings, cures, advance))
        activations = _only(measuring, laid_out.values)
    except LitesmithError as error:
        raise LitesmithError(CannotAnalyze(f"its real numbers do not run: {error.diagnostics[0].message()}")) from error
    measured = _outputs_of(quantized, inputs)
    unknown = tuple(
        dict.fromkeys(each.layer for each in laid_out.constants if each not in exact and not _is_bias(each))
    )
    weights = None if unknown else _only(measuring, laid_out.constants)
    count = sum(len(arrays[0]) if arrays and arrays[0].ndim else 1 for arrays in inputs)
    figures = (_decibels(expected, measured), decibels_of(noise.total), unknown, count)
    return Analysis(*figures, layers, weights, activations, settings, tried.count)


def _measuring(
    laid_out: Unrounded, real: LiteModel, source: Model | None, inputs: list[list[Array]], expected: list[list[Array]]
) -> tuple[Mapping[RoundedConstant, Constant], Measuring]:
    """The real weights as far as they are known, and what measures with them.

    `source` has them as they were rounded, where that is known. Without it, weights whose channels were equalized are
    found by fitting factors. Where the model does not compute the same with
    them, they are taken to be unknown.
    """
    if source is not None:
        exact = originals(laid_out.constants, source, Looking.AS_ROUNDED)
        return exact, Measuring(Variants(laid_out, exact), inputs)
    exact = originals(laid_out.constants, real.model, Looking.MAYBE_EQUALIZED)
    measuring = Measuring(Variants(laid_out, exact), inputs)
    unrounded, rounded = (_decibels(expected, measuring.outputs(each)) for each in (False, True))
    if unrounded < rounded + LIKELY:
        exact = originals(laid_out.constants, real.model, Looking.NOT_EQUALIZED)
        measuring = Measuring(Variants(laid_out, exact), inputs)
    return exact, measuring


def _outputs_of(lite: LiteModel, inputs: list[list[Array]]) -> list[list[Array]]:
    """The outputs as real numbers, batch by batch, from the state on that the file begins with."""
    restarted = lite.restarted()
    return [real_outputs(restarted, arrays) for arrays in inputs]


def _silent(layer: str) -> None:
    """Nobody asked how far it is."""


def _real(model: Any, quantized: LiteModel) -> LiteModel:
    """The model of real numbers, with the batch that the quantized one has."""
    if isinstance(model, LiteModel):
        return model
    if isinstance(model, (str, Path)) and identify(Path(model), "a model") is Kind.LITERT:
        return load(model)
    first = quantized.graph.inputs[0].type.shape[:1] if quantized.graph.inputs else ()
    batch = int(first[0]) if first and type(first[0]) is int else None
    return converted(open_model(model), None, batch, Options(), None)[0]


def _inputs(real: LiteModel, quantized: LiteModel, data: Any, samples: int, laid_out: Unrounded) -> list[list[Array]]:
    """Batches of real inputs, as many samples as are asked for and as memory has room for."""
    types = [value.type for value in laid_out.model.main.inputs]
    if not _are_alike([value.type for value in real.graph.inputs], types):
        raise LitesmithError(CannotAnalyze("the two models take other inputs"))
    is_real = all(value.type.quantization is None for value in quantized.graph.inputs)
    values = [result for operation in laid_out.model.main.operations for result in operation.results]
    size = sum(4 * int(np.prod([int(each) for each in value.type.shape[1:]])) for value in values)
    left = max(min(samples, MOST_BYTES // max(2 * size, 1)), 1)
    found: list[list[Array]] = []
    try:
        face = (quantized if is_real else real).face()
        for arrays in of_one_size(batches(data, face), face):
            count = len(arrays[0]) if arrays and arrays[0].ndim else 1
            is_open = all(value.type.rank and type(value.type.shape[0]) is not int for value in real.graph.inputs)
            found.append([array[:left] for array in arrays] if is_open and count > left else arrays)
            left -= count
            if left <= 0:
                break
    except UnfitData as problem:
        raise LitesmithError(CannotAnalyze(f"the data does not fit: {problem}")) from None
    return found


def _are_alike(left: Sequence[TensorType], right: Sequence[TensorType]) -> bool:
    """Whether types agree in what is known of them, integers aside."""
    return len(left) == len(right) and all(
        a.rank == b.rank
        and (a.quantization is not None or b.quantization is not None or a.dtype is b.dtype)
        and all(m == n for m, n in zip(a.shape, b.shape, strict=True) if type(m) is int is type(n))
        for a, b in zip(left, right, strict=True)
    )


def _decibels(expected: list[list[Array]], found: list[list[Array]]) -> float:
    """Signal over noise, the mean of the shares of all outputs."""
    shares = []
    for place, first in enumerate(expected[0]):
        if first.dtype.kind == "f":
            pairs = [np.concatenate([batch[place].reshape(-1) for batch in batches]) for batches in (expected, found)]
            shares.append(10 ** (-decibels(pairs[0], pairs[1]) / 10))
    return decibels_of(float(np.mean(shares))) if shares else decibels_of(0.0)


def _layers(
    noise: Noise,
    exact: Mapping[RoundedConstant, Constant],
    laid_out: Unrounded,
    cures: Cures,
    settings: Sequence[Cure],
    most: int,
    advance: Callable[[str], None],
) -> list[LayerError]:
    """What is to be said of each layer, the worst first; cures are tried in `most` of them."""
    together = sum(layer.alone for layer in noise.layers) or 1e-30
    total = decibels_of(noise.total)
    sharing = _sharing(laid_out)
    found: list[LayerError] = []
    for layer in sorted(noise.layers, key=lambda layer: -layer.alone):
        tensors = _tensors(layer, exact, sharing, noise)
        share, without = layer.alone / together, decibels_of(layer.without)
        worst = _worst(layer, tensors)
        weights, activations = (
            None if part is None else decibels_of(part) for part in (layer.weights, layer.activations)
        )
        tried: tuple[Cure, ...] = ()
        if len(found) < most and share >= NEGLIGIBLE:
            advance(f"{layer.layer}, cures")
            tried = cures.of(layer)
        cause, cure = worst.cause if worst is not None else "", chosen(tried, settings)
        figures = (decibels_of(layer.alone), weights, activations, without, without - total, share)
        said = (cause, "" if cure is None else cure.change, tuple(tensors), tried, tuple(readers_of(layer)))
        found.append(LayerError(layer.layer, *figures, *said))
    return found


def _only(measuring: Measuring, roundings: Sequence[Rounding]) -> float | None:
    """Decibels with only these roundings; None where there are none."""
    return decibels_of(measuring.only(frozenset(roundings))) if roundings else None


def _keeps_state_inside(model: Model) -> bool:
    """Whether a graph that another runs reads a variable."""
    inner = (graph for graph in model.all_graphs() if graph is not model.main)
    return any(isinstance(each.operator, ReadVariable) for graph in inner for each in graph.operations)


def _sharing(laid_out: Unrounded) -> Mapping[RoundedValue, list[str]]:
    """For each activation, the layers of others that have its very scale."""
    groups: dict[Any, list[RoundedValue]] = {}
    for value in laid_out.values:
        if isinstance(value, RoundedRows):
            continue
        groups.setdefault((value.type.dtype, value.type.quantization), []).append(value)
    return {
        each: list(dict.fromkeys(other.layer for other in group if other.layer != each.layer))
        for group in groups.values()
        for each in group
    }


def _tensors(
    layer: LayerNoise,
    exact: Mapping[RoundedConstant, Constant],
    sharing: Mapping[RoundedValue, list[str]],
    noise: Noise,
) -> list[Tensor]:
    found = []
    for rounding in layer.roundings:
        if isinstance(rounding, RoundedValue):
            arrays = [batch[rounding.value] for batch in noise.real if rounding.value in batch]
            if arrays and arrays[0].size and isinstance(rounding, RoundedRows):
                found.append(described_rows(rounding, arrays))
            elif arrays and arrays[0].size:
                found.append(described_value(rounding, arrays, sharing[rounding]))
        elif not _is_bias(rounding):
            known = exact.get(rounding)
            found.append(described_constant(rounding, None if known is None else known.array()))
    return found


def _worst(layer: LayerNoise, tensors: list[Tensor]) -> Tensor | None:
    """The numbers that are furthest from their integers, of the kind that adds more."""
    kind = "weights" if (layer.weights or 0.0) > (layer.activations or 0.0) else "activations"
    return min((each for each in tensors if each.what == kind), key=lambda each: each.decibels, default=None)


def _is_bias(rounding: RoundedConstant) -> bool:
    return rounding.role is Role.BIAS
