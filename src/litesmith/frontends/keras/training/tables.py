"""What the runtime makes of each integer, for operators of one operand: their kernels round in ways of their own."""

from __future__ import annotations

from typing import Any

import numpy as np

from litesmith.flatbuffer.write import to_bytes
from litesmith.ir.graph import Graph, Model, Operation
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
INTEGERS = np.arange(-128, 128).astype(np.int8)


def tables(graph: Graph) -> dict[Operation, Array]:
    """For each operation of one int8 operand and result, the result for -128 to 127, as float32."""
    own = [operation for operation in graph.operations if _is_table(operation)]
    if not own:
        return {}
    copied = Graph()
    for place, operation in enumerate(own):
        types = [
            TensorType(value.type.dtype, INTEGERS.shape, value.type.quantization)
            for value in (operation.operands[0], operation.result)
            if value is not None
        ]
        copy = Operation(operation.operator, [copied.add_input(types[0], f"x{place}")], types[1:], operation.source)
        copied.insert(copy)
        copied.outputs.append(copy.result)
    results = Session(to_bytes(Model([copied]))).run([INTEGERS] * len(own))
    return {operation: found.astype(np.float32) for operation, found in zip(own, results, strict=True)}


def _is_table(operation: Operation) -> bool:
    operand = operation.operands[0] if operation.operands else None
    return (
        isinstance(operation.operator, TABLED)
        and operand is not None
        and all(value.type.dtype is DType.INT8 and value.type.quantization for value in (operand, operation.result))
    )
