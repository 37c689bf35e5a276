"""Data that shows what values a model's activations take, in the forms that people keep it in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from litesmith.ir.dims import Dim
from litesmith.lite_face import Face

Array = np.ndarray[Any, Any]


class UnfitData(ValueError):
    """The data cannot be given to the model, or there is none."""


def batches(given: Any, face: Face) -> Iterator[list[Array]]:
    """The arrays of each batch, in the order of the file's inputs.

    Args:
        given: arrays nested as the model's inputs; or batches of such, from a generator function, a generator, a list,
            a `tf.data` dataset or a DataLoader, with labels behind the inputs or without; or the path of an `.npz`
            or `.npy` file with the arrays by name.

    Raises:
        UnfitData: for what does not fit the inputs, and where there is nothing.
    """
    found = False
    for batch in _batches(given, face):
        for part in _of_fixed_size(batch, face):
            found = True
            try:
                yield face.arrays(part)
            except ValueError as problem:
                raise UnfitData(str(problem)) from problem
    if not found:
        raise UnfitData("there is not one batch in it")


def _of_fixed_size(batch: Any, face: Face) -> Iterator[Any]:
    """A batch in parts of the size that the model is fixed to; what is left over is left out."""
    fixed = {value.type.shape[0] for value in face.graph.inputs if value.type.rank}
    counts = {len(leaf) for leaf in _leaves(batch) if getattr(leaf, "ndim", 0)}
    size = fixed.pop() if len(fixed) == 1 else None
    if size is None or isinstance(size, Dim) or len(counts) != 1 or (count := counts.pop()) < int(size):
        yield batch
        return
    for start in range(0, count - count % int(size), int(size)):
        yield _part(batch, slice(start, start + int(size)))


def _leaves(batch: Any) -> Iterator[Any]:
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


def _batches(given: Any, face: Face) -> Iterator[Any]:
    if isinstance(given, (str, Path)):
        given = _stored(Path(given))
    if callable(given) and not hasattr(given, "__iter__"):
        given = _called(given)
    if _is_leaf(given) or _is_nested(given, face):
        yield given
    elif isinstance(given, Iterable):
        for item in given:
            yield _inputs(item, face)
    else:
        raise UnfitData(f"calibration data is arrays, or batches of them, not {type(given).__name__}")


def _stored(path: Path) -> Any:
    if not path.is_file():
        raise UnfitData(f"there is no file at {path}")
    loaded = np.load(path, allow_pickle=False)
    if isinstance(loaded, np.ndarray):
        return loaded
    arrays = dict(loaded)
    return next(iter(arrays.values())) if len(arrays) == 1 else arrays


def _called(function: Callable[[], Any]) -> Any:
    """What a generator function yields."""
    return function()


def _is_leaf(given: Any) -> bool:
    return hasattr(given, "shape") and hasattr(given, "dtype")


def _is_nested(given: Any, face: Face) -> bool:
    """Whether this is one batch: named by the inputs, or as many arrays as there are several inputs."""
    if isinstance(given, Mapping):
        return True
    count = len(face.input_names)
    return isinstance(given, (list, tuple)) and count > 1 and len(given) == count and all(map(_is_leaf, given))


def _inputs(item: Any, face: Face) -> Any:
    """The inputs of a batch, without the labels that datasets put behind them."""
    if isinstance(item, (list, tuple)) and not _is_nested(item, face):
        if not item:
            raise UnfitData("a batch of the calibration data is empty")
        item = item[0]
    return np.asarray(item) if _is_leaf(item) and not isinstance(item, np.ndarray) else item
