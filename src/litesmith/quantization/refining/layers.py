"""The layers of a quantized model whose weights can be rounded in another way: what they hold, how it is changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from litesmith.ir.constants import HELD, Constant, Identity
from litesmith.ir.graph import Operation, Value
from litesmith.ir.types import DType, Quantization, TensorType
from litesmith.opset.conversion import Dequantize
from litesmith.quantization.constants import block_steps
from litesmith.quantization.refining.products import Product, product_of

Array = np.ndarray[Any, Any]
Held = tuple[TensorType, "Constant | None", "Value | None"]
LIMITS = {DType.INT8: (-127, 127), DType.INT4: (-7, 7), DType.INT2: (-1, 1)}
"""Of weights, by the quantization specification."""
LARGEST_BIAS = {DType.INT32: 2**31 - 1, DType.INT64: 2**40}


@dataclass(frozen=True)
class Layer:
    """An operation whose weights are integers, and the one of the model of reals that it was made of."""

    real: Operation
    own: Operation
    product: Product

    @property
    def name(self) -> str:
        """The path of the user's layer, or the operator where that is not known."""
        return self.own.source.layer or self.own.operator.builtin

    @property
    def stored(self) -> Value:
        """The integers of the weights."""
        value = self.own.operands[self.product.weight_place]
        assert value is not None
        return _stored(value)

    @property
    def bias(self) -> Value | None:
        """What is added to the results, where that is a constant."""
        return _bias(self.own, self.product)

    @property
    def can_have_bias(self) -> bool:
        return self.bias is not None and _bias(self.real, self.product) is not None

    @property
    def weights(self) -> Array:
        """The real weights: [groups, channels, weights of a channel]."""
        value = self.real.operands[self.product.weight_place]
        assert value is not None
        assert value.constant is not None
        return self.product.matrix(value.constant.array()).astype(np.float64)

    @property
    def real_bias(self) -> Array:
        """The bias of the model of reals: [groups, channels]."""
        value = _bias(self.real, self.product)
        assert value is not None
        assert value.constant is not None
        return value.constant.array().astype(np.float64).reshape(self.product.sizes[:2])

    @property
    def limits(self) -> tuple[int, int]:
        """Of the integers less their zero point."""
        zero = _quantization(self.stored).zero_points[0]
        least, most = LIMITS[self.stored.type.dtype]
        return (least - zero, most - zero) if zero else (least, most)

    @property
    def integers(self) -> Array:
        """The integers less their zero point: [groups, channels, weights of a channel]."""
        assert self.stored.constant is not None
        zero = _quantization(self.stored).zero_points[0]
        return self.product.matrix(self.stored.constant.array().astype(np.float64)) - zero

    @property
    def steps(self) -> Array:
        """What each of the integers is worth, in the same axes."""
        return self.product.matrix(np.broadcast_to(steps_of(self.stored.type), self.stored.type.shape))

    @property
    def blocks(self) -> int:
        """How many steps a channel has."""
        size = _quantization(self.stored).block_size
        return self.product.sizes[2] // size if size else 1

    @property
    def can_fit_steps(self) -> bool:
        """Whether each channel or block has a step of its own, and that of no bias or result depends on it."""
        inputs = self.own.operands[self.product.input_place]
        assert inputs is not None
        groups, channels, _ = self.product.sizes
        own = len(_quantization(self.stored).scales) == groups * channels * self.blocks
        return own and inputs.type.quantization is None

    def stored_steps(self, steps: Array) -> Array:
        """The next steps that a file can hold."""
        if _quantization(self.stored).block_size:
            return np.asarray(block_steps(steps), np.float64)
        return np.asarray(np.maximum(steps, np.finfo(np.float32).tiny).astype(np.float32), np.float64)

    def set_steps(self, steps: Array) -> None:
        """Change the scales of the weights to [groups, channels, blocks]."""
        old = self.stored.type
        held = replace(_quantization(self.stored), scales=tuple(steps.reshape(-1).astype(np.float32).tolist()))
        self.stored.type = TensorType(old.dtype, old.shape, held)

    def held(self) -> Held:
        """The weights and the bias as they are now, for `put_back`."""
        return self.stored.type, self.stored.constant, self.bias

    def put_back(self, held: Held) -> None:
        """Let weights and bias be what they were."""
        self.stored.type, self.stored.constant, bias = held
        if bias is not None:
            assert self.own.graph is not None
            assert self.product.bias_place is not None
            self.own.graph.rewire(self.own, self.product.bias_place, bias)

    def set_integers(self, integers: Array) -> None:
        """Change the weights; `integers` as the property has them."""
        type = self.stored.type
        zero = _quantization(self.stored).zero_points[0]
        array = self.product.weights(integers + zero).astype(type.dtype.numpy)
        self.stored.constant = _held(np.ascontiguousarray(array), type)

    def set_bias(self, bias: Array) -> None:
        """Change the bias to real numbers [groups, channels]."""
        value = self.bias
        assert value is not None
        assert self.product.bias_place is not None
        assert self.own.graph is not None
        array, type = bias.reshape(value.type.shape), value.type
        if type.quantization is not None:
            scales, most = np.array(type.quantization.scales), LARGEST_BIAS[type.dtype]
            array = np.clip(np.rint(array / scales), -most, most)
        made = Value(type, value.name, constant=_held(array.astype(type.dtype.numpy), type))
        self.own.graph.rewire(self.own, self.product.bias_place, made)


def layers_of(pairs: Iterable[tuple[Operation, Operation]]) -> Iterator[Layer]:
    """The layers among operations of a model of reals and of the quantized one.

    Weights that several operations read are left out: what is best for one need not be for another.
    """
    pairs = list(pairs)
    read = Counter(
        operand.constant.key for real, _ in pairs for operand in real.operands if operand and operand.constant
    )
    for real, own in pairs:
        product = None if own.graph is None else product_of(own)
        if product is None:
            continue
        weights, before = own.operands[product.weight_place], real.operands[product.weight_place]
        if weights is None or before is None or before.constant is None or before.type.dtype is not DType.FLOAT32:
            continue
        if (
            not _can_change(weights)
            or read[before.constant.key] > 1
            or before.type.shape != _stored(weights).type.shape
        ):
            continue
        yield Layer(real, own, product)


def steps_of(type: TensorType) -> Array:
    """The scale of each element of a constant, in a shape that broadcasts to its own."""
    quantization = type.quantization
    assert quantization is not None
    scales = np.array(quantization.scales)
    shape = tuple(int(size) for size in type.shape)
    if quantization.block_size:
        blocks = scales.reshape(*shape[:-1], -1)
        return np.repeat(blocks, quantization.block_size, axis=-1)[..., : shape[-1]]
    if len(scales) == 1:
        return scales.reshape([1] * len(shape))
    return scales.reshape([-1 if place == quantization.axis else 1 for place in range(len(shape))])


def _stored(value: Value) -> Value:
    """The constant that a value is, or is made of by DEQUANTIZE."""
    if value.producer is not None and isinstance(value.producer.operator, Dequantize):
        (stored,) = value.producer.operands
        assert stored is not None
        return stored
    return value


def _can_change(weights: Value) -> bool:
    stored = _stored(weights)
    if stored.constant is None or stored.type.quantization is None or stored.type.dtype not in LIMITS:
        return False
    return len(weights.uses) == 1 == len(stored.uses) and len(set(stored.type.quantization.zero_points)) == 1


def _bias(operation: Operation, product: Product) -> Value | None:
    place = product.bias_place
    if place is None or place >= len(operation.operands):
        return None
    value = operation.operands[place]
    return value if value is not None and value.constant is not None else None


def _quantization(value: Value) -> Quantization:
    assert value.type.quantization is not None
    return value.type.quantization


def _held(array: Array, type: TensorType) -> Constant:
    return Constant(type, lambda: array, (HELD, Identity(array)))
