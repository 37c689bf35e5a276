"""`litesmith.bisect`: the first layer with which a conversion, or its file, goes wrong."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from litesmith.bisection.failing import Trial
from litesmith.bisection.result import Bisection
from litesmith.bisection.search import bisected
from litesmith.bisection.subject import Subject
from litesmith.conversion import converted
from litesmith.diagnostics.base import LitesmithError
from litesmith.diagnostics.verification import NotCompared
from litesmith.frontends.custom_objects import named_objects
from litesmith.frontends.options import Options
from litesmith.frontends.original import Original, why_not_compared
from litesmith.lite_model import LiteModel
from litesmith.opening import load, open_model
from litesmith.quantization.weights import ROUNDINGS
from litesmith.runtime.isolated import SECONDS
from litesmith.verification.conversions import check_tolerances
from litesmith.verification.input_order import in_models_order


def bisect(
    model: Any,
    lite: LiteModel | str | Path | None = None,
    data: Any = None,
    inputs: Any = None,
    batch: int | None = None,
    rnn: str = "while",
    atol: float | None = None,
    rtol: float | None = None,
    custom_objects: Mapping[str, Any] | str | Path | None = None,
    signature: str | None = None,
    architecture: Any = None,
    quantize: str | None = None,
    timeout: float = SECONDS,
) -> Bisection:
    """The first layer with which a conversion, or its file, goes wrong, and the smallest model that shows it.

    Args:
        model: as for `convert`.
        lite: the file at fault, whoever made it; by default the one that `convert` makes.
        data: inputs nested as the model's; by default seeded ones.
        inputs, batch, rnn, quantize: as for `convert`, where the model is converted.
        atol, rtol: what differs by at most `atol + rtol * largest output` is the same.
        custom_objects, architecture: as for `convert`.
        signature: of the file, which computes what `model` does; by default the first.
        timeout: seconds that a call of the runtime may take.

    Returns:
        What was found; true where nothing fails.

    Raises:
        LitesmithError: V102 where file, model and data do not belong together.
    """
    settings = Options(rnn)
    if quantize is not None and quantize not in ROUNDINGS:
        raise ValueError(f"quantize is one of {', '.join(ROUNDINGS)}, not {quantize!r}")
    check_tolerances(atol, rtol)
    if isinstance(model, LiteModel):
        raise TypeError("bisect takes the Keras model first, then the converted one")
    if lite is not None and not isinstance(lite, LiteModel):
        lite = load(lite, isolated=True, timeout=timeout)
    objects = named_objects(custom_objects)
    meant = lite.face(signature).signature if lite is not None else None
    original = open_model(model, objects, meant, architecture=architecture)
    if (reason := why_not_compared(original)) is not None:
        raise LitesmithError(NotCompared(reason))

    def convert_part(part: Original, is_whole: bool) -> LiteModel:
        sizes = (inputs, batch) if is_whole else (None, None)
        return converted(part, sizes[0], sizes[1], settings, None, quantize)[0]

    if lite is not None:
        lite = in_models_order(lite, original)
    trial = Trial(convert_part, atol, rtol, timeout)
    return bisected(Subject(original, trial, lite, data, signature, inputs, batch, objects or {}))
