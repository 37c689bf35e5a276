"""Findings about options of `tf.lite` (C...)."""

from __future__ import annotations

from dataclasses import dataclass

from litesmith.diagnostics.base import Diagnostic


@dataclass(frozen=True)
class NeedsQuantization(Diagnostic, code="C101", bad_input=True):
    """A converter is told to quantize activations, or to make weights sparse, which Litesmith does not do yet.

    Why it matters: a file that computes with floats in its place would not run on integer hardware.
    Example: `converter.inference_input_type = tf.int8`, or a `representative_dataset` with `optimizations`.
    How to fix: leave the option out; `optimizations` alone keeps weights in int8, with `supported_types =
        [tf.float16]` in float16. Or quantize the model with Keras' own `model.quantize("int8")`
        before it is converted, whose integer weights go into the file as they are.
    """

    options: tuple[str, ...]

    def message(self) -> str:
        return f"{', '.join(self.options)}: Litesmith does not quantize activations yet."

    def hint(self) -> str:
        return 'Leave it out: optimizations alone keep weights in int8. Or call model.quantize("int8") of Keras before.'
