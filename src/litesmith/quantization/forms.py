"""What an operation computes with: element types of activations and weights."""

from __future__ import annotations

from dataclasses import dataclass

from litesmith.ir.types import DType


@dataclass(frozen=True)
class Form:
    """Element types of one operation.

    Attributes:
        activations: float32, or the integers that it computes with.
        weights: as they are stored.
        block: how many int4 weights of a row share a scale; 0 for one scale a channel.
        rounds_rows: whether rows of float32 activations are rounded to 255 steps of their own range as they come, where
            a kernel multiplies these by integer weights.
    """

    activations: DType = DType.FLOAT32
    weights: DType = DType.FLOAT32
    block: int = 0
    rounds_rows: bool = False

    @property
    def computes_integers(self) -> bool:
        return self.activations is not DType.FLOAT32


REAL = Form()
FORMS = {
    "float32": REAL,
    "float16": Form(weights=DType.FLOAT16),
    "weights_int8": Form(weights=DType.INT8),
    "dynamic_int8": Form(weights=DType.INT8, rounds_rows=True),
    "weights_int4": Form(weights=DType.INT4),
    "dynamic_int4": Form(weights=DType.INT4, rounds_rows=True),
    "int8": Form(DType.INT8, DType.INT8),
    "int16x8": Form(DType.INT16, DType.INT8),
}
"""The modes of `quantize=`."""
INTEGER_MODES = tuple(name for name, form in FORMS.items() if form.computes_integers)
"""Those that need data, which shows the ranges of activations."""
WEIGHT_MODES = tuple(name for name in FORMS if name not in (*INTEGER_MODES, "float32"))
"""Those that change the weights alone."""
