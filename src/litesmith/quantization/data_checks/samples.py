"""Samples as they pass: how many, how many of them differ, what their numbers are, and some to be looked at again."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
KEPT, FEWEST_KEPT = 128, 16
"""So many samples are looked at again, drawn from all of them: data may be sorted."""
MOST_ELEMENTS, FAR_TOO_MANY = 2**21, 2**26
"""Of all samples that are kept, unless that would be too few of them; and in any case."""


@dataclass
class Numbers:
    """What the numbers of one input are.

    Attributes:
        least, most: of those that are finite.
        nans, infinities: how many others there are.
        flat: how many samples are the same number throughout.
    """

    least: float = np.inf
    most: float = -np.inf
    nans: int = 0
    infinities: int = 0
    flat: int = 0

    @property
    def is_constant(self) -> bool:
        return self.least == self.most

    def add(self, array: Array) -> None:
        """Count the numbers of a batch."""
        if array.dtype.kind not in "biuf" or not array.size:
            return
        if array.dtype.kind == "f":
            finite = np.isfinite(array)
            if not finite.all():
                nans = int(np.isnan(array).sum())
                self.nans, self.infinities = self.nans + nans, self.infinities + int((~finite).sum()) - nans
                array = np.where(finite, array, 0)
        rows = array.reshape(len(array), -1) if array.ndim else array.reshape(1, 1)
        lows, highs = rows.min(1), rows.max(1)
        self.least, self.most = min(self.least, float(lows.min())), max(self.most, float(highs.max()))
        self.flat += int((lows == highs).sum()) if rows.shape[1] > 1 else 0


@dataclass
class Samples:
    """What passed.

    Attributes:
        count: of the samples.
        numbers: of each input.
        kept: some of the samples, each one array without a batch for each input.
    """

    count: int = 0
    numbers: list[Numbers] = field(default_factory=list)
    kept: list[list[Array]] = field(default_factory=list)
    _known: set[bytes] = field(default_factory=set)
    _random: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))

    @property
    def distinct(self) -> int:
        """How many samples are not the same as another one."""
        return len(self._known)

    def passing(self, batches: Iterable[list[Array]]) -> Iterator[list[Array]]:
        """The batches, which are looked at as they pass."""
        for arrays in batches:
            self.add(arrays)
            yield arrays

    def add(self, arrays: list[Array]) -> None:
        """Look at a batch: one array for each input."""
        self.numbers = self.numbers or [Numbers() for _ in arrays]
        for numbers, array in zip(self.numbers, arrays, strict=True):
            numbers.add(array)
        counts = {len(array) for array in arrays if array.ndim}
        if len(counts) != 1:
            self.count += 1
            return
        for row in range(counts.pop()):
            self._add_sample([array[row] if array.ndim else array for array in arrays])

    def _add_sample(self, sample: list[Array]) -> None:
        """Let each sample be among those that are kept with the same probability."""
        hashed = hashlib.blake2b(digest_size=8)
        for array in sample:
            hashed.update(np.ascontiguousarray(array).tobytes())
        self._known.add(hashed.digest())
        self.count += 1
        most = _count_kept(max(sum(array.size for array in sample), 1))
        if len(self.kept) < most:
            self.kept.append(sample)
        elif (place := int(self._random.integers(self.count))) < most:
            self.kept[place] = sample

    def again(self, most: int = KEPT) -> list[Array]:
        """Samples that were kept, as one batch: of the sizes that most of them have, as texts differ in length."""
        sizes = Counter(_sizes(sample) for sample in self.kept)
        common = max(sizes, key=lambda each: sizes[each], default=())
        alike = [sample for sample in self.kept if _sizes(sample) == common]
        return [np.stack(arrays) for arrays in zip(*alike[:most], strict=True)]


def _sizes(sample: list[Array]) -> tuple[tuple[int, ...], ...]:
    return tuple(array.shape for array in sample)


def _count_kept(size: int) -> int:
    """How many samples of so many numbers are kept."""
    enough = min(max(MOST_ELEMENTS // size, FEWEST_KEPT), KEPT)
    return max(min(enough, FAR_TOO_MANY // size), 1)
