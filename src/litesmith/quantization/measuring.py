"""What the outputs of a model lost when its numbers became fewer bits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from litesmith.ir.losses import Loss
from litesmith.lite_model import LiteModel
from litesmith.quantization.judging import real_outputs

Array = np.ndarray[Any, Any]


def losses(made: LiteModel, seen: Sequence[tuple[list[Array], list[Array]]]) -> Iterator[Loss]:
    """What each output of real numbers lost of what the real model returned.

    `seen`: pairs of inputs and outputs of that one.
    """
    pairs = [(real, real_outputs(made, inputs)) for inputs, real in seen]
    for place, name in enumerate(made.face().output_names):
        if pairs[0][0][place].dtype.kind != "f":
            continue
        real = np.concatenate([own[place].reshape(-1) for own, _ in pairs]).astype(np.float64)
        integer = np.concatenate([new[place].reshape(-1) for _, new in pairs]).astype(np.float64)
        rows = pairs[0][0][place].shape[-1] if pairs[0][0][place].ndim > 1 else 1
        same = real.reshape(-1, rows).argmax(1) == integer.reshape(-1, rows).argmax(1)
        is_finite = np.isfinite(real)
        infinite = int((~is_finite & np.isfinite(integer)).sum())
        yield Loss(name, decibels(real[is_finite], integer[is_finite]), float(same.mean()), infinite)


def decibels(signal: Array, found: Array) -> float:
    """Signal over noise; infinite where both are the same."""
    noise = float(np.sum((signal - found) ** 2))
    power = float(np.sum(signal**2))
    return float("inf") if noise == 0 else 10 * float(np.log10(max(power, 1e-30) / noise))
