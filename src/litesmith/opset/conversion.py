"""Operators that change the element type."""

from __future__ import annotations

from dataclasses import dataclass

from litesmith.ir.dims import Size
from litesmith.ir.graph import Value
from litesmith.ir.operator import Operator, Types, activation, index, required, version_by_dtype
from litesmith.ir.types import DType, TensorType
from litesmith.opset.rules import need, need_sizes

CAST_VERSIONS = {
    DType.INT2: 8,
    DType.UINT4: 8,
    DType.BFLOAT16: 7,
    DType.INT4: 6,
    DType.FLOAT64: 5,
    DType.FLOAT16: 5,
    DType.UINT16: 4,
    DType.INT8: 3,
    DType.UINT32: 2,
}


@dataclass(frozen=True)
class Cast(Operator, builtin="CAST"):
    """The elements as another type; floats truncate toward zero when they become integers."""

    in_data_type: DType = DType.FLOAT32
    out_data_type: DType = DType.FLOAT32
    operands = (activation(),)

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        return (TensorType(self.out_data_type, need(operands[0], "input").shape),)

    def version(self, operands: Types, results: Types) -> int:
        source, target = required(operands[0], "input").dtype, required(results[0], "output").dtype
        return max(CAST_VERSIONS.get(source, 1), CAST_VERSIONS.get(target, 1))


@dataclass(frozen=True)
class Bitcast(Operator, builtin="BITCAST"):
    """The same bits read as another type of the same width; the type is that of the result."""

    operands = (activation(),)
    in_place = (0,)
    keeps_data = True

    def shapes(self, *operands: Value | None) -> tuple[tuple[Size | None, ...], ...]:
        return (need(operands[0], "input").shape,)


@dataclass(frozen=True)
class Quantize(Operator, builtin="QUANTIZE"):
    """Reals as integers, or integers with other scales; the scales are those of the result."""

    operands = (activation(),)

    def shapes(self, *operands: Value | None) -> tuple[tuple[Size | None, ...], ...]:
        return (need(operands[0], "input").shape,)

    def version(self, operands: Types, results: Types) -> int:
        output = required(results[0], "output")
        if output.quantization and output.quantization.is_per_axis:
            return 3
        return version_by_dtype(output.dtype, INT4=4, UINT4=5, INT16=2)


@dataclass(frozen=True)
class Dequantize(Operator, builtin="DEQUANTIZE"):
    """The float32 reals that integers or float16 stand for."""

    operands = (activation(),)

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        return (TensorType(DType.FLOAT32, need(operands[0], "input").shape),)

    def version(self, operands: Types, results: Types) -> int:
        type = required(operands[0], "input")
        if type.quantization and type.quantization.is_per_axis and type.dtype is DType.INT8:
            return 5
        return version_by_dtype(type.dtype, UINT4=8, INT2=7, INT4=6, INT16=3, FLOAT16=3, INT8=2)


@dataclass(frozen=True)
class Densify(Operator, builtin="DENSIFY"):
    """A sparse constant with its zeros filled in."""

    operands = (activation(),)

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        type = need(operands[0], "input")
        return (TensorType(type.dtype, type.shape, type.quantization),)


@dataclass(frozen=True)
class Real(Operator, builtin="REAL", options=None):
    """The real part of complex numbers."""

    operands = (activation(),)

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        return (TensorType(DType.FLOAT32, need(operands[0], "input").shape),)


@dataclass(frozen=True)
class Imag(Operator, builtin="IMAG", options=None):
    """The imaginary part of complex numbers."""

    operands = (activation(),)

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        return (TensorType(DType.FLOAT32, need(operands[0], "input").shape),)


@dataclass(frozen=True)
class ComplexAbs(Operator, builtin="COMPLEX_ABS", options=None):
    """The magnitude of complex numbers."""

    operands = (activation(),)

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        return (TensorType(DType.FLOAT32, need(operands[0], "input").shape),)


@dataclass(frozen=True)
class Rfft2d(Operator, builtin="RFFT2D"):
    """The discrete Fourier transform of the last two axes of reals; powers of two only. float32 only."""

    operands = (activation(), index("fft_length"))

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        type = need(operands[0], "input")
        height, width = need_sizes(operands[1], "fft_length")
        return (TensorType(DType.COMPLEX64, (*type.shape[:-2], height, width // 2 + 1)),)
