"""Running a function of JAX arrays on values of the graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax

from litesmith.frontends.jax.interpreter import Interpreter, WhereFrom
from litesmith.frontends.jax.sizes import Sizes
from litesmith.ir.builder import current_builder
from litesmith.ir.dims import Dim
from litesmith.ir.graph import Value


def call(
    function: Callable[..., Sequence[Any]],
    arguments: Sequence[Value | Dim],
    weights: Mapping[int, Value] | None = None,
    where_from: WhereFrom | None = None,
) -> list[Value]:
    """What `function` makes of arrays in place of `arguments`, in operators of the current graph.

    Args:
        function: takes JAX arrays, and sizes of JAX for sizes; returns arrays, numbers or variables' values.
        weights: values for arrays that the function takes from elsewhere, by their identity.
        where_from: tells the source of an equation of the program.

    Raises:
        Unsupported: for a primitive that has no form.
    """
    sizes = Sizes(current_builder())
    given: list[Any] = []
    values = [argument for argument in arguments if isinstance(argument, Value)]
    specs = [jax.ShapeDtypeStruct(sizes.to_jax(value.type.shape), value.type.dtype.numpy) for value in values]

    def flat(*arrays: Any) -> list[Any]:
        left = iter(arrays)
        given[:] = [next(left) if isinstance(each, Value) else sizes.to_jax((each,))[0] for each in arguments]
        return list(function(*given))

    program = jax.make_jaxpr(flat)(*specs)
    return Interpreter(sizes, weights, where_from).values(program, values)
