"""Functions that JAX itself makes of others: the programs it has for them are imported."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from typing import Any

from litesmith.frontends.jax.registry import imports
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops.errors import Unsupported

IMPLEMENTATIONS: dict[str, tuple[str, bool]] = {
    "igamma": ("igamma_impl", True),
    "igammac": ("igammac_impl", True),
    "igamma_grad_a": ("igamma_grad_a_impl", True),
    "bessel_i0e": ("bessel_i0e_impl", False),
    "regularized_incomplete_beta": ("regularized_incomplete_beta_impl", True),
}
"""The function of `jax._src.lax.special` for each primitive, and whether it is told the element type."""


def _by_its_program(
    primitive: str, *operands: Value, trace: Callable[[Callable[..., Any], Sequence[Value]], list[Value]]
) -> Value:
    name, is_told = IMPLEMENTATIONS[primitive]
    function = getattr(import_module("jax._src.lax.special"), name, None)
    if function is None:
        raise Unsupported(f"the JAX primitive {primitive}, whose program this version of JAX has elsewhere")
    if operands[0].type.dtype is not DType.FLOAT32:
        raise Unsupported(f"{primitive} of {operands[0].type.dtype}; cast to float32")
    (result,) = trace(partial(function, dtype=operands[0].type.dtype.numpy) if is_told else function, operands)
    return result


for _name in IMPLEMENTATIONS:
    imports(_name)(partial(_by_its_program, _name))
