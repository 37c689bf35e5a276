"""Weights that are stored layer by layer, as HDF5 files have them, of Keras 3 too."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import h5py
import numpy as np

from litesmith.frontends.hdf5_safety import CheckedHdf5
from litesmith.frontends.keras.legacy.entries import Malformed

HOME = "model_weights"
"""The group that has the weights in the files of whole models."""

NUMBERED = re.compile(r"(_\d+)?(:\d+)?$")
"""What TensorFlow puts behind names that it saw before."""


@dataclass(frozen=True)
class Stored:
    """A weight in a file: its name (`"dense/kernel:0"`), its shape, and how it is read."""

    name: str
    shape: tuple[int, ...]
    read: Callable[[], np.ndarray]

    @classmethod
    def of(cls, name: str, data: h5py.Dataset) -> Stored:
        return cls(name, tuple(data.shape), lambda: np.asarray(data[()]))

    @property
    def own_name(self) -> str:
        """Without its layer and TensorFlow's numbers: `"kernel"`."""
        return NUMBERED.sub("", self.name).rpartition("/")[2]

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the layers that it is in, as far as its name says."""
        return tuple(self.name.split("/")[:-1])


def by_layer(store: CheckedHdf5) -> dict[str, list[Stored]]:
    """The weights of each layer, in the file's order; layers without weights too."""
    home = HOME if HOME in store.file else ""
    group = store.file[home] if home else store.file
    return {name: of_layer(store, home, name) for name in texts(group, "layer_names")}


def of_layer(store: CheckedHdf5, home: str, name: str) -> list[Stored]:
    """The weights in a group that has a layer's name."""
    group = store.file.get(f"{home}/{name}")
    if not isinstance(group, h5py.Group):
        raise Malformed(f"the weights of '{name}' are missing")
    return [_stored(store, f"{home}/{name}", each) for each in texts(group, "weight_names")]


def _stored(store: CheckedHdf5, home: str, name: str) -> Stored:
    *groups, own = filter(None, f"{home}/{name}".split("/"))
    data = store.arrays.get("/".join(groups), {}).get(own)
    if data is None:
        raise Malformed(f"the weight {name} is missing")
    return Stored(name, data.shape, data.read)


def texts(group: h5py.Group, name: str) -> list[str]:
    """A list of texts in an attribute, or in several (`name0`, `name1`, ...) where it is long."""
    parts = [name] if name in group.attrs else []
    while not parts or parts[-1] != name:
        if f"{name}{len(parts)}" not in group.attrs:
            break
        parts.append(f"{name}{len(parts)}")
    listed = [item for part in parts for item in np.atleast_1d(group.attrs[part])]
    return [item.decode("utf-8") if isinstance(item, bytes) else str(item) for item in listed]
