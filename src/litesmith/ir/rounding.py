"""How far numbers computed in a type of few digits may be from the same computed in float32."""

from __future__ import annotations

EPSILON = {"float16": 2**-10, "bfloat16": 2**-7}
ROUNDINGS = 16
"""How many units of rounding a model of lower precision may be away from one computed in float32."""


def rounding(dtype: str) -> float:
    """That distance, of the largest number; 0 for float32 and what is finer."""
    return ROUNDINGS * EPSILON.get(dtype, 0.0)
