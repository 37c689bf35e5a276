"""What a function of Keras tensors computes on the JAX backend, by way of the program that JAX makes of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from litesmith.frontends.keras import through
from litesmith.frontends.keras.arguments import stored_value
from litesmith.ir.dims import Dim
from litesmith.ir.graph import Value
from litesmith.ir.source import Source, current_source


def run(
    function: Callable[..., Sequence[Any]], arguments: Sequence[Value | Dim], variables: Sequence[Any]
) -> list[Value]:
    """What `function` makes of arrays of JAX in place of `arguments`, in operators of the current graph."""
    from litesmith.frontends.jax import tracing

    weights = {id(variable._value): stored_value(variable) for variable in variables if variable._value is not None}
    return tracing.call(function, arguments, weights, _line_of)


def _line_of(equation: Any) -> Source:
    """The source of an equation: the layer that is followed, and the user's line that called JAX for it."""
    from litesmith.frontends.jax.lines import users_place

    return current_source().at(users_place(equation, through.__file__))
