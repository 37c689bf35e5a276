"""Objects that calibration data comes in, as batches: arrays, generators, and the datasets of frameworks."""

from __future__ import annotations

import inspect
import sys
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from litesmith.diagnostics.quoting import quoted
from litesmith.lite_face import Face
from litesmith.quantization.sources.errors import UnfitData
from litesmith.quantization.sources.fitting import are_numbers, as_array, fits, is_leaf, is_nested_so
from litesmith.quantization.sources.images import ImageFolder

INFINITE = -1
"""What `tf.data` says of the number of a dataset's elements where there is no end to them."""
USED_UP = "it was used up before: give the function that makes it, or a list of its batches"


def check_source(given: Any) -> None:
    """Raise for what cannot be calibration data of any model, before anything is made of it.

    Raises:
        UnfitData: with what was meant, probably.
    """
    if isinstance(given, (str, Path)):
        path = Path(given)
        if path.is_dir():
            ImageFolder(path).check()
        elif not path.is_file():
            raise UnfitData(f"there is no file and no folder at {path}")
        elif path.suffix not in (".npz", ".npy"):
            raise UnfitData(f"{path} is no .npz or .npy file, and no folder of images")
    elif isinstance(given, ImageFolder):
        given.check()
    elif isinstance(given, type):
        raise UnfitData(f"it is the class {given.__name__}; give an object of it")
    elif hasattr(given, "predict") or hasattr(given, "parameters"):
        raise UnfitData(f"it is a model ({type(given).__name__}), not data")
    elif _is_endless(given):
        raise UnfitData(f"there is no end to this {type(given).__name__}; say how much of it: .take(8), or steps")
    elif not (callable(given) or is_leaf(given) or hasattr(given, "to_numpy") or _is_iterable(given)):
        raise UnfitData(f"calibration data is arrays, or batches of them, not {_described(given)}")
    elif callable(given) and not _is_iterable(given) and (needed := _needed_arguments(given)):
        raise UnfitData(f"the function takes arguments ({', '.join(needed)}); give one that takes none")


def items_of(given: Any, face: Face) -> Iterator[Any]:
    """The batches of a source, each as its owner nests it, with labels or without.

    Raises:
        UnfitData: for what is no source, and for files that cannot be read.
    """
    check_source(given)
    if isinstance(given, (str, Path)):
        path = Path(given)
        given = ImageFolder(path) if path.is_dir() else _stored(path)
    if isinstance(given, ImageFolder):
        yield from given.batches(face)
    elif callable(given) and not _is_iterable(given):
        yield from _returned(given, face)
    else:
        yield from _iterated(given, face)


def _iterated(given: Any, face: Face) -> Iterator[Any]:
    if hasattr(given, "to_numpy"):
        yield given.to_numpy()
    elif _is_one_batch(given, face):
        yield given
    elif _is_indexed(given):
        for place in range(_length(given)):
            yield given[place]
    else:
        yield from given


def _returned(function: Any, face: Face) -> Iterator[Any]:
    """What a function yields, or what it returns."""
    made = function()
    if made is None:
        raise UnfitData("the function returns nothing; a generator function says `yield`")
    if callable(made) and not _is_iterable(made):
        raise UnfitData("the function returns a function; give that one")
    check_source(made)
    yield from _iterated(made, face)


def _is_one_batch(given: Any, face: Face) -> bool:
    """Whether this is the arrays of one batch, rather than batches."""
    if is_leaf(given) or isinstance(given, Mapping) or are_numbers(given):
        return True
    if not isinstance(given, (list, tuple)) or not given:
        return False
    if len(face.input_names) > 1:
        return is_nested_so(given, face)
    return isinstance(given, tuple) and 1 < len(given) <= 3 and all(map(is_leaf, given)) and _is_labelled(given, face)


def _is_labelled(given: tuple[Any, ...], face: Face) -> bool:
    """Whether these are inputs and labels, as `fit` takes them: as many of them, and only the first are inputs."""
    arrays = [as_array(each) for each in given]
    counts = {len(array) for array in arrays if array.ndim}
    fitting = [fits(array, face.graph.inputs[0]) for array in arrays]
    return len(counts) == 1 and fitting.count(True) == 1


def _is_iterable(given: Any) -> bool:
    return isinstance(given, Iterable) or _is_indexed(given)


def _is_indexed(given: Any) -> bool:
    """Whether elements are asked for by number: a `PyDataset`, a map-style dataset of torch."""
    has_number = hasattr(given, "num_batches") or hasattr(given, "__len__")
    is_plain = isinstance(given, (list, tuple, Mapping, str, bytes)) or is_leaf(given)
    if not has_number or not hasattr(given, "__getitem__") or is_plain:
        return False
    return hasattr(given, "num_batches") or not hasattr(given, "__iter__")


def _length(given: Any) -> int:
    number = getattr(given, "num_batches", None)
    return int(len(given) if number is None else number)


def _is_endless(given: Any) -> bool:
    """Whether a dataset says that it has no end."""
    if hasattr(given, "num_batches"):
        return given.num_batches is None
    cardinality = getattr(given, "cardinality", None)
    if callable(cardinality):
        return int(cardinality()) == INFINITE
    try:
        return not is_leaf(given) and hasattr(given, "__len__") and len(given) >= sys.maxsize
    except (TypeError, ValueError, OverflowError):
        return False


def has_length(given: Any) -> bool:
    """Whether a source says how much of it there is: it is taken whole then."""
    if is_leaf(given) or isinstance(given, (str, Path, ImageFolder)) or hasattr(given, "num_batches"):
        return True
    cardinality = getattr(given, "cardinality", None)
    if callable(cardinality):
        return int(cardinality()) >= 0
    try:
        return len(given) >= 0
    except TypeError:
        return False


def _needed_arguments(function: Any) -> list[str]:
    """The arguments that a function cannot be called without."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return []
    variadic = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [each.name for each in parameters if each.default is each.empty and each.kind not in variadic]


def _stored(path: Path) -> Any:
    """The arrays of a file: by name, or the only one as it is."""
    try:
        loaded = np.load(path, allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            return loaded
        with loaded:
            arrays = dict(loaded)
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise UnfitData(f"{path} cannot be read: {quoted(error)}") from error
    return next(iter(arrays.values())) if len(arrays) == 1 else arrays


def _described(given: Any) -> str:
    return "None" if given is None else f"a {type(given).__name__}"
