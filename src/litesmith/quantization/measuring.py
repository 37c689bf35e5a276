"""What the outputs of a model lost when its numbers became fewer bits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from litesmith.ir.losses import Loss
from litesmith.ir.types import TensorType
from litesmith.lite_model import LiteModel

Array = np.ndarray[Any, Any]


def losses(made: LiteModel, seen: Sequence[tuple[list[Array], list[Array]]]) -> Iterator[Loss]:
    """What each output lost of what the real model returned; `seen`: pairs of inputs and outputs of that one."""
    pairs = [(real, _outputs(made, inputs)) for inputs, real in seen]
    for place, name in enumerate(made.face().output_names):
        real = np.concatenate([own[place].reshape(-1) for own, _ in pairs]).astype(np.float64)
        integer = np.concatenate([new[place].reshape(-1) for _, new in pairs]).astype(np.float64)
        rows = pairs[0][0][place].shape[-1] if pairs[0][0][place].ndim > 1 else 1
        same = real.reshape(-1, rows).argmax(1) == integer.reshape(-1, rows).argmax(1)
        yield Loss(name, decibels(real, integer), float(same.mean()))


def decibels(signal: Array, found: Array) -> float:
    """Signal over noise; infinite where both are the same."""
    noise = float(np.sum((signal - found) ** 2))
    power = float(np.sum(signal**2))
    return float("inf") if noise == 0 else 10 * float(np.log10(max(power, 1e-30) / noise))


def _outputs(made: LiteModel, inputs: list[Array]) -> list[Array]:
    """The outputs of a model of integers as real numbers, for real inputs."""
    graph = made.graph
    given = [_as_given(array, value.type) for array, value in zip(inputs, graph.inputs, strict=True)]
    return [_as_real(array, value.type) for array, value in zip(made.run_arrays(given), graph.outputs, strict=True)]


def _as_given(array: Array, type: TensorType) -> Array:
    if type.quantization is None:
        return array
    (scale,), (zero,) = type.quantization.scales, type.quantization.zero_points
    limits = np.iinfo(type.dtype.numpy)
    return np.asarray(np.clip(np.rint(array / scale) + zero, limits.min, limits.max), type.dtype.numpy)


def _as_real(array: Array, type: TensorType) -> Array:
    if type.quantization is None:
        return array
    (scale,), (zero,) = type.quantization.scales, type.quantization.zero_points
    return np.asarray((array.astype(np.float32) - zero) * np.float32(scale))
