"""A converted model's graph with constants that are trained."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from keras import ops

from litesmith.flatbuffer.read import read
from litesmith.frontends.keras.training.graph import Evaluation, steps_of
from litesmith.frontends.keras.training.rounding import Steps, through
from litesmith.frontends.keras.training.tables import tables
from litesmith.frontends.keras.training.weights import MOST_OF_BIAS, Kind, Trained, Weights, typed
from litesmith.ir.builder import constant_value
from litesmith.ir.constants import Constant
from litesmith.ir.copying import copy_model
from litesmith.ir.graph import Graph, Model, Operation, Value
from litesmith.ir.operator import Role
from litesmith.ir.types import DType
from litesmith.lite_face import faces_of
from litesmith.quantization.constants import as_bias

Array = np.ndarray[Any, Any]


class Simulation:
    """What the converted model computes, of real numbers that stand for its constants.

    Attributes:
        content: the file that the model would be converted to if nothing were trained.
        trained: its constants that are.
        face: how it is called.
    """

    def __init__(self, content: bytes, trained: Sequence[Trained]) -> None:
        self.content = content
        self.trained = tuple(trained)
        self.model = read(content)
        self.graph = self.model.main
        (self.face,) = faces_of(self.model).values()
        self.evaluation = Evaluation(self.graph, tables(self.graph))
        self._constants = [each.constant(self.graph) for each in self.trained]
        numbers = {operation: number for number, operation in enumerate(self.graph.operations)}
        self._weights = {
            each: Weights(value, dict(_readers(value, numbers)))
            for each, value in zip(self.trained, self._constants, strict=True)
            if each.kind is Kind.WEIGHTS
        }

    def initial_scales(self, trained: Trained) -> Array | None:
        """The scales of weights, which are trained as well; None for constants of other kinds."""
        weights = self._weights.get(trained)
        return None if weights is None else weights.initial

    def __call__(self, inputs: Sequence[Any], reals: Sequence[Any], logarithms: Sequence[Any]) -> list[Any]:
        """The outputs.

        Args:
            reals: what stands for each trained constant.
            logarithms: of what the initial scales of each are multiplied by; None for those without.
        """
        return self.evaluation(inputs, self._rounded(reals, logarithms))

    def _rounded(self, reals: Sequence[Any], logarithms: Sequence[Any]) -> dict[Value, tuple[Any, Steps | None]]:
        biases = {
            each.operation: real for each, real in zip(self.trained, reals, strict=True) if each.kind is Kind.BIAS
        }
        found: dict[Value, tuple[Any, Steps | None]] = {}
        for each, value, real, logarithm in zip(self.trained, self._constants, reals, logarithms, strict=True):
            if each.kind is Kind.WEIGHTS:
                found[value] = self._weights[each].rounded(real, biases, logarithm)
            elif each.kind is Kind.VALUES:
                steps = steps_of(value.type)
                assert steps is not None
                found[value] = steps.integers(ops.divide(real, steps.scale)), steps
            elif value.type.dtype is DType.FLOAT16:
                found[value] = through(ops.cast(ops.cast(real, "float16"), "float32"), real), None
            else:
                found[value] = real, None
        return found

    def converted(self, reals: Sequence[Any], logarithms: Sequence[Any]) -> Model:
        """The model with what was trained in it."""
        model = copy_model(self.model)
        graph, rounded_constants = model.main, self._rounded(reals, logarithms)
        for each, value, real in zip(self.trained, self._constants, reals, strict=True):
            operation, place = _read_at(graph, each)
            before = operation.operands[place]
            assert before is not None
            made = constant_value(self._constant(each, value, real, rounded_constants), value.name)
            for reader, at in list(before.uses):
                graph.rewire(reader, at, made)
        return model

    def _constant(
        self, trained: Trained, value: Value, real: Any, rounded_constants: dict[Value, tuple[Any, Steps | None]]
    ) -> Constant:
        tensor, steps = rounded_constants[value]
        if trained.kind is Kind.WEIGHTS:
            assert steps is not None
            return self._weights[trained].constant(tensor, steps)
        if trained.kind is not Kind.BIAS:
            return typed(tensor, value.type)
        operation = trained.reader(self.graph)
        (weights,) = (
            rounded_constants[each] for each in _operands(operation, Role.WEIGHT) if each in rounded_constants
        )
        assert weights[1] is not None
        scales = np.asarray(ops.convert_to_numpy(weights[1].scale), np.float32).reshape(-1)
        products = scales * np.float32(input_scale(operation))  # float32, in which the same integers were simulated
        most = products * np.float32(MOST_OF_BIAS)
        bias = np.clip(np.asarray(ops.convert_to_numpy(real)), -most, most)
        return as_bias(Constant.of(bias), products, value.type.dtype)


def _readers(weights: Value, numbers: Mapping[Operation, int]) -> Iterator[tuple[int, tuple[float, float | None]]]:
    """The operations that multiply integers by weights, and the scales of these integers and of the results."""
    for operation, place in weights.uses:
        data = input_scale(operation) if operation.operator.operand(place).role is Role.WEIGHT else None
        if data is not None:
            made = operation.results[0].type.quantization
            yield numbers[operation], (data, made.scales[0] if made is not None else None)


def _operands(operation: Operation, role: Role) -> list[Value]:
    return [
        operand
        for place, operand in enumerate(operation.operands)
        if operand is not None and operation.operator.operand(place).role is role
    ]


def input_scale(operation: Operation) -> Any:
    """The scale of what an operation multiplies by its weights; None where that is real numbers."""
    quantization = _operands(operation, Role.ACTIVATION)[0].type.quantization
    return None if quantization is None else quantization.scales[0]


def _read_at(graph: Graph, trained: Trained) -> tuple[Operation, int]:
    """The operation that reads a constant itself, and in which place."""
    operation = graph.operations[trained.operation]
    operand = operation.operands[trained.place]
    if operand is not None and operand.producer is not None:
        return operand.producer, 0
    return operation, trained.place
