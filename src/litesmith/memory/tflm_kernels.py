"""What the interpreter of LiteRT for Microcontrollers and its kernels take beside the values.

Sizes were measured with the recording allocator of tflite-micro; boards of 32 bits take less.
"""

from __future__ import annotations

from collections.abc import Iterator

from litesmith.flatbuffer.write import graph_values
from litesmith.ir.graph import Graph, Operation, Value
from litesmith.ir.types import DType
from litesmith.memory.plan import Sizes, bytes_of
from litesmith.opset.convolution import Conv2D, DepthwiseConv2D, TransposeConv
from litesmith.opset.elementwise import Softmax
from litesmith.opset.matmul import BatchMatmul, FullyConnected
from litesmith.opset.recurrent import UnidirectionalSequenceLstm
from litesmith.opset.reduction import Mean, Reduction, Sum
from litesmith.opset.unmodeled import operator_name

MEASURED_WITH = "tflite-micro 0.dev20261023 on 64 bits"

ALIGNMENT = 16

INTERPRETER, GRAPH, TENSOR, FACE, NODE = 528, 32, 24, 72, 64
"""Bytes kept by the interpreter, and for each inner graph, tensor, input or output, and operator."""

MULTIPLIER = 4
"""Bytes of a channel's scale, and of its shift, of a convolution."""

LSTM_GATES = 4

TABLE = 1026
"""Bytes of each of the two tables of a SOFTMAX of int16."""

KEPT_BY_KERNELS = {
    "ABS": 32,
    "ADD": 72,
    "AVERAGE_POOL_2D": 72,
    "BATCH_MATMUL": 60,
    "CONCATENATION": 88,
    "CONV_2D": 108,
    "DEPTHWISE_CONV_2D": 108,
    "DEPTH_TO_SPACE": 32,
    "DIV": 32,
    "ELU": 256,
    "EQUAL": 32,
    "FULLY_CONNECTED": 112,
    "GATHER": 32,
    "GREATER": 32,
    "GREATER_EQUAL": 32,
    "HARD_SWISH": 16,
    "IF": 16,
    "L2_NORMALIZATION": 20,
    "LEAKY_RELU": 32,
    "LESS": 32,
    "LESS_EQUAL": 32,
    "LOGISTIC": 16,
    "MAX_POOL_2D": 72,
    "MEAN": 64,
    "MIRROR_PAD": 52,
    "MUL": 52,
    "NOT_EQUAL": 32,
    "PAD": 64,
    "PADV2": 64,
    "PRELU": 32,
    "REDUCE_ALL": 64,
    "REDUCE_MAX": 64,
    "REDUCE_MIN": 64,
    "RELU": 32,
    "RELU6": 16,
    "RESHAPE": 36,
    "RSQRT": 32,
    "SELECT_V2": 16,
    "SOFTMAX": 84,
    "SPACE_TO_DEPTH": 32,
    "SQUARED_DIFFERENCE": 112,
    "STRIDED_SLICE": 120,
    "SUB": 72,
    "SUM": 64,
    "TANH": 16,
    "UNIDIRECTIONAL_SEQUENCE_LSTM": 720,
}
"""Bytes that a kernel keeps; those that are not named keep none or next to none."""


def aligned(size: int) -> int:
    """What a piece of memory of so many bytes takes."""
    return -(-size // ALIGNMENT) * ALIGNMENT


def kept(graph: Graph, sizes: Sizes) -> int:
    """Bytes that the interpreter keeps behind the values: its tables, and what kernels prepare."""
    return INTERPRETER - GRAPH + faces(graph) + _kept(graph, sizes)


def faces(graph: Graph) -> int:
    """Bytes kept for the inputs and outputs, once the places of values are planned."""
    return FACE * (len(graph.inputs) + len(graph.outputs))


def _kept(graph: Graph, sizes: Sizes) -> int:
    """Bytes for a graph, and those that it runs."""
    total = GRAPH + TENSOR * len(graph_values(graph))
    for operation in graph.operations:
        total += NODE + KEPT_BY_KERNELS.get(operator_name(operation), 0) + sum(_prepared(operation, sizes))
        total += sum(_kept(inner, sizes) for inner in operation.operator.subgraphs())
    return total


def _prepared(operation: Operation, sizes: Sizes) -> Iterator[int]:
    """Bytes of what a kernel prepares, which depend on its operands."""
    operator, operands = operation.operator, operation.operands
    yield from (
        aligned(bytes_of(operand, sizes)) for operand in operands if operand is not None and operand.is_variable
    )
    channels = int(operation.results[0].type.shape[-1]) if operation.results and operation.results[0].type.shape else 1
    if isinstance(operator, (Conv2D, DepthwiseConv2D, TransposeConv)):
        yield 2 * aligned(MULTIPLIER * channels)
    if isinstance(operator, FullyConnected) and (sizes.quantized or len(_scales(operands[1])) > 1):
        yield 2 * aligned(MULTIPLIER * channels)
    if isinstance(operator, Softmax) and _dtype(operands[0]) is DType.INT16:
        yield 2 * aligned(TABLE)
    if isinstance(operator, BatchMatmul):  # factors with their axes exchanged
        for factor, is_exchanged in zip(operands, (operator.adj_x, not operator.adj_y), strict=False):
            if factor is not None and is_exchanged:
                yield 2 * aligned(TENSOR) + aligned(bytes_of(factor, sizes))


def scratch(operation: Operation, sizes: Sizes) -> Iterator[int]:
    """Bytes that a kernel takes while it runs."""
    if isinstance(operation.operator, Reduction):
        value, axes = operation.operands[:2]
        if isinstance(operation.operator, (Mean, Sum)) and _dtype(value) in (DType.INT8, DType.INT16):
            yield 4 * bytes_of(operation.results[0], sizes) // (operation.results[0].type.dtype.bits // 8)
        yield 4 * max(value.type.rank, 1) if value else 0
        yield 4 * (axes.type.shape[0] if axes and axes.type.shape else 1)

    if isinstance(operation.operator, UnidirectionalSequenceLstm):
        state = next(operand for operand in operation.operands if operand is not None and operand.is_variable)
        yield from LSTM_GATES * (bytes_of(state, sizes),)


def _dtype(value: Value | None) -> DType | None:
    return None if value is None else value.type.dtype


def _scales(value: Value | None) -> tuple[float, ...]:
    return () if value is None or value.type.quantization is None else tuple(value.type.quantization.scales)
