"""Operators that a target lacks, written out in those that it has."""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from litesmith.ir.builder import emit
from litesmith.ir.dims import Dim
from litesmith.ir.graph import Operation, Value
from litesmith.ir.operator import Operator
from litesmith.ir.types import DType
from litesmith.ops import array, math, nn, special
from litesmith.ops.padding import pad
from litesmith.opset.binary import Add, SquaredDifference
from litesmith.opset.convolution import Conv2D, Conv3D
from litesmith.opset.elementwise import Elu, Gelu, HardSwish, LeakyRelu, LogSoftmax, Neg, Prelu, Rsqrt, Sign, Square
from litesmith.opset.enums import Activation, Padding
from litesmith.passes.base import Decline, Rewrite


@dataclass(frozen=True)
class Decomposition:
    """How an operator is written out.

    Attributes:
        write: what stands for the operation's result, built in front of it; None for a form that it is not for.
        needs: the operators that it is made of.
    """

    write: Callable[[Operation], Value | None]
    needs: frozenset[str]


DECOMPOSITIONS: dict[type[Operator], Decomposition] = {}


def _writes(operator: type[Operator], *needs: str) -> Callable[[Any], Any]:
    def register(write: Callable[[Operation], Value | None]) -> Callable[[Operation], Value | None]:
        DECOMPOSITIONS[operator] = Decomposition(write, frozenset(needs))
        return write

    return register


def decomposable() -> frozenset[str]:
    """The operators that can be written out."""
    return frozenset(operator.builtin for operator in DECOMPOSITIONS)


def _x(operation: Operation) -> Value:
    (x, *_) = operation.operands
    assert x is not None
    return x


@_writes(Gelu, "MUL", "ADD", "TANH", "SQUARE", "DIV", "MAXIMUM", "MINIMUM")
def _gelu(operation: Operation) -> Value:
    x = _x(operation)
    if getattr(operation.operator, "approximate", False):
        inner = math.multiply(math.add(x, math.multiply(math.multiply(math.square(x), x), 0.044715)), 0.7978845608)
        curve = nn.tanh(inner)
    else:
        curve = special.erf(math.multiply(x, float(np.sqrt(0.5))))
    return math.multiply(math.multiply(x, 0.5), math.add(curve, 1.0))


@_writes(HardSwish, "MUL", "ADD", "RELU6")
def _hard_swish(operation: Operation) -> Value:
    x = _x(operation)
    return math.multiply(x, math.multiply(nn.relu6(math.add(x, 3.0)), 1 / 6))


@_writes(LeakyRelu, "MUL", "MAXIMUM", "MINIMUM")
def _leaky_relu(operation: Operation) -> Value:
    x, alpha = _x(operation), float(getattr(operation.operator, "alpha", 0.0))
    scaled = math.multiply(x, alpha)
    return math.maximum(x, scaled) if alpha <= 1 else math.minimum(x, scaled)


@_writes(Prelu, "MUL", "ADD", "RELU", "MINIMUM")
def _prelu(operation: Operation) -> Value:
    x, alpha = _x(operation), operation.operands[1]
    assert alpha is not None
    return math.add(nn.relu(x), math.multiply(math.minimum(x, 0.0), alpha))


@_writes(Elu, "ADD", "RELU", "MINIMUM", "EXP", "SUB")
def _elu(operation: Operation) -> Value:
    """Within 6e-8: small results below 0 have fewer digits than ELU's own."""
    x = _x(operation)
    return math.add(nn.relu(x), math.subtract(math.exp(math.minimum(x, 0.0)), 1.0))


@_writes(Neg, "MUL")
def _negative(operation: Operation) -> Value:
    return math.multiply(_x(operation), -1.0)


@_writes(Square, "MUL")
def _square(operation: Operation) -> Value:
    return math.multiply(_x(operation), _x(operation))


@_writes(Sign, "GREATER", "LESS", "CAST", "SUB")
def _sign(operation: Operation) -> Value:
    """0 for what is not a number, as well as for 0."""
    x = _x(operation)
    above, below = math.greater(x, 0.0), math.less(x, 0.0)
    return math.subtract(array.cast(above, DType.FLOAT32), array.cast(below, DType.FLOAT32))


@_writes(SquaredDifference, "SUB", "MUL")
def _squared_difference(operation: Operation) -> Value:
    y = operation.operands[1]
    assert y is not None
    difference = math.subtract(_x(operation), y)
    return math.multiply(difference, difference)


@_writes(Rsqrt, "SQRT", "DIV")
def _rsqrt(operation: Operation) -> Value:
    return math.divide(array.as_value(1.0, DType.FLOAT32), math.sqrt(_x(operation)))


@_writes(LogSoftmax, "REDUCE_MAX", "SUB", "EXP", "SUM", "LOG")
def _log_softmax(operation: Operation) -> Value:
    x = _x(operation)
    shifted = math.subtract(x, math.max(x, -1, True))
    return math.subtract(shifted, math.log(math.sum(math.exp(shifted), -1, True)))


@_writes(Conv3D, "CONV_2D", "ADD", "PAD", "STRIDED_SLICE", "RESHAPE")
def _conv3d(operation: Operation) -> Value | None:
    """One CONV_2D for each place of the filter along its depth, over all depths at once, and their sum."""
    operator, x = operation.operator, _x(operation)
    kernel, bias = operation.operands[1], operation.operands[2] if len(operation.operands) > 2 else None
    assert isinstance(operator, Conv3D)
    if kernel is None or kernel.constant is None or any(isinstance(size, Dim) for size in x.type.shape[1:]):
        return None
    batch, depth, height, width, channels = x.type.shape
    _, places, rows, columns, filters = operation.result.type.shape
    taps, step, reach = int(kernel.type.shape[0]), operator.stride_d, operator.dilation_d_factor
    planes = array.reshape(x, (batch, depth, height * width * channels))
    if operator.padding is Padding.SAME:
        missing = max((int(places) - 1) * step + (taps - 1) * reach + 1 - int(depth), 0)
        planes = pad(planes, ((0, 0), (missing // 2, missing - missing // 2), (0, 0)))
    across = Conv2D(
        operator.padding,
        stride_w=operator.stride_w,
        stride_h=operator.stride_h,
        dilation_w_factor=operator.dilation_w_factor,
        dilation_h_factor=operator.dilation_h_factor,
    )
    weights = kernel.constant.array()
    total: Value | None = None
    for tap in range(taps):
        begin = tap * reach
        chosen = array.slice_axis(planes, 1, begin, begin + (int(places) - 1) * step + 1, step)
        images = array.reshape(chosen, (batch * places, height, width, channels))
        filter = array.as_value(np.ascontiguousarray(np.moveaxis(weights[tap], -1, 0)), DType.FLOAT32)
        first = bias if tap == 0 and bias is not None else array.as_value(np.zeros(int(filters), np.float32))
        part = emit(across, images, filter, first)
        last = operator.fused_activation_function if tap == taps - 1 else Activation.NONE
        if total is None:
            total = part if taps > 1 else emit(replace(across, fused_activation_function=last), images, filter, first)
        else:
            total = emit(Add(fused_activation_function=last), total, part)
    assert total is not None
    return array.reshape(total, (batch, places, rows, columns, filters))


def lacking(operators: Container[str]) -> frozenset[str]:
    """What a target does not have, of the operators that can be written out and of those that they are made of."""
    needed = frozenset(need for each in DECOMPOSITIONS.values() for need in each.needs)
    return frozenset(name for name in decomposable() | needed if name not in operators)


@dataclass(frozen=True)
class DecomposeForTarget(Rewrite):
    """Each of the `lacking` operators, in terms of others, where none of those is lacking too.

    The numbers are the same up to the rounding of float32 (GELU within 5e-7 of x). Run behind the passes that
    recognize operators, which would put them together again, and twice: one is made of another that is lacking.

    Before:
        graph main(%x: float32[batch, 4]) {
          %1 = leaky_relu(alpha=0.25) %x : float32[batch, 4]
          return %1
        }

    After:
        graph main(%x: float32[batch, 4]) {
          %1 = mul %x, const float32[] 0.25 : float32[batch, 4]
          %2 = maximum %x, %1 : float32[batch, 4]
          return %2
        }
    """

    lacking: frozenset[str] = frozenset({"LEAKY_RELU"})
    roots: ClassVar[tuple[type[Operator], ...]] = tuple(DECOMPOSITIONS)

    def rewrite(self, operation: Operation) -> Value | Decline | None:
        decomposition = DECOMPOSITIONS.get(type(operation.operator))
        if decomposition is None or operation.operator.builtin not in self.lacking:
            return None
        if operation.result.type.dtype is not DType.FLOAT32:
            return Decline("what is not float32 is not written out")
        missing = [need for need in sorted(decomposition.needs) if not self._has(need)]
        if missing:
            return Decline(f"{', '.join(missing)}, of which it would be made, is lacking too")
        return decomposition.write(operation)

    def _has(self, name: str) -> bool:
        """Whether the target has an operator, or all of which it can be made."""
        made_of = next((each.needs for kind, each in DECOMPOSITIONS.items() if kind.builtin == name), None)
        return name not in self.lacking or (made_of is not None and all(map(self._has, made_of)))
