"""Findings about options of `tf.lite` (C...)."""

from __future__ import annotations

from dataclasses import dataclass

from litesmith.diagnostics.base import Diagnostic


@dataclass(frozen=True)
class NeedsQuantization(Diagnostic, code="C101", bad_input=True):
    """A converter is told to quantize, which Litesmith does not do yet.

    Why it matters: a float file in its place would be four times as large, and would not run on integer hardware.
    Example: `converter.optimizations = [lite.Optimize.DEFAULT]`.
    How to fix: leave the option out for a float file; quantize the model with Keras' own `model.quantize("int8")`
        before it is converted, whose integer weights go into the file as they are.
    """

    options: tuple[str, ...]

    def message(self) -> str:
        return f"{', '.join(self.options)}: Litesmith does not quantize yet."

    def hint(self) -> str:
        return 'Leave it out, or call model.quantize("int8") of Keras before: its integer weights go into the file.'
