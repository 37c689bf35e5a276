"""Integers looked up in a vocabulary, and indices as vectors, in LiteRT operators: exact."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from litesmith.ir.builder import constant, emit
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import math
from litesmith.ops.array import as_value, cast, expand_dims, is_known_size, squeeze
from litesmith.ops.creation import one_hot
from litesmith.ops.indexing import select
from litesmith.opset.slicing import Gather

Array = np.ndarray[Any, Any]
SPREAD = 8
"""A table of all integers from the least token to the greatest is at most so many times as long as the vocabulary."""
FEW = 1024
"""Entries that such a table may have in any case."""


def positions(x: Value, tokens: Sequence[int]) -> Value:
    """The place of int64 elements among distinct tokens, -1 for those that are not there; int32."""
    keys = np.array(sorted(tokens), np.int64)
    places = np.argsort(np.array(tokens, np.int64), kind="stable").astype(np.int32)
    spread = int(keys[-1]) - int(keys[0]) + 1
    if spread <= max(FEW, SPREAD * len(keys)):
        return _in_table(x, keys, places, spread)
    return _by_halving(x, keys, places)


def _in_table(x: Value, keys: Array, places: Array, spread: int) -> Value:
    """One GATHER, from a table with an entry for each integer between the tokens, and for others at both ends."""
    below, above = max(int(keys[0]) - 1, np.iinfo(np.int64).min), int(keys[-1]) + 1
    table = np.full(spread + 2, -1, np.int32)
    table[(keys - below).astype(np.int64)] = places
    clipped = math.clip(x, as_value(below, DType.INT64), as_value(min(above, np.iinfo(np.int64).max), DType.INT64))
    return _entries(constant(table), cast(math.subtract(clipped, as_value(below, DType.INT64)), DType.INT32))


def _by_halving(x: Value, keys: Array, places: Array) -> Value:
    """The last key that is not greater, found by steps of halves, a GATHER each."""
    table = constant(keys)
    found = cast(math.multiply(x, as_value(0, DType.INT64)), DType.INT32)
    step = 1 << (len(keys) - 1).bit_length() >> 1
    while step:
        further = math.add(found, as_value(step, DType.INT32))
        inside = math.minimum(further, as_value(len(keys) - 1, DType.INT32))
        is_reached = math.less_equal(_entries(table, inside), x)
        found = select(is_reached, inside, found)
        step >>= 1
    is_there = math.equal(_entries(table, found), x)
    return select(is_there, _entries(constant(places), found), as_value(-1, DType.INT32))


def _entries(table: Value, indices: Value) -> Value:
    """The entries at indices, none of which is negative."""
    return emit(Gather(axis=0), table, indices)


def range_of(x: Value, bounds: Array) -> Value:
    """How many of the sorted bounds are not above each element; all for NaN. int32."""
    above = math.sum(cast(math.less(expand_dims(x, -1), constant(bounds)), DType.INT32), -1)
    return math.subtract(as_value(len(bounds), DType.INT32), above)


def checked(indices: Value, count: int) -> Value:
    """Indices as they are; the call ends with an error where one is `count` or more, as GATHER does not take it."""
    return _entries(constant(np.arange(count, dtype=np.int32)), indices)


def token_at(indices: Value, tokens: Array, other: Any) -> Value:
    """The tokens at int64 indices, and `other` where there is none; tokens may be texts."""
    last = len(tokens)
    clipped = math.clip(indices, as_value(-1, DType.INT64), as_value(last, DType.INT64))
    table = np.array([other, *tokens, other], tokens.dtype)
    return _entries(constant(table), cast(math.add(clipped, as_value(1, DType.INT64)), DType.INT32))


def encode(indices: Value, mode: str, depth: int, dtype: DType, weights: Value | None = None) -> Value:
    """Indices, or what they mark in vectors of `depth`; indices outside of it mark nothing.

    Modes are `int`, `one_hot` (each by itself), and of the indices of a sample `multi_hot` and `count`. A sample is
    the last axis of tensors of one or two axes, axis 1 of others. `weights`: what an index counts.
    """
    if mode == "int":
        return cast(indices, dtype)
    if indices.type.rank == 0:
        indices = expand_dims(indices, 0)
    if mode == "one_hot" and indices.type.rank > 1 and is_known_size(indices, -1, 1):
        indices = squeeze(indices, -1)
    marked = one_hot(indices, depth, -1, dtype if weights is None else weights.type.dtype)
    if mode == "one_hot":
        return marked
    axis = min(indices.type.rank - 1, 1)
    if mode == "multi_hot":
        return math.max(marked, axis)
    return math.sum(marked if weights is None else math.multiply(marked, expand_dims(weights, -1)), axis)
