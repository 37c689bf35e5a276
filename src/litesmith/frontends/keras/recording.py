"""Every call of a layer while a Keras model runs: what went in and what came out."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
from keras import tree
from keras.src.backend import get_keras_mask
from keras.src.layers.layer import Layer
from keras.src.ops.operation import Operation

from litesmith.frontends.inputs import InputType
from litesmith.frontends.keras.arguments import to_numpy
from litesmith.frontends.keras.face import in_order, model_inputs
from litesmith.frontends.keras.running import run_in_turn
from litesmith.frontends.open_sizes import OpenSizes
from litesmith.ir.types import DType

Array = np.ndarray[Any, Any]


@dataclass(eq=False)
class Call:
    """One call of a layer, or of an operation that stands in a functional model.

    Attributes:
        path: names of the layers around it and its own, the model's left out, as in `Source.layer`.
        number: how often something was called at this path before.
        inside: the calls that ran within it.
        masks: of tensors among its arguments, by `id`.
        parent: the call that it ran within; None for one of the model itself.
    """

    operation: Any
    path: str
    number: int
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    masks: dict[int, Any]
    parent: Call | None = None
    outputs: Any = None
    inside: list[Call] = field(default_factory=list)

    @property
    def kind(self) -> str:
        """The class of the layer or operation."""
        return type(self.operation).__name__

    @property
    def tensors_in(self) -> list[Any]:
        """The tensors among its arguments, in order."""
        return [leaf for leaf in tree.flatten((self.args, self.kwargs)) if is_array(leaf)]

    @property
    def tensors_out(self) -> list[Any]:
        """The tensors that it returned, in order."""
        return [leaf for leaf in tree.flatten(self.outputs) if is_array(leaf)]

    @property
    def arrays(self) -> list[Array]:
        """What it returned, as arrays of numpy."""
        return list(map(as_array, self.tensors_out))

    @property
    def is_whole(self) -> bool:
        """Whether it is looked at as one: a layer of Keras' own that is no model, or one without layers inside."""
        if not self.inside:
            return True
        module = type(self.operation).__module__.partition(".")[0]
        return module == "keras" and not isinstance(self.operation, keras.Model)

    def __repr__(self) -> str:
        return f"<Call {self.path or 'model'}#{self.number}>"


def is_array(leaf: Any) -> bool:
    """Whether an argument is a tensor with elements."""
    return isinstance(leaf, np.ndarray) or (not isinstance(leaf, keras.KerasTensor) and keras.ops.is_tensor(leaf))


def as_array(tensor: Any) -> Array:
    """A tensor's elements as numpy has them."""
    return np.asarray(to_numpy(tensor))


def recorded(model: Any, inputs: Any) -> list[Call]:
    """The calls that a model's inference on nested arrays makes, in the order in which they end; its own is the last.

    What runs inside a layer that is looked at as one is left out; what the model assigns is forgotten.

    Raises:
        CallFailed: where the model raises an error.
    """
    recorder = _Recorder()
    with _recording(recorder):
        run_in_turn(model, [inputs], {})
    return [call for root in recorder.roots for call in _flattened(root)]


def data_for(
    model: Any, data: Any, inputs: Any = None, batch: int | None = None
) -> tuple[Any, list[tuple[int | None, ...]]]:
    """Arrays that a model takes, nested as its inputs, and the shapes of the inputs, None for open sizes.

    Args:
        data: arrays nested like the inputs, or by their names; None for seeded ones, whose integers are 0 or 1.
        inputs, batch: as for `litesmith.convert`.

    Raises:
        LitesmithError: K3.. where it is not known what the model takes, or names are not its inputs'.
    """
    types = model_inputs(model, inputs, batch)
    shapes = [leaf.shape for leaf in tree.flatten(types)]
    if isinstance(data, Mapping):
        leaves = tree.flatten(in_order(types, dict(data)))
        return tree.pack_sequence_as(types, leaves), shapes
    if data is not None:
        return data, shapes
    random, sizes = np.random.default_rng(0), OpenSizes(0)

    def array(leaf: InputType) -> Array:
        shape = tuple(map(int, sizes.type(leaf).shape))
        if leaf.dtype == "string":
            return np.full(shape, "text")
        drawn = random.standard_normal(shape) if DType(leaf.dtype).is_float else random.integers(0, 2, shape)
        return drawn.astype(DType(leaf.dtype).numpy)

    return tree.map_structure(array, types), shapes


def _flattened(call: Call) -> Iterator[Call]:
    """The calls inside of one that is not looked at as one, and the call itself."""
    if not call.is_whole:
        for each in call.inside:
            yield from _flattened(each)
    yield call


class _Recorder:
    """Collects calls of one thread."""

    def __init__(self) -> None:
        self.roots: list[Call] = []
        self.running: list[Call] = []
        self.counts: dict[str, int] = {}
        self.made: set[int] = set()
        self.thread = threading.get_ident()

    def call(self, original: Any, operation: Any, args: Any, kwargs: Any) -> Any:
        if threading.get_ident() != self.thread or (self.running and self.running[-1].operation is operation):
            return original(operation, *args, **kwargs)
        path = "/".join([*(call.operation.name for call in self.running[1:]), operation.name] if self.running else ())
        number = self.counts[path] = self.counts.get(path, -1) + 1
        parent = self.running[-1] if self.running else None
        held = {id(leaf): self._as_outside(leaf) for leaf in tree.flatten((args, kwargs)) if is_array(leaf)}
        masks = {id(held[key]): mask for key, mask in _masks((args, kwargs)).items()}
        outside = tree.map_structure(lambda leaf: held.get(id(leaf), leaf), (args, kwargs))
        call = Call(operation, path, number, outside[0], outside[1], masks, parent)
        (parent.inside if parent is not None else self.roots).append(call)
        self.running.append(call)
        try:
            call.outputs = original(operation, *args, **kwargs)
        finally:
            self.running.pop()
        self.made.update(map(id, call.tensors_out))
        return call.outputs

    def _as_outside(self, leaf: Any) -> Any:
        """A tensor; that of the layer around where it is a copy of it, as Keras makes of what goes into a model."""
        if len(self.running) < 2 or id(leaf) in self.made:
            return leaf
        return next((each for each in self.running[-1].tensors_in if each is leaf or _is_copy(each, leaf)), leaf)


def _is_copy(tensor: Any, other: Any) -> bool:
    if tensor.shape != other.shape or tensor.dtype != other.dtype:
        return False
    try:
        arrays = as_array(tensor), as_array(other)
    except Exception:  # a framework is tracing: there are no numbers yet
        return False
    return arrays[0].dtype.kind not in "OSU" and bool(np.array_equal(*arrays, equal_nan=arrays[0].dtype.kind in "fc"))


def _masks(arguments: Any) -> dict[int, Any]:
    """The masks of tensors among arguments, by `id` of the tensor."""
    tensors = [leaf for leaf in tree.flatten(arguments) if is_array(leaf)]
    return {id(leaf): mask for leaf in tensors if (mask := get_keras_mask(leaf)) is not None}


@contextmanager
def _recording(recorder: _Recorder) -> Iterator[None]:
    """Calls of layers and operations go through the recorder."""
    originals = {owner: owner.__call__ for owner in (Layer, Operation)}

    def replacement(original: Any) -> Any:
        return lambda operation, *args, **kwargs: recorder.call(original, operation, args, kwargs)

    for owner, original in originals.items():
        owner.__call__ = replacement(original)
    try:
        yield
    finally:
        for owner, original in originals.items():
            owner.__call__ = original
