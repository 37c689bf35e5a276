"""Layers of text, left to the app."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import keras
from keras import tree

from litesmith.frontends.keras.repairs.rebuilding import functional_of
from litesmith.frontends.keras.repairs.repair import Repair, Repaired, Trouble
from litesmith.preprocessing.pipeline import Placed, Preprocessing


class TextsInTheApp(Repair):
    """A model of the numbers that layers of text return, and their steps in plain Python for the app."""

    name = "texts_in_the_app"
    order = 5

    def candidates(self, model: Any, trouble: Trouble) -> Iterator[Repaired]:
        functional = functional_of(model)
        texts = [leaf for leaf in tree.flatten(functional._inputs_struct) if leaf.dtype == "string"]
        preprocessing = trouble.cut() if texts else None
        if preprocessing is None:
            return
        left = tuple(dict.fromkeys(placed.layer for placed in preprocessing.placed))
        if not set(left) <= {layer.name for layer in functional.layers}:
            return
        yield Repaired(
            _behind(functional, preprocessing),
            left,
            f"{', '.join(left)} left to the app, which gives the model numbers",
            preprocessing,
        )


def _behind(functional: Any, preprocessing: Preprocessing) -> Any:
    """The part of a model behind a cut, on inputs for what the steps in front of it return."""
    placed = {each.name: each for each in preprocessing.placed}
    whole = {given.name: given for given in preprocessing.given}
    inputs = {name: _input(name, placed, whole) for name in preprocessing.needed}
    leaves = [inputs.get(given.name, object()) for given in preprocessing.given]
    names = {id(leaf): given.name for given, leaf in zip(preprocessing.given, leaves, strict=True)}
    names |= {id(tensor): name for name, tensor in inputs.items()}

    def called(operation: Any) -> Any:
        if any(each.layer == operation.name for each in placed.values()):
            return lambda *args: inputs[_place(placed, operation.name, names, args)]
        return operation

    given = tree.pack_sequence_as(functional._inputs_struct, leaves)
    outputs = functional._run_through_graph(given, operation_fn=called)
    needed = list(inputs.values())
    return keras.Model(needed[0] if len(needed) == 1 else inputs, outputs, name=functional.name)


def _input(name: str, placed: Mapping[str, Placed], whole: Mapping[str, Any]) -> Any:
    """What a step returns; places in a vocabulary as int32, as microcontrollers pick rows by no other integers."""
    if name in placed:
        dtype = placed[name].step.dtype
        return keras.Input(batch_shape=placed[name].shape, dtype="int32" if dtype == "int64" else dtype, name=name)
    return keras.Input(batch_shape=whole[name].shape, dtype=whole[name].dtype, name=name)


def _place(placed: Mapping[str, Placed], layer: str, names: Mapping[int, str], args: Any) -> str:
    """The name of what a layer returns for these arguments."""
    sources = tuple(names[id(argument)] for argument in tree.flatten(args))
    return next(each.name for each in placed.values() if (each.layer, each.sources) == (layer, sources))
