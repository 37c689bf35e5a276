"""Sizes that an old model computes with: `tf.shape(x)`, and what was made of it.

Files hold such computations as layers of their own. Here they are no layers: what takes a size gets the tensors
that the size is of, and computes it from their shapes whenever it is called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import keras
from keras import ops, tree

from litesmith.frontends.keras.legacy.size_functions import Sizes, are_sizes

PROBES = (120, 240)
"""What open sizes are taken for, to see which sizes of a result are open."""


class Computed:
    """What a call makes of sizes, and of tensors: a size, or what takes one.

    Attributes:
        call: function and arguments; the arguments may hold tensors and other `Computed`.
        place: which of several results.
    """

    def __init__(
        self, function: Callable[..., Any], first: Any, given: Mapping[str, Any], place: int | None = None
    ) -> None:
        self.call = (function, first, dict(given))
        self.place = place

    def tensors(self) -> list[Any]:
        """The tensors that it is computed from, each once."""
        found = {id(each): each for each in self._tensors()}
        return list(found.values())

    def _tensors(self) -> Iterator[Any]:
        for leaf in tree.flatten(self.call[1:]):
            if isinstance(leaf, Computed):
                yield from leaf._tensors()
            elif isinstance(leaf, keras.KerasTensor):
                yield leaf

    def value(self, values: Mapping[int, Any]) -> Any:
        """What it is where the tensors have these values, by their `id`."""
        function, first, given = self.call

        def filled(leaf: Any) -> Any:
            return leaf.value(values) if isinstance(leaf, Computed) else values.get(id(leaf), leaf)

        first, given = tree.map_structure(filled, first), tree.map_structure(filled, given)
        found = function(first, **given)
        return found if self.place is None else found[self.place]

    def probe(self, size: int) -> Any:
        """What it is where open sizes are `size`."""
        return self.value({id(each): _closed(each, size) for each in self.tensors()})

    def parts(self) -> list[Computed] | None:
        """Its results where they are sizes; None where they are tensors."""
        found = self.probe(PROBES[0])
        if isinstance(found, list) and all(map(are_sizes, found)):
            function, first, given = self.call
            return [Computed(function, first, given, place) for place in range(len(found))]
        return [self] if isinstance(found, (int, Sizes)) else None


def has_sizes(item: Any) -> bool:
    """Whether arguments of a call hold sizes."""
    return any(isinstance(leaf, Computed) for leaf in tree.flatten(item))


class SizedCall(keras.layers.Layer):
    """A call that takes sizes, as a layer of the tensors that these are of."""

    def __init__(self, computed: Computed, name: str) -> None:
        super().__init__(name=name, autocast=False)
        self.computed = computed
        self.ids = [id(each) for each in computed.tensors()]
        self._convert_input_args = False
        self.built = True

    def call(self, tensors: Any) -> Any:
        """What the function makes of these tensors and their sizes; sizes alone become a tensor."""
        found = self.computed.value(dict(zip(self.ids, tensors, strict=True)))
        return ops.convert_to_tensor(found, "int32") if are_sizes(found) else found

    def compute_output_spec(self, tensors: Any) -> Any:
        """Sizes that differ where open ones do are open."""
        one, two = (self.call([_closed(each, size) for each in tensors]) for size in PROBES)
        return tree.map_structure(_opened, one, two)


def _closed(tensor: Any, size: int) -> keras.KerasTensor:
    sizes = tuple(size if each is None else each for each in tensor.shape)
    return keras.KerasTensor(sizes, tensor.dtype, name=tensor.name)


def _opened(one: Any, two: Any) -> keras.KerasTensor:
    sizes = tuple(size if size == other else None for size, other in zip(one.shape, two.shape, strict=True))
    return keras.KerasTensor(sizes, keras.backend.standardize_dtype(one.dtype))
