"""Which function imports which primitive of JAX.

Primitives go by the name that a jaxpr shows: `dot_general`, `reduce_sum`, `scatter-add`. An import takes the
operands as values of the graph and, by keyword, those parameters of the primitive that it names, sizes as `Size`s
and element types as `DType`s. More keywords may be asked for: `types`, the types of the results; `run`, which runs a
jaxpr that is a parameter; `trace`, which runs a function of JAX arrays. It returns a value, or a sequence of them
where the primitive has several results.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

from litesmith.ir.graph import Value

Rule = Callable[..., "Value | Sequence[Value]"]
Function = TypeVar("Function", bound=Rule)


@dataclass(frozen=True)
class Import:
    """The function that imports a primitive, and the parameters that it takes by keyword."""

    function: Rule
    keywords: frozenset[str]


_by_name: dict[str, Import] = {}


def imports(*names: str) -> Callable[[Function], Function]:
    """Make a function the import of the primitives named."""

    def register(function: Function) -> Function:
        keywords = frozenset(
            name
            for name, parameter in inspect.signature(function).parameters.items()
            if parameter.kind is parameter.KEYWORD_ONLY
        )
        for name in names:
            if name in _by_name:
                raise ValueError(f"{name} is imported by {_by_name[name].function} already")
            _by_name[name] = Import(function, keywords)
        return function

    return register


@cache
def _load() -> None:
    from litesmith.frontends.jax import primitives

    for module in sorted(found.name for found in pkgutil.iter_modules(primitives.__path__)):
        importlib.import_module(f"{primitives.__name__}.{module}")


def import_of(name: str) -> Import | None:
    """The import of a primitive; None where there is none."""
    _load()
    return _by_name.get(name)


def imported_names() -> frozenset[str]:
    """All primitives that have an import."""
    _load()
    return frozenset(_by_name)
