"""Reading the text form of graphs, as `ir.text` writes it.

Constants without elements get seeded ones, so that a graph written down for a test runs.
"""

from __future__ import annotations

import ast
import re
import zlib
from typing import Any

import numpy as np

from litesmith.flatbuffer.schema import is_enumeration, option_fields
from litesmith.ir.builder import building
from litesmith.ir.constants import Constant
from litesmith.ir.dims import Size, symbol
from litesmith.ir.graph import Graph, Model, Operation, Value
from litesmith.ir.operator import Operator
from litesmith.ir.source import Source
from litesmith.ir.types import DType, TensorType
from litesmith.opset.registry import definitions

PROBES = {"batch": 3, "time": 11}
TYPE = r"[a-z0-9_]+\[[^\]]*\]"
HEAD = re.compile(r"graph (\w+)\((.*)\) \{$")
OPERATION = re.compile(
    r"(?:(%[\w.]+(?:, %[\w.]+)*) = )?(\w+)(?:\((.*?)\))?((?: .*?)??)(?: : (" + TYPE + r"(?:, " + TYPE + r")*))?$"
)


def _brackets(depth: int) -> str:
    """A pattern of balanced square brackets, at most `depth` inside each other."""
    return r"\[[^\[\]]*\]" if depth == 1 else rf"\[(?:[^\[\]]|{_brackets(depth - 1)})*\]"


OPERAND = re.compile(r"%[\w./]+|none|const (" + TYPE + ")(?: (" + _brackets(8) + r"|-?[\w.']+(?:(?<=e)[+-]\d+)?))?")


def parse_model(text: str) -> Model:
    """The graphs of a text; the last one is the main graph.

    A line that starts with a colon or a constant goes on with the line before. A constant of one number
    has it in every place.
    """
    text = re.sub(r"\n\s+(?=:|const )", " ", text)
    graphs: dict[str, Graph] = {}
    for block in re.split(r"\n(?=[ ]*graph )", text.strip()):
        graph = _parse_graph(block.strip().splitlines(), graphs)
        graphs[graph.name] = graph
    return Model([list(graphs.values())[-1]])


def parse_graph(text: str) -> Graph:
    """The last graph of a text."""
    return parse_model(text).main


def _parse_graph(lines: list[str], graphs: dict[str, Graph]) -> Graph:
    head = HEAD.match(lines[0].strip())
    if head is None:
        raise ValueError(f"not the head of a graph: {lines[0]!r}")
    graph = Graph(head[1])
    values: dict[str, Value] = {}
    for name, type in re.findall(r"%([\w./]+): (" + TYPE + ")", head[2]):
        values["%" + name] = graph.add_input(parse_type(type), name)
    with building(graph):
        for line in lines[1:]:
            stripped = line.strip()
            if stripped.startswith("return"):
                graph.outputs = [value for value in _operands(stripped[6:], values) if value is not None]
            elif stripped not in ("", "}"):
                _parse_operation(stripped, graph, values, graphs)
    return graph


def _parse_operation(line: str, graph: Graph, values: dict[str, Value], graphs: dict[str, Graph]) -> None:
    found = OPERATION.match(line)
    if found is None:
        raise ValueError(f"not an operation: {line!r}")
    results, name, options, operands, types = found.groups()
    operator = _operator(name, options or "", graphs)
    names = results.split(", ") if results else []
    given = [parse_type(type) for type in re.findall(TYPE, types or "")]
    operation = Operation(operator, _operands(operands, values), given, Source(layer=names[0][1:] if names else ""))
    graph.insert(operation)
    for result_name, result in zip(names, operation.results, strict=True):
        result.name = result_name[1:]
        values[result_name] = result


def _operator(name: str, options: str, graphs: dict[str, Graph]) -> Operator:
    definition = definitions().get(name.upper())
    if definition is None:
        raise ValueError(f"not an operation: {name!r}")
    arguments: dict[str, Any] = {}
    fields = {field.name: field for field in option_fields(definition)}
    for key, value in re.findall(r"(\w+)=(\([^)]*\)|'[^']*'|@?[^,]+)", options):
        kind = fields[key].kind
        if value.startswith("@"):
            arguments[key] = graphs[value[1:]]
        elif is_enumeration(kind) or kind is DType:
            arguments[key] = kind[value]  # type: ignore[index]
        else:
            arguments[key] = ast.literal_eval(value)
    return definition(**arguments)


def _operands(text: str, values: dict[str, Value]) -> list[Value | None]:
    operands: list[Value | None] = []
    for found in OPERAND.finditer(text):
        if found[0] == "none":
            operands.append(None)
        elif found[1]:
            operands.append(_constant(parse_type(found[1]), found[2], found[0]))
        else:
            operands.append(values[found[0]])
    return operands


def _constant(type: TensorType, elements: str | None, text: str) -> Value:
    shape = tuple(map(int, type.shape))
    if elements is not None:
        array = np.array(ast.literal_eval(elements)).astype(type.dtype.numpy)
        array = array.reshape(shape) if array.ndim else np.full(shape, array)
    else:
        random = np.random.default_rng(zlib.crc32(text.encode()))
        array = (random.standard_normal(shape) * 0.5).astype(type.dtype.numpy)
    return Value(type, "const", constant=Constant.of(array, type.dtype))


def parse_type(text: str) -> TensorType:
    """`float32[batch, 8]`; a word is an unknown size of that name."""
    name, _, sizes = text.rstrip("]").partition("[")
    return TensorType(DType(name), tuple(_size(size.strip()) for size in sizes.split(",") if size.strip()))


def _size(text: str) -> Size:
    if text.lstrip("-").isdigit():
        return int(text)
    product: Size = 1
    for factor in text.split("*"):
        product = product * (int(factor) if factor.isdigit() else symbol(factor, PROBES.get(factor, 7)))
    return product
