"""Findings about what quantization costs (Q141-Q149): budgets, metrics, and what cannot be taken apart."""

from __future__ import annotations

from dataclasses import dataclass

from litesmith.diagnostics.base import Diagnostic
from litesmith.diagnostics.wording import by_face


@dataclass(frozen=True)
class DropsTooMuch(Diagnostic, code="Q141"):
    """A quantized model's measure falls more than is allowed.

    Why it matters: the file would do its work worse than you said is acceptable; it is not written.
    Example: `litesmith quantize model.keras --mode int8 --calibration data.npz --max-drop 0.5% --eval mine:accuracy`.
    How to fix: let recipes be searched (`--mode auto`), keep sensitive layers in more bits (`--analyze` names them), or
        allow a larger drop.
    """

    measure: str
    real: float
    found: float
    allowed: float

    def message(self) -> str:
        fell = f"{self.measure} falls from {self.real:.4g} to {self.found:.4g}"
        return f"{fell}, by {self.real - self.found:.3g}; at most {self.allowed:.3g} is allowed."

    def hint(self) -> str:
        auto = by_face('quantize="auto"', "--mode auto")
        analyze = by_face("litesmith.analyze", "--analyze")
        return f"{auto} searches for a recipe that keeps within it; {analyze} names the layers where it is lost."


@dataclass(frozen=True)
class MetricFailed(Diagnostic, code="Q142", bad_input=True):
    """The function that judges a quantized model fails, or does not return a number.

    Why it matters: without it nothing says which recipe is good enough.
    Example: `--eval mine:accuracy` where `accuracy` returns a list, or takes no model.
    How to fix: let it take a converted model (`lite.run(images)`) and return one number, higher for better.
    """

    name: str
    problem: str

    def message(self) -> str:
        return f"The model cannot be judged by {self.name}: {self.problem}."

    def hint(self) -> str:
        return "It takes the converted model, as in `(lite.run(images).argmax(1) == labels).mean()`; higher is better."


@dataclass(frozen=True)
class CannotAnalyze(Diagnostic, code="Q144", bad_input=True):
    """A quantized model cannot be laid beside the model that it was made of.

    Why it matters: what each layer adds to the error is measured against the real model, layer by layer.
    Example: `litesmith.analyze(model, quantized, data)` where `quantized` has float32 activations only, or is of
        another model.
    How to fix: give a file of integers, and the model that it was made of.
    """

    problem: str

    def message(self) -> str:
        return f"The error cannot be told apart by layers: {self.problem}."

    def hint(self) -> str:
        return "Give a model of integers (int8 or int16x8), the model that it was made of, and inputs for both."
