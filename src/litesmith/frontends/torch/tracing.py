"""Running a function of torch tensors on values of the graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch

from litesmith.frontends.torch.decisions import check_decisions
from litesmith.frontends.torch.examples import Sizes, first_that_works
from litesmith.frontends.torch.exporting import Called, IsUsers, export, prepared
from litesmith.frontends.torch.interpreter import Interpreter, WhereFrom
from litesmith.frontends.torch.tensors import Place, as_value, place_of, torch_dtype
from litesmith.ir.dims import Dim, Shape
from litesmith.ir.graph import Value


def call(
    function: Callable[..., Sequence[Any]],
    arguments: Sequence[Value | Dim],
    weights: Mapping[Place, Value] | None = None,
    where_from: WhereFrom | None = None,
    is_users: IsUsers = lambda _: False,
) -> list[Value]:
    """What `function` makes of tensors in place of `arguments`, in operators of the current graph.

    Args:
        function: takes tensors, and sizes of torch for sizes; returns tensors.
        weights: values for tensors that the function takes from elsewhere, by where their elements are.
        where_from: tells the source of a node of the program.
        is_users: tells whose code a file holds.

    Raises:
        Unsupported: for an operator that has no form.
        SizeDecides: where the program is another one for other sizes.
    """
    module = Called(lambda *tensors: function(*map(_size_or_tensor, arguments, tensors)))
    shapes = [argument.type.shape if isinstance(argument, Value) else (argument,) for argument in arguments]
    axes = tuple(frozenset(i for i, size in enumerate(shape) if isinstance(size, Dim)) for shape in shapes)

    def exported(sizes: Sizes) -> Any:
        return export(module.eval(), tuple(map(_example, arguments, sizes)), {}, axes, is_users)

    program, sizes = first_that_works(shapes, exported)
    check_decisions(program, [_named(shape) for shape in shapes], sizes, exported, is_users)
    held = dict(weights or {})
    interpreter = Interpreter(lambda tensor: held.get(place_of(tensor)), where_from)
    return [as_value(result) for result in interpreter.run(prepared(program), arguments)]


def _example(argument: Value | Dim, sizes: Sequence[int]) -> torch.Tensor:
    """A tensor of an argument's type; that of a size has it as its own."""
    dtype = torch_dtype(argument.type.dtype) if isinstance(argument, Value) else torch.float32
    return torch.zeros(tuple(sizes), dtype=dtype)


def _size_or_tensor(argument: Value | Dim, tensor: torch.Tensor) -> Any:
    return tensor if isinstance(argument, Value) else tensor.shape[0]


def _named(shape: Shape) -> list[str]:
    return [str(size) for size in shape]
