"""What a file says, read from its tables alone: the same for files that mean the same."""

from __future__ import annotations

import re

import numpy as np
from ai_edge_litert import schema_py_generated as generated

OPERATORS = {number: name for name, number in vars(generated.BuiltinOperator).items() if name.isupper()}


def contents(data: bytes, *, versions: bool = True) -> dict[str, object]:
    """Graphs, ways to call them, metadata and description, without numbers of tensors, buffers and codes.

    `versions`: of the operators, which are only keys that kernels are found by.
    """
    model = generated.ModelT.InitFromPackedBuf(data, 0)
    graphs = [_Graph(data, model, table, versions) for table in model.subgraphs]
    return {
        "graphs": [graph.contents() for graph in graphs],
        "signatures": [_signature(table, graphs[table.subgraphIndex]) for table in model.signatureDefs or ()],
        "metadata": {entry.name: _bytes(data, model.buffers[entry.buffer]) for entry in model.metadata or ()},
        "description": model.description or b"",
    }


class _Graph:
    """One graph; its tensors are called by the order in which inputs, operators and outputs come to them."""

    def __init__(self, data, model, table, versions):
        self.data, self.model, self.table, self.versions = data, model, table, versions
        self.numbers: dict[int, int] = {}

    def contents(self):
        return {
            "name": self.table.name,
            "inputs": self.numbered(self.table.inputs),
            "operators": [self._operator(table) for table in self.table.operators or ()],
            "outputs": self.numbered(self.table.outputs),
            "tensors": [self._tensor(self.table.tensors[index]) for index in self.numbers],
        }

    def numbered(self, indices):
        return [None if i < 0 else self.numbers.setdefault(int(i), len(self.numbers)) for i in _plain(indices) or ()]

    def _operator(self, table):
        code = self.model.operatorCodes[table.opcodeIndex]
        options = table.builtinOptions or table.builtinOptions2
        return {
            "name": OPERATORS[max(code.builtinCode, code.deprecatedBuiltinCode)],
            "custom": code.customCode,
            "version": code.version if self.versions else None,
            "options": [] if options is None else _set_fields(options),
            "custom options": _plain(table.customOptions) or [],
            "inputs": self.numbered(table.inputs),
            "outputs": self.numbered(table.outputs),
            "intermediates": self.numbered(table.intermediates),
        }

    def _tensor(self, table):
        signature, shape = _plain(table.shapeSignature) or [], _plain(table.shape) or []
        return {
            "name": re.sub(rb":\d+$", b"", table.name or b"tensor"),
            "type": table.type,
            "shape": signature or shape,
            "quantization": _quantization(table.quantization),
            "sparsity": None if table.sparsity is None else _fields(table.sparsity),
            "is variable": bool(table.isVariable),
            "elements": _bytes(self.data, self.model.buffers[table.buffer]),
        }


def _signature(table, graph):
    def names(entries):
        return {entry.name: graph.numbers[entry.tensorIndex] for entry in entries or ()}

    return table.signatureKey, table.subgraphIndex, names(table.inputs), names(table.outputs)


def _quantization(table):
    """None where there are no scales: then ranges that were seen are only remarks."""
    if table is None or (not _plain(table.scale) and table.details is None):
        return None
    return {name: value for name, value in _fields(table).items() if name not in ("min", "max")}


def _bytes(data, buffer):
    if buffer.offset > 1:
        return data[buffer.offset : buffer.offset + buffer.size]
    return bytes(_plain(buffer.data) or [])


def _set_fields(table):
    """What a table says beyond what an absent one does."""
    return [(name, _plain(value)) for name, value in vars(table).items() if value is not None and np.any(value)]


def _fields(table):
    """The fields of a table, tables inside of it the same way."""
    return {"table": type(table).__name__, **{name: _plain(value) for name, value in vars(table).items()}}


def _plain(value):
    """Vectors as lists."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return _fields(value) if hasattr(value, "__dict__") else value
