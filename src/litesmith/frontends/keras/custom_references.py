"""Custom operators written out: what their functions compute, in builtin operators."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
from keras import tree

from litesmith.diagnostics.quoting import quoted
from litesmith.frontends.keras.arguments import to_tensors, to_values
from litesmith.frontends.keras.custom_operators import CustomOp, declared
from litesmith.frontends.keras.intercept import intercepting
from litesmith.frontends.keras.tensor import RawFrameworkCall
from litesmith.frontends.keras.tracing import Tracer
from litesmith.ir.builder import building
from litesmith.ir.graph import Graph, Model, Operation, Value
from litesmith.ir.source import Source, source_scope
from litesmith.ir.types import TensorType
from litesmith.ops.array import as_value
from litesmith.opset.custom import decode_options
from litesmith.opset.unmodeled import Unmodeled


class NoReference(Exception):
    """A custom operator whose meaning is not known, or cannot be written out; the text says which and why."""


def write_out_custom_operators(model: Model) -> None:
    """Replace every custom operator of a model by what its function computes; raises `NoReference`.

    Operands and options are those of the operator in the model, not those of the call that it was made of.
    """
    for graph in list(model.all_graphs()):
        for operation in list(graph.operations):
            if isinstance(operation.operator, Unmodeled) and operation.operator.is_custom:
                graph.replace(operation, _written_out(graph, operation, operation.operator))


def _written_out(graph: Graph, operation: Operation, custom: Unmodeled) -> list[Value]:
    operator, options = declared(custom.name), decode_options(custom.custom_options)
    if operator is None:
        raise NoReference(f"the function of the custom operator '{custom.name}' is not known")
    if options is None:
        raise NoReference(f"the options of the custom operator '{custom.name}' are no flexbuffer map")
    operands = [value for value in operation.operands if value is not None]
    source = operation.source.doing(custom.name)
    results = _computed(graph, operator, operands, options, operation, source)
    found, expected = ([value.type.dtype for value in values] for values in (results, operation.results))
    if found != expected:
        types = (", ".join(dtype.value for dtype in dtypes) or "nothing" for dtypes in (found, expected))
        raise NoReference("the function of '{}' returns {}, and the operator {}".format(custom.name, *types))
    return results


def _computed(
    graph: Graph,
    operator: CustomOp,
    operands: Sequence[Value],
    options: Mapping[str, Any],
    before: Operation | None,
    source: Source,
) -> list[Value]:
    """What the function computes of values, in operators of their graph in front of an operation, or at its end."""
    tracer = Tracer(graph)
    tracer.root = sys._getframe()
    try:
        with building(graph, before), tracer.scope, intercepting(tracer), source_scope(source):
            returned = operator.compute(to_tensors(list(operands)), options)
            results = [as_value(to_values(leaf)) for leaf in tree.flatten(returned)]
    except RawFrameworkCall:
        raise NoReference(f"the function of the custom operator '{operator.name}' calls numpy on tensors") from None
    except Exception as error:
        said = tracer.found[0][0].message() if tracer.found else quoted(error)
        raise NoReference(f"the custom operator '{operator.name}' cannot be written out: {said}") from error
    if findings := tracer.findings():
        raise NoReference(f"the custom operator '{operator.name}' cannot be written out: {findings[0].message()}")
    return results


def reference_graph(name: str, types: Sequence[TensorType], options: Mapping[str, Any]) -> Graph:
    """A graph of what a declared operator's function computes of operands of these types; raises `NoReference`."""
    operator = declared(name)
    if operator is None:
        raise NoReference(f"the function of the custom operator '{name}' is not known")
    graph = Graph(name)
    operands = [graph.add_input(type, f"operand_{place}") for place, type in enumerate(types)]
    graph.outputs = _computed(graph, operator, operands, options, None, Source(operation=name))
    return graph


def reference_outputs(name: str, arrays: Sequence[Any], options: Mapping[str, Any]) -> list[np.ndarray[Any, Any]]:
    """What a declared operator's function computes of arrays; raises `NoReference`."""
    operator = declared(name)
    if operator is None:
        raise NoReference(f"the function of the custom operator '{name}' is not known")
    try:
        returned = operator.compute([keras.ops.convert_to_tensor(array) for array in arrays], options)
    except Exception as error:
        raise NoReference(f"the function of the custom operator '{name}' failed: {quoted(error)}") from error
    return [np.asarray(keras.ops.convert_to_numpy(leaf)) for leaf in tree.flatten(returned)]


def operand_names(name: str) -> tuple[str, ...]:
    """What the function of a declared operator calls its tensors; nothing for one that is not known."""
    operator = declared(name)
    return () if operator is None else operator.operand_names
