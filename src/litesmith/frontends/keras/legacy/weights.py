"""Weights of old files: which belong to which layer, by the names and the order that old Kerases gave them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import keras

from litesmith.frontends.keras.legacy.entries import Origin
from litesmith.frontends.keras.legacy.kernels import converted, counts
from litesmith.frontends.keras.legacy.planning import Part
from litesmith.frontends.keras.legacy.stored import Stored


@dataclass(frozen=True)
class Leaf:
    """A layer that is no model, and whether all models that it is in train."""

    part: Part
    trains: bool
    is_keras_1: bool

    @property
    def counts(self) -> tuple[int, int]:
        """How many weights are stored for it among those that train, and behind them."""
        trained, fixed = counts(self.part, self.is_keras_1)
        return (trained, fixed) if self.trains else (0, trained + fixed)


Assignments = list[tuple[Any, Stored]]
"""Variables of Keras, and what the file has for them."""


def leaves(part: Part, origin: Origin, trains: bool = True) -> Iterator[Leaf]:
    """The layers of a layer or model, in the description's order; inputs are none."""
    config = part.entry["config"]
    trains = trains and not (isinstance(config, dict) and config.get("trainable") is False)
    inner = part.inner.get("layer")
    if part.parts is not None:
        for each in part.parts:
            yield from leaves(each, origin, trains)
    elif isinstance(inner, Part) and inner.parts is not None and isinstance(part.made, keras.layers.TimeDistributed):
        yield from leaves(inner, origin, trains)
    elif not part.is_input:
        yield Leaf(part, trains, origin.major == 1)


def assigned(part: Part, stored: list[Stored], origin: Origin, problems: list[str]) -> Assignments:
    """What a file stores for the weights of a layer or model, in old order: what trains before what does not."""
    found = {id(leaf.part.made): leaf for leaf in leaves(part, origin)}
    listed = [leaf for leaf in found.values() if sum(leaf.counts)]
    expected = sum(sum(leaf.counts) for leaf in listed)
    if expected != len(stored):
        problems.append(f"'{part.name}' has {expected} weights in the model, {len(stored)} in the file")
        return []
    groups = _by_layers_names(listed, stored) or _by_order(listed, stored)
    return [
        pair for leaf, group in zip(listed, groups, strict=True) for pair in of_leaf(leaf.part, group, origin, problems)
    ]


def _by_layers_names(listed: list[Leaf], stored: list[Stored]) -> list[list[Stored]] | None:
    """What is stored for each layer by its name, or None where names leave a doubt."""
    names = [leaf.part.name for leaf in listed]
    if len(set(names)) != len(names):
        return None
    groups: dict[str, list[Stored]] = {name: [] for name in names}
    for each in stored:
        owners = groups.keys() & set(each.layers)
        if len(owners) != 1:
            return None
        groups[owners.pop()].append(each)
    fits = all(len(groups[leaf.part.name]) == sum(leaf.counts) for leaf in listed)
    return list(groups.values()) if fits else None


def _by_order(listed: list[Leaf], stored: list[Stored]) -> list[list[Stored]]:
    rest = deque(stored)
    groups: list[list[Stored]] = [[] for _ in listed]
    for kind in (0, 1):
        for leaf, group in zip(listed, groups, strict=True):
            group += [rest.popleft() for _ in range(leaf.counts[kind])]
    return groups


def variables(layer: Any) -> list[Any]:
    """The weights of a layer in the order of old Kerases."""
    return [*layer.trainable_weights, *layer.non_trainable_weights]


def of_leaf(part: Part, stored: list[Stored], origin: Origin, problems: list[str]) -> Assignments:
    """A layer's weights with what is stored for it; by names where they are distinct, else by order."""
    wanted = variables(part.made)
    kept = converted(part, stored, origin)
    if len(wanted) != len(kept):
        problems.append(f"'{part.name}' has {len(wanted)} weights in the model, {len(kept)} in the file")
        return []
    named = {each.own_name: each for each in kept}
    if len(named) == len(kept) and named.keys() == {variable.name for variable in wanted}:
        kept = [named[variable.name] for variable in wanted]
    found: Assignments = []
    for variable, have in zip(wanted, kept, strict=True):
        shape = tuple(variable.shape)
        if shape == have.shape:
            found.append((variable, have))
        else:
            name = f"{part.name}/{variable.name}"
            problems.append(f"{name} is {shape} in the model, {have.shape} in the file")
    return found
