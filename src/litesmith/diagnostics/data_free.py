"""Findings about quantization without data (Q121-Q124)."""

from __future__ import annotations

from dataclasses import dataclass

from litesmith.diagnostics.base import Diagnostic, Severity
from litesmith.diagnostics.wording import by_face


@dataclass(frozen=True)
class RangesGuessed(Diagnostic, code="Q121", severity=Severity.WARNING):
    """No calibration data was given: the ranges of activations are guessed.

    Why it matters: what the device sees may lie outside of them and is cut off, or takes few of their steps.
    Example: `litesmith.convert(model, quantize="int8", calibration="synthetic")`.
    How to fix: give some hundred inputs as the model will see them, if there are any. Measure the accuracy where there
        are none. A Keras model whose batch normalizations have their statistics is guessed better than a file.
    """

    normalizations: int

    def message(self) -> str:
        known = f"what {self.normalizations} batch normalizations know of their inputs"
        source = f"random inputs and {known}" if self.normalizations else "random inputs alone"
        return f"No data was given: the ranges of activations are guessed, from {source}."

    def hint(self) -> str:
        given = by_face("calibration=images", "--calibration FILE")
        return f"Give 100 to 500 real inputs if you can ({given}); what is said to be lost is of random inputs, too."
