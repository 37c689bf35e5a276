"""Tables whose rows are picked by integers, as embeddings have: what is picked is made real, not the whole table.

A table that DEQUANTIZE makes real takes four times its size in memory while the model runs, and time when it is
loaded. EMBEDDING_LOOKUP reads int4, with a scale for each row or blocks of it, and makes rows real as it picks them.
Its loop over int8 is slower than one over float32; GATHER of int8, and what DEQUANTIZE and MUL make of it, are not
(LiteRT 2.3.0, one thread of an x86: 128 rows of 768 numbers in 0.21 ms, in 0.035 ms; of float32 in 0.030 ms).
"""

from __future__ import annotations

import numpy as np

from litesmith.ir.builder import building, constant, constant_value, emit, emit_many
from litesmith.ir.constants import Constant
from litesmith.ir.dims import product
from litesmith.ir.graph import Graph, Operation, Value
from litesmith.ir.source import source_scope
from litesmith.ir.types import DType, Quantization, TensorType
from litesmith.ops.array import cast, reshape
from litesmith.opset.binary import Mul
from litesmith.opset.conversion import Dequantize
from litesmith.opset.matmul import EmbeddingLookup
from litesmith.opset.slicing import Gather

INDICES = (DType.INT32, DType.INT64)
MOST_AXES = 3
"""Of indices: MUL gives each row of what they pick its scale."""


def picks_rows(operation: Operation, dtype: DType) -> bool:
    """Whether an operation picks rows of a constant float32 table [rows, width] that may be of these integers."""
    operator = operation.operator
    if not isinstance(operator, Gather) or operator.batch_dims or dtype not in (DType.INT8, DType.INT4):
        return False
    table, ids = operation.operands
    if table is None or ids is None or table.constant is None or ids.constant is not None or table.type.rank != 2:
        return False
    in_whole_bytes = dtype is DType.INT8 or table.type.shape[1] % 2 == 0
    is_table = table.type.dtype is DType.FLOAT32 and operator.axis in (0, -2)
    return is_table and in_whole_bytes and ids.type.dtype in INDICES and ids.type.rank <= MOST_AXES


def pick_rows(operation: Operation, table: Constant) -> None:
    """Let an operation that picks rows pick them of this table of integers, which has a scale for each row or block."""
    ids, name, graph = operation.operands[1], operation.operands[0], operation.graph
    assert ids is not None
    assert name is not None
    assert graph is not None
    graph.anchor(ids)
    with building(graph, operation), source_scope(operation.source):
        made = (_looked_up if table.type.dtype is DType.INT4 else _gathered)(table, ids, name.name)
    graph.replace(operation, [made])


def _looked_up(table: Constant, ids: Value, name: str) -> Value:
    flat = reshape(cast(ids, DType.INT32), (product(ids.type.shape),))
    found = emit(EmbeddingLookup(), flat, constant_value(table, name))
    return reshape(found, (*ids.type.shape, table.type.shape[1]))


def _gathered(table: Constant, ids: Value, name: str) -> Value:
    """Integers as they are, times the scale of the row of each."""
    quantization = table.type.quantization
    assert quantization is not None
    plain = TensorType(DType.INT8, table.type.shape, Quantization((1.0,), (0,)))
    integers = constant_value(table.map(lambda array: array, plain, ("without scales",)), name)
    scales = constant(np.array(quantization.scales, np.float32)[:, None])
    return emit(Mul(), emit(Dequantize(), emit(Gather(), integers, ids)), emit(Gather(), scales, ids))


def gather_again(graph: Graph) -> None:
    """Undo `pick_rows` wherever a graph has that form: GATHER of integers with their scales, of which results are real.

    No kernel takes these; it is what tells which real table the integers stand for.
    """
    for operation in list(graph.operations):
        if isinstance(operation.operator, EmbeddingLookup):
            ids, table = operation.operands
            if table is not None and table.constant is not None and table.type.quantization is not None:
                _replace_by_gather(operation, table.constant, ids)
        elif (found := _scaled_rows(operation)) is not None:
            _replace_by_gather(operation, *found)
    graph.prune()


def _replace_by_gather(operation: Operation, table: Constant, ids: Value | None) -> None:
    graph = operation.graph
    assert graph is not None
    with building(graph, operation), source_scope(operation.source):
        (made,) = emit_many(Gather(), constant_value(table), ids, types=[operation.result.type])
    graph.replace(operation, [made])


def _scaled_rows(operation: Operation) -> tuple[Constant, Value] | None:
    """The table with a scale for each row, and the indices, of which `_gathered` makes what an operation computes."""
    if not isinstance(operation.operator, Mul):
        return None
    left, right = (None if operand is None else operand.producer for operand in operation.operands)
    inner = left.operands[0] if left is not None and isinstance(left.operator, Dequantize) else None
    rows = None if inner is None else inner.producer
    if rows is None or right is None or rows.operator != Gather() or right.operator != Gather():
        return None
    (table, ids), (scales, others) = rows.operands, right.operands
    if table is None or scales is None or table.constant is None or scales.constant is None or ids is not others:
        return None
    if ids is None or table.type.rank != 2 or scales.type.shape != (table.type.shape[0], 1):
        return None
    held = tuple(scales.constant.array().reshape(-1).tolist())
    type = TensorType(table.type.dtype, table.type.shape, Quantization(held, (0,) * len(held)))
    return table.constant.map(lambda array: array, type, ("with scales", held)), ids
