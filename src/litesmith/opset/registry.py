"""All operator definitions, found by the name they have in the schema."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from functools import cache

from litesmith import opset
from litesmith.ir.operator import Operator


@cache
def definitions() -> dict[str, type[Operator]]:
    """Each definition by its name in `BuiltinOperator`; ValueError when two claim one name."""
    for module in sorted(found.name for found in pkgutil.iter_modules(opset.__path__)):
        importlib.import_module(f"{opset.__name__}.{module}")
    known: dict[str, type[Operator]] = {}
    for definition in _subclasses(Operator):
        name = definition.__dict__.get("builtin")
        if name is None:
            continue
        other = known.setdefault(name, definition)
        if other is not definition:
            raise ValueError(f"{definition} and {other} both define {name}")
    return known


def _subclasses(base: type[Operator]) -> Iterator[type[Operator]]:
    for derived in base.__subclasses__():
        yield derived
        yield from _subclasses(derived)
