"""Parts of a LiteRT file as files of their own: all that it computes, and what it computes first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from litesmith.flatbuffer.read import read
from litesmith.flatbuffer.write import to_bytes
from litesmith.ir.graph import Graph, Model, Operation, Value
from litesmith.ir.types import DType
from litesmith.runtime.interpreter import Session
from litesmith.runtime.isolated import IsolatedSession

Array = np.ndarray[Any, Any]
NOT_HANDED_OUT = (DType.RESOURCE, DType.VARIANT, DType.BFLOAT16, DType.FLOAT8_E4M3FN, DType.FLOAT8_E5M2)
"""Element types that the runtime gives no arrays of."""


@dataclass(frozen=True, eq=False)
class Tensor:
    """What a file computed at one place.

    Attributes:
        array: its elements; those of a quantized tensor as the numbers that they stand for.
        place: of the operation that made it, in the file's order; -1 for an input.
    """

    value: Value
    array: Array
    place: int

    @property
    def name(self) -> str:
        return self.value.name


def graph_of(content: bytes, signature: str | None) -> tuple[Model, Graph]:
    """The graphs of a file, read anew so that they can be changed, and the one that a signature runs."""
    model = read(content)
    chosen = next((each.graph for each in model.signatures if each.name == signature), model.main)
    others = [graph for graph in model.graphs if graph is not chosen]
    return Model([chosen, *others], [], {}, model.description), chosen


def all_tensors(
    content: bytes, signature: str | None, arrays: Sequence[Array], isolated: bool, seconds: float
) -> tuple[list[Tensor], list[Tensor | None]]:
    """What a file's graph computes for these inputs, tensor by tensor, and its outputs; by the runtime's usual kernels.

    Raises:
        LitesmithError: R1.. where the runtime does not run it.
    """
    model, graph = graph_of(content, signature)
    returned = graph.outputs
    outputs = [
        (place, result)
        for place, operation in enumerate(graph.operations)
        for result in operation.results
        if _is_handed_out(result, graph)
    ]
    graph.outputs = [result for _, result in outputs]
    found = run_content(to_bytes(model), arrays, isolated, seconds) if outputs else []
    tensors = [Tensor(value, np.asarray(array), -1) for value, array in zip(graph.inputs, arrays, strict=True)]
    tensors += [
        Tensor(value, dequantized(value, array), place) for (place, value), array in zip(outputs, found, strict=True)
    ]
    by_value = {tensor.value: tensor for tensor in tensors}
    return tensors, [by_value.get(value) for value in returned]


def first_operations(content: bytes, signature: str | None, count: int) -> bytes:
    """The file of a graph's first operations; its outputs are what the others, or the outside, read of them."""
    model, graph = graph_of(content, signature)
    kept, left = graph.operations[:count], graph.operations[count:]
    produced = [result for operation in kept for result in operation.results]
    read_later = {operand for operation in left for operand in operation.operands if operand is not None}
    outputs = [value for value in produced if value in read_later or graph.is_output(value)]
    graph.outputs = outputs or [value for value in (kept[-1].results if kept else ()) if not value.is_variable]
    for operation in reversed(left):
        graph.erase(operation)
    return to_bytes(model)


def run_content(content: bytes, arrays: Sequence[Array], isolated: bool, seconds: float) -> list[Array]:
    """The outputs of a file's first graph."""
    return (IsolatedSession(content, seconds=seconds) if isolated else Session(content)).run(arrays)


def dequantized(value: Value, array: Array) -> Array:
    """The numbers that quantized elements stand for; other elements as they are."""
    quantization = value.type.quantization
    if quantization is None or quantization.block_size or array.dtype.kind not in "iu":
        return np.asarray(array)
    sizes = [1] * array.ndim
    if len(quantization.scales) > 1:
        sizes[quantization.axis] = -1
    scales = np.array(quantization.scales, np.float32).reshape(sizes)
    zero_points = np.array(quantization.zero_points or (0,), np.float32).reshape(sizes)
    return (array.astype(np.float32) - zero_points) * scales


def _is_handed_out(value: Value, graph: Graph) -> bool:
    dtype = value.type.dtype
    if value.is_variable or dtype in NOT_HANDED_OUT or (dtype is not DType.STRING and dtype.bits < 8):
        return False
    return bool(value.uses) or graph.is_output(value)


def operations_between(target: Value, known: set[Value]) -> list[Operation]:
    """The operations that compute a tensor from the nearest tensors that are known to be right."""
    found: dict[Operation, None] = {}
    waiting = [target]
    while waiting:
        operation = waiting.pop().producer
        if operation is None or operation in found:
            continue
        found[operation] = None
        waiting += [operand for operand in operation.operands if operand is not None and operand not in known]
    order = target.graph.operations if target.graph is not None else []
    return [operation for operation in order if operation in found]
