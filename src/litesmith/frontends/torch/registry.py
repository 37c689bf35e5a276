"""Which function imports which operator of torch.

Operators go by the name that a program shows without its overload, `aten.add`, or with it, `aten.max.dim`, which
counts first. An import takes those arguments of the operator that it names, as the operator's schema calls them, `x`
for `self` and `input`: tensors as values of the graph, sizes as `Size`s, all else as it is. An argument that it does
not name must have its default, or be one of `NEVER_MATTERS`. It may ask for `dtypes` besides, the
element types of the results. It returns a value, or a sequence of them where the operator has several results.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

Rule = Callable[..., Any]
Function = TypeVar("Function", bound=Rule)

NEVER_MATTERS = frozenset({
    "layout", "device", "pin_memory", "memory_format", "non_blocking", "generator", "requires_grad", "copy", "implicit",
    "cudnn_enabled", "cudnn_enable", "benchmark", "deterministic", "allow_tf32", "enable_gqa", "is_coalesced",
})  # fmt: skip
"""Arguments that say how torch computes, not what."""


NEEDS_NONE = frozenset({
    "aten._assert_scalar", "aten._assert_async", "aten._assert_tensor_metadata", "aten.sym_constrain_range",
    "aten.sym_constrain_range_for_size", "aten.sym_size",
})  # fmt: skip
"""Operators without an import: assertions, which are left out, and what reads a size."""


@dataclass(frozen=True)
class Import:
    """The function that imports an operator, and the arguments that it takes by name."""

    function: Rule
    names: frozenset[str]


@dataclass(frozen=True)
class Deferred:
    """A result of an import that is made when something reads it."""

    make: Callable[[], Any]


_by_name: dict[str, Import] = {}


def imports(*names: str) -> Callable[[Function], Function]:
    """Make a function the import of the operators named; `aten.` stands in front of their names but our own."""

    def register(function: Function) -> Function:
        found = Import(function, frozenset(inspect.signature(function).parameters))
        for name in names:
            known_as = name if name.startswith("litesmith.") else f"aten.{name}"
            if known_as in _by_name:
                raise ValueError(f"{known_as} is imported by {_by_name[known_as].function} already")
            _by_name[known_as] = found
        return function

    return register


@cache
def _load() -> None:
    from litesmith.frontends.torch import operators

    for module in sorted(found.name for found in pkgutil.iter_modules(operators.__path__)):
        importlib.import_module(f"{operators.__name__}.{module}")


def import_of(operator: Any) -> Import | None:
    """The import of an operator of torch; None where there is none."""
    _load()
    packet = name_of(operator)
    return _by_name.get(f"{packet}.{operator._overloadname}") or _by_name.get(packet)


def name_of(operator: Any) -> str:
    """The name of an operator without its overload: `aten.add`."""
    namespace, _, name = operator._schema.name.partition("::")
    return f"{namespace}.{name}"


def imported_names() -> frozenset[str]:
    """All operators that have an import."""
    _load()
    return frozenset(_by_name)
