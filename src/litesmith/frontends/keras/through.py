"""Layers and operations that cannot be followed on our tensors, as programs that Keras' backend makes of them.

What is called runs once more, on the tracers of the framework that Keras computes with, as Keras runs it when it
compiles a model: functions of that framework take those, and so does all of Keras. The program is then imported.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
from keras import tree
from keras.src.backend import get_keras_mask, get_stateless_scope, set_keras_mask

from litesmith.frontends.keras.custom_operators import following_through
from litesmith.frontends.keras.intercept import plain_keras
from litesmith.frontends.keras.tensor import LiteTensor
from litesmith.ir.dims import Dim
from litesmith.ir.graph import Value

WAYS = {
    "jax": "litesmith.frontends.keras.through_jax",
    "tensorflow": "litesmith.frontends.keras.through_tensorflow",
    "torch": "litesmith.frontends.keras.through_torch",
}
"""By the backend of Keras, the module whose `run` imports what a function of its tensors computes."""


def is_possible() -> bool:
    """Whether Keras computes with a framework whose programs can be imported."""
    return keras.backend.backend() in WAYS


def call(function: Callable[..., Any], args: Any, kwargs: Any, variables: Sequence[Any] = ()) -> Any:
    """What a function of Keras tensors returns for ours, nested as it returns it, in operators of the current graph.

    `variables` are those that it may read: their values stay where they are. What it assigns to variables is assigned
    in the scope around it.

    Raises:
        Unsupported: for a part of the program that has no form.
        Exception: what the function, or the framework, raises.
    """
    given = _Given((args, kwargs))
    result = _Result()

    def on_tracers(*arrays: Any) -> list[Any]:
        filled, held = given.fill(arrays)
        with plain_keras(), following_through(keras.backend.backend()), _Scope(held) as scope:
            returned = function(*filled[0], **filled[1])
            return result.take(returned, scope.assigned)

    among_arguments = (leaf for leaf in tree.flatten((args, kwargs)) if isinstance(leaf, keras.Variable))
    way = importlib.import_module(WAYS[keras.backend.backend()])
    values = way.run(on_tracers, given.arguments, [*variables, *among_arguments])
    return result.pack([LiteTensor(value) for value in values])


class _Given:
    """The arguments of a call, and what stands for variables around it: our tensors, and the others as they are."""

    def __init__(self, arguments: Any) -> None:
        self.structure = arguments
        self.leaves = tree.flatten(arguments)
        scope = get_stateless_scope()
        self.held: Mapping[int, Any] = dict(scope.state_mapping) if scope is not None else {}
        masks = [get_keras_mask(leaf) for leaf in self.leaves if isinstance(leaf, LiteTensor)]
        found = [leaf for leaf in (*self.leaves, *masks, *self.held.values()) if isinstance(leaf, (LiteTensor, Dim))]
        self.keys = list({id(leaf): leaf for leaf in found}.values())

    @property
    def arguments(self) -> list[Value | Dim]:
        """Each of our tensors and sizes once."""
        return [leaf.value if isinstance(leaf, LiteTensor) else leaf for leaf in self.keys]

    def fill(self, arrays: Sequence[Any]) -> tuple[Any, dict[int, Any]]:
        """The arguments, and the values of variables by identity, with arrays in place of our tensors."""
        by_leaf = {id(leaf): array for leaf, array in zip(self.keys, arrays, strict=True)}
        for leaf in self.keys:
            mask = get_keras_mask(leaf) if isinstance(leaf, LiteTensor) else None
            if mask is not None:
                set_keras_mask(by_leaf[id(leaf)], by_leaf.get(id(mask), mask))
        filled = [by_leaf.get(id(leaf), leaf) for leaf in self.leaves]
        held = {key: by_leaf.get(id(value), value) for key, value in self.held.items()}
        return tree.pack_sequence_as(self.structure, filled), held


class _Result:
    """What a function returned and assigned: arrays, and what is none."""

    def __init__(self) -> None:
        self.structure: Any = None
        self.leaves: list[Any] = []
        self.assigned: list[Any] = []

    def take(self, returned: Any, assigned: Mapping[int, tuple[Any, Any]]) -> list[Any]:
        """The arrays among what was returned, then those that were assigned."""
        self.structure, self.leaves = returned, tree.flatten(returned)
        self.assigned = [variable for variable, _ in assigned.values()]
        arrays = [keras.ops.convert_to_tensor(leaf) for leaf in self.leaves if _is_array(leaf)]
        return [*arrays, *(value for _, value in assigned.values())]

    def pack(self, tensors: Sequence[Any]) -> Any:
        """What was returned with tensors for its arrays; the variables are assigned."""
        left = iter(tensors)
        packed = tree.pack_sequence_as(
            self.structure, [next(left) if _is_array(leaf) else leaf for leaf in self.leaves]
        )
        for variable in self.assigned:
            variable.assign(next(left))
        return packed


def _is_array(leaf: Any) -> bool:
    return isinstance(leaf, keras.Variable) or keras.ops.is_tensor(leaf)


class _Scope(keras.StatelessScope):
    """A scope in which variables have the values given, and that notes which ones are assigned."""

    def __init__(self, held: Mapping[int, Any]) -> None:
        super().__init__()
        self.state_mapping = dict(held)
        self.assigned: dict[int, tuple[Any, Any]] = {}

    def add_update(self, update: tuple[Any, Any]) -> None:
        self.assigned[id(update[0])] = update
        super().add_update(update)
