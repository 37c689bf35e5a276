"""Operators that draw numbers: the same sequence for the same seeds, advancing with each call."""

from __future__ import annotations

from dataclasses import dataclass

from litesmith.ir.graph import Value
from litesmith.ir.operator import Operator, activation, index
from litesmith.ir.types import DType, TensorType
from litesmith.opset.rules import need, need_sizes


@dataclass(frozen=True)
class Random(Operator):
    """Numbers in a shape; seeds 0 and 0 are different in every run. float32 only."""

    seed: int = 0
    seed2: int = 0
    operands = (index("shape"),)
    is_deterministic = False

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        return (TensorType(DType.FLOAT32, need_sizes(operands[0], "shape")),)


@dataclass(frozen=True)
class RandomUniform(Random, builtin="RANDOM_UNIFORM", options="Random"):
    """Uniform between 0 and 1."""


@dataclass(frozen=True)
class RandomStandardNormal(Random, builtin="RANDOM_STANDARD_NORMAL", options="Random"):
    """Normal with mean 0 and variance 1."""


@dataclass(frozen=True)
class Multinomial(Operator, builtin="MULTINOMIAL", options="Random"):
    """Classes drawn by the logits of each row."""

    seed: int = 0
    seed2: int = 0
    operands = (activation("logits"), index("samples"))
    is_deterministic = False

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        (samples,) = need_sizes(operands[1], "samples")
        return (TensorType(DType.INT64, (need(operands[0], "logits").shape[0], samples)),)
