"""Sizes and other numbers of a program: what its own arithmetic makes of them.

Programs hold that arithmetic as calls of Python's and torch's functions, of sizes that are read off tensors. Sizes
stay sizes where their arithmetic has a form (`Dim`); other numbers become float32 scalars of the graph.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import torch

from litesmith.ir.dims import Dim, Size, maximum, minimum
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import math as values
from litesmith.ops.array import as_value, cast
from litesmith.ops.errors import Unsupported
from litesmith.ops.sizes import known_size

END = 2**62
"""Larger bounds of a slice stand for "to the end"."""

OF_SIZES: dict[Any, Callable[..., Any]] = {
    operator.add: operator.add,
    operator.sub: operator.sub,
    operator.mul: operator.mul,
    operator.floordiv: operator.floordiv,
    operator.mod: operator.mod,
    operator.neg: operator.neg,
    torch.sym_max: lambda *sizes: reduce(maximum, sizes),
    torch.sym_min: lambda *sizes: reduce(minimum, sizes),
    getattr(torch, "sym_sum", None): lambda sizes: reduce(operator.add, sizes),
}
"""Functions of sizes that give sizes."""

OF_NUMBERS: dict[Any, Callable[..., Value]] = {
    operator.add: values.add,
    operator.sub: values.subtract,
    operator.mul: values.multiply,
    operator.truediv: values.divide,
    operator.floordiv: values.floor_divide,
    operator.mod: values.floor_mod,
    operator.neg: values.negative,
    operator.pow: values.power,
    torch.sym_max: values.maximum,
    torch.sym_min: values.minimum,
    math.sqrt: values.sqrt,
    getattr(torch, "_sym_sqrt", None): values.sqrt,
}
"""Functions of numbers that are float32 scalars."""

UNCHANGED = (torch.sym_float, float)
TO_SIZE: dict[Any, Callable[[Value], Value]] = {
    math.floor: values.floor,
    math.ceil: values.ceil,
    math.trunc: values.truncate,
    round: values.round_half_even,
    torch.sym_int: values.truncate,
    int: values.truncate,
}


def computed(function: Any, arguments: Sequence[Any]) -> Any:
    """A function of numbers, of which some are sizes or scalars of the graph."""
    if not any(isinstance(leaf, (Value, Dim)) for leaf in _leaves(arguments)):
        return function(*arguments)
    is_of_sizes = not any(isinstance(leaf, (Value, float)) for leaf in _leaves(arguments))
    if is_of_sizes and function in OF_SIZES:
        return OF_SIZES[function](*arguments)
    if is_of_sizes and function in TO_SIZE:
        return arguments[0]
    if function in TO_SIZE:
        return known_size(cast(TO_SIZE[function](_number(arguments[0])), DType.INT32))
    if function in UNCHANGED:
        return _number(arguments[0])
    if function not in OF_NUMBERS:
        raise Unsupported(f"a number that {getattr(function, '__name__', function)} computes of sizes")
    return OF_NUMBERS[function](*map(_number, arguments))


def _number(number: Any) -> Value:
    """A number or a size as a float32 scalar."""
    return as_value(number, DType.FLOAT32)


def _leaves(arguments: Sequence[Any]) -> list[Any]:
    return [leaf for item in arguments for leaf in (item if isinstance(item, (list, tuple)) else (item,))]


def bound(number: Any) -> Size | None:
    """A bound of a slice; None for one that means the end."""
    if number is None or (not isinstance(number, Dim) and number >= END):
        return None
    size: Size = number
    return size
