"""Data that shows what values a model's activations take, batch by batch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from litesmith.diagnostics.base import LitesmithError
from litesmith.diagnostics.quantization import CutShort
from litesmith.diagnostics.quoting import quoted
from litesmith.diagnostics.telling import tell
from litesmith.ir.dims import Dim
from litesmith.lite_face import Face
from litesmith.quantization.sources.datasets import USED_UP, check_source, has_length, items_of
from litesmith.quantization.sources.errors import UnfitData
from litesmith.quantization.sources.fitting import fitted, inputs_of

Array = np.ndarray[Any, Any]
MOST_SAMPLES = 1000
"""Of data that does not say how much of it there is, such as a generator: there may be no end to it."""


def batches(given: Any, face: Face) -> Iterator[list[Array]]:
    """The arrays of each batch, in the order of the file's inputs.

    Args:
        given: arrays nested as the model's inputs; or batches of such, from a generator function, a generator, a list,
            a `tf.data` dataset, a DataLoader, a dataset of grain, or a `PyDataset`, with labels behind the inputs or
            without; or the path of an `.npz` or `.npy` file with the arrays by name, or of a folder of images
            (`ImageFolder` says how these are scaled). Of what has no length, batches are taken until there are
            `MOST_SAMPLES` samples (Q107, if there is more).

    Raises:
        UnfitData: for what does not fit the inputs, and where there is nothing.
    """
    number = samples = 0
    source, is_whole = items_of(given, face), has_length(given)
    while True:
        try:
            item = next(source)
        except StopIteration:
            break
        except (UnfitData, LitesmithError):
            raise
        except Exception as error:
            raise UnfitData(f"{_place(number)}the data fails: {type(error).__name__}, {quoted(error)}") from error
        if samples >= MOST_SAMPLES and not is_whole:
            tell(CutShort(samples))
            break
        for arrays in _fitted(item, face, number):
            samples += next((len(array) for array in arrays if array.ndim), 1)
            yield arrays
        number += 1
    if not number:
        raise UnfitData(f"there is not one batch in it{'; ' + USED_UP if isinstance(given, Iterator) else ''}")


def _fitted(item: Any, face: Face, number: int) -> Iterator[list[Array]]:
    """The arrays of a batch, in parts of the size that the model is fixed to."""
    try:
        for part in _of_fixed_size(inputs_of(item, face), face):
            yield fitted(part if part is not None else item, face)
    except UnfitData as problem:
        raise UnfitData(f"{_place(number)}{problem}") from problem.__cause__


def _place(number: int) -> str:
    return f"batch {number}: " if number else ""


def _of_fixed_size(batch: Any, face: Face) -> Iterator[Any]:
    """The parts of a batch, of which what is left over is left out; None for one that is whole."""
    fixed = {value.type.shape[0] for value in face.graph.inputs if value.type.rank}
    counts = {len(leaf) for leaf in _leaves(batch) if leaf.ndim}
    size = fixed.pop() if len(fixed) == 1 else None
    if size is None or isinstance(size, Dim) or len(counts) != 1 or (count := counts.pop()) <= int(size):
        yield None
        return
    for start in range(0, count - count % int(size), int(size)):
        yield _part(batch, slice(start, start + int(size)))


def _leaves(batch: Any) -> Iterator[Array]:
    if isinstance(batch, Mapping):
        batch = list(batch.values())
    if isinstance(batch, (list, tuple)):
        for item in batch:
            yield from _leaves(item)
    else:
        yield batch


def _part(batch: Any, rows: slice) -> Any:
    if isinstance(batch, Mapping):
        return {name: _part(item, rows) for name, item in batch.items()}
    if isinstance(batch, (list, tuple)):
        return [_part(item, rows) for item in batch]
    return batch[rows]


__all__ = ["UnfitData", "batches", "check_source"]
