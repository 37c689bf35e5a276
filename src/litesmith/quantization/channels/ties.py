"""Labels of channels, and which of them turn out to stand for the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from litesmith.ir.graph import Operation, Value

Labels = np.ndarray[Any, Any]
FIXED = 0
"""The label of what has the factor 1."""


class Ties:
    """Which labels have the same factor, and which one over that of another (its negative label)."""

    def __init__(self) -> None:
        self._parents = [FIXED]

    def new(self, count: int) -> Labels:
        """Labels that nothing is tied to yet."""
        first = len(self._parents)
        self._parents.extend(range(first, first + count))
        return np.arange(first, first + count, dtype=np.int64)

    def root(self, label: int) -> int:
        """The label that stands for all that are tied to this one."""
        sign, place = (1, label) if label > 0 else (-1, -label)
        while (parent := self._parents[place]) != place:
            grand = self._parents[abs(parent)]
            self._parents[place] = grand if parent > 0 else -grand
            sign, place = (sign if parent > 0 else -sign), abs(parent)
        return sign * place

    def tie(self, left: Labels, right: Labels) -> None:
        """Let labels at the same places have the same factors; one array is broadcast against the other."""
        pairs = np.stack([each.reshape(-1) for each in np.broadcast_arrays(left, right)], 1)
        for one, other in np.unique(pairs, axis=0).tolist():
            own, its = self.root(one), self.root(other)
            if own == its:
                continue
            if own == -its or FIXED in (own, its):
                self._parents[abs(own or its)] = FIXED
            else:
                self._parents[abs(own)] = its if own > 0 else -its

    def fix(self, labels: Labels) -> None:
        """Let labels have the factor 1."""
        self.tie(labels, np.array(FIXED))

    def are_fixed(self, labels: Labels) -> bool:
        return not self.roots(labels).any()

    def roots(self, labels: Labels) -> Labels:
        """The labels that stand for these."""
        known, places = np.unique(labels, return_inverse=True)
        found = np.array([self.root(label) for label in known.tolist()], np.int64)
        return found[places].reshape(labels.shape)


@dataclass(frozen=True)
class Rescaled:
    """A constant operand is multiplied by the factors of `up` and divided by those of `down`, which broadcast to it."""

    operation: Operation
    place: int
    up: Labels
    down: Labels | None = None


def without_factors(value: Value) -> Labels:
    """The labels of a value that nothing may be multiplied into."""
    return np.zeros((1,) * value.type.rank, np.int64)
