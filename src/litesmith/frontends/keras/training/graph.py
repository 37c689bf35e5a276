"""A graph of LiteRT's operators evaluated by Keras, so that gradients flow through it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from keras import ops

from litesmith.frontends.keras.training.registry import Call, Evaluate, evaluator
from litesmith.frontends.keras.training.rounding import Steps, through
from litesmith.ir.graph import Graph, Operation, Value
from litesmith.ir.types import DType, TensorType

Array = np.ndarray[Any, Any]
LIMITS = {
    DType.INT8: (-128, 127),
    DType.UINT8: (0, 255),
    DType.INT16: (-32768, 32767),
    DType.INT4: (-8, 7),
    DType.INT2: (-2, 1),
}
"""Of integers that stand for real numbers."""


def missing(graph: Graph) -> Iterator[Operation]:
    """The operations that nothing evaluates."""
    return (operation for operation in graph.operations if evaluator(operation.operator) is None)


def steps_of(type: TensorType) -> Steps | None:
    """How integers of a type stand for real numbers; None for a type whose elements are such themselves."""
    quantization = type.quantization
    if quantization is None or not quantization.scales or type.dtype not in LIMITS:
        return None
    least, most = LIMITS[type.dtype]
    zero = int(quantization.zero_points[0]) if quantization.zero_points else 0
    if len(quantization.scales) == 1:
        return Steps(float(quantization.scales[0]), zero, least, most)
    return Steps(spread(np.array(quantization.scales, np.float32), type), zero, least, most)


def spread(scales: Array, type: TensorType) -> Array:
    """A scale for each index of an axis, or each block, as an array that broadcasts against a tensor."""
    quantization = type.quantization
    assert quantization is not None
    if quantization.block_size:
        return np.repeat(scales.reshape(quantization.scale_shape), quantization.block_size, axis=1)
    return scales.reshape([-1 if place == quantization.axis else 1 for place in range(type.rank)])


class Evaluation:
    """One graph, whose constants may be tensors that are trained.

    Attributes:
        tables: for operations of one integer operand, the result for each integer from the least on, as the runtime
            computes it.
    """

    def __init__(self, graph: Graph, tables: Mapping[Operation, Array]) -> None:
        self.graph = graph
        self.tables = tables
        self.steps = {value: steps_of(value.type) for value in _values(graph)}
        self.constants = {value: _constant(value) for value in graph.constants()}

    def __call__(self, inputs: Sequence[Any], trained: Mapping[Value, tuple[Any, Steps | None]]) -> list[Any]:
        """The outputs.

        Args:
            trained: what constants are now, and how their integers stand for real numbers.
        """
        found: dict[Value, Any] = {**self.constants, **{value: tensor for value, (tensor, _) in trained.items()}}
        steps = {**self.steps, **{value: each for value, (_, each) in trained.items()}}
        found.update(zip(self.graph.inputs, inputs, strict=True))
        for operation in self.graph.operations:
            results = self._evaluated(operation, found, steps)
            found.update(zip(operation.results, results, strict=True))
        return [found[value] for value in self.graph.outputs]

    def _evaluated(
        self, operation: Operation, found: Mapping[Value, Any], steps: Mapping[Value, Steps | None]
    ) -> tuple[Any, ...]:
        call = Call(
            operation,
            tuple(None if value is None else found[value] for value in operation.operands),
            tuple(None if value is None else steps[value] for value in operation.operands),
            tuple(steps[value] for value in operation.results),
        )
        evaluate: Evaluate | None = evaluator(operation.operator)
        assert evaluate is not None
        made = evaluate(call)
        if operation in self.tables:
            made = _looked_up(call, self.tables[operation], made)
        return made if isinstance(made, tuple) else (made,)


def _looked_up(call: Call, table: Array, made: Any) -> Any:
    """What the runtime's table says, with the gradient of what was computed."""
    steps = call.steps[0]
    assert steps is not None
    places = ops.cast(ops.subtract(ops.stop_gradient(ops.convert_to_tensor(call.operands[0])), steps.least), "int32")
    return through(ops.take(table, places, axis=0), made)


def _values(graph: Graph) -> Iterator[Value]:
    yield from graph.inputs
    yield from graph.constants()
    for operation in graph.operations:
        yield from operation.results


def _constant(value: Value) -> Array:
    """The elements of a constant; of integers that stand for real numbers, as float32, a bias as what it stands for."""
    assert value.constant is not None
    array, type = value.constant.array(), value.type
    if steps_of(type) is not None or type.dtype in (DType.FLOAT16, DType.BFLOAT16):
        return array.astype(np.float32)
    if type.quantization is not None and type.dtype in (DType.INT32, DType.INT64):
        return np.asarray(array * np.array(type.quantization.scales), np.float32)
    return array
