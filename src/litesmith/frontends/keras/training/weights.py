"""Constants that are trained: real numbers, and the integers that the converted model has of them."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from keras import ops

from litesmith.frontends.keras.training.rounding import Steps, rounded, through
from litesmith.ir.constants import Constant
from litesmith.ir.graph import Graph, Operation, Value
from litesmith.ir.operator import Role
from litesmith.ir.types import Quantization, TensorType
from litesmith.opset.conversion import Dequantize
from litesmith.quantization.constants import LARGEST_WEIGHT, SMALLEST_FLOAT16, SMALLEST_SCALE

Array = np.ndarray[Any, Any]
MOST_STEPS = 250
"""Of a result in one of what it is made of; XNNPACK refuses files from 256 on."""


MOST_OF_BIAS = 2.0**30
"""Larger integers than this biases do not become, so that sums stay within 32 bits."""
SMALLEST_DATA = 2.0**-31
"""A scale of what is always 0, as the state that a recurrent layer begins with: no bias fits beside its products."""


class Kind(enum.Enum):
    """What a constant is to its operation."""

    WEIGHTS = "weights"
    """Integers around 0, whose scales are trained too (learned step sizes)."""
    BIAS = "bias"
    """Integers in the steps of what is multiplied, times those of the weights."""
    VALUES = "values"
    """Integers that stand beside those of activations, in scales that do not change."""
    REAL = "real"
    """Real numbers."""


@dataclass(frozen=True)
class Trained:
    """A constant that is trained.

    Attributes:
        operation, place: which operand of which operation reads it, perhaps through DEQUANTIZE.
        variable: the number of the variable that holds its real numbers.
        layer, name: what the variable is called.
        is_trainable: whether training changes it.
    """

    operation: int
    place: int
    variable: int
    layer: str
    name: str
    kind: Kind
    shape: tuple[int, ...]
    is_trainable: bool

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "kind": self.kind.value, "shape": list(self.shape)}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Trained:
        return cls(**{**stored, "kind": Kind(stored["kind"]), "shape": tuple(stored["shape"])})

    def reader(self, graph: Graph) -> Operation:
        """The operation that reads it."""
        return graph.operations[self.operation]

    def constant(self, graph: Graph) -> Value:
        """The constant in a graph."""
        value = stored(self.reader(graph).operands[self.place])
        assert value is not None
        return value


def stored(value: Value | None) -> Value | None:
    """The constant that an operand is, or that DEQUANTIZE makes it of; None for what the model computes."""
    if value is not None and value.producer is not None and isinstance(value.producer.operator, Dequantize):
        (value,) = value.producer.operands
    return value if value is not None and value.constant is not None else None


def kind_of(operation: Operation, place: int, constant: Value) -> Kind:
    """What a constant is to the operation that reads it in a place."""
    role = operation.operator.operand(place).role
    if constant.type.quantization is None:
        return Kind.REAL
    if role is Role.BIAS:
        return Kind.BIAS
    is_direct = operation.operands[place] is constant
    return Kind.VALUES if role is Role.ACTIVATION and is_direct else Kind.WEIGHTS


class Weights:
    """How one constant of a kind `WEIGHTS` is rounded.

    Attributes:
        initial: the scales that training begins with, one for each channel or block.
    """

    def __init__(self, constant: Value, readers: Mapping[int, tuple[float, float | None]]) -> None:
        """How the weights are read.

        Args:
            readers: by the number of each operation that multiplies them by integers, the scales of these and of what
                comes out, None where that is real numbers.
        """
        quantization = constant.type.quantization
        assert quantization is not None
        self.type = constant.type
        self.quantization = quantization
        self.most = LARGEST_WEIGHT[constant.type.dtype]
        self.readers = readers
        self.initial = np.array(quantization.scales, np.float32)

    def rounded(self, real: Any, biases: Mapping[int, Any], logarithm: Any) -> tuple[Any, Steps]:
        """The integers, and their scales.

        Args:
            biases: by operation, what is added to products, whose integers must not be too large.
            logarithm: of what the initial scales are multiplied by.
        """
        scales = self._scales(biases, logarithm)
        if self.quantization.block_size:
            scales = ops.repeat(scales, self.quantization.block_size, axis=1)
        integers = rounded(ops.divide(real, scales), -self.most, self.most)
        return integers, Steps(scales, 0, -self.most, self.most)

    def broadcast(self, scales: Array) -> Array:
        """Scales of channels or blocks, as the file lists them, in a shape that broadcasts against the weights."""
        shaped = scales.reshape(self._shape())
        return np.repeat(shaped, self.quantization.block_size, axis=1) if self.quantization.block_size else shaped

    def _scales(self, biases: Mapping[int, Any], logarithm: Any) -> Any:
        """In a shape that broadcasts against the weights; for blocks, [channels, blocks].

        Those of blocks are float16 in the file, and XNNPACK makes bfloat16 of them: they are numbers that both have.
        """
        factors = ops.exp(ops.reshape(logarithm, self._shape()))
        scales = ops.multiply(self.initial.reshape(self._shape()), factors)
        if self.quantization.block_size:
            scales = ops.maximum(scales, SMALLEST_FLOAT16)
            return through(ops.cast(ops.cast(scales, "bfloat16"), "float32"), scales)
        scales = ops.maximum(scales, SMALLEST_SCALE)
        for operation, (data, _) in self.readers.items():
            if operation in biases and data > SMALLEST_DATA:
                least = ops.stop_gradient(ops.abs(biases[operation])) / np.float32(data * MOST_OF_BIAS)
                scales = ops.maximum(scales, self._along(least))
        limits = [result * MOST_STEPS / data for data, result in self.readers.values() if result is not None]
        if limits:
            scales = ops.minimum(scales, np.float32(min(limits)))
        return scales

    def _shape(self) -> tuple[int, ...]:
        if self.quantization.block_size:
            return self.quantization.scale_shape
        count = len(self.quantization.scales)
        return tuple(count if place == self.quantization.axis else 1 for place in range(self.type.rank))

    def _along(self, bias: Any) -> Any:
        """One number for each channel, or one for all where there is one scale."""
        return ops.reshape(bias, self._shape()) if len(self.quantization.scales) > 1 else ops.max(bias)

    def constant(self, integers: Any, steps: Steps) -> Constant:
        """The constant that the file holds."""
        scales = np.asarray(ops.convert_to_numpy(steps.scale), np.float32)
        if self.quantization.block_size:
            scales = scales[:, :: self.quantization.block_size]
        held = tuple(scales.reshape(-1).tolist())
        own = self.quantization
        quantization = Quantization(held, (0,) * len(held), own.axis, own.block_size, own.scale_shape)
        return typed(integers, TensorType(self.type.dtype, self.type.shape, quantization))


def typed(integers: Any, type: TensorType) -> Constant:
    """A constant of integers that are held as float32."""
    array = np.asarray(ops.convert_to_numpy(integers)).astype(type.dtype.numpy)
    return Constant.of(array).map(lambda elements: elements, type, ("trained", type.quantization))
