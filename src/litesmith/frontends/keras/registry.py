"""Which function lowers which Keras operation or layer.

Operations go by their public name: `ops.softmax`, `ops.image.resize`, `ops.linalg.det`,
`random.uniform`, `layers.LSTM`; `backend.rnn` and its like are the functions through which
Keras' recurrent layers work. A lowering of an operation takes the arguments of the public
function, with values of the graph in place of tensors, and returns values. A lowering of a
layer, or of the class of an operation, takes that object, then the arguments of its `call`.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

Lowering = Callable[..., Any]
Function = TypeVar("Function", bound=Callable[..., Any])


class Declined(NotImplementedError):
    """A lowering leaves a call to Keras, which has another way to do it."""


class CallbackFailed(Exception):
    """A function that the model gave to an operation raised the error that is this one's cause."""


_by_name: dict[str, Lowering] = {}
_by_class: dict[type, Lowering] = {}


def lowers(*targets: str | type) -> Callable[[Function], Function]:
    """Make a function the lowering of the operations and layers named, or of a layer class."""

    def register(function: Function) -> Function:
        for target in targets:
            if isinstance(target, str):
                if target in _by_name:
                    raise ValueError(f"{target} is lowered by {_by_name[target]} already")
                _by_name[target] = function
            else:
                _by_class[target] = function
        return function

    return register


@cache
def _load() -> None:
    from litesmith.frontends.keras import lowerings

    for module in sorted(found.name for found in pkgutil.iter_modules(lowerings.__path__)):
        importlib.import_module(f"{lowerings.__name__}.{module}")


def lowering(name: str) -> Lowering | None:
    """The lowering of an operation by its public name."""
    _load()
    return _by_name.get(name)


def operation_lowering(operation: Any) -> Lowering | None:
    """The lowering that was registered for the class of a `keras.Operation`."""
    _load()
    return _by_class.get(type(operation))


def layer_lowering(layer: Any) -> Lowering | None:
    """The lowering of a layer: of its class, or of a parent whose `call` it did not change."""
    _load()
    for base in type(layer).__mro__:
        found = _by_class.get(base) or _by_name.get(f"layers.{base.__name__}" if is_keras_class(base) else "")
        if found is not None:
            return found
        if "call" in vars(base):
            return None
    return None


def is_keras_class(base: type) -> bool:
    """Whether a class comes with Keras."""
    return base.__module__.split(".")[0] == "keras"


def lowered_names() -> frozenset[str]:
    """All names that have a lowering."""
    _load()
    return frozenset(_by_name)
