"""Models of old files: planned, made, and filled with the file's weights, or all that stands in the way at once."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import h5py

from litesmith.diagnostics.base import Diagnostic, LitesmithError
from litesmith.diagnostics.files import UnknownClasses
from litesmith.diagnostics.old_files import BackendNotSaid, UnknownFunctions, UnsafeFile, WeightsDoNotFit
from litesmith.frontends.hdf5_safety import CheckedHdf5
from litesmith.frontends.keras.legacy.building import Builder, CannotCall
from litesmith.frontends.keras.legacy.entries import Entry, Origin
from litesmith.frontends.keras.legacy.keras_1 import in_keras_2
from litesmith.frontends.keras.legacy.kernels import CONVOLUTIONS
from litesmith.frontends.keras.legacy.memory import TooLarge, making_at_most
from litesmith.frontends.keras.legacy.planning import Part, Planner
from litesmith.frontends.keras.legacy.stored import Stored, by_layer
from litesmith.frontends.keras.legacy.structure import assigned_in_place
from litesmith.frontends.keras.legacy.stubs import stub
from litesmith.frontends.keras.legacy.weights import Assignments, assigned, leaves

Weights = dict[str, list[Stored]]


def model_of_hdf5(
    path: str, entry: Entry, store: CheckedHdf5, origin: Origin, custom_objects: Mapping[str, Any]
) -> Any:
    """The model in an HDF5 file of Keras 1 or 2."""
    weights = by_layer(store)
    part = made(path, entry, origin, custom_objects, stored_bytes(store), weights)
    fill_by_layers(path, part, weights, origin)
    return part.made


def model_of_archive(
    path: str, entry: Entry, store: CheckedHdf5, origin: Origin, custom_objects: Mapping[str, Any]
) -> Any:
    """The model in a `.keras` file of Keras 2.12 to 2.15."""
    part = made(path, entry, origin, custom_objects, stored_bytes(store), {})
    fill_in_place(path, part, store.file, origin)
    return part.made


def made(
    path: str,
    entry: Entry,
    origin: Origin,
    custom_objects: Mapping[str, Any],
    stored_bytes: int,
    weights: Weights,
) -> Part:
    """The model of a description, without its weights.

    Raises:
        LitesmithError: F106 for classes, F121 for arguments, F122 for functions that are not known, all at once;
            F124 where the weights would be larger than the file.
    """
    planner = Planner(path, origin, custom_objects)
    if origin.major == 1:
        entry = in_keras_2(entry)
    if entry.get("name") is None and not (isinstance(entry["config"], dict) and "name" in entry["config"]):
        entry = {**entry, "name": "model"}
    part = planner.part(entry)
    problems: list[Diagnostic] = list(planner.refused)
    if planner.missing:
        code = stub(planner.missing, _shapes(weights), entry)
        problems.insert(0, UnknownClasses(path, tuple(planner.missing), code))
    if planner.calls:
        problems.append(UnknownFunctions(path, tuple(planner.calls)))
    turned = _convolutions(part) if origin.major == 1 and not origin.backend else ()
    if turned:
        problems.append(BackendNotSaid(path, turned))
    if problems:
        raise LitesmithError(problems)
    try:
        with making_at_most(stored_bytes):
            Builder(custom_objects).build(part)
    except TooLarge as error:
        raise LitesmithError(UnsafeFile(path, str(error))) from None
    except CannotCall as error:
        raise LitesmithError(UnknownFunctions(path, (str(error),))) from None
    return part


def stored_shapes(store: CheckedHdf5) -> dict[str, list[tuple[str, tuple[int, ...]]]]:
    """Names and shapes of the weights of each layer in an HDF5 file."""
    return _shapes(by_layer(store))


def _shapes(weights: Weights) -> dict[str, list[tuple[str, tuple[int, ...]]]]:
    return {name: [(each.own_name, each.shape) for each in listed] for name, listed in weights.items()}


def _convolutions(part: Part) -> tuple[str, ...]:
    """Names of the layers whose kernels Theano turns around."""
    inner = part.inner.get("layer")
    within = [*(part.parts or ()), *([inner] if isinstance(inner, Part) else [])]
    own = (part.name,) if part.entry["class_name"] in CONVOLUTIONS else ()
    return own + tuple(name for each in within for name in _convolutions(each))


def fill_by_layers(path: str, part: Part, weights: Weights, origin: Origin) -> None:
    """Give the weights of an HDF5 file to the layers that they were saved from, by name or else by order."""
    problems: list[str] = []
    found: Assignments = []
    having = [each for each in part.parts or [part] if any(sum(leaf.counts) for leaf in leaves(each, origin))]
    stored = {name: listed for name, listed in weights.items() if listed}
    if len(having) != len(stored):
        problems.append(f"{len(having)} layers with weights in the model, {len(stored)} in the file")
    elif {each.name for each in having} == stored.keys():
        for each in having:
            found += assigned(each, stored[each.name], origin, problems)
    else:
        for each, listed in zip(having, stored.values(), strict=True):
            found += assigned(each, listed, origin, problems)
    _assign(path, part.made, found, problems)


def fill_in_place(path: str, part: Part, file: h5py.File, origin: Origin) -> None:
    """Give the weights of a `.keras` file to the layers at their places."""
    problems: list[str] = []
    _assign(path, part.made, assigned_in_place(part, file, origin, problems), problems)


def _assign(path: str, model: Any, found: Assignments, problems: list[str]) -> None:
    if not problems:
        valued = {id(variable) for variable, _ in found}
        problems += [f"{each.path} has no value" for each in model.weights if id(each) not in valued]
    if problems:
        raise LitesmithError(WeightsDoNotFit(path, tuple(problems)))
    for variable, stored in found:
        variable.assign(stored.read())
    for layer in model._flatten_layers():
        if layer.weights and hasattr(layer, "finalize_state"):
            layer.finalize_state()  # what layers compute of their weights once


def stored_bytes(store: CheckedHdf5) -> int:
    """Bytes of all arrays of a file, in float32 at least."""
    arrays = [array for group in store.arrays.values() for array in group.values()]
    return sum(math.prod(array.shape) * max(array.dtype.itemsize, 4) for array in arrays)
