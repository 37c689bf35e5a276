"""What depends on constants only, computed before the model runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from litesmith.flatbuffer.write import to_bytes
from litesmith.ir.constants import Array, Constant
from litesmith.ir.dims import is_static
from litesmith.ir.graph import Graph, Model, Operation, Value
from litesmith.ir.types import DType, TensorType
from litesmith.ir.verify import graph_problems
from litesmith.opset.conversion import Cast
from litesmith.opset.shaping import ExpandDims, Reshape, ShapeOf, Squeeze, Transpose
from litesmith.passes.base import Missed, Pass, Record, remove_unread
from litesmith.passes.merge_common_subexpressions import is_repeatable
from litesmith.runtime.interpreter import RuntimeRefusal, Session

COMPUTABLE = frozenset(
    [
        *(DType.FLOAT32, DType.FLOAT16, DType.FLOAT64, DType.BOOL),
        *(DType.INT8, DType.INT16, DType.INT32, DType.INT64, DType.UINT8, DType.UINT16, DType.UINT32, DType.UINT64),
    ]
)
"""Element types that arrays can be read from the runtime in."""


@dataclass(frozen=True)
class FoldConstants(Pass):
    """Replace what depends on constants only by its elements.

    The LiteRT runtime itself computes them, once for all, with its plain kernels. Large weights
    that are only moved or cast stay where they are and are transformed when the file is
    written. Results over 64 KiB that are larger than all they are computed from are left to the
    model: a file should not hold what FILL or TILE say in a few bytes.

    Before:
        graph main(%x: float32[batch, 2]) {
          %1 = rsqrt const float32[2] [4.0, 16.0] : float32[2]
          %2 = mul %1, const float32[2] [3.0, 8.0] : float32[2]
          %3 = mul %x, %2 : float32[batch, 2]
          return %3
        }

    After:
        graph main(%x: float32[batch, 2]) {
          %1 = mul %x, const float32[2] [1.5, 2.0] : float32[batch, 2]
          return %1
        }
    """

    kept_bytes: int = 64 * 1024
    """Results up to this size are kept in the file whatever they are computed from."""

    def run(self, graph: Graph, record: Record) -> int:
        changes = 0
        for operation in list(graph.operations):
            constant = _known(operation)
            if constant is not None and not (
                isinstance(operation.operator, Cast) and self._is_too_large(operation.result)
            ):
                _replace(graph, operation.result, constant)
                changes += 1
        changes += self._fold_regions(graph, record)
        record.count(self.name, changes)
        return changes

    def _fold_regions(self, graph: Graph, record: Record) -> int:
        region = _constant_region(graph)
        frontier = list(self._frontier(graph, region, record))
        folded = 0
        for value, found in self._evaluate(graph, frontier, record):
            _replace(graph, value, found)
            folded += 1
        return folded

    def _frontier(self, graph: Graph, region: dict[Operation, None], record: Record) -> Iterator[Value]:
        """The results of the region that others read, without those that are too large to keep."""
        for operation in reversed(list(region)):
            read = [value for value in operation.results if _is_read_outside(graph, value, region)]
            if any(self._is_too_large(value) for value in read):
                del region[operation]
                self._decline(record, operation, "the result would be larger than what it is computed from")
            else:
                yield from read

    def _is_too_large(self, value: Value) -> bool:
        if value.type.nbytes <= self.kept_bytes:
            return False
        operands = dict.fromkeys(operand for operation in _needed([value]) for operand in operation.operands)
        sources = [operand for operand in operands if operand is not None and operand.is_constant]
        return value.type.nbytes > sum(source.type.nbytes for source in sources)

    def _evaluate(self, graph: Graph, values: Sequence[Value], record: Record) -> list[tuple[Value, Constant]]:
        """What the runtime computes; values that it refuses are left out."""
        if not values:
            return []
        try:
            arrays = _run(graph, values)
        except (RuntimeRefusal, ValueError) as refusal:
            if len(values) > 1:
                middle = len(values) // 2
                return [
                    *self._evaluate(graph, values[:middle], record),
                    *self._evaluate(graph, values[middle:], record),
                ]
            assert values[0].producer is not None
            self._decline(record, values[0].producer, f"the runtime does not compute it: {refusal}")
            return []
        return [(value, Constant.of(array, value.type.dtype)) for value, array in zip(values, arrays, strict=True)]

    def _decline(self, record: Record, operation: Operation, reason: str) -> None:
        record.missed[Missed(self.name, operation.source, reason)] = None


def _known(operation: Operation) -> Constant | None:
    """The result of an operation that needs no computing: sizes, and constants that are only moved or cast."""
    if len(operation.results) != 1 or not operation.operands:
        return None
    result, operand, operator = operation.result, operation.operands[0], operation.operator
    sizes = result.contents
    if isinstance(operator, ShapeOf) and operand is not None:
        sizes = operand.type.shape
    if sizes is not None and is_static(sizes):
        return Constant.of(np.array(sizes, result.type.dtype.numpy).reshape(result.type.shape), result.type.dtype)
    if operand is None or operand.constant is None or not (_is_computable(operand) and _is_computable(result)):
        return None
    if isinstance(operator, (Reshape, Squeeze, ExpandDims)):
        return operand.constant.reshaped(result.type.shape)
    if isinstance(operator, Transpose):
        axes = operation.operands[1]
        return (
            None
            if axes is None or axes.constant is None
            else operand.constant.transposed(axes.constant.array().tolist())
        )
    if isinstance(operator, Cast) and not (operand.type.dtype.is_float and result.type.dtype.is_integer):
        return operand.constant.cast(result.type.dtype)
    return None


def _constant_region(graph: Graph) -> dict[Operation, None]:
    """The operations whose operands are constants or results of others of them, in order."""
    region: dict[Operation, None] = {}
    for operation in graph.operations:
        operands = [operand for operand in operation.operands if operand is not None]
        if not operands or not all(operand.is_constant or operand.producer in region for operand in operands):
            continue
        if is_repeatable(operation) and all(map(_is_computable, [*operands, *operation.results])):
            region[operation] = None
    return region


def _is_computable(value: Value) -> bool:
    type = value.type
    return type.dtype in COMPUTABLE and type == TensorType(type.dtype, type.shape) and is_static(type.shape)


def _is_read_outside(graph: Graph, value: Value, region: dict[Operation, None]) -> bool:
    return graph.is_output(value) or any(user not in region for user in value.users)


def _needed(values: Sequence[Value]) -> set[Operation]:
    """The operations that values are computed by."""
    found: set[Operation] = set()
    waiting = [value.producer for value in values]
    while waiting:
        operation = waiting.pop()
        if operation is not None and operation not in found:
            found.add(operation)
            waiting += [operand.producer for operand in operation.operands if operand is not None]
    return found


def _run(graph: Graph, values: Sequence[Value]) -> list[Array]:
    """What the runtime computes for values that depend on constants only."""
    alone = _alone(graph, values)
    problems = list(graph_problems(alone))
    if problems:
        raise RuntimeRefusal(problems[0])
    arrays = Session(to_bytes(Model([alone])), delegates=False).run([])
    for value, array in zip(values, arrays, strict=True):
        if array.shape != value.type.shape:
            raise RuntimeRefusal(f"its shape is {array.shape}, not {value.type.shape}")
    return arrays


def _alone(graph: Graph, values: Sequence[Value]) -> Graph:
    """A graph of its own that computes `values`."""
    alone, needed = Graph("constants"), _needed(values)
    copies: dict[Value | None, Value | None] = {None: None}
    for operation in (operation for operation in graph.operations if operation in needed):
        for operand in operation.operands:
            if operand is not None and operand not in copies:
                copies[operand] = Value(operand.type, operand.name, constant=operand.constant)
        operands = [copies[operand] for operand in operation.operands]
        copy = Operation(operation.operator, operands, [result.type for result in operation.results], operation.source)
        alone.insert(copy)
        copies.update(zip(operation.results, copy.results, strict=True))
    alone.outputs = [found for value in values if (found := copies[value]) is not None]
    return alone


def _replace(graph: Graph, value: Value, constant: Constant) -> None:
    """Let a constant of the same name stand for a value; its producer goes when nobody reads it any more."""
    graph.replace_uses(value, Value(value.type, value.name, constant=constant))
    remove_unread(graph, [value])
