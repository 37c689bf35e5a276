"""What a function of Keras tensors computes on the TensorFlow backend, by way of the graph that it makes of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from litesmith.frontends.keras import through
from litesmith.frontends.keras.arguments import stored_value
from litesmith.frontends.provenance import is_users
from litesmith.ir.dims import Dim
from litesmith.ir.graph import Value
from litesmith.ir.source import Place, Source, current_source


def run(
    function: Callable[..., Sequence[Any]], arguments: Sequence[Value | Dim], variables: Sequence[Any]
) -> list[Value]:
    """What `function` makes of tensors in place of `arguments`, in operators of the current graph."""
    from litesmith.frontends.tensorflow import tracing

    held = [variable for variable in variables if hasattr(variable._value, "handle")]
    weights = {id(variable._value.handle): stored_value(variable) for variable in held}
    return tracing.call(function, arguments, weights, _lines_of)


def _lines_of(graph: Any) -> Callable[[Any, int], Source | None]:
    """The source of a node: the layer that is followed, and the user's line that called TensorFlow for it."""
    around = current_source()

    def source(node: Any, depth: int) -> Source | None:
        if depth:
            return None
        for frame in reversed(graph.get_operation_by_name(node.name).traceback):
            if frame.filename == through.__file__:
                break
            if is_users(frame.filename):
                return around.at(Place(frame.filename, frame.lineno))
        return around

    return source
