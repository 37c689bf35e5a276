"""The part of a Keras model behind a cut, to be compared with its LiteRT file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import keras
from keras import tree
from keras.src.models.functional import operation_fn

from litesmith.frontends.keras.arguments import to_numpy
from litesmith.preprocessing.pipeline import Placed, Preprocessing


def takes_texts() -> bool:
    """Whether the Keras backend in use computes with strings."""
    return bool(keras.backend.backend() == "tensorflow")


def numeric_half(original: Any, preprocessing: Preprocessing) -> Callable[[Any], Any] | None:
    """What a functional model (a `KerasModel`) computes of the inputs of its LiteRT file; None for other models.

    Layers in front of the cut are not called: what they return is given.
    """
    functional = getattr(original.model, "_functional", None) or original.model
    in_app = {placed.layer for placed in preprocessing.placed}
    if not hasattr(functional, "_run_through_graph") or not in_app <= {layer.name for layer in functional.layers}:
        return None

    def half(inputs: Any) -> Any:
        by_name = inputs if isinstance(inputs, Mapping) else {preprocessing.needed[0]: inputs}
        tensors = {name: keras.ops.convert_to_tensor(array) for name, array in by_name.items()}
        leaves = [tensors.get(given.name, _Absent()) for given in preprocessing.given]
        names = {id(leaf): given.name for given, leaf in zip(preprocessing.given, leaves, strict=True)}
        names |= {id(tensor): name for name, tensor in tensors.items()}

        def called(operation: Any) -> Callable[..., Any]:
            if operation.name not in in_app:
                return operation_fn(operation, training=False)
            return lambda *args: tensors[_place(preprocessing, operation.name, names, args).name]

        given = tree.pack_sequence_as(functional._inputs_struct, leaves)
        return tree.map_structure(to_numpy, functional._run_through_graph(given, operation_fn=called))

    return half


class _Absent:
    """An input that only layers in front of the cut take."""


def _place(preprocessing: Preprocessing, layer: str, names: Mapping[int, str], args: Any) -> Placed:
    """Which call of a layer has these arguments."""
    sources = tuple(names[id(argument)] for argument in tree.flatten(args))
    return next(placed for placed in preprocessing.placed if (placed.layer, placed.sources) == (layer, sources))
