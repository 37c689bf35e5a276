"""What is wrong with a `representative_dataset`, as a user of `tf.lite` writes one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import numpy as np

from litesmith.compat.lite.options import RepresentativeDataset
from litesmith.compat.lite.randomness import draws
from litesmith.diagnostics.base import Diagnostic
from litesmith.diagnostics.compat import FewSamples, NotAGenerator, RandomSamples, SamplesDoNotFit
from litesmith.diagnostics.quoting import quoted
from litesmith.ir.dims import Dim
from litesmith.ir.types import TensorType
from litesmith.lite_face import Face, shown

ENOUGH = 100
"""Samples from which on ranges of activations hardly change; no more are looked at."""


def called(dataset: Any) -> Any:
    """The function that yields the samples."""
    return dataset.input_gen if isinstance(dataset, RepresentativeDataset) else dataset


def problems_of(dataset: Any, face: Face | None) -> list[Diagnostic]:
    """Findings C102 to C105, as far as they apply.

    Args:
        dataset: a generator function, or what was given in its place.
        face: how the model is called; None where that is not known, and samples are not compared with it.
    """
    function = called(dataset)
    found: list[Diagnostic] = []
    drawn = draws(function)
    if drawn:
        first = drawn[0]
        found.append(
            RandomSamples(tuple(dict.fromkeys(draw.name.strip(".") for draw in drawn)), first.file, first.line)
        )
    names = face.input_names if face is not None else ()
    if not callable(function):
        return [NotAGenerator(f"is {_kind(function)}, not a function", names), *found]
    try:
        made = function()
    except Exception as error:
        return [SamplesDoNotFit(f"it fails: {_said(error)}", _expected(face)), *found]
    if isinstance(made, (np.ndarray, list, tuple, Mapping)) or not isinstance(made, Iterable):
        return [NotAGenerator(f"returns {_kind(made)}", names), *found]
    return [*_problems_of_samples(made, face), *found]


def _problems_of_samples(made: Iterable[Any], face: Face | None) -> Iterator[Diagnostic]:
    """The first sample that is wrong, or that there are few."""
    count = 0
    samples = islice(made, ENOUGH)
    while True:
        try:
            sample = next(samples)
        except StopIteration:
            break
        except Exception as error:
            yield SamplesDoNotFit(f"sample {count} fails: {_said(error)}", _expected(face))
            return
        if not isinstance(sample, (list, tuple, Mapping)):
            names = face.input_names if face is not None else ()
            yield NotAGenerator(f"yields {_kind(sample)} rather than a list of the inputs", names)
            return
        problem = _problem(sample, face)
        if problem is not None:
            yield SamplesDoNotFit(f"sample {count}: {problem}", _expected(face))
            return
        count += 1
    if not count:
        yield SamplesDoNotFit("there are none", _expected(face))
    elif count < ENOUGH:
        yield FewSamples(count)


def _problem(sample: Any, face: Face | None) -> str | None:
    """Why a sample is not what the model takes."""
    if isinstance(sample, tuple) and len(sample) == 2 and isinstance(sample[0], str):
        sample = sample[1]  # with the signature's name in front, as `tf.lite` takes it
    if face is None:
        return None
    try:
        leaves = [sample[name] for name in face.input_names] if isinstance(sample, Mapping) else list(sample)
    except KeyError as missing:
        return f"there is nothing for {missing}"
    if len(leaves) != len(face.input_names) or (isinstance(sample, Mapping) and len(sample) != len(leaves)):
        return f"{len(sample)} arrays for {len(face.input_names)} inputs"
    for leaf, value, name in zip(leaves, face.graph.inputs, face.input_names, strict=True):
        array = np.asarray(leaf)
        if array.dtype != value.type.dtype.numpy:
            return f"input {name!r} is {value.type.dtype}, the array {array.dtype}"
        problem = _wrong_shape(array, value.type, name)
        if problem is not None:
            return problem
    return None


def _wrong_shape(array: np.ndarray[Any, Any], type: TensorType, name: str) -> str | None:
    is_of_rank = array.ndim == type.rank
    if is_of_rank and all(
        isinstance(own, Dim) or size == own for size, own in zip(array.shape, type.shape, strict=True)
    ):
        return None
    batch = ", the batch is missing" if array.ndim == type.rank - 1 else ""
    return f"input {name!r} has shape {shown(type)}, the array {array.shape}{batch}"


def _kind(value: Any) -> str:
    """A value in words: what it is, and of how many."""
    shape, dtype = getattr(value, "shape", None), getattr(value, "dtype", None)
    if shape is not None and dtype is not None:
        return f"an array, {getattr(dtype, 'name', dtype)}{tuple(shape)}"
    if value is None:
        return "None"
    if isinstance(value, (list, tuple, dict)):
        return f"a {type(value).__name__} of {len(value)}"
    if isinstance(value, Iterator):
        return "a generator that was already called"
    return f"an object of type {type(value).__name__}"


def _said(error: Exception) -> str:
    said = quoted(error)
    return said if said.startswith(type(error).__name__) else f"{type(error).__name__}: {said}"


def _expected(face: Face | None) -> str:
    if face is None:
        return "one array for each input"
    inputs = zip(face.input_names, face.graph.inputs, strict=True)
    return ", ".join(f"{name!r} {value.type.dtype}{shown(value.type)}" for name, value in inputs)
