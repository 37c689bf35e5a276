"""Weights of float32 models in fewer bits; what is computed from inputs stays float32.

Forms (rules: the quantization specification of LiteRT; checked in LiteRT 2.3.0):

- `float16`: rounded to float16. DEQUANTIZE makes float32 of them once, when the model is loaded.
- `weights_int8`: integers of -127..127 and a scale for each output channel. DEQUANTIZE makes float32 of them once.
  Results are those of rounded weights, at the speed of float32.
- `dynamic_int8`: operators with a kernel for float32 rows and int8 weights read the integers themselves. The
  kernel rounds each row of the input to 255 steps of its own range: faster, and another small error. Other
  operators, and those that multiply each row by few weights, read them as in `weights_int8`: a kernel that is slower
  than on float32 is not used.
- `weights_int4`, `dynamic_int4`: the same with integers of -7..7; blocks of a row have scales of their own where a
  recipe says so, which FULLY_CONNECTED reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from litesmith.ir.builder import building, constant_value, emit
from litesmith.ir.constants import Constant
from litesmith.ir.graph import Graph, Model, Operation, Value
from litesmith.ir.operator import Role
from litesmith.ir.source import source_scope
from litesmith.ir.stored_weights import StoredWeight
from litesmith.ir.types import DType
from litesmith.opset.conversion import Dequantize
from litesmith.opset.convolution import Conv2D
from litesmith.opset.joining import Concatenation, Pack
from litesmith.opset.matmul import BatchMatmul, FullyConnected
from litesmith.quantization.constants import LARGEST_WEIGHT, in_blocks, weight_scales, with_scales
from litesmith.quantization.forms import FORMS, Form
from litesmith.quantization.spectra import computes_spectrum, default_form
from litesmith.quantization.tables import pick_rows, picks_rows

Array = np.ndarray[Any, Any]
FEWEST = 1024
"""Weights of fewer numbers stay float32: there is little to save."""
FEWEST_OF_ROW = 256
"""Weights of an output channel from which on a kernel that rounds rows of images or sequences is not slower: measured
with one thread of a processor without dot products of int8, where convolutions of 16 to 96 weights take 1.2 to 2.3
times as long as on float32, of 144 and 192 1.1 to 1.4, of 384 and more 0.9 to 1.1."""
ROUNDINGS = {"float16": 16 * 2**-11, "weights_int8": 16 / 254, "dynamic_int8": 32 / 254}
"""By how much results may differ from those of float32, of the largest: 16 roundings of a weight, and of an input."""

METADATA = "litesmith.weights"
"""Name of the metadata entry that keeps the form of the weights."""

ONCE = "made float32 once, when the model is loaded"
BY_ROWS = "made float32 row by row, as rows are picked"
HYBRID = "read by the operator's kernel for {} weights"
FEW = f"fewer than {FEWEST} numbers"
NOT_FINITE = "infinities or NaNs in it"
SPECTRUM = "of a spectrum, of which integers hold too little"
FormOf = Callable[[Operation], Form]


@dataclass(frozen=True)
class Rounding:
    """How the rows of a filter are rounded.

    Attributes:
        levels: the largest integer of a weight.
        block: how many weights of a row share a step; 0 for the whole row.
    """

    levels: float
    block: int = 0


def rounding_of(operation: Operation, form: Form) -> Rounding | None:
    """How the filter of an operation of this form is rounded; None where it stays real, or has none."""
    place = next((place for place, _ in _weights_of(operation)), None)
    value = None if place is None else operation.operands[place]
    if place is None or value is None or form.weights not in LARGEST_WEIGHT or value.type.elements < FEWEST:
        return None
    block = form.block if form.rounds_rows and _divides(form.block, operation, value) else 0
    return Rounding(LARGEST_WEIGHT[form.weights], block)


def quantize_weights(model: Model, mode: str) -> tuple[StoredWeight, ...]:
    """Put all weights of a model into a form; what became of each of them."""
    model.metadata[METADATA] = mode.encode()
    return store_weights(model, lambda operation: default_form(operation, mode))


def store_weights(model: Model, form_of: FormOf) -> tuple[StoredWeight, ...]:
    """Put the weights of operations that compute with real numbers into the forms that these are to have.

    A weight that several operations or signatures read in one form is stored once.
    """
    weights = _Weights(form_of)
    for graph in model.all_graphs():
        weights.replace_in(graph)
    return tuple(weights.stored)


def roundings_of(metadata: Mapping[str, bytes]) -> float:
    """By how much a file's results may differ because of the form of its weights, of the largest; 0 for float32."""
    return ROUNDINGS.get(metadata.get(METADATA, b"").decode("ascii", "replace"), 0.0)


def rounded_weights(metadata: Mapping[str, bytes]) -> str:
    """The form of a file's weights where they are integers; empty for real numbers."""
    mode = metadata.get(METADATA, b"").decode("ascii", "replace")
    return mode if mode in ROUNDINGS and FORMS[mode].weights in LARGEST_WEIGHT else ""


class _Weights:
    """The weights of one model.

    Attributes:
        stored: what became of each.
    """

    def __init__(self, form_of: FormOf) -> None:
        self.form_of = form_of
        self.stored: list[StoredWeight] = []
        self._made: dict[Any, Constant | None] = {}

    def replace_in(self, graph: Graph) -> None:
        known: dict[tuple[Constant, bool], Value] = {}
        for operation in list(graph.operations):
            form = self.form_of(operation)
            if form.computes_integers:
                continue
            if form.weights is DType.FLOAT32:
                self._note_spectrum(operation)
                continue
            if picks_rows(operation, form.weights):
                self._replace_table(operation, form)
                continue
            for place, axis in _weights_of(operation):
                self._replace(operation, place, axis, form, known)

    def _replace(
        self, operation: Operation, place: int, axis: int | None, form: Form, known: dict[tuple[Constant, bool], Value]
    ) -> None:
        """Make an operation read its weight in the new form, directly or by DEQUANTIZE; one tensor for each graph."""
        value = operation.operands[place]
        assert value is not None
        assert value.constant is not None
        assert operation.graph is not None
        size = value.constant.type.elements
        is_read = form.rounds_rows and _has_hybrid_kernel(operation, place, form.weights)
        block = form.block if is_read and _divides(form.block, operation, value) else 0
        made = self._quantized(value.constant, axis, form.weights, block) if size >= FEWEST else None
        if made is None:
            self._note(operation, size, "float32", FEW if size < FEWEST else NOT_FINITE)
            return
        if (made, is_read) not in known:
            first = operation.graph.operations[0]
            with building(operation.graph, first), source_scope(operation.source):
                stored = constant_value(made, value.name)
                known[made, is_read] = stored if is_read else emit(Dequantize(), stored)
        operation.graph.rewire(operation, place, known[made, is_read])
        if is_read and isinstance(operation.operator, FullyConnected):
            operation.operator = replace(operation.operator, asymmetric_quantize_inputs=True)
        self._note(operation, size, made.type.dtype.value, HYBRID.format(made.type.dtype.value) if is_read else ONCE)

    def _replace_table(self, operation: Operation, form: Form) -> None:
        """Make an operation pick rows of integers, and real numbers of what it picked."""
        table = operation.operands[0]
        assert table is not None
        assert table.constant is not None
        size, width = table.type.elements, table.type.shape[1]
        block = form.block if form.block and width % form.block == 0 else 0
        made = self._quantized(table.constant, 0, form.weights, block) if size >= FEWEST else None
        if made is None:
            self._note(operation, size, "float32", FEW if size < FEWEST else NOT_FINITE)
            return
        pick_rows(operation, made)
        self._note(operation, size, form.weights.value, BY_ROWS)

    def _note_spectrum(self, operation: Operation) -> None:
        for place, _ in _weights_of(operation) if computes_spectrum(operation) else ():
            value = operation.operands[place]
            assert value is not None
            self._note(operation, value.type.elements, "float32", SPECTRUM)

    def _note(self, operation: Operation, size: int, form: str, reason: str) -> None:
        layer = operation.source.layer
        self.stored.append(StoredWeight(layer, operation.operator.builtin, int(size), form, reason))

    def _quantized(self, constant: Constant, axis: int | None, dtype: DType, block: int) -> Constant | None:
        """The constant in the new form; None for one that has none. Equal constants give the same."""
        key = (constant.key, dtype, None if dtype is DType.FLOAT16 else axis, block)
        if key not in self._made:
            self._made[key] = _rounded(constant, axis, dtype, block)
        return self._made[key]


def _rounded(constant: Constant, axis: int | None, dtype: DType, block: int) -> Constant | None:
    if dtype is DType.FLOAT16:
        return as_float16(constant)
    return as_integer_weights(constant, axis, dtype, block)


def as_float16(constant: Constant) -> Constant | None:
    """A constant rounded to float16; None where numbers are too large for it, or none at all."""
    largest = float(np.max(np.abs(constant.array())))
    return constant.cast(DType.FLOAT16) if largest <= float(np.finfo(np.float16).max) else None


def as_integer_weights(constant: Constant, axis: int | None, dtype: DType, block: int = 0) -> Constant | None:
    """A constant as integers, with a scale for each index of `axis` or each block; None where it is not finite."""
    array = constant.array()
    if not np.all(np.isfinite(array)):
        return None
    if block:
        return in_blocks(constant, block)
    return with_scales(constant, weight_scales(array, axis, dtype), axis, dtype)


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


def _has_hybrid_kernel(operation: Operation, place: int, weights_type: DType) -> bool:
    """Whether a kernel takes float32 rows and such weights, and is faster than on float32.

    DEPTHWISE_CONV_2D has one that is slower, grouped convolutions have none, and that of CONV_2D takes no int4. To
    round rows takes longer than it saves where each is multiplied by few weights.
    """
    if place != 1:
        return False
    rows, weights = operation.operands[0], operation.operands[1]
    assert rows is not None
    assert weights is not None
    has_few = rows.type.rank > 2 and weights.type.elements < FEWEST_OF_ROW * int(weights.type.shape[0])
    if has_few and weights_type is DType.INT8:
        return False
    if isinstance(operation.operator, FullyConnected):
        return weights_type is DType.INT8 or (weights_type is DType.INT4 and weights.type.shape[1] % 2 == 0)
    takes = weights_type is DType.INT8 and isinstance(operation.operator, Conv2D)
    return takes and rows.type.shape[3] == weights.type.shape[3]


def _divides(block: int, operation: Operation, weights: Value) -> bool:
    """Whether the rows of these weights are made of whole blocks, which FULLY_CONNECTED alone reads."""
    return bool(block) and isinstance(operation.operator, FullyConnected) and weights.type.shape[1] % block == 0
