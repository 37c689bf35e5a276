"""Data that shows what values a model's activations take, in the forms that people keep it in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from litesmith.lite_face import Face

Array = np.ndarray[Any, Any]


class EmptyData(ValueError):
    """There is not one batch."""


def batches(given: Any, face: Face) -> Iterator[list[Array]]:
    """The arrays of each batch, in the order of the file's inputs.

    Args:
        given: arrays nested as the model's inputs; or batches of such, from a generator function, a generator, a list,
            a `tf.data` dataset or a DataLoader, with labels behind the inputs or without; or the path of an `.npz`
            or `.npy` file with the arrays by name.

    Raises:
        ValueError: for what does not fit the inputs, and where there is nothing.
    """
    found = False
    for batch in _batches(given, face):
        found = True
        yield face.arrays(batch)
    if not found:
        raise EmptyData("there is not one batch in it")


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
        raise ValueError(f"calibration data is arrays, or batches of them, not {type(given).__name__}")


def _stored(path: Path) -> Any:
    if not path.is_file():
        raise ValueError(f"there is no file at {path}")
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
            raise ValueError("a batch of the calibration data is empty")
        item = item[0]
    return np.asarray(item) if _is_leaf(item) and not isinstance(item, np.ndarray) else item
