"""Values of a model's variables, taken from a file that was looked through, the way that Keras takes them."""

from __future__ import annotations

import functools
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
from keras.src.saving import saving_lib

from litesmith.frontends.hdf5_safety import CheckedHdf5, StoredArray
from litesmith.frontends.keras.initializing import Initialize, initializing
from litesmith.frontends.keras.legacy.stored import HOME, by_layer, of_layer

TOP_LEVEL = "top_level_model_weights"
"""The group that has the values of a model's own variables, in HDF5 files of layers."""

VALUES = "vars"
"""The group that has the values of a layer's own variables."""

PLAIN = ("metadata.json", "config.json", "model.weights.h5")
"""What an archive has without assets."""

attributes_skipped = functools.cache(saving_lib.get_attr_skipset)
"""Attributes in which Keras looks for no layers; Keras itself makes a layer each time that it asks for them."""


class StoredState(saving_lib.H5IOStore):
    """The arrays of a file, by the paths that Keras gives to layers; Keras' own store looks each up from the root."""

    def __init__(self, store: CheckedHdf5) -> None:
        self.store = store

    def __bool__(self) -> bool:
        return True

    def get(self, path: str) -> Values:
        """The values of what is at a path."""
        return Values(self.store, f"{path}/{VALUES}" if path else VALUES)

    def has_path(self, path: str) -> bool:
        return path in self.store.file

    def close(self) -> None:
        """The file stays open."""


class Values(Mapping[str, np.ndarray[Any, Any]]):
    """The arrays of a group, by their names; those of groups in it by `"group/name"`."""

    def __init__(self, store: CheckedHdf5, path: str) -> None:
        self._store = store
        self._path = path
        self._arrays: dict[str, StoredArray] = store.arrays.get(path, {})

    def __getitem__(self, name: str) -> np.ndarray[Any, Any]:
        group, _, own = name.rpartition("/")
        arrays = self._store.arrays.get(f"{self._path}/{group}", {}) if group else self._arrays
        return arrays[own].read()

    def __iter__(self) -> Iterator[str]:
        return iter(self._arrays)

    def __len__(self) -> int:
        return len(self._arrays)


def fill(model: Any, store: CheckedHdf5, archive: zipfile.ZipFile | None) -> dict[int, tuple[Any, Exception]]:
    """Give a model the values in a file, and its layers the assets in an archive; what failed, by the layer's `id`."""
    failed: set[int] = set()
    errors: dict[int, tuple[Any, Exception]] = {}
    has_assets = archive is not None and any(name not in PLAIN for name in archive.namelist())
    assets = saving_lib.DiskIOStore(saving_lib._ASSETS_DIRNAME, archive=archive, mode="r") if has_assets else None
    skipped, saving_lib.get_attr_skipset = saving_lib.get_attr_skipset, attributes_skipped
    try:
        saving_lib._load_state(
            model,
            weights_store=StoredState(store),
            assets_store=assets,
            inner_path="",
            visited_saveables=set(),
            failed_saveables=failed,
            error_msgs=errors,
        )
    finally:
        saving_lib.get_attr_skipset = skipped
        if assets is not None:
            assets.close()
    return errors if failed else {}


def fill_by_layers(model: Any, store: CheckedHdf5) -> None:
    """Give a model the values in an HDF5 file of Keras 3, which are stored layer by layer, in the model's order.

    Raises:
        ValueError: where the model has other weights than the file.
    """
    layers = [(each.name, [*each.trainable_weights, *each.non_trainable_weights]) for each in model.layers]
    having = [(name, variables) for name, variables in layers if variables]
    stored = [listed for listed in by_layer(store).values() if listed]
    if len(having) != len(stored):
        raise ValueError(f"the model has {len(having)} layers with weights, the file {len(stored)}")
    if TOP_LEVEL in store.file[HOME]:
        own = [*model._trainable_variables, *model._non_trainable_variables]
        weights = {id(each) for each in model.weights}
        having.append((model.name, [each for each in own if id(each) in weights]))
        stored.append(of_layer(store, HOME, TOP_LEVEL))
    for (name, variables), arrays in zip(having, stored, strict=True):
        if len(variables) != len(arrays):
            raise ValueError(f"'{name}' has {len(variables)} weights in the model, {len(arrays)} in the file")
        for variable, array in zip(variables, arrays, strict=True):
            if tuple(variable.shape) != array.shape:
                raise ValueError(f"{variable.path} is {tuple(variable.shape)} in the model, {array.shape} in the file")
            variable.assign(array.read())


class _Drawn:
    """An initializer whose values are drawn when something asks for them, and once."""

    def __init__(self, initializer: Any) -> None:
        self.initializer = initializer
        self.values: Any = None

    def __call__(self, shape: Any, dtype: Any = None, **options: Any) -> Any:
        if self.values is None:
            self.values = self.initializer(shape, dtype=dtype, **options)
        return self.values


@contextmanager
def drawing_late() -> Iterator[None]:
    """Variables that are made inside are drawn at its end, unless they were given values by then.

    Keras has such variables where it makes models without their values. What reads one before that sees what would have
    been drawn. On backends other than numpy, whose variables cannot be without a value, all are drawn at once.
    """
    if keras.config.backend() != "numpy":
        yield
        return
    made: list[Any] = []

    def make(original: Initialize, variable: Any, initializer: Any) -> None:
        if variable._initializer is not None:  # Keras was late itself, and will forget it
            original(variable, initializer)
            return
        variable._value = None
        variable._initializer = _Drawn(initializer)
        made.append(variable)

    with initializing(make) as original:
        yield
    for variable in made:
        drawn, variable._initializer = variable._initializer, None
        if variable._value is None:
            original(variable, drawn)
