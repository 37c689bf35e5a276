"""A model that was trained with roundings as what can be converted: the integers are there already."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np

from litesmith.frontends.inputs import BatchWhereOpen
from litesmith.frontends.keras.original import KerasModel
from litesmith.frontends.keras.training.graph import steps_of
from litesmith.frontends.keras.training.model import QatModel
from litesmith.frontends.options import Options
from litesmith.frontends.original import Imported
from litesmith.ir.calling import Calling
from litesmith.ir.dims import Dim, Shape
from litesmith.ir.graph import Graph, Model, Operation, Value
from litesmith.ir.operator import TypeRule
from litesmith.ir.types import TensorType
from litesmith.opset.conversion import Dequantize

STEPS_APART = 4.0
"""How many steps an output of integers may be off by; one step on 99.9 % of the values is what is promised."""


class TrainedWithRoundings(KerasModel):
    """A `QatModel`."""

    model: QatModel

    @cached_property
    def output_steps(self) -> tuple[float, ...]:
        """How much each output may be off by: some of the steps that it is rounded to; 0 for one of real numbers."""
        return tuple(
            STEPS_APART * (_step(own) if given.type.quantization is None else 1)
            for own, given in zip(self.model.simulated.outputs, self._file.outputs, strict=True)
        )

    @cached_property
    def _file(self) -> Graph:
        """The graph of the file: its inputs and outputs may be integers, where the model has real numbers."""
        return self.model.converted().main

    def run(self, inputs: Any) -> Any:
        """Its outputs, of the types that the file has."""
        leaves = self.model.face.leaves(inputs)
        reals = [_real(own, value.type) for own, value in zip(leaves, self._file.inputs, strict=True)]
        outputs = self.model.face.outputs
        made = outputs.flatten(super().run(self.model.face.inputs.pack(reals)))
        return outputs.pack([_stored(own, value.type) for own, value in zip(made, self._file.outputs, strict=True)])

    def import_graphs(
        self, inputs: Any, batch: int | None, options: Options, signatures: Mapping[str, Any] | None
    ) -> Imported:
        """Raises ValueError for sizes, which such a model has already, and several ways to call it."""
        if inputs is not None or signatures is not None:
            raise ValueError("inputs= and signatures= are said to litesmith.qat; the model has its integers already")
        face, model = self.model.face, self.model.converted()
        if batch is not None:
            _fix_batch(model, batch)
        (signature,) = model.signatures
        names = face.size_names if any(map(any, face.size_names)) else ()
        calls = {signature.name: Calling(face.inputs, face.outputs, names)}
        return Imported(model, calls, {signature.name: self}, is_finished=True)


def _real(integers: Any, type: TensorType) -> Any:
    """What integers stand for, where they do."""
    steps = steps_of(type)
    return integers if steps is None else ((np.float32(integers) - steps.zero) * np.float32(steps.scale))


def _stored(real: Any, type: TensorType) -> Any:
    """The integers that stand for real numbers, where the file has such."""
    steps = steps_of(type)
    if steps is None:
        return real
    counted = np.rint(np.asarray(real) / np.float32(steps.scale)) + steps.zero
    return np.clip(counted, steps.least, steps.most).astype(type.dtype.numpy)


def _step(value: Value) -> float:
    producer = value.producer
    if producer is None or not isinstance(producer.operator, Dequantize) or producer.operands[0] is None:
        return 0.0
    quantization = producer.operands[0].type.quantization
    return float(np.max(quantization.scales)) if quantization is not None else 0.0


def _fix_batch(model: Model, batch: int) -> None:
    """Give the first sizes of inputs that are open a number, and what follows from them."""
    graph = model.main
    for value in graph.inputs:
        if value.type.rank and isinstance(value.type.shape[0], Dim):
            value.type = value.type.with_shape((int(batch), *value.type.shape[1:]))
            if isinstance(batch, BatchWhereOpen):
                batch.was_used = True
    graph.anchors.clear()
    for value in graph.inputs:
        graph.anchor(value)
    for operation in graph.operations:
        for result, shape in zip(operation.results, _shapes(operation), strict=False):
            result.type = result.type.with_shape(shape)


def _shapes(operation: Operation) -> list[Shape]:
    """The shapes of the results as they follow from the operands; none where they do not."""
    try:
        found = operation.operator.shapes(*operation.operands)
    except (TypeRule, NotImplementedError):
        return []
    return [
        tuple(own if size is None else size for own, size in zip(result.type.shape, sizes, strict=True))
        for result, sizes in zip(operation.results, found, strict=False)
    ]
