"""Litesmith: Keras models onto phones, boards and microcontrollers.

    lite = litesmith.convert(model)      # a Keras model, or the path of its file
    lite.run(x)                          # what the device will compute
    lite.save("model.tflite")

Nothing is imported before it is used: no framework, not even numpy.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOMES = {
    "bisect": "litesmith.bisection.bisecting",
    "check": "litesmith.api",
    "check_calibration": "litesmith.quantization.data_checks.checking",
    "convert": "litesmith.api",
    "embed": "litesmith.api",
    "verify": "litesmith.api",
    "load": "litesmith.opening",
    "qat": "litesmith.quantization.training",
    "quantize": "litesmith.quantization.quantizing",
    "analyze": "litesmith.quantization.analysis.analyzing",
    "search": "litesmith.quantization.search.searching",
    "Budget": "litesmith.quantization.search.budget",
    "Recipe": "litesmith.quantization.recipe",
    "fix": "litesmith.repairs.fixing",
    "explain": "litesmith.explanations.answer",
    "doctor": "litesmith.environment.checkup",
    "load_preprocessing": "litesmith.preprocessing.pipeline",
    "write_kernels": "litesmith.custom_operators.writing",
    "ImageFolder": "litesmith.quantization.sources.images",
    "LiteModel": "litesmith.lite_model",
    "QatModel": "litesmith.frontends.keras.training.model",
    "LitesmithError": "litesmith.diagnostics.base",
    "custom_op": "litesmith.frontends.keras.custom_operators",
    "lowers": "litesmith.frontends.keras.registry",
    "enable_keras_export": "litesmith.frontends.keras.exporting",
}

__all__ = [
    "Budget",
    "ImageFolder",
    "LiteModel",
    "LitesmithError",
    "QatModel",
    "Recipe",
    "__version__",
    "analyze",
    "bisect",
    "check",
    "check_calibration",
    "convert",
    "custom_op",
    "doctor",
    "embed",
    "enable_keras_export",
    "explain",
    "fix",
    "load",
    "load_preprocessing",
    "lowers",
    "qat",
    "quantize",
    "search",
    "verify",
    "write_kernels",
]

if TYPE_CHECKING:
    from litesmith.api import check, convert, embed, verify
    from litesmith.bisection.bisecting import bisect
    from litesmith.custom_operators.writing import write_kernels
    from litesmith.diagnostics.base import LitesmithError
    from litesmith.environment.checkup import doctor
    from litesmith.explanations.answer import explain
    from litesmith.frontends.keras.custom_operators import custom_op
    from litesmith.frontends.keras.exporting import enable_keras_export
    from litesmith.frontends.keras.registry import lowers
    from litesmith.frontends.keras.training.model import QatModel
    from litesmith.lite_model import LiteModel
    from litesmith.opening import load
    from litesmith.preprocessing.pipeline import load_preprocessing
    from litesmith.quantization.analysis.analyzing import analyze
    from litesmith.quantization.data_checks.checking import check_calibration
    from litesmith.quantization.quantizing import quantize
    from litesmith.quantization.recipe import Recipe
    from litesmith.quantization.search.budget import Budget
    from litesmith.quantization.search.searching import search
    from litesmith.quantization.sources.images import ImageFolder
    from litesmith.quantization.training import qat
    from litesmith.repairs.fixing import fix


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'litesmith' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
