"""Batches of one size, whatever size the data came in, so that the same samples give the same file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from litesmith.ir.dims import Dim
from litesmith.lite_face import Face

Array = np.ndarray[Any, Any]
SIZE = 32


def of_one_size(batches: Iterable[list[Array]], face: Face, size: int = SIZE) -> Iterator[list[Array]]:
    """The samples of batches in batches of `size`, the last one smaller, where the model takes any number of them.

    Samples of other sizes than those before begin a batch of their own.
    """
    if not all(value.type.rank and isinstance(value.type.shape[0], Dim) for value in face.graph.inputs):
        yield from batches
        return
    waiting: list[list[Array]] = []
    for batch in batches:
        if len({len(array) for array in batch}) != 1:
            yield from _joined(waiting)
            yield batch
            waiting = []
            continue
        if waiting and _sizes(waiting[0]) != _sizes(batch):
            yield from _joined(waiting)
            waiting = []
        waiting.append(batch)
        while sum(len(each[0]) for each in waiting) >= size:
            (whole,) = _joined(waiting)
            yield [array[:size] for array in whole]
            rest = [array[size:] for array in whole]
            waiting = [rest] if len(rest[0]) else []
    yield from _joined(waiting)


def _joined(batches: list[list[Array]]) -> Iterator[list[Array]]:
    if batches:
        yield [np.concatenate(arrays) if len(arrays) > 1 else arrays[0] for arrays in zip(*batches, strict=True)]


def _sizes(batch: list[Array]) -> list[tuple[int, ...]]:
    return [array.shape[1:] for array in batch]
