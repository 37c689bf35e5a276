"""`litesmith.quantize`: a converted model in fewer bits, whoever converted it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

from litesmith.diagnostics.base import LitesmithError
from litesmith.diagnostics.quantization import CannotQuantize, MuchIsLost, NeedsCalibration, StaysReal
from litesmith.diagnostics.telling import attentive, tell
from litesmith.flatbuffer.write import to_bytes
from litesmith.ir.copying import copy_model
from litesmith.ir.graph import Model
from litesmith.ir.source import Source
from litesmith.ir.types import DType
from litesmith.lite_model import LiteModel
from litesmith.opening import load
from litesmith.opset.unmodeled import operator_name
from litesmith.quantization.calibration import UnfitData
from litesmith.quantization.integers import Face, Integers
from litesmith.quantization.ranges import activations
from litesmith.quantization.static import quantized
from litesmith.quantization.weights import MODES, quantize_weights

INTEGERS = "int8"
ALL_MODES = (*MODES, INTEGERS)
FEW_DECIBELS = 15.0
"""An output that is less above its noise is said."""


def check_mode(mode: str | None, calibration: Any, inference_type: str) -> None:
    """Raise for what is no mode, and for data or types that a mode does not use."""
    if mode is not None and mode not in ALL_MODES:
        raise ValueError(f"quantize is one of {', '.join(ALL_MODES)}, not {mode!r}")
    if inference_type not in get_args(Face):
        raise ValueError(f"inference_type is one of {', '.join(get_args(Face))}, not {inference_type!r}")
    if mode != INTEGERS and (calibration is not None or inference_type != "float32"):
        raise ValueError(f'calibration= and inference_type= are for quantize="{INTEGERS}", not {mode!r}')


@attentive
def quantize(
    lite: LiteModel | str | Path,
    mode: str = INTEGERS,
    calibration: Any = None,
    inference_type: str = "float32",
    *,
    strict: bool = False,  # noqa: ARG001 (`attentive` reads it)
    ignore: str | tuple[str, ...] = (),  # noqa: ARG001
) -> LiteModel:
    """A float32 `.tflite` model in fewer bits, whoever made it.

    Args:
        lite: the converted model, or the path of its file. It is not changed.
        mode: `"int8"`, where activations are integers too, or a form of the weights, as for `convert`.
        calibration: for `"int8"`, inputs as the model will see them: arrays nested as its own, batches of these (a
            list, a generator or a function that makes one, a dataset), with labels behind them or without, or the
            path of an `.npz` or `.npy` file.
        inference_type: for `"int8"`, what callers give and take in place of float32: `"int8"` or `"uint8"`.
        strict, ignore: as for `convert`.

    Raises:
        LitesmithError: Q103 without data that fits, Q104 for a model with state or several signatures, and what the
            file is not.
    """
    check_mode(mode, calibration, inference_type)
    if not isinstance(lite, LiteModel):
        lite = load(lite)
    model = copy_model(lite.model)
    if mode != INTEGERS:
        model.stored_weights = quantize_weights(model, mode)  # type: ignore[arg-type]
        return LiteModel(to_bytes(model), isolated=False)
    return with_integers(lite, model, calibration, inference_type)


def with_integers(lite: LiteModel, model: Model, calibration: Any, inference_type: str) -> LiteModel:
    """The model whose graphs are changed into those of integers; what stays real and what is lost is said."""
    if calibration is None:
        raise LitesmithError(NeedsCalibration("there is none"))
    if (reason := _why_not(lite)) is not None:
        raise LitesmithError(CannotQuantize(reason))
    try:
        made, found = quantized(lite, model, calibration, inference_type)  # type: ignore[arg-type]
    except UnfitData as problem:
        raise LitesmithError(NeedsCalibration(str(problem))) from None
    for finding in _left(found):
        tell(finding)
    for loss in model.losses:
        if loss.decibels < FEW_DECIBELS:
            tell(MuchIsLost(loss.output, loss.decibels, loss.agreement))
    return made


def _why_not(lite: LiteModel) -> str | None:
    if lite.has_state:
        return "it keeps state from call to call"
    if len(lite.faces) > 1:
        return f"it has {len(lite.faces)} signatures"
    if lite.preprocessing is not None:
        return "texts are left to the app, which calibration data is not given to"
    operations = [operation for graph in lite.model.all_graphs() for operation in graph.operations]
    if any(operator_name(operation).startswith("CUSTOM") for operation in operations):
        return "it has custom operators, which no integer kernel is known of"
    if not any(value.type.dtype is DType.FLOAT32 for value in activations(lite.graph)):
        return "it has no real numbers to begin with"
    return None


def _left(found: Integers) -> list[StaysReal]:
    """One finding for each layer and reason."""
    groups: dict[tuple[str, str], list[tuple[Source, str]]] = {}
    for left in found.left:
        source = left.operation.source
        groups.setdefault((source.layer, left.reason), []).append((source, left.operation.operator.builtin))
    return [
        StaysReal(members[0][0], tuple(dict.fromkeys(name for _, name in members)), reason)
        for (_, reason), members in groups.items()
    ]
