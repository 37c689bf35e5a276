"""Which constants of a quantized model are trained, and what they are called."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from litesmith.flatbuffer.write import to_bytes
from litesmith.frontends.keras.training.model import QatModel
from litesmith.frontends.keras.training.weights import Kind, Trained, Weights, kind_of, stored
from litesmith.ir.constants import Constant
from litesmith.ir.graph import Graph, Model, Operation, Value
from litesmith.ir.operator import Role
from litesmith.quantization.constants import as_reals
from litesmith.quantization.rewriting import Face

Array = np.ndarray[Any, Any]
WITHIN = 0.45
"""Of a step: what is nearer to an integer than half is rounded to it, also where the step is rounded itself."""
Reals = Mapping[tuple[Operation, int], Constant]
"""The real numbers that operations read in places before anything was rounded."""


def trainable_model(
    quantized: Model, reals: Reals, variables: Mapping[str, bool], name: str, inference_type: Face = "float32"
) -> QatModel:
    """The model that trains what a quantized one was made of.

    Args:
        reals: what its constants were before they were rounded, by the same operations.
        variables: the paths of the original's variables, and which of them are trained.
        name: of the model.
        inference_type: of the inputs and outputs of the file, real numbers in `quantized`.
    """
    _give_biases_to_each(quantized.main)
    found = list(_Constants(quantized, reals, variables))
    trained, arrays = [each for each, _ in found], [array for _, array in found]
    content = base64.b64encode(to_bytes(quantized)).decode()
    made = QatModel(content, [each.to_json() for each in trained], inference_type, name=name)
    made.begin_with(arrays)
    return made


def _give_biases_to_each(graph: Graph) -> None:
    """Let no two operations read one bias: those of zeros are equal, and change apart."""
    for operation in graph.operations:
        for place, operand in enumerate(operation.operands):
            if operand is None or operand.constant is None or len(operand.uses) == 1:
                continue
            if operation.operator.operand(place).role is Role.BIAS:
                graph.rewire(operation, place, Value(operand.type, operand.name, constant=operand.constant))


class _Constants:
    """The constants of a model that are trained, each with its real numbers."""

    def __init__(self, quantized: Model, reals: Reals, variables: Mapping[str, bool]) -> None:
        self.graph = quantized.main
        self.reals = reals
        self.variables = variables
        self.numbers: dict[Any, int] = {}
        self.names: dict[tuple[str, str], int] = {}

    def __iter__(self) -> Iterator[tuple[Trained, Array]]:
        known: dict[Value, Trained] = {}
        for index, operation in enumerate(self.graph.operations):
            for place, operand in enumerate(operation.operands):
                constant, real = stored(operand), self.reals.get((operation, place))
                if constant is None or real is None or constant in known:
                    continue
                kind = kind_of(operation, place, constant)
                is_trainable = self._is_trainable(operation, place, constant)
                if not is_trainable and kind not in (Kind.WEIGHTS, Kind.BIAS):
                    continue
                found = self._trained(index, place, constant, real, is_trainable)
                known[constant] = found
                yield found, _first(kind, constant, real.array())

    def _trained(self, index: int, place: int, constant: Value, real: Constant, is_trainable: bool) -> Trained:
        operation = self.graph.operations[index]
        kind, layer = kind_of(operation, place, constant), operation.source.layer.replace("/", "-") or "model"
        key = (real.key, constant.name) if real.type.rank > 1 else (index, place)
        is_new = key not in self.numbers
        number = self.numbers.setdefault(key, len(self.numbers))
        name = self._name(operation, place, constant, layer) if is_new else ""
        shape = tuple(int(size) for size in real.type.shape)
        return Trained(index, place, number, layer, name, kind, shape, is_trainable)

    def _name(self, operation: Operation, place: int, constant: Value, layer: str) -> str:
        """The last part of the variable's name where the constant is one; numbered where a layer has several."""
        role = operation.operator.operand(place).role
        default = {Role.WEIGHT: "kernel", Role.BIAS: "bias"}.get(role, "constant")
        name = constant.name.rpartition("/")[2] if constant.name in self.variables else default
        count = self.names[layer, name] = self.names.get((layer, name), 0) + 1
        return name if count == 1 else f"{name}_{count}"

    def _is_trainable(self, operation: Operation, place: int, constant: Value) -> bool:
        """Whether variables that are trained have become this constant."""
        if constant.name in self.variables:
            return self.variables[constant.name]
        if operation.operator.operand(place).role is Role.ACTIVATION:
            return False
        layer = operation.source.layer
        own = [is_trained for path, is_trained in self.variables.items() if _belongs(path, layer)]
        return any(own) if self.variables else True


def _belongs(path: str, layer: str) -> bool:
    """Whether a variable is of a layer; paths of either may leave out the models around it."""
    owner = path.rpartition("/")[0]
    return bool(owner and layer) and (f"/{layer}".endswith(f"/{owner}") or f"/{owner}/".find(f"/{layer}/") >= 0)


def _first(kind: Kind, constant: Value, real: Array) -> Array:
    """The real numbers that training begins with.

    They have the integers of the file: weights were rounded so that outputs change least, which is not always the
    nearest integer, and biases make up for what that moves on average.
    """
    if kind is Kind.REAL or kind is Kind.VALUES or constant.constant is None:
        return real
    if kind is Kind.BIAS:
        return np.asarray(as_reals(constant.constant), np.float32)
    weights = Weights(constant, {})
    scales = weights.broadcast(weights.initial)
    middles = constant.constant.array().astype(np.float32) * scales
    return np.clip(real, middles - WITHIN * scales, middles + WITHIN * scales)
