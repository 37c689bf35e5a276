"""`litesmith.qat`: a Keras model that trains with the roundings of the integers that it will be converted to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from litesmith.conversion import converted
from litesmith.diagnostics.base import LitesmithError
from litesmith.diagnostics.quantization import CannotQuantize, NeedsCalibration
from litesmith.diagnostics.quantization_training import CannotTrain
from litesmith.diagnostics.telling import attentive
from litesmith.frontends.open import Kind, identify
from litesmith.frontends.options import Options
from litesmith.frontends.original import Original
from litesmith.ir.constants import Constant
from litesmith.ir.copying import copy_model
from litesmith.ir.graph import Operation
from litesmith.ir.types import DType
from litesmith.lite_model import LiteModel
from litesmith.opening import load, open_model
from litesmith.quantization.quantizing import asked, by_recipe
from litesmith.quantization.recipe import Recipe
from litesmith.quantization.rewriting import Face
from litesmith.quantization.static import Asked

if TYPE_CHECKING:
    from litesmith.frontends.keras.training.model import QatModel

NOT_KNOWN = "Litesmith has no gradients for it"


@attentive
def qat(
    model: Any,
    quantize: Recipe | str | Path = "int8",
    calibration: Any = None,
    inputs: Any = None,
    rnn: str = "unroll",
    custom_objects: Mapping[str, Any] | str | Path | None = None,
    inference_type: Face = "float32",
    *,
    strict: bool = False,  # noqa: ARG001 (`attentive` reads it)
    ignore: str | tuple[str, ...] = (),  # noqa: ARG001
) -> QatModel:
    """A Keras model that trains with the roundings of the integers that `convert` will make of it.

    It computes what the converted model does: batch normalization is folded, activations are fused, and each value is
    rounded in the scales of the file. It is trained with `compile` and `fit` on any backend that trains, and
    `litesmith.convert` makes a file of the integers that it simulated. What only training has, such as dropout, is left
    out, and so are regularizers.

    Args:
        model: a Keras model, trained already, which is not changed; or the path of its file; or a converted one of real
            numbers, or the path of a `.tflite` file.
        quantize: a `Recipe`, the path of one, or a mode, as for `convert`.
        calibration: inputs as for `convert`, which integer activations need: their scales stay those that are found
            with it, while those of weights are trained.
        inputs, custom_objects: as for `convert`.
        rnn: as for `convert`. Loops cannot be trained, so recurrent layers are written out step by step, in the file as
            well.
        inference_type: what callers of the converted file give and take, as for `convert`; the Keras model takes and
            returns real numbers.
        strict, ignore: as for `convert`. What stays real is said (Q101), and what much is lost of at first (Q102).

    Raises:
        LitesmithError: Q103 without data that fits, Q104 for a model with state or texts, Q131 for each layer that
            computes what cannot be trained so, and what a conversion finds.
    """
    recipe = asked(quantize, calibration, inference_type)
    assert recipe is not None
    if recipe.needs_data and calibration is None:
        raise LitesmithError(NeedsCalibration("there is none"))
    original, lite = _real(model, inputs, rnn, custom_objects)
    if (reason := _why_not(lite)) is not None:
        raise LitesmithError(CannotQuantize(reason))
    found = copy_model(lite.model)
    rounded = by_recipe(lite, found, calibration, Asked(recipe))
    from litesmith.frontends.keras.training import making
    from litesmith.frontends.keras.training.graph import missing

    _require(missing(found.main))
    own = getattr(original, "model", None)
    variables = {variable.path: variable.trainable for variable in getattr(own, "variables", ())}
    name = f"{getattr(own, 'name', 'model')}_qat"
    return making.trainable_model(found, dict(_reals(rounded)), variables, name, inference_type)


def _real(
    model: Any, inputs: Any, rnn: str, custom_objects: Mapping[str, Any] | str | Path | None
) -> tuple[Original | None, LiteModel]:
    """The model, where it is not a converted one, and what it is when it is converted."""
    if isinstance(model, (str, Path)) and identify(Path(model)) is Kind.LITERT:
        model = load(model)
    if isinstance(model, LiteModel):
        return None, model
    original = open_model(model, custom_objects)
    return original, converted(original, inputs, None, Options(rnn), None)[0]


def _reals(rounded: LiteModel) -> Iterator[tuple[tuple[Operation, int], Constant]]:
    """The real numbers that operations read before they were rounded, by operation and place."""
    for before, operation in rounded.rounded_pairs:
        for place, operand in enumerate(before.operands):
            if operand is not None and operand.constant is not None and operand.type.dtype is DType.FLOAT32:
                yield (operation, place), operand.constant


def _why_not(lite: LiteModel) -> str | None:
    if lite.has_state:
        return "it keeps state from call to call"
    if len(lite.faces) > 1:
        return f"it has {len(lite.faces)} signatures"
    return "texts are left to the app" if lite.preprocessing is not None else None


def _require(missing: Iterable[Operation]) -> None:
    """Raise Q131 for operations that nothing evaluates, once for each layer."""
    found: dict[str, list[Operation]] = {}
    for operation in missing:
        found.setdefault(operation.source.layer, []).append(operation)
    if found:
        raise LitesmithError(
            [
                CannotTrain(own[0].source, tuple(dict.fromkeys(each.operator.builtin for each in own)), NOT_KNOWN)
                for own in found.values()
            ]
        )
