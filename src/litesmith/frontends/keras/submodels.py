"""A model of a few layers of another one, on the values that reached them there."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import FunctionType
from typing import Any

import keras
import numpy as np
from keras import tree

from litesmith.diagnostics.base import LitesmithError
from litesmith.diagnostics.quoting import quoted
from litesmith.frontends.keras.recording import Call, as_array, is_array
from litesmith.frontends.open import open_file

Array = np.ndarray[Any, Any]
NAME = "smallest"


class CannotCut(Exception):
    """These calls cannot be made a model of their own; the text says why."""


@dataclass(frozen=True)
class Submodel:
    """Some calls of a recorded run as a functional model.

    Attributes:
        model: read back from its file, or live where it cannot be saved.
        inputs: an array for each input, by name, as they were in the recorded run.
        content: of its `.keras` file; None where it cannot be saved.
        why_not_saved: what Keras, or Litesmith reading it, says of its file.
    """

    calls: tuple[Call, ...]
    model: Any
    inputs: Mapping[str, Array]
    content: bytes | None
    why_not_saved: str | None

    @property
    def given(self) -> Any:
        """The arrays, nested as the model's inputs."""
        arrays = list(self.inputs.values())
        return arrays[0] if len(arrays) == 1 else arrays


@dataclass(frozen=True)
class OpenSizes:
    """What sizes that stay open were in the recorded run.

    Attributes:
        batch: of first axes; None where it is fixed.
        others: of other axes; a size that is fixed may be the same by chance.
    """

    batch: int | None
    others: frozenset[int] = frozenset()

    def shape(self, sizes: tuple[int, ...]) -> tuple[int | None, ...]:
        """The sizes of a tensor of the recorded run, None for those that stay open."""
        first = None if sizes[0] == self.batch else sizes[0]
        return (first, *(None if size in self.others else size for size in sizes[1:]))


def cut_out(
    calls: Sequence[Call],
    everything: Sequence[Call],
    open_sizes: OpenSizes,
    folder: Path,
    custom_objects: Mapping[str, Any],
) -> Submodel:
    """The model of some calls: its inputs are what they read of others, its outputs what others read of them.

    Args:
        calls: none of which runs within another one.
        everything: all calls of the run.
        open_sizes: of the whole model.
        folder: where files may be written.
        custom_objects: classes and functions by name that the layers' files use.

    Raises:
        CannotCut: for calls without tensors, or layers that cannot be called on symbolic tensors.
    """
    with _no_trace_left(calls):
        try:
            model, inputs = _model(calls, everything, open_sizes)
        except CannotCut:
            raise
        except Exception as error:
            if not open_sizes.others:
                raise CannotCut(quoted(error)) from error
            return cut_out(calls, everything, replace(open_sizes, others=frozenset()), folder, custom_objects)
        path = folder / f"{NAME}.keras"
        try:
            model.save(path)
            content, known = path.read_bytes(), {**_own_objects(calls), **custom_objects}
            return Submodel(tuple(calls), open_file(path, known), inputs, content, None)
        except (Exception, LitesmithError) as error:
            return Submodel(tuple(calls), model, inputs, None, quoted(error))


def _model(calls: Sequence[Call], everything: Sequence[Call], open_sizes: OpenSizes) -> tuple[Any, dict[str, Array]]:
    symbolic: dict[int, Any] = {}
    inputs: dict[str, tuple[Any, Array]] = {}

    def stand_in(leaf: Any) -> Any:
        if not is_array(leaf):
            return leaf
        if id(leaf) not in symbolic:
            array = as_array(leaf)
            if not array.shape:
                return leaf
            name = "input" if not inputs else f"input_{len(inputs)}"
            shape = open_sizes.shape(array.shape)
            symbolic[id(leaf)] = keras.Input(batch_shape=shape, dtype=_dtype(leaf), name=name)
            inputs[name] = (symbolic[id(leaf)], array)
        return symbolic[id(leaf)]

    for call in calls:
        found = call.operation(*tree.map_structure(stand_in, call.args), **_named_arguments(call, stand_in))
        for tensor, made in zip(tree.flatten(call.outputs), tree.flatten(found), strict=True):
            if is_array(tensor):
                symbolic[id(tensor)] = made
    if not inputs:
        raise CannotCut("no tensors go into it")
    outputs = [symbolic[id(tensor)] for tensor in _read_by_others(calls, everything)]
    if not outputs:
        raise CannotCut("no tensors come out of it")
    given = [tensor for tensor, _ in inputs.values()]
    model = keras.Model(given[0] if len(given) == 1 else given, outputs[0] if len(outputs) == 1 else outputs, name=NAME)
    return model, {name: array for name, (_, array) in inputs.items()}


def _named_arguments(call: Call, stand_in: Any) -> dict[str, Any]:
    """The keyword arguments, with the mask that the layer took from its input where it was given none."""
    kwargs = {name: tree.map_structure(stand_in, value) for name, value in call.kwargs.items() if name != "training"}
    masks = [call.masks[id(leaf)] for leaf in call.tensors_in[:1] if id(leaf) in call.masks]
    if masks and getattr(call.operation, "_call_has_mask_arg", False) and kwargs.get("mask") is None:
        kwargs["mask"] = stand_in(masks[0])
    return kwargs


def _read_by_others(calls: Sequence[Call], everything: Sequence[Call]) -> list[Any]:
    """The tensors that the calls return which others read, or nobody among them reads."""
    chosen = set(calls)
    within = {id(tensor) for call in calls for tensor in call.tensors_in}
    around = {each for call in calls for each in _around(call)}
    others = [call for call in everything if call not in chosen and call not in around and not _is_within(call, chosen)]
    outside = {id(tensor) for call in others for tensor in call.tensors_in}
    outside |= {id(tensor) for each in around if not _is_within(each, chosen) for tensor in each.tensors_out}
    made = {id(tensor): tensor for call in calls for tensor in call.tensors_out}
    return [tensor for key, tensor in made.items() if key in outside or key not in within]


def _around(call: Call) -> Iterator[Call]:
    while call.parent is not None:
        yield (call := call.parent)


def _is_within(call: Call, chosen: set[Call]) -> bool:
    return any(each in chosen for each in _around(call))


def _dtype(leaf: Any) -> str:
    name: str = keras.backend.standardize_dtype(leaf.dtype)
    return name


def _own_objects(calls: Sequence[Call]) -> dict[str, Any]:
    """The user's own classes and functions of the layers, by name."""
    operations = [each for call in calls for each in _operations(call)]
    functions = [value for each in operations for value in vars(each).values() if isinstance(value, FunctionType)]
    objects: list[Any] = [*map(type, operations), *functions]
    return {each.__name__: each for each in objects if each.__module__.partition(".")[0] != "keras"}


def _operations(call: Call) -> list[Any]:
    """The layer and all inside of it; an operation alone."""
    flattened = getattr(call.operation, "_flatten_layers", None)
    return list(flattened()) if flattened is not None else [call.operation]


@contextlib.contextmanager
def _no_trace_left(calls: Sequence[Call]) -> Iterator[None]:
    """The user's layers do not remember having been called once more."""
    operations = {id(each): each for call in calls for each in _operations(call)}.values()
    before = [(each, len(each._inbound_nodes), len(each._outbound_nodes)) for each in operations]
    try:
        yield
    finally:
        for each, inbound, outbound in before:
            del each._inbound_nodes[inbound:], each._outbound_nodes[outbound:]
