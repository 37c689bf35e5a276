"""Writing a model as a LiteRT flatbuffer, without copying the weights.

The flatbuffer builder copies everything it holds several times and refuses 2 GB. So it
builds only the tables, with empty buffers; the weights are appended behind them and each
buffer is pointed at its bytes: a plain flatbuffer for every reader. Files over 2 GB use the
schema's `Buffer.offset` and `Buffer.size`, which newer runtimes read.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as generated

from litesmith.flatbuffer.buffers import Buffers
from litesmith.flatbuffer.encoding import decode
from litesmith.flatbuffer.schema import (
    DTYPE_NUMBERS,
    FILE_IDENTIFIER,
    FIRST_CODE_OF_THE_LONG_FIELD,
    OPERATORS,
    OPTIONS,
    OPTIONS_2,
    new_table,
    option_fields,
)
from litesmith.ir.constants import Constant, Identity
from litesmith.ir.dims import Dim
from litesmith.ir.graph import Graph, Model, Operation, Signature, Value
from litesmith.ir.operator import Operator
from litesmith.ir.types import DType, Quantization, Sparsity, TensorType
from litesmith.opset.unmodeled import Unmodeled

ALIGNMENT = 16
SCHEMA_VERSION = 3
PLAIN_LIMIT = 2**31 - 1
DATA_FIELD, OFFSET_FIELD, SIZE_FIELD = 4, 6, 8
"""Where the fields of the schema's Buffer stand in its table of offsets."""


def to_bytes(model: Model, plain_limit: int = PLAIN_LIMIT) -> bytes:
    """The file's content; the same model gives the same bytes.

    Beyond the model this needs the memory of the content, once: weights are computed, transposed
    and cast right into their place.

    Args:
        model: what to write.
        plain_limit: bytes from which weights stand outside of the flatbuffer proper.
    """
    return _lay_out(model, plain_limit).content()


def freeze(model: Model) -> bytes:
    """The file's content, from which the model's constants are read from now on.

    Until then they may stand in variables of a Keras model, which can change.
    """
    layout = _lay_out(model, PLAIN_LIMIT)
    content = layout.content()
    for value in {value: None for graph in model.all_graphs() for value in graph.constants()}:
        assert value.constant is not None
        index = layout.buffers.add(value.constant)
        value.constant = _stored(content, value.type, layout.starts.get(index, 0), index)
    return content


def _stored(content: bytes, type: TensorType, start: int, index: int) -> Constant:
    """A constant whose elements are a view of the file's content."""

    def load() -> np.ndarray[Any, Any]:
        data = np.frombuffer(content, np.uint8, type.nbytes if type.dtype is not DType.STRING else -1, start)
        return decode(data, type.dtype, type.shape)

    return Constant(type, load, ("file", Identity(content), index, type.dtype, type.shape))


@dataclass
class _Layout:
    """Where everything stands in a file.

    Attributes:
        skeleton: the tables, which point at the buffers behind them.
        starts: for each buffer that is not empty, where its first byte stands.
        prefixed: whether a buffer's length stands in front of it, as a flatbuffer's vector has it.
    """

    skeleton: bytearray
    buffers: Buffers
    starts: dict[int, int]
    sizes: list[int]
    prefixed: bool

    def content(self) -> bytes:
        """The whole file, in memory that is taken once."""
        last = max(self.starts, key=self.starts.__getitem__, default=None)
        end = len(self.skeleton) if last is None else self.starts[last] + self.sizes[last]
        stream = io.BytesIO()
        # Growing step by step would move the content, and hold it twice while it moves.
        stream.truncate(0)
        stream.seek(-(-end // 4) * 4 - 1)
        stream.write(b"\0")
        with stream.getbuffer() as memory:
            memory[: len(self.skeleton)] = self.skeleton
            for index, start in self.starts.items():
                if self.prefixed:
                    struct.pack_into("<I", memory, start - 4, self.sizes[index])
                self.buffers.fill(index, memory[start : start + self.sizes[index]])
        return stream.getvalue()


def _lay_out(model: Model, plain_limit: int) -> _Layout:
    buffers = Buffers()
    table = _ModelTable(model, buffers).build()
    sizes = buffers.sizes()
    outside = sum(sizes) + len(sizes) * ALIGNMENT + 64 * sum(1 for _ in _tensors(model)) > plain_limit
    table.buffers = [_buffer_table(index, size, outside) for index, size in enumerate(sizes)]
    builder = flatbuffers.Builder(1 << 16)
    builder.Finish(table.Pack(builder), FILE_IDENTIFIER)
    skeleton = bytearray(builder.Output())
    starts = _place(len(skeleton), sizes, outside)
    _point(skeleton, starts, sizes, outside)
    return _Layout(skeleton, buffers, starts, sizes, prefixed=not outside)


def _tensors(model: Model) -> Iterator[Value]:
    for graph in model.all_graphs():
        yield from graph_values(graph)


def _buffer_table(index: int, size: int, outside: bool) -> Any:
    table = generated.BufferT()
    if index and size:
        if outside:
            table.offset = table.size = 2**40
        else:
            table.data = np.zeros(0, np.uint8)
    return table


def _place(position: int, sizes: list[int], outside: bool) -> dict[int, int]:
    """For each buffer that is not empty, where in the file its first byte stands."""
    prefix = 0 if outside else 4
    starts = {}
    for index, size in enumerate(sizes):
        if index and size:
            position = -(-(position + prefix) // ALIGNMENT) * ALIGNMENT
            starts[index] = position
            position += size
    return starts


def _point(skeleton: bytearray, starts: dict[int, int], sizes: list[int], outside: bool) -> None:
    """Make each buffer's table refer to its bytes behind the skeleton."""
    model = generated.Model.GetRootAs(skeleton, 0)
    for index, start in starts.items():
        table = model.Buffers(index)._tab
        if outside:
            struct.pack_into("<Q", skeleton, table.Pos + table.Offset(OFFSET_FIELD), start)
            struct.pack_into("<Q", skeleton, table.Pos + table.Offset(SIZE_FIELD), sizes[index])
            continue
        field = table.Pos + table.Offset(DATA_FIELD)
        struct.pack_into("<I", skeleton, field, start - 4 - field)


def graph_values(graph: Graph) -> list[Value]:
    """The tensors of a graph in the order a file lists them: inputs, constants, results."""
    values = dict.fromkeys([*graph.inputs, *graph.constants()])
    for operation in graph.operations:
        values.update(dict.fromkeys(operation.results))
    return list(values)


class _ModelTable:
    """Builds the schema's object form of a model, the buffers aside."""

    def __init__(self, model: Model, buffers: Buffers) -> None:
        self.model = model
        self.buffers = buffers
        self.graphs = {graph: index for index, graph in enumerate(model.all_graphs())}
        self.tensors: dict[Graph, dict[Value, int]] = {}
        self.codes: dict[tuple[str, int, bool], int] = {}

    def build(self) -> Any:
        table = generated.ModelT()
        table.version = SCHEMA_VERSION
        table.description = self.model.description
        table.subgraphs = [self._subgraph(graph) for graph in self.graphs]
        table.operatorCodes = [_operator_code(*code) for code in self.codes]
        table.signatureDefs = [self._signature(signature) for signature in self.model.signatures]
        table.metadata = [self._metadata(name, data) for name, data in self.model.metadata.items()]
        return table

    def _subgraph(self, graph: Graph) -> Any:
        values = graph_values(graph)
        index = self.tensors[graph] = {value: number for number, value in enumerate(values)}
        names = _unique_names(values)
        table = generated.SubGraphT()
        table.name = graph.name
        table.tensors = [self._tensor(value, name) for value, name in zip(values, names, strict=True)]
        self._add_scales_of_blocks(values, table.tensors)
        table.inputs = _ints(index[value] for value in graph.inputs)
        table.outputs = _ints(index[value] for value in graph.outputs)
        table.operators = [self._operator(operation, index, table.tensors) for operation in graph.operations]
        return table

    def _tensor(self, value: Value, name: str) -> Any:
        table = generated.TensorT()
        _describe(table, value.type)
        table.name = name
        table.isVariable = value.is_variable
        table.buffer = self.buffers.add(value.constant) if value.constant is not None else 0
        return table

    def _add_scales_of_blocks(self, values: list[Value], tables: list[Any]) -> None:
        """Behind a graph's tensors, those that hold a scale for each block of another one.

        They are float16: kernels give wrong numbers for others. None takes zero points.
        """
        for place, value in enumerate(values):
            quantization = value.type.quantization
            if quantization is None or not quantization.block_size:
                continue
            if any(quantization.zero_points):
                raise NotImplementedError("zero points of blocks, which no kernel takes")
            scales = np.array(quantization.scales, np.float16).reshape(quantization.scale_shape or (-1,))
            held = Value(TensorType(DType.FLOAT16, scales.shape), constant=Constant.of(scales))
            tables[place].quantization = _blockwise(quantization, len(tables))
            tables.append(self._tensor(held, f"{tables[place].name}:scales"))

    def _operator(self, operation: Operation, index: dict[Value, int], tensors: list[Any]) -> Any:
        operator = operation.operator
        table = generated.OperatorT()
        if isinstance(operator, Unmodeled):
            code = (operator.name, operator.opcode_version, operator.is_custom)
        else:
            code = (operator.builtin, operator.version(operation.operand_types, operation.result_types), False)
        table.opcodeIndex = self.codes.setdefault(code, len(self.codes))
        table.inputs = _ints(-1 if operand is None else index[operand] for operand in operation.operands)
        table.outputs = _ints(index[result] for result in operation.results)
        if operation.intermediates:
            first = len(tensors)
            tensors += [
                self._tensor(Value(type), f"{operation.results[0].name}:inside_{place}")
                for place, type in enumerate(operation.intermediates)
            ]
            table.intermediates = _ints(range(first, len(tensors)))
        self._set_options(table, operator)
        return table

    def _set_options(self, table: Any, operator: Operator) -> None:
        name = operator.table if isinstance(operator, Unmodeled) else operator.options_table
        if name is not None:
            options = self._options(operator, name)
            if name in OPTIONS:
                table.builtinOptionsType, table.builtinOptions = OPTIONS[name], options
            else:
                table.builtinOptions2Type, table.builtinOptions2 = OPTIONS_2[name], options
        if isinstance(operator, Unmodeled) and operator.is_custom:
            table.customOptions = np.frombuffer(operator.custom_options, np.uint8)

    def _options(self, operator: Operator, name: str) -> Any:
        options = new_table(name)
        if isinstance(operator, Unmodeled):
            for field_name, value in operator.options:
                setattr(options, field_name, list(value) if isinstance(value, tuple) else value)
            for field_name, graphs in operator.graphs:
                numbers = [self.graphs[graph] for graph in graphs]
                setattr(options, field_name, numbers if field_name.endswith("Indices") else numbers[0])
            return options
        for field in option_fields(type(operator)):
            value = getattr(operator, field.name)
            if isinstance(value, Graph):
                value = self.graphs[value]
            elif isinstance(value, DType):
                value = DTYPE_NUMBERS[value]
            elif isinstance(value, tuple):
                value = list(value)
            if value is not None:
                setattr(options, field.schema_name, value)
        return options

    def _signature(self, signature: Signature) -> Any:
        table = generated.SignatureDefT()
        table.signatureKey = signature.name
        table.subgraphIndex = self.graphs[signature.graph]
        index = self.tensors[signature.graph]
        table.inputs = [
            _tensor_map(name, index[value])
            for name, value in zip(signature.inputs, signature.graph.inputs, strict=True)
        ]
        table.outputs = [
            _tensor_map(name, index[value])
            for name, value in zip(signature.outputs, signature.graph.outputs, strict=True)
        ]
        return table

    def _metadata(self, name: str, data: bytes) -> Any:
        table = generated.MetadataT()
        table.name, table.buffer = name, self.buffers.add_bytes(data)
        return table


def _ints(numbers: Any) -> np.ndarray[Any, Any]:
    return np.fromiter(numbers, np.int32)


def _unique_names(values: list[Value]) -> list[str]:
    """Each value's name, with a number behind those that an earlier value has.

    The number stands behind a colon, which Keras' names do not have, so that the layer can be told
    from the name: `dense:2` is the third tensor of `dense`, and `dense_2` is another layer.
    """
    taken: dict[str, int] = {}
    names = []
    for value in values:
        base = name = value.name or "tensor"
        while name in taken:
            taken[base] += 1
            name = f"{base}:{taken[base]}"
        taken[name] = 0
        names.append(name)
    return names


def _describe(table: Any, type: TensorType) -> None:
    """Element type, sizes and quantization; `shape` holds 1 where `shape_signature` holds -1."""
    table.type = DTYPE_NUMBERS[type.dtype]
    table.shape = _ints(1 if isinstance(size, Dim) else size for size in type.shape)
    table.hasRank = True
    if any(isinstance(size, Dim) for size in type.shape):
        table.shapeSignature = _ints(-1 if isinstance(size, Dim) else size for size in type.shape)
    if type.quantization is not None and not type.quantization.block_size:
        table.quantization = _quantization(type.quantization)
    if type.sparsity is not None:
        table.sparsity = _sparsity(type.sparsity)


def _quantization(quantization: Quantization) -> Any:
    table = generated.QuantizationParametersT()
    table.scale = np.array(quantization.scales, np.float32)
    table.zeroPoint = np.array(quantization.zero_points, np.int64)
    table.quantizedDimension = quantization.axis
    return table


def _blockwise(quantization: Quantization, scales: int) -> Any:
    """Quantization by blocks, whose scales are the tensor of this number."""
    table = generated.QuantizationParametersT()
    table.quantizedDimension = quantization.axis
    table.detailsType = generated.QuantizationDetails.BlockwiseQuantization
    table.details = generated.BlockwiseQuantizationT(scales, -1, quantization.block_size)
    return table


def _sparsity(sparsity: Sparsity) -> Any:
    table = generated.SparsityParametersT()
    table.traversalOrder = _ints(sparsity.traversal_order)
    table.blockMap = _ints(sparsity.block_map)
    table.dimMetadata = []
    for axis in sparsity.axes:
        entry = generated.DimensionMetadataT()
        entry.denseSize = axis.dense_size
        if axis.segments is not None and axis.indices is not None:
            entry.format = generated.DimensionType.SPARSE_CSR
            entry.arraySegmentsType, entry.arraySegments = _index_vector(axis.segments)
            entry.arrayIndicesType, entry.arrayIndices = _index_vector(axis.indices)
        table.dimMetadata.append(entry)
    return table


def _index_vector(numbers: tuple[int, ...]) -> tuple[int, Any]:
    vector = generated.Int32VectorT()
    vector.values = _ints(numbers)
    return generated.SparseIndexVector.Int32Vector, vector


def _operator_code(name: str, version: int, is_custom: bool) -> Any:
    table = generated.OperatorCodeT()
    table.version = version
    if is_custom:
        table.builtinCode = table.deprecatedBuiltinCode = OPERATORS["CUSTOM"]
        table.customCode = name
        return table
    table.builtinCode = OPERATORS[name]
    table.deprecatedBuiltinCode = min(table.builtinCode, FIRST_CODE_OF_THE_LONG_FIELD)
    return table


def _tensor_map(name: str, tensor: int) -> Any:
    table = generated.TensorMapT()
    table.name, table.tensorIndex = name, tensor
    return table
