"""Example sizes that programs are exported with."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

from litesmith.ir.dims import Dim, Shape, evaluate

Sizes = Sequence[Sequence[int]]
"""Those of each tensor."""

DIVISIBLE = 32
"""Of whose multiples the second example is: networks that halve images several times take few other sizes."""
FIRST_MULTIPLE = 5
SMALL = 16
"""Sizes that are smaller, as batches are, are left as they are."""


def first_that_works(shapes: Sequence[Shape], export: Callable[[Sizes], Any]) -> tuple[Any, Sizes]:
    """What `export` makes of example sizes, and these: the probes of open sizes, or else multiples of 32.

    Raises:
        Exception: what the first attempt raises, where none succeeds.
    """
    probes = [[int(size) for size in shape] for shape in shapes]
    try:
        return export(probes), probes
    except Exception:
        others = _multiples(shapes)
        with contextlib.suppress(Exception):
            return export(others), others
        raise


def _multiples(shapes: Sequence[Shape]) -> Sizes:
    """Sizes of which each unknown is another multiple of 32, but for small ones."""
    unknown: dict[str, int] = {}
    for size in (size for shape in shapes for size in shape if isinstance(size, Dim)):
        for symbol in sorted(size.expression.symbols, key=str):
            if symbol.name not in unknown:
                large = not size.is_symbol or int(size) >= SMALL
                unknown[symbol.name] = DIVISIBLE * (FIRST_MULTIPLE + len(unknown)) if large else int(size)
    return [[evaluate(size, unknown) if isinstance(size, Dim) else int(size) for size in shape] for shape in shapes]
