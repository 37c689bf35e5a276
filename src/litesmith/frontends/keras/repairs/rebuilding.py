"""The same model once more, with other inputs or with other layers in places."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import keras
from keras import tree
from keras.src.models.functional import Functional
from keras.src.ops.operation import Operation

from litesmith.diagnostics.base import LitesmithError
from litesmith.diagnostics.quoting import quoted
from litesmith.diagnostics.repairs import CannotRebuild
from litesmith.frontends.inputs import InputType
from litesmith.frontends.keras.face import model_inputs
from litesmith.frontends.keras.running import arguments

Change = Callable[[Any, str], "Callable[..., Any] | None"]
"""What is called in place of a layer at a path; None where it stays."""


def functional_of(model: Any) -> Any:
    """The model as a graph of layers; what a class computes in `call` is followed once.

    Raises:
        LitesmithError: M101 for one whose `call` keeps something to itself.
    """
    if isinstance(model, Functional):
        return model
    functional = getattr(model, "_functional", None)
    if functional is not None:
        return functional
    inputs = tree.map_structure(_placeholder, model_inputs(model))
    args, kwargs = arguments(model, inputs)
    try:
        outputs = model.call(*args, **kwargs) if isinstance(model, keras.Model) else model(*args, **kwargs)
        followed = keras.Model(inputs, outputs, name=model.name)
    except Exception as error:
        raise LitesmithError(CannotRebuild(type(model).__name__, quoted(error))) from error
    lost = {id(each) for each in model.variables} - {id(each) for each in followed.variables}
    if lost:
        problem = f"{len(lost)} of its weights are read in call() itself, not in a layer"
        raise LitesmithError(CannotRebuild(type(model).__name__, problem))
    return followed


def layers_of(model: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every layer with its path, those of models within included; each once."""
    for layer in functional_of(model).layers:
        path = f"{prefix}{layer.name}"
        if is_model(layer):
            yield from layers_of(layer, f"{path}/")
        elif not isinstance(layer, keras.layers.InputLayer):
            yield path, layer


def is_model(layer: Any) -> bool:
    """Whether a layer is a graph of layers itself."""
    return isinstance(layer, (Functional, keras.Sequential))


def rebuilt(model: Any, change: Change | None = None, inputs: Any = None, prefix: str = "") -> Any:
    """A functional model that computes what this one does, with its own copies of the weights.

    Args:
        change: what is called in place of a layer, on its arguments.
        inputs: for the inputs, nested as they are, as `InputType` leaves; by default those of the model.
        prefix: of the paths of its layers.
    """
    functional = functional_of(model)
    known: dict[int, Callable[..., Any]] = {}

    def called(operation: Any) -> Callable[..., Any]:
        if id(operation) not in known:
            known[id(operation)] = _in_place_of(operation, change, f"{prefix}{operation.name}")
        return known[id(operation)]

    declared = inputs if inputs is not None else model_inputs(functional)
    given = tree.map_structure(_placeholder, declared)
    outputs = functional._run_through_graph(given, operation_fn=called)
    return keras.Model(given, outputs, name=model.name)


def _placeholder(leaf: InputType) -> Any:
    return keras.Input(batch_shape=leaf.shape, dtype=leaf.dtype, name=leaf.name)


def _in_place_of(operation: Any, change: Change | None, path: str) -> Callable[..., Any]:
    if not isinstance(operation, keras.Layer):
        assert isinstance(operation, Operation)
        return operation
    changed = None if change is None else change(operation, path)
    if changed is not None:
        return changed
    if is_model(operation):
        return _Twin(operation, rebuilt(operation, change, prefix=f"{path}/"), has_weights=False)
    return twin(operation)


def twin(layer: Any, settings: Mapping[str, Any] | None = None) -> Callable[..., Any]:
    """A copy of a layer with its weights, and with some settings of its description changed, also in what it wraps.

    A layer that cannot be made from its description is called itself.
    """
    try:
        copy = type(layer).from_config(_with(layer.get_config(), settings or {}))
    except Exception:
        if settings:
            raise
        return _Twin(layer, layer, has_weights=False)
    return _Twin(layer, copy)


def _with(config: dict[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    changed = {**config, **{key: value for key, value in settings.items() if key in config}}
    for wrapped in ("layer", "backward_layer"):
        inner = changed.get(wrapped)
        if isinstance(inner, dict) and isinstance(inner.get("config"), dict):
            changed[wrapped] = {**inner, "config": _with(inner["config"], settings)}
    return changed


class _Twin:
    """Calls a copy of a layer, and gives it the layer's weights as soon as it has places for them."""

    def __init__(self, original: Any, copy: Any, has_weights: bool = True) -> None:
        self._original = original
        self._copy = copy
        self._lacks_weights = has_weights

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        outputs = self._copy(*args, **kwargs)
        if self._lacks_weights:
            give_weights(self._copy, self._original)
            self._lacks_weights = False
        return outputs


def give_weights(copy: Any, original: Any) -> None:
    """Copy all weights, of layers that have them in the same order."""
    for own, given in zip(copy.variables, original.variables, strict=True):
        own.assign(given)
