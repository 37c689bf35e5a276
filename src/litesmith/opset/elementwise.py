"""Operators that compute each element from the element at the same place."""

from __future__ import annotations

from dataclasses import dataclass

from litesmith.ir.graph import Value
from litesmith.ir.operator import Fixed, Independent, Operator, Types, activation, required, version_by_dtype
from litesmith.ir.types import DType, TensorType
from litesmith.opset.rules import FLOAT, WIDE, need


@dataclass(frozen=True)
class Unary(Operator):
    """One operand; the result has its type."""

    operands = (activation(),)
    kernel_dtypes = FLOAT

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        type = need(operands[0], "input")
        return (TensorType(type.dtype, type.shape),)


@dataclass(frozen=True)
class Abs(Unary, builtin="ABS"):
    """The magnitude."""

    scales = Independent()
    kernel_dtypes = FLOAT | {DType.INT32}

    def version(self, operands: Types, results: Types) -> int:
        type = required(operands[0], "input")
        quantized_int16 = 3 if type.quantization else 4
        return version_by_dtype(type.dtype, INT8=2, UINT8=2, INT16=quantized_int16, INT32=5)


@dataclass(frozen=True)
class Neg(Unary, builtin="NEG"):
    """The opposite."""

    kernel_dtypes = WIDE


@dataclass(frozen=True)
class Exp(Unary, builtin="EXP"):
    """e to the power of the element."""

    scales = Independent()

    def version(self, operands: Types, results: Types) -> int:
        return version_by_dtype(required(operands[0], "input").dtype, INT8=2, INT16=2)


@dataclass(frozen=True)
class Log(Unary, builtin="LOG", options=None):
    """The natural logarithm."""

    scales = Independent()
    quantized_dtypes = frozenset({DType.INT8})

    def version(self, operands: Types, results: Types) -> int:
        return version_by_dtype(required(operands[0], "input").dtype, INT8=2, INT16=2)


@dataclass(frozen=True)
class Sqrt(Unary, builtin="SQRT", options=None):
    """The square root."""

    scales = Independent()

    def version(self, operands: Types, results: Types) -> int:
        return version_by_dtype(required(operands[0], "input").dtype, INT8=2, INT16=2)


@dataclass(frozen=True)
class Rsqrt(Unary, builtin="RSQRT", options=None):
    """One over the square root."""

    scales = Independent()

    def version(self, operands: Types, results: Types) -> int:
        return version_by_dtype(required(operands[0], "input").dtype, INT8=2, INT16=3)


@dataclass(frozen=True)
class Square(Unary, builtin="SQUARE"):
    """The element times itself. float32 only."""


@dataclass(frozen=True)
class Sin(Unary, builtin="SIN", options=None):
    """The sine of an angle in radians."""

    def version(self, operands: Types, results: Types) -> int:
        return version_by_dtype(required(operands[0], "input").dtype, FLOAT16=2)


@dataclass(frozen=True)
class Cos(Unary, builtin="COS"):
    """The cosine of an angle in radians."""

    def version(self, operands: Types, results: Types) -> int:
        return version_by_dtype(required(operands[0], "input").dtype, FLOAT16=2)


@dataclass(frozen=True)
class Floor(Unary, builtin="FLOOR", options=None):
    """The greatest integer not above."""


@dataclass(frozen=True)
class Ceil(Unary, builtin="CEIL", options=None):
    """The least integer not below. float32 only."""


@dataclass(frozen=True)
class Round(Unary, builtin="ROUND", options=None):
    """The nearest integer, halves to the even one."""


@dataclass(frozen=True)
class Sign(Unary, builtin="SIGN"):
    """-1, 0 or 1."""

    kernel_dtypes = FLOAT | {DType.INT32}

    def version(self, operands: Types, results: Types) -> int:
        return version_by_dtype(required(operands[0], "input").dtype, INT32=2)


@dataclass(frozen=True)
class LogicalNot(Unary, builtin="LOGICAL_NOT"):
    """Whether a boolean is false."""

    kernel_dtypes = frozenset({DType.BOOL})


@dataclass(frozen=True)
class ZerosLike(Unary, builtin="ZEROS_LIKE"):
    """Zeros of the operand's shape."""

    kernel_dtypes = WIDE


@dataclass(frozen=True)
class Relu(Unary, builtin="RELU", options=None):
    """max(x, 0)."""

    scales = Independent()

    def version(self, operands: Types, results: Types) -> int:
        return version_by_dtype(required(operands[0], "input").dtype, INT8=2, UINT8=2, INT16=3)


@dataclass(frozen=True)
class ReluN1To1(Unary, builtin="RELU_N1_TO_1", options=None):
    """x limited to -1..1."""

    scales = Independent()
    quantized_dtypes = frozenset({DType.INT8})


@dataclass(frozen=True)
class Relu0To1(Unary, builtin="RELU_0_TO_1", options=None):
    """x limited to 0..1."""


@dataclass(frozen=True)
class Relu6(Unary, builtin="RELU6", options=None):
    """x limited to 0..6."""

    scales = Independent()

    def version(self, operands: Types, results: Types) -> int:
        return version_by_dtype(required(operands[0], "input").dtype, INT8=2, UINT8=2, INT16=3)


@dataclass(frozen=True)
class Elu(Unary, builtin="ELU", options=None):
    """x above 0, exp(x) - 1 below."""

    scales = Independent()
    quantized_dtypes = frozenset({DType.INT8})


@dataclass(frozen=True)
class HardSwish(Unary, builtin="HARD_SWISH"):
    """x * relu6(x + 3) / 6."""

    scales = Independent()
    quantized_dtypes = frozenset({DType.INT8})


@dataclass(frozen=True)
class LeakyRelu(Unary, builtin="LEAKY_RELU"):
    """x above 0, alpha * x below."""

    alpha: float = 0.0
    scales = Independent()

    def version(self, operands: Types, results: Types) -> int:
        return version_by_dtype(required(operands[0], "input").dtype, INT16=2)


@dataclass(frozen=True)
class Gelu(Unary, builtin="GELU"):
    """x * Phi(x), with the normal distribution exact, or by tanh when `approximate`."""

    approximate: bool = False
    scales = Independent()

    def version(self, operands: Types, results: Types) -> int:
        return version_by_dtype(required(operands[0], "input").dtype, INT8=2, UINT8=2, FLOAT16=3)


@dataclass(frozen=True)
class Logistic(Unary, builtin="LOGISTIC", options=None):
    """1 / (1 + exp(-x))."""

    scales = Fixed(1 / 256, -128)

    def version(self, operands: Types, results: Types) -> int:
        return version_by_dtype(required(operands[0], "input").dtype, INT8=2, INT16=3)


@dataclass(frozen=True)
class Tanh(Unary, builtin="TANH", options=None):
    """The hyperbolic tangent."""

    scales = Fixed(1 / 128, 0)

    def version(self, operands: Types, results: Types) -> int:
        return version_by_dtype(required(operands[0], "input").dtype, INT8=2, INT16=3)


@dataclass(frozen=True)
class Softmax(Unary, builtin="SOFTMAX"):
    """exp(beta * x), divided by its sum over the last axis."""

    beta: float = 1.0
    scales = Fixed(1 / 256, -128)
    in_place = (0,)

    def version(self, operands: Types, results: Types) -> int:
        return version_by_dtype(required(operands[0], "input").dtype, INT8=2, INT16=3, FLOAT16=4)


@dataclass(frozen=True)
class LogSoftmax(Unary, builtin="LOG_SOFTMAX"):
    """The logarithm of the softmax over the last axis."""

    scales = Fixed(16 / 256, 127)
    quantized_dtypes = frozenset({DType.INT8})

    def version(self, operands: Types, results: Types) -> int:
        return version_by_dtype(required(operands[0], "input").dtype, INT8=2)


@dataclass(frozen=True)
class L2Normalization(Unary, builtin="L2_NORMALIZATION", options="L2Norm"):
    """x divided by its Euclidean norm over the last axis."""

    fused_activation_function: int = 0
    scales = Fixed(1 / 128, 0)
    quantized_dtypes = frozenset({DType.INT8})

    def version(self, operands: Types, results: Types) -> int:
        return version_by_dtype(required(operands[0], "input").dtype, INT8=2)


@dataclass(frozen=True)
class LocalResponseNormalization(Unary, builtin="LOCAL_RESPONSE_NORMALIZATION"):
    """x / (bias + alpha * sum of squares over nearby channels) ** beta. Rank 4, float32 only."""

    radius: int = 0
    bias: float = 0.0
    alpha: float = 0.0
    beta: float = 0.0


@dataclass(frozen=True)
class Prelu(Operator, builtin="PRELU", options=None):
    """x above 0, alpha * x below, with alphas broadcast against x."""

    operands = (activation(), activation("alpha"))
    scales = Independent()
    quantized_dtypes = frozenset({DType.INT8})
    kernel_dtypes = FLOAT

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        type = need(operands[0], "input")
        need(operands[1], "alpha")
        return (TensorType(type.dtype, type.shape),)


@dataclass(frozen=True)
class FakeQuant(Unary, builtin="FAKE_QUANT"):
    """x rounded to one of 2**num_bits levels between min and max."""

    min: float = 0.0
    max: float = 0.0
    num_bits: int = 0
    narrow_range: bool = False

    def version(self, operands: Types, results: Types) -> int:
        return 2 if self.narrow_range else 1
