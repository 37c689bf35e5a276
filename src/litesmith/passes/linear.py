"""What the folding passes look for: products with a constant filter, and scales and shifts of channels.

All of it is float32 and not quantized: the scales of integers would no longer fit what they stand for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from litesmith.ir.builder import constant_value, current_builder
from litesmith.ir.constants import Array, Constant
from litesmith.ir.dims import Dim
from litesmith.ir.graph import Operation, Value
from litesmith.ir.operator import Role
from litesmith.ir.source import current_source, source_scope
from litesmith.ir.types import DType, TensorType
from litesmith.opset.binary import Add, Binary, Div, Mul, Sub
from litesmith.opset.convolution import Conv2D, Conv3D, Conv3DTranspose, DepthwiseConv2D, TransposeConv
from litesmith.opset.enums import Activation, Padding
from litesmith.opset.matmul import FullyConnected
from litesmith.passes.base import only_use
from litesmith.passes.sharing import reading

FILTERS = (Conv2D, DepthwiseConv2D, TransposeConv, Conv3D, Conv3DTranspose, FullyConnected)
"""The operators that multiply with a filter and add a bias."""
SCALES_AND_SHIFTS = (Mul, Div, Add, Sub)


def is_plain(value: Value) -> bool:
    """Whether a value is float32, not quantized and not sparse."""
    return value.type == TensorType(DType.FLOAT32, value.type.shape)


@dataclass(frozen=True)
class Filtering:
    """An operation that multiplies its input with a constant filter and adds a constant bias, or none.

    Attributes:
        axis: the filter's axis of output channels.
    """

    operation: Operation
    input: Value
    filter: Constant
    bias: Constant | None
    axis: int

    @property
    def channels(self) -> int:
        return int(self.filter.type.shape[self.axis])

    @property
    def has_activation(self) -> bool:
        return activation_of(self.operation) is not Activation.NONE

    @property
    def is_shared(self) -> bool:
        """Whether others use the same filter and would not scale it alike, so that it would be stored twice."""
        others = (operation for operation in reading(self.filter, self.operation.graph))
        own = _scales_around(self.operation)
        return any(other is not self.operation and _scales_around(other) != own for other in others)

    def bias_or_zeros(self) -> Constant:
        return self.bias or Constant.of(np.zeros(self.channels, np.float32))

    @property
    def pads_nothing(self) -> bool:
        """Whether every place of the result sees the whole filter."""
        operator = self.operation.operator
        if isinstance(operator, FullyConnected):
            return True
        return isinstance(operator, (Conv2D, DepthwiseConv2D, Conv3D)) and operator.padding is Padding.VALID

    def over_inputs(self, numbers: Array) -> Array:
        """One number for each input channel, at the places of the filter that the channel is multiplied with."""
        operator, shape = self.operation.operator, self.filter.type.shape
        if numbers.size == 1:
            return numbers.reshape([1] * len(shape))
        if isinstance(operator, DepthwiseConv2D):
            return np.repeat(numbers, operator.depth_multiplier).reshape(1, 1, 1, -1)
        if isinstance(operator, Conv2D):
            groups = numbers.size // shape[3]
            repeated = np.repeat(numbers.reshape(groups, -1), 1 if groups == 1 else shape[0] // groups, axis=0)
            return repeated.reshape(-1, 1, 1, shape[3])
        if isinstance(operator, (Conv3D, Conv3DTranspose)):
            return numbers.reshape((1, 1, 1, -1, 1) if isinstance(operator, Conv3D) else (1, 1, 1, 1, -1))
        return numbers.reshape([1] * (len(shape) - 1) + [-1])

    def rebuilt(
        self, filter: Constant | None = None, bias: Constant | None = None, input: Value | None = None, **options: Any
    ) -> Value:
        """The result of the same operation with some of its parts and options replaced, built here."""
        roles = self.operation.operator.operands
        operands = [*self.operation.operands, *[None] * (len(roles) - len(self.operation.operands))]
        for position, description in enumerate(roles):
            if description.role is Role.WEIGHT and filter is not None:
                operands[position] = constant_value(filter, _name(operands[position]))
            elif description.role is Role.BIAS and bias is not None:
                operands[position] = constant_value(bias, _name(operands[position]))
            elif description.role is Role.ACTIVATION and input is not None:
                operands[position] = input
        while operands[-1] is None and len(operands) > len(self.operation.operands):
            operands.pop()
        return rebuilt(self.operation, operands, **options)


def filtering(operation: Operation | None) -> Filtering | None:
    """An operation as a `Filtering`; None when it is another, or computes with other than float32 constants."""
    if operation is None or not isinstance(operation.operator, FILTERS):
        return None
    input, filter, bias, axis = None, None, None, 0
    for operand, description in zip(operation.operands, operation.operator.operands, strict=False):
        if operand is None or description.role is Role.INDEX:
            continue
        if not is_plain(operand):
            return None
        if description.role is Role.ACTIVATION:
            input = operand
            continue
        if operand.constant is None:
            return None
        if description.role is Role.WEIGHT:
            filter, axis = operand.constant, description.channel_axis or 0
        else:
            bias = operand.constant
    if input is None or filter is None:
        return None
    return Filtering(operation, input, filter, bias, axis)


def _scales_around(operation: Operation) -> tuple[bytes | None, bytes | None] | None:
    """What the scales in front of a product and behind it would multiply its filter with; None for no product."""
    product = filtering(operation)
    if product is None:
        return None
    before = _read_only_by(operation, product.input)
    if before is not None and not before.scales:
        before = _read_only_by(before.operation, before.input)
    behind = scale_shift(only_use(operation.result))
    return (
        before.scale.tobytes() if before is not None and before.scales else None,
        behind.scale.tobytes() if behind is not None and behind.scales else None,
    )


def _read_only_by(reader: Operation, value: Value) -> ScaleShift | None:
    """The scale or shift that gives a value to this operation and no other."""
    return scale_shift(value.producer) if only_use(value) is reader else None


@dataclass(frozen=True)
class ScaleShift:
    """An operation that computes input * scale + shift, with one number for each channel, or one for all.

    Attributes:
        scale, shift: float32 [channels] or [1]; at least one of them does nothing, or scale is -1.
    """

    operation: Operation
    input: Value
    scale: Array
    shift: Array

    @property
    def scales(self) -> bool:
        return bool(np.any(self.scale != 1))

    @property
    def shifts(self) -> bool:
        return bool(np.any(self.shift != 0))

    @property
    def has_activation(self) -> bool:
        return activation_of(self.operation) is not Activation.NONE


ONE, ZERO = np.ones(1, np.float32), np.zeros(1, np.float32)


def scale_shift(operation: Operation | None) -> ScaleShift | None:
    """A MUL, DIV, ADD or SUB with a constant of one number a channel; None for anything else.

    Channels are the last axis. Constants that are not finite are left alone.
    """
    if operation is None or not isinstance(operation.operator, SCALES_AND_SHIFTS):
        return None
    lhs, rhs = operation.operands
    if lhs is None or rhs is None or (lhs.constant is None) == (rhs.constant is None):
        return None
    input, known = (lhs, rhs) if rhs.constant is not None else (rhs, lhs)
    if not is_plain(input) or not is_plain(known) or not operation.result.type.matches(input.type):
        return None
    numbers = per_channel(known, input)
    if numbers is None:
        return None
    scale, shift = _coefficients(operation.operator, numbers, known is lhs) or (ONE, np.full(1, np.nan, np.float32))
    if not (np.isfinite(scale).all() and np.isfinite(shift).all()):
        return None
    return ScaleShift(operation, input, scale, shift)


def per_channel(known: Value, input: Value) -> Array | None:
    """The numbers of a constant that broadcasts along the last axis of `input` only: [channels] or [1]."""
    channels = input.type.shape[-1:]
    shape = known.type.shape
    if known.constant is None or any(size != 1 for size in shape[:-1]):
        return None
    if shape[-1:] not in ((), (1,)) and (shape[-1:] != channels or isinstance(channels[0], Dim)):
        return None
    return known.constant.array().reshape(-1)


def _coefficients(operator: Binary, numbers: Array, on_the_left: bool) -> tuple[Array, Array] | None:
    """Scale and shift of `input OP numbers`, or of `numbers OP input`; None when it has no such form."""
    if isinstance(operator, Mul):
        return numbers, ZERO
    if isinstance(operator, Add):
        return ONE, numbers
    if isinstance(operator, Sub):
        return (-ONE, numbers) if on_the_left else (ONE, -numbers)
    if on_the_left:
        return None
    with np.errstate(divide="ignore", over="ignore"):
        return (1 / numbers).astype(np.float32), ZERO


def activation_of(operation: Operation) -> Activation:
    """What an operation applies to its result; NONE where its operator has no such option."""
    return Activation(getattr(operation.operator, "fused_activation_function", Activation.NONE))


def rebuilt(operation: Operation, operands: list[Value | None], **options: Any) -> Value:
    """The result of an operation of one result with other operands and options, built here.

    It comes from where the operation came from, by way of the pass that is running.
    """
    source = operation.source
    for name in current_source().passes[-1:]:
        source = source.through(name)
    with source_scope(source):
        operator = replace(operation.operator, **options)
        return current_builder().add(operator, operands, [operation.result.type]).result


def _name(value: Value | None) -> str:
    return "" if value is None else value.name
