"""Calls of custom operators: each becomes one operator, whose results are typed by its function."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from keras import tree

from litesmith.frontends.keras.arguments import to_tensors
from litesmith.frontends.keras.custom_operators import CustomOperation
from litesmith.frontends.keras.lowerings.control import calling
from litesmith.frontends.keras.registry import lowers
from litesmith.frontends.keras.tensor import RawFrameworkCall
from litesmith.ir.builder import current_builder, emit_many
from litesmith.ir.graph import Graph, Operation, Value
from litesmith.ir.source import current_source, source_scope
from litesmith.ir.types import DType, TensorType
from litesmith.ops.array import as_value
from litesmith.ops.errors import Unsupported
from litesmith.opset.custom import Custom, encode_options
from litesmith.opset.shaping import ShapeOf

NUMPY = (
    "it calls numpy on tensors, so that what it returns is not known: write it in keras.ops, or say what it returns, "
    "custom_op({name!r}, output_spec=...)"
)


@lowers(CustomOperation)
def custom_operation(operation: CustomOperation, *operands: Any) -> Any:
    operator = operation.operator
    values = [as_value(each) for each in operands]
    with source_scope(replace(current_source(), operation=operator.name)):
        if operator.output_spec is not None:
            structure = operator.output_spec(*to_tensors(values), **operation.options)
            types = [TensorType(DType(leaf.dtype), tuple(leaf.shape)) for leaf in tree.flatten(structure)]
        else:
            structure, types = _as_computed(operation, values)
        custom = Custom(
            name=operator.name,
            opcode_version=operator.version,
            custom_options=encode_options(operation.options),
        )
        results = emit_many(custom, *values, types=types)
        for result in results:
            current_builder().graph.anchor(result)
    return tree.pack_sequence_as(structure, results)


def _as_computed(operation: CustomOperation, values: Sequence[Value]) -> tuple[Any, list[TensorType]]:
    """What the function returns, and its types: it is written out in operators, which then are removed again."""
    builder = current_builder()
    graph, anchors, before = builder.graph, dict(builder.graph.anchors), len(builder.graph.operations)
    try:
        structure = calling(partial(operation.operator.compute, options=operation.options))(to_tensors(values))
    except RawFrameworkCall as refusal:
        raise Unsupported(NUMPY.format(name=operation.operator.name)) from refusal
    results = [as_value(leaf) for leaf in tree.flatten(structure)]
    added = graph.operations[before:]
    for each in added:
        _check(each, {*values, *(result for one in added for result in one.results)})
    graph.anchors = anchors
    for each in reversed(added):
        graph.erase(each)
    return structure, [TensorType(value.type.dtype, value.type.shape) for value in results]


def _check(operation: Operation, known: set[Value]) -> None:
    """Raise `Unsupported` for what a kernel that is given the operands only could not do."""
    operator = operation.operator
    if operator.has_side_effects:
        raise Unsupported("a custom operator that changes state, or does something besides computing its results")
    if not operator.is_deterministic:
        raise Unsupported("a custom operator that draws random numbers; pass them to it as a tensor")
    keys = {value.constant.key for value in known if value.constant is not None}
    for value in operation.operands:
        if value is not None and value.constant is None and value not in known and not isinstance(operator, ShapeOf):
            raise Unsupported("a custom operator that reads a tensor of the model which is not among its arguments")
    for constant in _constants(operation):
        key = constant.constant.key if constant.constant is not None else None
        if isinstance(key, tuple) and key[:1] == ("variable",) and key not in keys:
            raise Unsupported(f"a custom operator that reads the weight {constant.name!r}; pass it as an argument")


def _constants(operation: Operation) -> Iterator[Value]:
    yield from (value for value in operation.operands if value is not None and value.is_constant)
    graphs: tuple[Graph, ...] = operation.operator.subgraphs()
    for graph in graphs:
        for inner in graph.operations:
            yield from _constants(inner)
