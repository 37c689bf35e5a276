"""Weights of float32 models in fewer bits; what is computed from inputs stays float32.

Forms (rules: the quantization specification of LiteRT; checked in LiteRT 2.3.0):

- `float16`: rounded to float16. DEQUANTIZE makes float32 of them once, when the model is loaded.
- `weights_int8`: integers of -127..127 and a scale for each output channel. DEQUANTIZE makes float32 of them once.
  Results are those of rounded weights, at the speed of float32.
- `dynamic_int8`: operators with a kernel for float32 rows and int8 weights read the integers themselves. The
  kernel rounds each row of the input to 255 steps of its own range: faster, and another small error. Other
  operators read them as in `weights_int8`: a kernel that is slower than on float32 is not used.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from litesmith.ir.builder import building, constant_value, emit
from litesmith.ir.constants import Constant
from litesmith.ir.graph import Graph, Model, Operation, Value
from litesmith.ir.operator import Role
from litesmith.ir.source import source_scope
from litesmith.ir.stored_weights import StoredWeight
from litesmith.ir.types import DType, Quantization, TensorType
from litesmith.opset.conversion import Dequantize
from litesmith.opset.convolution import Conv2D
from litesmith.opset.joining import Concatenation, Pack
from litesmith.opset.matmul import BatchMatmul, FullyConnected

Array = np.ndarray[Any, Any]
WeightMode = Literal["float16", "weights_int8", "dynamic_int8"]
MODES: tuple[WeightMode, ...] = ("float16", "weights_int8", "dynamic_int8")
FEWEST = 1024
"""Weights of fewer numbers stay float32: there is little to save."""
LARGEST = 127
SMALLEST_SCALE = float(np.finfo(np.float32).tiny)
"""Kernels refuse scales that are zero or subnormal."""
ROUNDINGS = {"float16": 16 * 2**-11, "weights_int8": 16 / 254, "dynamic_int8": 32 / 254}
"""By how much results may differ from those of float32, of the largest: 16 roundings of a weight, and of an input."""

METADATA = "litesmith.weights"
"""Name of the metadata entry that keeps the form of the weights."""

ONCE = "made float32 once, when the model is loaded"
HYBRID = "read by the operator's kernel for int8 weights"
FEW = f"fewer than {FEWEST} numbers"
NOT_FINITE = "infinities or NaNs in it"


def quantize_weights(model: Model, mode: WeightMode) -> tuple[StoredWeight, ...]:
    """Put the weights of a model into this form; what became of each of them.

    A weight that several operators or signatures read is stored once.
    """
    weights = _Weights(mode)
    for graph in model.all_graphs():
        weights.replace_in(graph)
    model.metadata[METADATA] = mode.encode()
    return tuple(weights.stored)


def roundings_of(metadata: Mapping[str, bytes]) -> float:
    """By how much a file's results may differ because of the form of its weights, of the largest; 0 for float32."""
    return ROUNDINGS.get(metadata.get(METADATA, b"").decode("ascii", "replace"), 0.0)


class _Weights:
    """The weights of one model.

    Attributes:
        stored: what became of each.
    """

    def __init__(self, mode: WeightMode) -> None:
        self.mode = mode
        self.stored: list[StoredWeight] = []
        self._made: dict[tuple[Any, int | None], Constant | None] = {}

    def replace_in(self, graph: Graph) -> None:
        known: dict[tuple[Constant, str], Value] = {}
        for operation in list(graph.operations):
            for place, axis in _weights_of(operation):
                self._replace(operation, place, axis, known)

    def _replace(
        self, operation: Operation, place: int, axis: int | None, known: dict[tuple[Constant, str], Value]
    ) -> None:
        """Make an operation read its weight in the new form, directly or by DEQUANTIZE; one tensor for each graph."""
        value = operation.operands[place]
        assert value is not None
        assert value.constant is not None
        assert operation.graph is not None
        size = value.constant.type.elements
        made = self._quantized(value.constant, axis) if size >= FEWEST else None
        if made is None:
            self._note(operation, size, "float32", FEW if size < FEWEST else NOT_FINITE)
            return
        reason = HYBRID if self.mode == "dynamic_int8" and _has_hybrid_kernel(operation, place) else ONCE
        if (made, reason) not in known:
            first = operation.graph.operations[0]
            with building(operation.graph, first), source_scope(operation.source):
                stored = constant_value(made, value.name)
                known[made, reason] = stored if reason is HYBRID else emit(Dequantize(), stored)
        operation.graph.rewire(operation, place, known[made, reason])
        if reason is HYBRID and isinstance(operation.operator, FullyConnected):
            operation.operator = replace(operation.operator, asymmetric_quantize_inputs=True)
        self._note(operation, size, made.type.dtype.value, reason)

    def _note(self, operation: Operation, size: int, form: str, reason: str) -> None:
        layer = operation.source.layer
        self.stored.append(StoredWeight(layer, operation.operator.builtin, int(size), form, reason))

    def _quantized(self, constant: Constant, axis: int | None) -> Constant | None:
        """The constant in the new form; None for one that has none. Equal constants give the same."""
        key = (constant.key, None if self.mode == "float16" else axis)
        if key not in self._made:
            self._made[key] = as_float16(constant) if self.mode == "float16" else as_int8(constant, axis)
        return self._made[key]


def as_float16(constant: Constant) -> Constant | None:
    """A constant rounded to float16; None where numbers are too large for it, or none at all."""
    largest = float(np.max(np.abs(constant.array())))
    return constant.cast(DType.FLOAT16) if largest <= float(np.finfo(np.float16).max) else None


def as_int8(constant: Constant, axis: int | None) -> Constant | None:
    """A constant as integers of -127..127, with a scale for each index of `axis`; None where it is not finite.

    The scale is the largest magnitude divided by 127. An index of zeros only has the smallest scale there is.
    """
    array = constant.array()
    others = tuple(place for place in range(array.ndim) if place != axis)
    largest = np.max(np.abs(array), axis=others)
    if not np.all(np.isfinite(largest)):
        return None
    scales = np.maximum(np.float64(largest) / LARGEST, SMALLEST_SCALE).astype(np.float32)
    shape = [-1 if place == axis else 1 for place in range(array.ndim)]

    def integers(elements: Array) -> Array:
        rounded = np.rint(elements / np.float64(scales).reshape(shape))
        return np.clip(rounded, -LARGEST, LARGEST).astype(np.int8)

    scale_list = tuple(scales.reshape(-1).tolist())
    quantization = Quantization(scale_list, (0,) * len(scale_list), axis or 0)
    type = TensorType(DType.INT8, constant.type.shape, quantization)
    return constant.map(integers, type, ("int8", axis))


def _weights_of(operation: Operation) -> Iterator[tuple[int, int | None]]:
    """The operands of an operation that are float32 weights, and the axis of their channels."""
    roles = operation.operator.operands
    for place, value in enumerate(operation.operands):
        if value is None or value.constant is None or value.type.dtype is not DType.FLOAT32 or not value.type.rank:
            continue
        operand = roles[min(place, len(roles) - 1)]
        if operand.role is Role.WEIGHT:
            yield place, operand.channel_axis
        elif operand.role is Role.ACTIVATION and not isinstance(operation.operator, (Concatenation, Pack)):
            yield place, _channels(operation, place, value)


def _channels(operation: Operation, place: int, value: Value) -> int | None:
    """The axis of a constant along which scales differ, where it is no weight by its role."""
    if isinstance(operation.operator, BatchMatmul) and place == 1:
        return value.type.rank - (2 if operation.operator.adj_y else 1)
    return 0 if value.type.rank == 2 else None


def _has_hybrid_kernel(operation: Operation, place: int) -> bool:
    """Whether a kernel takes float32 rows and these weights as int8, and is faster than on float32.

    DEPTHWISE_CONV_2D has one that is slower, grouped convolutions have none.
    """
    if place != 1:
        return False
    rows, weights = operation.operands[0], operation.operands[1]
    assert rows is not None
    assert weights is not None
    if isinstance(operation.operator, FullyConnected):
        return True
    return isinstance(operation.operator, Conv2D) and rows.type.shape[3] == weights.type.shape[3]
