"""Products of matrices."""

from __future__ import annotations

from dataclasses import dataclass

from litesmith.ir.dims import Size, product, same
from litesmith.ir.graph import Value
from litesmith.ir.operator import Independent, Operator, TypeRule, Types, activation, bias, index, required, weight
from litesmith.ir.types import DType, TensorType
from litesmith.opset.enums import Activation, WeightsFormat
from litesmith.opset.rules import FLOAT, agreed_size, broadcast_shapes, need, same_dtype


@dataclass(frozen=True)
class FullyConnected(Operator, builtin="FULLY_CONNECTED"):
    """input [..., in] times the transpose of weights [out, in], plus bias [out].

    Without `keep_num_dims` the leading axes of the result are merged into one.
    """

    fused_activation_function: Activation = Activation.NONE
    weights_format: WeightsFormat = WeightsFormat.DEFAULT
    keep_num_dims: bool = False
    asymmetric_quantize_inputs: bool = False
    quantized_bias_type: DType = DType.FLOAT32
    operands = (activation(), weight("weights", 0), bias(optional=True))
    scales = Independent()
    kernel_dtypes = FLOAT

    def multiply_accumulates(self, operands: Types, results: Types) -> Size:
        return required(results[0], "output").elements * required(operands[1], "weights").shape[-1]

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        rows, kernel = need(operands[0], "input"), need(operands[1], "weights")
        if kernel.rank != 2:
            raise TypeRule(f"operand 'weights' has {kernel.rank} axes, not 2")
        if not rows.rank or not same(rows.shape[-1], kernel.shape[1]):
            raise TypeRule(f"rows of {rows.shape} do not fit weights {kernel.shape}")
        if kernel.quantization is None:  # narrow integers that have scales are weights of rows of any type
            same_dtype(rows, kernel)
        leading = rows.shape[:-1] if self.keep_num_dims else (product(rows.shape[:-1]),)
        return (TensorType(rows.dtype, (*leading, kernel.shape[0])),)

    def version(self, operands: Types, results: Types) -> int:
        rows, kernel = required(operands[0], "input"), required(operands[1], "weights")
        int8_rows, int16_rows = rows.dtype is DType.INT8, rows.dtype is DType.INT16
        if kernel.dtype is DType.INT2:
            return 14
        if int16_rows and kernel.dtype is DType.INT4:
            return 13
        per_axis = kernel.quantization is not None and kernel.quantization.is_per_axis
        if rows.dtype is DType.FLOAT32 and kernel.dtype is DType.INT8 and per_axis:
            return 12
        if int16_rows:
            return 11 if self.quantized_bias_type is not DType.FLOAT32 else 7
        if len(operands) == 2:
            return 6
        if self.keep_num_dims:
            return 5
        if int8_rows:
            return 10 if kernel.dtype is DType.INT4 else 4
        if rows.dtype is DType.FLOAT32 and kernel.dtype in (DType.INT8, DType.INT4):
            return 9 if self.asymmetric_quantize_inputs else 3
        return 1


@dataclass(frozen=True)
class BatchMatmul(Operator, builtin="BATCH_MATMUL", options="BatchMatMul"):
    """Products of the last two axes, the leading axes broadcast. At most rank 5."""

    adj_x: bool = False
    adj_y: bool = False
    asymmetric_quantize_inputs: bool = False
    operands = (activation("lhs"), activation("rhs"))
    scales = Independent()
    kernel_dtypes = FLOAT

    def scratch(self, operands: Types, results: Types) -> tuple[Size, ...]:
        """Both factors with their last axes exchanged."""
        return tuple(
            required(factor, "factor").elements * required(factor, "factor").dtype.bits // 8 for factor in operands[:2]
        )

    def multiply_accumulates(self, operands: Types, results: Types) -> Size:
        return required(results[0], "output").elements * required(operands[0], "lhs").shape[-2 if self.adj_x else -1]

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        lhs, rhs = need(operands[0], "lhs"), need(operands[1], "rhs")
        if lhs.rank < 2 or rhs.rank < 2:
            raise TypeRule("both operands need at least two axes")
        rows, inner = lhs.shape[-2:][:: -1 if self.adj_x else 1]
        depth, columns = rhs.shape[-2:][:: -1 if self.adj_y else 1]
        agreed_size(inner, depth)
        leading = broadcast_shapes(lhs.shape[:-2], rhs.shape[:-2]) if lhs.rank + rhs.rank > 4 else ()
        return (TensorType(same_dtype(lhs, rhs), (*leading, rows, columns)),)

    def version(self, operands: Types, results: Types) -> int:
        lhs, rhs = required(operands[0], "lhs"), required(operands[1], "rhs")
        if lhs.dtype is DType.FLOAT32 and rhs.dtype is DType.INT8 and self.asymmetric_quantize_inputs:
            return 4
        return {DType.INT16: 3, DType.INT8: 2}.get(lhs.dtype, 1)


@dataclass(frozen=True)
class EmbeddingLookup(Operator, builtin="EMBEDDING_LOOKUP", options=None):
    """Rows of a table [rows, ...] picked by int32 ids [n]."""

    operands = (index("ids"), weight("table", 0))

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        ids, table = need(operands[0], "ids"), need(operands[1], "table")
        if ids.rank != 1:
            raise TypeRule(f"operand 'ids' has {ids.rank} axes, not 1")
        dtype = DType.FLOAT32 if table.quantization else table.dtype
        return (TensorType(dtype, (*ids.shape, *table.shape[1:])),)

    def version(self, operands: Types, results: Types) -> int:
        table = required(operands[1], "table")
        if table.dtype is DType.INT2:
            return 5
        per_axis = table.quantization is not None and table.quantization.is_per_axis
        return 4 if table.dtype is DType.INT4 or per_axis else 1
