"""Reading a LiteRT flatbuffer, whoever made it, as a graph.

Constants stay in the file's bytes: their arrays are views. An operator that has no
definition, or options that its definition cannot hold, is kept as `Unmodeled`.

Each graph is read on its own. How its unknown sizes relate is what its operators say of them; a file
does not say how they relate to those of the graph that runs it, nor does the reader follow such calls,
which may go in a circle.
"""

from __future__ import annotations

import contextlib
import itertools
import struct
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import numpy as np
from ai_edge_litert import schema_py_generated as generated

from litesmith.flatbuffer.encoding import decode
from litesmith.flatbuffer.layer_classes import LayerClasses
from litesmith.flatbuffer.layer_names import layer_of
from litesmith.flatbuffer.schema import (
    DTYPES,
    FILE_IDENTIFIER,
    OPERATOR_NAMES,
    is_enumeration,
    new_table,
    option_fields,
)
from litesmith.ir.constants import Constant
from litesmith.ir.dims import Dim, Size, symbol
from litesmith.ir.graph import Graph, Model, Operation, Signature, Value
from litesmith.ir.operator import Operator, TypeRule
from litesmith.ir.source import Source
from litesmith.ir.types import DType, Quantization, SparseAxis, Sparsity, TensorType
from litesmith.opset.registry import definitions
from litesmith.opset.unmodeled import Unmodeled

Buffer = bytes | bytearray | memoryview
Item = TypeVar("Item")
Hints = tuple[Size | None, ...]
PROBES = (3, 211, 223, 227, 229, 233, 239, 241)
"""What unknown sizes compute as: the batch first, primes so that different ones do not meet."""

CONTRADICTIONS = (
    struct.error,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    AssertionError,
    ArithmeticError,
    MemoryError,
    RecursionError,
)
"""What following wrong offsets and numbers of a damaged file runs into."""


class Damaged(Exception):
    """The bytes are not a LiteRT flatbuffer, or its tables contradict each other."""


def read(data: Buffer, as_stored: bool = False) -> Model:
    """The model in `data`, which must stay unchanged while the model is used; raises `Damaged`.

    `as_stored`: sizes that may change are those that the file was written with.
    """
    if len(data) < 8 or bytes(data[4:8]) != FILE_IDENTIFIER:
        raise Damaged("the file does not have the identifier TFL3")
    try:
        return _Reader(data, as_stored).model()
    except CONTRADICTIONS as error:
        raise Damaged(f"the tables of the file contradict each other ({error})") from error


class _Reader:
    def __init__(self, data: Buffer, as_stored: bool = False) -> None:
        self.data = np.frombuffer(data, np.uint8)
        self.table = generated.ModelT.InitFromPackedBuf(data, 0)
        for subgraph in self.table.subgraphs or () if as_stored else ():
            for tensor in subgraph.tensors or ():
                tensor.shapeSignature = None
        self.graphs = [Graph(_text(sub.name) or f"subgraph_{i}") for i, sub in enumerate(self.table.subgraphs or ())]
        self.tensors: dict[Graph, list[Value | None]] = {}
        """For each graph, what stands for its tensors, in the file's order; None for those that nothing writes."""
        self.unknown = 0
        self.classes = LayerClasses({})
        self.subgraph: Any = None
        """The one that is being read."""

    def model(self) -> Model:
        if not self.graphs:
            raise Damaged("the file holds no graph")
        metadata = {_text(entry.name): self._bytes(entry.buffer).tobytes() for entry in self.table.metadata or ()}
        self.classes = LayerClasses(metadata)
        for graph, table in zip(self.graphs, self.table.subgraphs, strict=True):
            self._fill(graph, table)
        signatures = [self._signature(table) for table in self.table.signatureDefs or ()]
        return Model(self.graphs, signatures, metadata, _text(self.table.description))

    def _fill(self, graph: Graph, table: Any) -> None:
        self.subgraph = table
        produced = {index for operator in table.operators or () for index in _indices(operator.outputs)}
        values = self.tensors[graph] = [None] * len(table.tensors or ())
        batch = self._new_symbol("batch")
        for index in _indices(table.inputs):
            tensor = _at(table.tensors, index)
            values[index] = graph.add_input(self._type(tensor, (batch,) if _sizes(tensor) else ()), _text(tensor.name))
        for index, tensor in enumerate(table.tensors or ()):
            if values[index] is None and index not in produced:
                values[index] = self._unproduced(tensor)
        for operator in table.operators or ():
            graph.insert(self._operation(operator, table, values))
        graph.outputs = [_there(values, index) for index in _indices(table.outputs)]

    def _operation(self, table: Any, subgraph: Any, values: list[Value | None]) -> Operation:
        operator = self._operator(table)
        operands = [None if index < 0 else _there(values, index) for index in _indices(table.inputs)]
        outputs = [_at(subgraph.tensors, index) for index in _indices(table.outputs)]
        types = self._result_types(operator, operands, outputs)
        name = _text(outputs[0].name) if outputs else next((value.name for value in operands if value is not None), "")
        layer = layer_of(name, _text(self.table.description))
        operation = Operation(operator, operands, types, Source(layer, classes=self.classes.of(layer)))
        operation.intermediates = tuple(
            self._type(_at(subgraph.tensors, index)) for index in _indices(table.intermediates)
        )
        for index, tensor, result in zip(_indices(table.outputs), outputs, operation.results, strict=True):
            result.name = _text(tensor.name)
            result.is_variable = bool(tensor.isVariable)
            values[index] = result
        return operation

    def _result_types(self, operator: Operator, operands: list[Value | None], outputs: list[Any]) -> list[TensorType]:
        """What the file says; unknown sizes as the operator computes them from those of its operands, where it can."""
        shapes: Sequence[Hints] = ()
        is_contradiction = getattr(operator, "num_splits", len(outputs)) != len(outputs)  # perhaps billions
        if any(_is_dynamic(tensor) for tensor in outputs) and not operator.subgraphs() and not is_contradiction:
            with contextlib.suppress(TypeRule, NotImplementedError, *CONTRADICTIONS):
                shapes = operator.shapes(*operands)
        hints = (
            shape if len(shape) == len(_sizes(tensor)) else () for tensor, shape in zip(outputs, shapes, strict=False)
        )
        return [self._type(tensor, next(hints, ())) for tensor in outputs]

    def _type(self, tensor: Any, hints: Hints = ()) -> TensorType:
        """What the file says; the sizes that it leaves open as in `hints`, from the first axis on, or unknown ones."""
        shape = tuple(
            size if size >= 0 else hint if isinstance(hint, Dim) else self._new_symbol("size")
            for size, hint in itertools.zip_longest(_sizes(tensor), hints)
        )
        details = None if tensor.quantization is None else tensor.quantization.details
        blockwise = isinstance(details, generated.BlockwiseQuantizationT)
        quantization = self._blockwise(tensor.quantization) if blockwise else _quantization(tensor.quantization)
        return TensorType(DTYPES[tensor.type], shape, quantization, _sparsity(tensor.sparsity))

    def _blockwise(self, table: Any) -> Quantization:
        """A scale for each block, which stand in a tensor of their own, as zero points may."""
        details = table.details
        scales = self._numbers(details.scales)
        zero_points = self._numbers(details.zeroPoints) if details.zeroPoints > 0 else np.zeros(scales.shape, int)
        return Quantization(
            tuple(scales.reshape(-1).astype(float).tolist()),
            tuple(zero_points.reshape(-1).astype(int).tolist()),
            int(table.quantizedDimension),
            int(details.blockSize),
            tuple(scales.shape),
        )

    def _numbers(self, index: int) -> np.ndarray[Any, Any]:
        """The elements of a constant of the graph that is being read."""
        tensor = _at(self.subgraph.tensors, index)
        return decode(self._bytes(tensor.buffer), DTYPES[tensor.type], tuple(_sizes(tensor)))

    def _new_symbol(self, name: str) -> Dim:
        self.unknown += 1
        probe = PROBES[0] if name == "batch" else PROBES[self.unknown % (len(PROBES) - 1) + 1]
        return symbol(f"{name}_{self.unknown}", probe)

    def _unproduced(self, tensor: Any) -> Value | None:
        """A tensor that nothing produces: a constant, or a variable without content; None for what has nothing."""
        type = self._type(tensor)
        value = Value(type, _text(tensor.name))
        value.is_variable = bool(tensor.isVariable)
        data = self._bytes(tensor.buffer)
        if data.size or (type.elements == 0 and not value.is_variable):
            _check_size(value, data.size)
            shape = (data.size // max(type.dtype.numpy.itemsize, 1),) if type.sparsity else type.shape
            value.constant = Constant(
                type, lambda: decode(data, type.dtype, shape), ("buffer", tensor.buffer, type.dtype, shape)
            )
            if type.dtype is DType.STRING:
                value.constant.array()  # whose lengths may lead nowhere
        return value if value.constant is not None or value.is_variable else None

    def _bytes(self, index: int) -> np.ndarray[Any, Any]:
        buffer = self.table.buffers[index]
        if buffer.offset > 1:
            if buffer.offset + buffer.size > self.data.size:
                raise Damaged("a buffer lies behind the end of the file")
            return self.data[buffer.offset : buffer.offset + buffer.size]
        if buffer.data is None or isinstance(buffer.data, int):
            return np.zeros(0, np.uint8)
        return np.asarray(buffer.data, np.uint8)

    def _operator(self, table: Any) -> Operator:
        code = self.table.operatorCodes[table.opcodeIndex]
        name = OPERATOR_NAMES[max(code.builtinCode, code.deprecatedBuiltinCode)]
        options = table.builtinOptions if table.builtinOptions is not None else table.builtinOptions2
        definition = definitions().get(name)
        known = None if definition is None else self._modeled(definition, options)
        return known or self._unmodeled(name, code, table, options)

    def _modeled(self, definition: type[Operator], options: Any) -> Operator | None:
        """An instance of a definition, or None when it cannot hold what the options say."""
        empty = None if definition.options_table is None else new_table(definition.options_table)
        if options is None and empty is not None and not any(map(_is_set, vars(empty).values())):
            options = empty  # kernels take an absent table as one of zeros
        if type(options) is not type(empty):
            return None
        arguments: dict[str, Any] = {}
        left = {name for name, value in vars(options).items() if _is_set(value)} if options is not None else set()
        for field in option_fields(definition):
            value = getattr(options, field.schema_name)
            left.discard(field.schema_name)
            if value is not None:
                arguments[field.name] = self._option(value, field.kind)
        return None if left else definition(**arguments)

    def _option(self, value: Any, kind: type) -> Any:
        if kind is Graph:
            return _at(self.graphs, value)
        if kind is DType:
            return DTYPES[value]
        if is_enumeration(kind):
            return kind(value)
        if kind is tuple:
            return tuple(np.asarray(value).tolist())
        if kind is str:
            return _text(value)
        return kind(value)

    def _unmodeled(self, name: str, code: Any, table: Any, options: Any) -> Unmodeled:
        is_custom = name == "CUSTOM"
        graphs, fields = [], []
        for field, value in vars(options).items() if options is not None else ():
            if "ubgraphInd" in field:
                numbers = [value] if np.ndim(value) == 0 else list(value)
                graphs.append((field, tuple(_at(self.graphs, number) for number in numbers)))
            elif value is not None:
                fields.append((field, tuple(value.tolist()) if isinstance(value, np.ndarray) else value))
        custom = table.customOptions
        return Unmodeled(
            name=_text(code.customCode) if is_custom else name,
            is_custom=is_custom,
            opcode_version=code.version,
            table=type(options).__name__[:-1] if options is not None else None,
            options=tuple(fields),
            custom_options=b"" if custom is None else np.asarray(custom, np.uint8).tobytes(),
            graphs=tuple(graphs),
        )

    def _signature(self, table: Any) -> Signature:
        """A signature with its names in the order of the graph's inputs and outputs."""
        graph = self.graphs[table.subgraphIndex]
        values = self.tensors[graph]
        names_in = {_there(values, entry.tensorIndex): _text(entry.name) for entry in table.inputs or ()}
        names_out = [(_text(entry.name), _there(values, entry.tensorIndex)) for entry in table.outputs or ()]
        return Signature(
            _text(table.signatureKey),
            graph,
            tuple(names_in.get(value, value.name) for value in graph.inputs),
            tuple(_output_names(graph, names_out)),
        )


def _check_size(value: Value, size: int) -> None:
    """Raise `Damaged` where a buffer of so many bytes is not what the runtime takes for a constant."""
    type = value.type
    if any(isinstance(axis, Dim) for axis in type.shape):
        raise Damaged(f"the constant '{value.name}' is {type}, of open sizes")
    is_free = type.sparsity is not None or type.dtype is DType.STRING
    if not is_free and (size < type.nbytes or (size > type.nbytes and type.dtype.bits >= 8)):
        raise Damaged(f"the tensor '{value.name}' is {type}, and its buffer has {size} bytes")


def _output_names(graph: Graph, named: list[tuple[str, Value]]) -> list[str]:
    """A name for each output; two names for one tensor go to its places in order."""
    left = list(named)
    names = []
    for output in graph.outputs:
        found = next((entry for entry in left if entry[1] is output), None)
        if found is not None:
            left.remove(found)
        names.append(found[0] if found else output.name)
    return names


def _text(value: Any) -> str:
    return "" if value is None else value.decode() if isinstance(value, bytes) else str(value)


def _at(items: Sequence[Item], index: int) -> Item:
    """The item that the file refers to; a damaged file may count from the end."""
    if not 0 <= index < len(items):
        raise Damaged(f"it refers to number {index} of {len(items)}")
    return items[index]


def _there(values: list[Value | None], index: int) -> Value:
    """The value of a tensor that is read."""
    value = _at(values, index)
    if value is None:
        raise Damaged("a tensor is read that nothing before it wrote")
    return value


def _indices(numbers: Iterable[int] | None) -> list[int]:
    return [] if numbers is None or isinstance(numbers, int) else [int(number) for number in numbers]


def _sizes(tensor: Any) -> list[int]:
    sizes = _indices(tensor.shape)
    signature = _indices(tensor.shapeSignature)
    return signature if len(signature) == len(sizes) else sizes


def _is_dynamic(tensor: Any) -> bool:
    return any(size < 0 for size in _sizes(tensor))


def _is_set(value: Any) -> bool:
    """Whether an option differs from what an absent field reads as."""
    return value is not None and not (isinstance(value, (bool, int, float)) and not value)


def _quantization(table: Any) -> Quantization | None:
    if table is None or table.scale is None or np.size(table.scale) == 0:
        return None
    zero_points = np.zeros(np.size(table.scale), int) if table.zeroPoint is None else np.asarray(table.zeroPoint)
    return Quantization(
        tuple(np.asarray(table.scale).tolist()), tuple(zero_points.tolist()), int(table.quantizedDimension)
    )


def _sparsity(table: Any) -> Sparsity | None:
    if table is None:
        return None
    axes = tuple(
        SparseAxis(entry.denseSize, _vector(entry.arraySegments), _vector(entry.arrayIndices))
        for entry in table.dimMetadata or ()
    )
    return Sparsity(tuple(_indices(table.traversalOrder)), tuple(_indices(table.blockMap)), axes)


def _vector(table: Any) -> tuple[int, ...] | None:
    return None if table is None else tuple(_indices(table.values))
