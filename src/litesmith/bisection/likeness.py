"""Whether two arrays hold the same numbers, in whatever layout."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np

from litesmith.verification.comparison import ATOL, NEVER_MORE, RTOL, differences

Array = np.ndarray[Any, Any]
MOST_AXES = 5
"""Arrays of more axes are not tried in every order of axes."""
TELLING = 10
"""How far apart an array's numbers lie, in differences that are allowed, for it to be known by them."""


@dataclass(frozen=True)
class Tolerance:
    """What passes for the same: a difference up to `atol + rtol * largest magnitude`, as `compare` takes it."""

    atol: float | None = None
    rtol: float | None = None
    coarse: float = 0.0
    """What the coarsest numbers of the two models leave of `rtol`'s default."""

    def allowed(self, original: Array, magnitude: float) -> float:
        """The largest difference that passes."""
        if original.dtype.kind not in "fV":
            return 0.0
        usual = min(ATOL, NEVER_MORE * magnitude) if magnitude else ATOL
        rtol = max(RTOL, self.coarse) if self.rtol is None else self.rtol
        return (usual if self.atol is None else self.atol) + rtol * magnitude


@dataclass(frozen=True)
class Likeness:
    """How far apart two arrays are, and what is allowed."""

    max_abs: float
    allowed: float
    problem: str | None = None

    @property
    def is_same(self) -> bool:
        return self.problem is None and self.max_abs <= self.allowed


def likeness(original: Array, other: Array, tolerance: Tolerance) -> Likeness | None:
    """The best likeness over layouts of `other` that have the original's shape; None where there are none."""
    best: Likeness | None = None
    for arranged in _arrangements(original, other):
        difference, magnitude, problem = differences(original, arranged)
        found = Likeness(difference, tolerance.allowed(original, magnitude), problem)
        if found.is_same:
            return found
        if best is None or (found.problem is None, -found.max_abs) > (best.problem is None, -best.max_abs):
            best = found
    return best


def is_telling(array: Array, tolerance: Tolerance) -> bool:
    """Whether an array can be known by its numbers: not if they are few, or all much the same."""
    if array.dtype.kind not in "fciuV" or array.size < 4:
        return False
    finite = array[np.isfinite(array.astype(np.float64))].astype(np.float64) if array.dtype.kind != "c" else array
    if finite.size < 4 or finite.dtype.kind == "c":
        return False
    spread, magnitude = float(np.ptp(finite)), float(np.max(np.abs(finite)))
    return spread > TELLING * (tolerance.allowed(array, magnitude) or 0.1)


def _arrangements(original: Array, other: Array) -> Iterator[Array]:
    """`other` as the original's shape has it: as it is, its elements in the same order, or axes moved."""
    if original.size != other.size or (original.dtype.kind in "OSU") != (other.dtype.kind in "OSU"):
        return
    yield other.reshape(original.shape)
    sizes = [size for size in other.shape if size > 1]
    wanted = [size for size in original.shape if size > 1]
    if len(sizes) > MOST_AXES or sorted(sizes) != sorted(wanted) or not _same_range(original, other):
        return
    squeezed = other.reshape(sizes)
    for order in permutations(range(len(sizes))):
        if order != tuple(range(len(sizes))) and [sizes[axis] for axis in order] == wanted:
            yield squeezed.transpose(order).reshape(original.shape)


def _same_range(original: Array, other: Array) -> bool:
    """Whether smallest and largest number are about the same, which no layout changes."""
    if original.size == 0 or original.dtype.kind not in "fiu" or other.dtype.kind not in "fiu":
        return False
    ends = [(float(np.min(array)), float(np.max(array))) for array in (original, other)]
    return bool(np.allclose(ends[0], ends[1], rtol=1e-2, atol=1e-3, equal_nan=True))
