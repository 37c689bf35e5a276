"""Operators that compute each element from two, broadcasting one against the other."""

from __future__ import annotations

from dataclasses import dataclass

from litesmith.ir.graph import Value
from litesmith.ir.operator import Independent, Operator, Same, TypeRule, Types, activation, required, version_by_dtype
from litesmith.ir.types import DType, TensorType
from litesmith.opset.enums import Activation
from litesmith.opset.rules import FLOAT, WIDE, broadcast_shapes, need, same_dtype

BITS = frozenset({DType.INT8, DType.UINT8, DType.INT16, DType.UINT16, DType.INT32, DType.UINT32})


@dataclass(frozen=True)
class Binary(Operator):
    """Two operands of one element type, broadcast against each other."""

    operands = (activation("lhs"), activation("rhs"))
    kernel_dtypes = WIDE

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        lhs, rhs = need(operands[0], "lhs"), need(operands[1], "rhs")
        return (TensorType(same_dtype(lhs, rhs), broadcast_shapes(lhs.shape, rhs.shape)),)


@dataclass(frozen=True)
class Comparison(Binary):
    """Two operands of one element type; the result is boolean."""

    scales = Independent()
    quantized_dtypes = frozenset({DType.INT8})

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        (type,) = super().infer(*operands)
        return (TensorType(DType.BOOL, type.shape),)


def _first(types: Types) -> TensorType:
    return required(types[0], "lhs")


def _broadcasts_over_4(operands: Types) -> bool:
    """Broadcast of a tensor with more than four axes, which old kernels refuse."""
    lhs, rhs = _first(operands), required(operands[1], "rhs")
    return lhs.shape != rhs.shape and max(lhs.rank, rhs.rank) > 4


@dataclass(frozen=True)
class Add(Binary, builtin="ADD"):
    """lhs + rhs."""

    fused_activation_function: Activation = Activation.NONE
    pot_scale_int16: bool = True
    scales = Independent()
    in_place = (0, 1)

    def version(self, operands: Types, results: Types) -> int:
        type = _first(operands)
        int16 = (1 if self.pot_scale_int16 else 3) if type.quantization else 5
        return version_by_dtype(type.dtype, INT8=2, INT16=int16, INT64=4, FLOAT16=6)


@dataclass(frozen=True)
class Sub(Binary, builtin="SUB"):
    """lhs - rhs."""

    fused_activation_function: Activation = Activation.NONE
    pot_scale_int16: bool = True
    scales = Independent()
    in_place = (0, 1)

    def version(self, operands: Types, results: Types) -> int:
        type = _first(operands)
        if type.dtype is DType.INT16 and type.quantization and not self.pot_scale_int16:
            return 5
        if type.dtype is DType.INT64:
            return 4
        return 3 if _broadcasts_over_4(operands) else version_by_dtype(type.dtype, INT8=2)


@dataclass(frozen=True)
class Mul(Binary, builtin="MUL"):
    """lhs * rhs."""

    fused_activation_function: Activation = Activation.NONE
    scales = Independent()
    in_place = (0, 1)

    def version(self, operands: Types, results: Types) -> int:
        lhs, rhs, out = _first(operands), required(operands[1], "rhs"), required(results[0], "output")
        if lhs.quantization and rhs.quantization and out.quantization and lhs.dtype is not DType.INT16:
            ratio = lhs.quantization.scales[0] * rhs.quantization.scales[0] / out.quantization.scales[0]
            if ratio >= 1:
                return 3
        int16 = 4 if lhs.quantization else 7
        return version_by_dtype(lhs.dtype, INT8=2, INT16=int16, INT64=5, COMPLEX64=6, UINT32=7, FLOAT16=8)


@dataclass(frozen=True)
class Div(Binary, builtin="DIV"):
    """lhs / rhs; integers truncate toward zero."""

    fused_activation_function: Activation = Activation.NONE
    scales = Independent()
    in_place = (0, 1)
    kernel_dtypes = FLOAT | {DType.INT32}

    def version(self, operands: Types, results: Types) -> int:
        return 2 if _broadcasts_over_4(operands) else 1


@dataclass(frozen=True)
class Extremum(Binary):
    """The larger or the smaller of two."""

    scales = Same()
    kernel_dtypes = WIDE | {DType.INT8, DType.UINT8, DType.INT16}

    def version(self, operands: Types, results: Types) -> int:
        dtype = _first(operands).dtype
        if dtype is DType.INT16:
            return 4
        return 3 if _broadcasts_over_4(operands) else version_by_dtype(dtype, INT8=2)


@dataclass(frozen=True)
class Maximum(Extremum, builtin="MAXIMUM", options="MaximumMinimum"):
    """max(lhs, rhs)."""


@dataclass(frozen=True)
class Minimum(Extremum, builtin="MINIMUM", options="MaximumMinimum"):
    """min(lhs, rhs)."""


@dataclass(frozen=True)
class SquaredDifference(Binary, builtin="SQUARED_DIFFERENCE"):
    """(lhs - rhs) ** 2."""

    scales = Independent()
    quantized_dtypes = frozenset({DType.INT8})
    kernel_dtypes = FLOAT | {DType.INT32}

    def version(self, operands: Types, results: Types) -> int:
        return version_by_dtype(_first(operands).dtype, INT8=2)


@dataclass(frozen=True)
class Pow(Binary, builtin="POW"):
    """lhs ** rhs."""

    kernel_dtypes = FLOAT | {DType.INT32}


@dataclass(frozen=True)
class FloorDiv(Binary, builtin="FLOOR_DIV"):
    """lhs / rhs rounded down, as Python's `//`; a divisor of 0 is an error, also for floats."""

    kernel_dtypes = FLOAT | {DType.INT32}

    def version(self, operands: Types, results: Types) -> int:
        return version_by_dtype(_first(operands).dtype, FLOAT32=2, INT8=3, INT16=3)


@dataclass(frozen=True)
class FloorMod(Binary, builtin="FLOOR_MOD"):
    """The remainder with the sign of rhs, as Python's `%`."""

    def version(self, operands: Types, results: Types) -> int:
        return version_by_dtype(_first(operands).dtype, INT8=2, INT16=2)


@dataclass(frozen=True)
class Atan2(Operator, builtin="ATAN2", options="ATan2"):
    """The angle of the point (rhs, lhs). Does not broadcast: the kernel gives wrong numbers."""

    operands = (activation("lhs"), activation("rhs"))

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        lhs, rhs = need(operands[0], "lhs"), need(operands[1], "rhs")
        same_dtype(lhs, rhs)
        if not lhs.matches(rhs):
            raise TypeRule("both operands must have the same shape: the kernel does not broadcast")
        return (lhs,)


@dataclass(frozen=True)
class BitwiseXor(Binary, builtin="BITWISE_XOR"):
    """Bits that differ."""

    kernel_dtypes = BITS


@dataclass(frozen=True)
class RightShift(Binary, builtin="RIGHT_SHIFT"):
    """lhs shifted right by rhs bits; the sign is kept."""

    kernel_dtypes = BITS


@dataclass(frozen=True)
class LogicalAnd(Binary, builtin="LOGICAL_AND"):
    """Whether both booleans are true."""

    kernel_dtypes = frozenset({DType.BOOL})


@dataclass(frozen=True)
class LogicalOr(Binary, builtin="LOGICAL_OR"):
    """Whether one of two booleans is true."""

    kernel_dtypes = frozenset({DType.BOOL})


@dataclass(frozen=True)
class Equal(Comparison, builtin="EQUAL"):
    """lhs == rhs."""

    kernel_dtypes = WIDE | {DType.BOOL, DType.STRING}

    def version(self, operands: Types, results: Types) -> int:
        return version_by_dtype(_first(operands).dtype, INT8=2, STRING=3, INT16=5)


@dataclass(frozen=True)
class NotEqual(Comparison, builtin="NOT_EQUAL"):
    """lhs != rhs."""

    kernel_dtypes = WIDE | {DType.BOOL, DType.STRING}

    def version(self, operands: Types, results: Types) -> int:
        return version_by_dtype(_first(operands).dtype, INT8=2, STRING=3, INT16=4)


@dataclass(frozen=True)
class Less(Comparison, builtin="LESS"):
    """lhs < rhs."""

    def version(self, operands: Types, results: Types) -> int:
        return version_by_dtype(_first(operands).dtype, INT8=2, INT16=3)


@dataclass(frozen=True)
class LessEqual(Comparison, builtin="LESS_EQUAL"):
    """lhs <= rhs."""

    def version(self, operands: Types, results: Types) -> int:
        return version_by_dtype(_first(operands).dtype, INT8=2)


@dataclass(frozen=True)
class Greater(Comparison, builtin="GREATER"):
    """lhs > rhs."""

    def version(self, operands: Types, results: Types) -> int:
        return version_by_dtype(_first(operands).dtype, INT8=2)


@dataclass(frozen=True)
class GreaterEqual(Comparison, builtin="GREATER_EQUAL"):
    """lhs >= rhs."""

    def version(self, operands: Types, results: Types) -> int:
        return version_by_dtype(_first(operands).dtype, INT8=2, INT16=3)
