"""Weights of `.keras` and `.weights.h5` files of Keras 2.12 to 2.15, which lie where the layers are in the model."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import h5py
import keras

from litesmith.frontends.keras.legacy.entries import Origin
from litesmith.frontends.keras.legacy.planning import Part
from litesmith.frontends.keras.legacy.stored import Stored
from litesmith.frontends.keras.legacy.weights import Assignments, of_leaf

HOMES = ("layers", "_layer_checkpoint_dependencies")
"""Where models keep their layers; the second one until 2.13."""


def assigned_in_place(part: Part, store: h5py.Group, origin: Origin, problems: list[str]) -> Assignments:
    """What lies where a model's layers are; layers that the file has once and the model several times share it."""
    places = list(_leaves(part, store))
    known: dict[str, list[list[Stored]]] = {}
    for leaf, stored in places:
        if stored:
            known.setdefault(_identity(leaf), []).append(stored)
    found: Assignments = []
    for leaf, stored in places:
        if leaf.made.weights:
            others = known.get(_identity(leaf), [])
            found += of_leaf(leaf, stored or (others[0] if len(others) == 1 else []), origin, problems)
    return found


def _identity(part: Part) -> str:
    """What two descriptions of one layer have in common, as far as it is plain."""
    config = part.entry["config"].items()
    plain = {key: value for key, value in config if isinstance(value, (str, int, float, bool))}
    return json.dumps([part.entry["class_name"], plain], sort_keys=True)


def _leaves(part: Part, store: Any) -> Iterator[tuple[Part, list[Stored]]]:
    """Layers that are no models, with what is stored at their place."""
    inner = part.inner.get("layer")
    if part.parts is not None:
        name = next((name for name in HOMES if isinstance(store, h5py.Group) and name in store), HOMES[0])
        for each, place in places(part.parts, counts_twice=name != HOMES[0]):
            yield from _leaves(each, _group(_group(store, name), place))
    elif isinstance(inner, Part) and inner.parts is not None and isinstance(part.made, keras.layers.TimeDistributed):
        yield from _leaves(inner, _group(store, "layer"))
    elif not part.is_input:
        yield part, list(_own(part.made, store, part.name)) if isinstance(store, h5py.Group) else []


def places(parts: list[Part], counts_twice: bool) -> Iterator[tuple[Part, str]]:
    """Layers and the names of their places: those of their classes, numbered.

    `counts_twice`: layers with weights count twice, as until 2.13.
    """
    used: dict[str, int] = {}
    seen: set[int] = set()
    for part in parts:
        if part.made is not None and id(part.made) in seen:
            continue
        seen.add(id(part.made))
        name = snake_case(place_class(part))
        number = used.get(name, 0)
        used[name] = number + (2 if counts_twice and part.made is not None and part.made.weights else 1)
        yield part, f"{name}_{number}" if number else name


def place_class(part: Part) -> str:
    """The class that a layer had: models of layers were `Functional`, whatever they are called."""
    class_name = str(part.entry["class_name"])
    return "Functional" if class_name in ("Model", "Network") else class_name.rpartition(">")[2]


def snake_case(name: str) -> str:
    """`Conv2D` is `conv2d`, `LayerNormalization` `layer_normalization`, as Keras writes them."""
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def _group(store: Any, name: str) -> Any:
    return store.get(name) if isinstance(store, h5py.Group) else None


def _own(layer: Any, store: h5py.Group, path: str) -> Iterator[Stored]:
    """The weights of a layer and of layers in its attributes, in the order of the layer's own."""
    held: dict[int, Stored] = {}
    _collect(layer, store, path, held)
    for variable in (*layer.trainable_weights, *layer.non_trainable_weights):
        if id(variable) in held:
            yield held.pop(id(variable))
    yield from held.values()


def _collect(layer: Any, store: h5py.Group, path: str, held: dict[int, Stored]) -> None:
    own = [*layer._trainable_variables, *layer._non_trainable_variables]
    values = store.get("vars")
    for name in sorted(values, key=lambda key: (len(key), key)) if isinstance(values, h5py.Group) else ():
        data = values[name]
        if isinstance(data, h5py.Dataset):
            place = int(name) if name.isdigit() else len(own)
            key = id(own[place]) if place < len(own) else id(data)
            held[key] = Stored.of(f"{path}/{name}", data)
    for name in store:
        group = store[name]
        if name == "vars" or not isinstance(group, h5py.Group):
            continue
        inner = vars(layer).get(name, vars(layer).get(f"_{name}"))
        inner = inner if inner is not None else getattr(type(layer), name, None) and getattr(layer, name)
        if isinstance(inner, keras.layers.Layer):
            _collect(inner, group, f"{path}/{name}", held)
        elif isinstance(inner, (list, tuple)):
            _collect_list(inner, group, f"{path}/{name}", held)


def _collect_list(inner: Any, store: h5py.Group, path: str, held: dict[int, Stored]) -> None:
    used: dict[str, int] = {}
    for each in inner:
        name = snake_case(type(each).__name__)
        used[name] = number = used.get(name, -1) + 1
        place = f"{name}_{number}" if number else name
        if isinstance(each, keras.layers.Layer) and isinstance(store.get(place), h5py.Group):
            _collect(each, store[place], f"{path}/{place}", held)
