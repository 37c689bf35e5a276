"""Custom operators written out: what their functions compute, in builtin operators."""

from __future__ import annotations

import sys

from keras import tree

from litesmith.diagnostics.base import LitesmithError
from litesmith.frontends.keras.arguments import to_tensors, to_values
from litesmith.frontends.keras.custom_operators import declared
from litesmith.frontends.keras.intercept import intercepting
from litesmith.frontends.keras.tensor import RawFrameworkCall
from litesmith.frontends.keras.tracing import CannotContinue, Tracer
from litesmith.ir.builder import building
from litesmith.ir.graph import Graph, Model, Operation, Value
from litesmith.ir.source import source_scope
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
    tracer = Tracer(graph)
    tracer.root = sys._getframe()
    try:
        with (
            building(graph, operation),
            tracer.scope,
            intercepting(tracer),
            source_scope(operation.source.doing(custom.name)),
        ):
            returned = operator.compute(to_tensors(list(operation.operands)), options)
            results = [as_value(to_values(leaf)) for leaf in tree.flatten(returned)]
    except RawFrameworkCall:
        raise NoReference(f"the function of the custom operator '{custom.name}' calls numpy on tensors") from None
    except (CannotContinue, LitesmithError, Exception) as error:
        said = tracer.found[0][0].message() if tracer.found else str(error)
        raise NoReference(
            f"the function of the custom operator '{custom.name}' cannot be written out: {said}"
        ) from None
    if findings := tracer.findings():
        raise NoReference(f"the custom operator '{custom.name}' cannot be written out: {findings[0].message()}")
    found, expected = ([value.type.dtype for value in values] for values in (results, operation.results))
    if found != expected:
        types = (", ".join(dtype.value for dtype in dtypes) or "nothing" for dtypes in (found, expected))
        raise NoReference("the function of '{}' returns {}, and the operator {}".format(custom.name, *types))
    return results
