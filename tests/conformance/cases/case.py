"""What a line of the table says: a layer or an operation, one way to use it, on these inputs.

Nothing here knows Litesmith, so that other converters can be measured with the same table.
"""

from __future__ import annotations

import inspect
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np
from keras import layers, ops, tree

EXACT = 0.0
CLOSE = 1e-6
"""Relative to the largest element of each output, or to each element where a case says so."""


@dataclass(frozen=True, eq=False)
class Given:
    """An input of a case.

    Attributes:
        label: what is special about it, in the name of its case.
        values: what the model gets. Cases also run on a batch of 1, which is its first row.
        has_batch: whether its first axis is the batch.
    """

    label: str
    values: np.ndarray[Any, Any]
    has_batch: bool = True

    def shape(self, known: tuple[int, ...] | None) -> tuple[int | None, ...]:
        """The shape of the model's input; `known` are the axes of known size, None: all but the batch."""
        rank, sizes = self.values.ndim, self.values.shape
        kept = range(1, rank) if known is None else [axis % rank for axis in known if -rank <= axis < rank]
        if not self.has_batch:
            return sizes
        return tuple(size if axis in kept or (axis and size <= 1) else None for axis, size in enumerate(sizes))

    def of_other_sizes(self, shape: tuple[int | None, ...], batch: int | None) -> np.ndarray[Any, Any]:
        """The values with the given batch, or with each open axis one element shorter."""
        cut = (
            [
                slice(batch if axis == 0 and batch else size - 1) if open_size is None and size > 1 else slice(None)
                for axis, (size, open_size) in enumerate(zip(self.values.shape, shape, strict=True))
            ]
            if batch is None
            else [slice(batch)]
        )
        return self.values[tuple(cut)] if self.has_batch and self.values.ndim else self.values


@dataclass(frozen=True, eq=False)
class Case:
    """One configuration of a layer or an operation.

    Attributes:
        name: as `layers.Dense` or `ops.image.resize`.
        label: what tells the configuration from the others of this name.
        make: makes the layer, or the function, of a list of tensors (of one tensor if there is one).
        bound: how far results may be from Keras', relative to the largest magnitude of each output.
        of_each: `bound` is relative to each element, or to 1 for smaller ones.
        known: axes whose sizes are known where as much as possible is open; None: all but the batch, as `static` says.
        static: why sizes besides the batch must be known. Such a case gives a finding where they are not.
        refused: the code of the finding that the case gives.
        backends: where Keras' own result is right; empty: everywhere. `because` says why.
    """

    name: str
    label: str
    inputs: tuple[Given, ...]
    make: Callable[[], Callable[[Any], Any]]
    bound: float = CLOSE
    of_each: bool = False
    known: tuple[int, ...] | None = ()
    static: str = ""
    refused: str = ""
    backends: tuple[str, ...] = ()
    because: str = ""

    @property
    def id(self) -> str:
        return f"{self.name}({self.label})"

    @property
    def is_layer(self) -> bool:
        return self.name.startswith("layers.")

    @property
    def exists(self) -> bool:
        """Whether this Keras has it."""
        return self.name in PUBLIC

    def shapes(self, open_sizes: bool) -> list[tuple[int | None, ...]]:
        """Of the model's inputs: with the batch open, or with everything open that may be."""
        return [given.shape(self.known if open_sizes else None) for given in self.inputs]

    @property
    def has_open_sizes(self) -> bool:
        """Whether any size besides the batch may be open."""
        return self.shapes(True) != self.shapes(False)

    def samples(self, open_sizes: bool) -> list[list[np.ndarray[Any, Any]]]:
        """Values of the inputs: as given, of a batch of 1, and of other sizes where they are open."""
        shapes = self.shapes(open_sizes)
        found = [[given.values for given in self.inputs]]
        if any(given.has_batch and len(given.values) > 1 for given in self.inputs if given.values.ndim):
            found.append([given.of_other_sizes(shape, 1) for given, shape in zip(self.inputs, shapes, strict=True)])
        if open_sizes:
            found.append([given.of_other_sizes(shape, None) for given, shape in zip(self.inputs, shapes, strict=True)])
        return found

    def model(self, open_sizes: bool = False) -> keras.Model:
        """A functional model of the layer, with weights as training would leave them."""
        tensors = [
            keras.Input(batch_shape=shape, dtype=given.values.dtype.name, name=f"input_{i}")
            for i, (given, shape) in enumerate(zip(self.inputs, self.shapes(open_sizes), strict=True))
        ]
        made = self.make() if self.is_layer else Function(self.make())
        return trained(keras.Model(tensors, made(tensors[0] if len(tensors) == 1 else tensors)))


class Function(layers.Layer):  # type: ignore[misc]
    """A function of tensors as a layer."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        super().__init__(name="function")
        self.function = function
        self.built = True

    def call(self, tensors: Any) -> Any:
        return self.function(tensors)

    def compute_output_spec(self, tensors: Any) -> Any:
        return keras.src.backend.compute_output_spec(self.function, tensors)


def trained(model: keras.Model) -> keras.Model:
    """The model with all weights different from where they begin."""
    random = np.random.default_rng(0)
    for weight in model.weights:
        if str(weight.dtype).startswith(("float", "bfloat")) and "random" not in weight.path:
            spread = random.uniform(0.5, 1.5, weight.shape) / max(1, int(np.prod(weight.shape[:-1]))) ** 0.5
            signs = 1 if "variance" in weight.path else random.choice([-1, 1], weight.shape)
            weight.assign((spread * signs).astype("float32"))
    return model


def layer(name: str, *inputs: Given, **arguments: Any) -> Case:
    """The layer `name`, made with these arguments; those of `Case` are the case's own.

    Where sizes are open, all but the last axis are, unless `known` says otherwise.
    """
    own = {"known": (-1,)} | _own(arguments)
    return Case(f"layers.{name}", _label(inputs, arguments), inputs, lambda: getattr(layers, name)(**arguments), **own)


def held(name: str, label: str, make: Callable[[], Any], *inputs: Given, **own: Any) -> Case:
    """A layer that holds others, is held by them, or is called in its own way."""
    label = ", ".join(filter(None, (*(given.label for given in inputs), label)))
    return Case(f"layers.{name}", label, inputs, make, **{"known": (-1,), **own})


def op(name: str, *arguments: Any, **keywords: Any) -> Case:
    """The operation `name` of these arguments, wherever inputs stand in them."""
    own = _own(keywords)
    flat = tree.flatten([arguments, keywords])
    inputs = tuple(leaf for leaf in flat if isinstance(leaf, Given))

    def make() -> Callable[[Any], Any]:
        def function(tensors: Any) -> Any:
            rest = iter([tensors] if len(inputs) == 1 else tensors)
            args, kwargs = tree.map_structure(
                lambda leaf: next(rest) if isinstance(leaf, Given) else leaf, [arguments, keywords]
            )
            return _operation(name)(*args, **kwargs)

        return function

    return Case(f"ops.{name}", _label(arguments, keywords), inputs, make, **own)


def does(name: str, label: str, function: Callable[..., Any], *inputs: Given, **own: Any) -> Case:
    """An operation in a function of the inputs, where its arguments are not just inputs and numbers."""
    label = ", ".join((*(given.label for given in inputs), label))
    call = function if len(inputs) == 1 else lambda tensors: function(*tensors)
    return Case(f"ops.{name}", label, inputs, lambda: call, **own)


def fixed(given: Given) -> Given:
    """The input without a batch: all its sizes are known."""
    return replace(given, has_batch=False)


OWN = {"known", "bound", "of_each", "static", "refused", "backends", "because"}


def _own(arguments: dict[str, Any]) -> dict[str, Any]:
    own = {key: arguments.pop(key) for key in OWN & arguments.keys()}
    if arguments.pop("only_batch", False):
        own["known"] = None
    return own


def _label(arguments: tuple[Any, ...], keywords: dict[str, Any]) -> str:
    return ", ".join([*map(_text, arguments), *(f"{key}={_text(value)}" for key, value in keywords.items())])


def _text(value: Any) -> str:
    if isinstance(value, Given):
        return value.label if value.has_batch else f"{value.label} fixed"
    if isinstance(value, (list, tuple)):
        inner = ", ".join(map(_text, value))
        return f"[{inner}]" if isinstance(value, list) else f"({inner})"
    if isinstance(value, np.ndarray):
        return f"constant {value.dtype}{list(value.shape)} {zlib.crc32(value.tobytes()) % 1000}"
    if inspect.isfunction(value):
        return str(value.__name__)
    return value.name if isinstance(value, layers.Layer) else repr(value)


def _operation(name: str) -> Any:
    found = ops
    for part in name.split("."):
        found = getattr(found, part)
    return found


def _public() -> dict[str, Any]:
    """Every public layer and operation of this Keras under all its names."""
    rooms = {"ops.image.": ops.image, "ops.linalg.": ops.linalg, "ops.nn.": ops.nn, "ops.numpy.": ops.numpy}
    found = {f"layers.{name}": member for name, member in vars(layers).items() if inspect.isclass(member)}
    for prefix, room in {**rooms, "ops.": ops}.items():
        for name, member in vars(room).items():
            if callable(member) and not name.startswith("_"):
                found[prefix + name] = member
    return found


PUBLIC = _public()
