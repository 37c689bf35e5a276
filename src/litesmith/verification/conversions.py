"""The comparison of a conversion's result with what it was made of, with what is left to the app or runs as a twin."""

from __future__ import annotations

from typing import Any

import numpy as np

from litesmith.custom_operators.twin import NotRunnable, runnable
from litesmith.diagnostics.base import LitesmithError
from litesmith.diagnostics.telling import tell
from litesmith.diagnostics.verification import NotCompared, OutputsDiffer
from litesmith.frontends.original import Imported, Original, why_not_compared
from litesmith.lite_model import LiteModel
from litesmith.quantization.weights import rounded_weights
from litesmith.verification.comparison import Report, compare
from litesmith.verification.halves import compare_halves


def compare_signatures(imported: Imported, lite: LiteModel, atol: float | None, rtol: float | None) -> None:
    """Compare each signature with what it was made of."""
    for name, each in imported.originals.items():
        if (reason := why_not_compared(each)) is not None:
            tell(NotCompared(reason), stacklevel=4)
            continue
        try:
            require_same(compared(each, lite, None, atol, rtol, name), lite)
        except NotRunnable as problem:
            tell(NotCompared(problem.reason), stacklevel=4)


def compared(
    original: Original, lite: LiteModel, data: Any, atol: float | None, rtol: float | None, signature: str | None
) -> Report:
    """The comparison of a model with the file made of it, and with what is left to the app in front of it."""
    lite = runnable(lite)
    if lite.preprocessing is None or data is not None:
        return compare(original, lite, data, atol, rtol, signature=signature)
    return compare_halves(original, lite, lite.preprocessing, atol, rtol)


def require_same(report: Report, lite: LiteModel) -> None:
    """Raise V101 for each output that differs."""
    if not report.passed:
        raise LitesmithError(
            [
                OutputsDiffer(
                    output.name,
                    output.max_abs,
                    output.allowed,
                    output.problem,
                    framework=report.framework,
                    rounded=rounded_weights(lite.model.metadata),
                )
                for output in report.outputs
                if not output.passed
            ]
        )


def check_tolerances(atol: Any, rtol: Any) -> None:
    """Raise for tolerances that are no numbers."""
    for name, value in (("atol", atol), ("rtol", rtol)):
        if value is not None and not isinstance(value, (int, float, np.number)):
            raise ValueError(f"{name} is a number, not {value!r}")
