"""Inputs of cases: seeded by their names, so that they stay as they are when others are added."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np

from cases.case import Given, fixed

__all__ = [
    "EDGES", "LESS_FAR", "NAN", "POSITIVE", "SPECIAL", "WHOLE", "bools", "constant", "f", "fixed", "ints", "named", "of", "pos",
    "unit",
]  # fmt: skip


def named(label: str, values: Any, dtype: str = "float32") -> Given:
    """An input of these values."""
    return Given(label, np.asarray(values, dtype))


def f(*shape: int) -> Given:
    """Normally distributed floats."""
    return _random("float32", shape, lambda random: random.normal(size=shape))


def pos(*shape: int) -> Given:
    """Floats from 0.1 to 3."""
    return _random("positive", shape, lambda random: random.uniform(0.1, 3, shape))


def unit(*shape: int) -> Given:
    """Floats from -1 to 1."""
    return _random("unit", shape, lambda random: random.uniform(-1, 1, shape))


def ints(*shape: int, low: int = 0, high: int = 4, dtype: str = "int32") -> Given:
    """Integers from `low` up to, but not with, `high`."""
    given = _random(f"{low}..{high - 1} {dtype}", shape, lambda random: random.integers(low, high, shape))
    return Given(given.label, given.values.astype(dtype))


def bools(*shape: int) -> Given:
    """Truths, three of five."""
    given = _random("bool", shape, lambda random: random.uniform(size=shape) < 0.6)
    return Given(given.label, given.values.astype(bool))


def of(dtype: str, *shape: int) -> Given:
    """Whole numbers from 0 (-8 for what has signs) to 19 in an element type."""
    low = 0 if dtype.startswith("u") or dtype == "bool" else -8
    given = _random(dtype, shape, lambda random: random.integers(low, 20, shape))
    return Given(given.label, np.asarray(given.values % 2 if dtype == "bool" else given.values).astype(dtype))


def constant(*shape: int) -> np.ndarray[Any, Any]:
    """Normally distributed floats that are part of the model."""
    return f(*shape, 1).values[..., 0]


def _random(kind: str, shape: tuple[int, ...], draw: Any) -> Given:
    label = f"{kind}[{','.join(map(str, shape))}]"
    random = np.random.default_rng(zlib.crc32(label.encode()))
    values = draw(random)
    return Given(label, np.asarray(values, "float32" if kind in ("float32", "positive", "unit") else None))


EDGES = named("edges", [[0.0, -0.0, 1.0], [-1.0, 1e30, -1e30], [1e-30, 90.0, -90.0], [0.5, -0.5, 2.5]])
LESS_FAR = named("edges", [[0.0, -0.0, 1.0], [-1.0, 1e20, -1e20], [1e-30, 90.0, -90.0], [0.5, -0.5, 2.5]])
"""For LOGISTIC, which XNNPACK computes as NaN beyond 4e26 on processors with AVX-512."""
POSITIVE = named("positive edges", [[1.0, 1e30], [1e-30, 90.0], [0.5, 8e37], [2.0, 1e-4]])
SPECIAL = named("inf and nan", [[np.inf, -np.inf, 0.0], [np.nan, 1.0, -0.0]])
NAN = named("with nan", [[1, np.nan, 3, 2, 5], [np.nan, np.nan, 2, -1, 0], [4, 1, 0, 2, np.nan]])
WHOLE = named("without nan", [[1.5, -2, 3, 2, 5], [0, -1, 2, -1, 0], [4, 1, 0, 2, 7]])
