"""`keras.random`. Seeds are not followed: LiteRT draws other numbers."""

from __future__ import annotations

from typing import Any

from litesmith.frontends.keras.registry import lowers
from litesmith.ir.graph import Value
from litesmith.ops import random


@lowers("random.dropout")
def dropout(inputs: Value, rate: float, noise_shape: Any = None, seed: Any = None) -> Value:
    if noise_shape is not None:
        sizes = zip(noise_shape, inputs.type.shape, strict=True)
        noise_shape = [full if size is None else size for size, full in sizes]
    return random.dropout(inputs, rate, noise_shape)
