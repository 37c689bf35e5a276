"""What the runtime makes of each integer, for operators of one operand: their kernels round in ways of their own."""

from __future__ import annotations

from typing import Any

import numpy as np

from litesmith.flatbuffer.write import to_bytes
from litesmith.ir.graph import Graph, Model, Operation
from litesmith.ir.operator import Operator
from litesmith.ir.types import DType, TensorType
from litesmith.opset.conversion import Quantize
from litesmith.opset.elementwise import (
    Abs,
    Elu,
    Exp,
    Gelu,
    HardSwish,
    LeakyRelu,
    Log,
    Logistic,
    Relu,
    Relu6,
    ReluN1To1,
    Rsqrt,
    Sqrt,
    Tanh,
)
from litesmith.runtime.interpreter import Session

Array = np.ndarray[Any, Any]
TABLED = (
    *(Abs, Elu, Exp, Gelu, HardSwish, LeakyRelu, Log, Logistic, Quantize),
    *(Relu, Relu6, ReluN1To1, Rsqrt, Sqrt, Tanh),
)
LEAST: dict[type[Operator], int] = {Log: 1, Rsqrt: 1, Sqrt: 0}
"""Kernels for 16 bits end the run where they are given less."""
INTEGERS = {
    dtype: np.arange(np.iinfo(dtype.numpy).min, np.iinfo(dtype.numpy).max + 1).astype(dtype.numpy)
    for dtype in (DType.INT8, DType.INT16)
}


def tables(graph: Graph) -> dict[Operation, Array]:
    """For each operation of one operand of integers, the result for all of them, from the least on, as float32."""
    own = [operation for operation in graph.operations if _is_table(operation)]
    if not own:
        return {}
    copied = Graph()
    given = []
    for place, operation in enumerate(own):
        operand, result = operation.operands[0], operation.result
        assert operand is not None
        own_integers = INTEGERS[operand.type.dtype]
        if operand.type.dtype is DType.INT16 and type(operation.operator) in LEAST:
            own_integers = np.maximum(own_integers, np.int16(LEAST[type(operation.operator)]))
        given.append(own_integers)
        types = [TensorType(value.type.dtype, given[-1].shape, value.type.quantization) for value in (operand, result)]
        copy = Operation(operation.operator, [copied.add_input(types[0], f"x{place}")], types[1:], operation.source)
        copied.insert(copy)
        copied.outputs.append(copy.result)
    results = Session(to_bytes(Model([copied]))).run(given)
    return {operation: found.astype(np.float32) for operation, found in zip(own, results, strict=True)}


def _is_table(operation: Operation) -> bool:
    operand = operation.operands[0] if operation.operands else None
    return (
        isinstance(operation.operator, TABLED)
        and operand is not None
        and all(value.type.dtype in INTEGERS and value.type.quantization for value in (operand, operation.result))
    )
