"""Which function lowers which Keras operation or layer.

Operations go by their public name: `ops.softmax`, `ops.image.resize`, `ops.linalg.det`,
`random.uniform`, `layers.LSTM`; `backend.rnn` and its like are the functions through which
Keras' recurrent layers work. A lowering of an operation takes the arguments of the public
function, with values of the graph in place of tensors, and returns values. A lowering of a
layer, or of the class of an operation, takes that object, then the arguments of its `call`.
Parameters annotated as numbers (`axis: int | Sequence[int]`) are given numbers, also where a
model has numpy's.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable
from functools import cache, wraps
from typing import Any, TypeVar

import keras

from litesmith.ir.graph import Value

Lowering = Callable[..., Any]
Function = TypeVar("Function", bound=Callable[..., Any])

NUMBERS = re.compile(r"\b(int|float|Axis|Size)\b")
"""What the annotations of parameters that take numbers have in them; `Axis` and `Size` stand for such types."""


class Declined(NotImplementedError):
    """A lowering leaves a call to Keras, which has another way to do it."""


class CallbackFailed(Exception):
    """A function that the model gave to an operation raised the error that is this one's cause."""


_by_name: dict[str, Lowering] = {}
_takes_complex: set[str] = set()
_by_class: dict[type, Lowering] = {}


def lowers(*targets: str | type, since: str = "3.9") -> Callable[[Function], Function]:
    """Make a function the lowering of the operations and layers named, or of a layer class.

    A lowering that restates what a layer's `call` does holds `since` a version of Keras;
    in older versions the layer runs its own `call`.
    """

    def register(function: Function) -> Function:
        rule = _given_numbers(function)
        for target in targets if is_keras_at_least(since) else ():
            if isinstance(target, str):
                if target in _by_name:
                    raise ValueError(f"{target} is lowered by {_by_name[target]} already")
                _by_name[target] = rule
            else:
                _by_class[target] = rule
        return function

    return register


def takes_complex(*names: str) -> None:
    """The lowerings of these functions of `keras.ops` are right for complex numbers too."""
    _takes_complex.update(f"ops.{name}" for name in names)


def may_take_complex(name: str) -> bool:
    """Whether the lowering of an operation is known to be right for complex numbers."""
    _load()
    return name in _takes_complex


def _given_numbers(function: Lowering) -> Lowering:
    """The function, with constants turned into numbers where its parameters are annotated as such."""
    parameters = inspect.signature(function).parameters
    annotated = {name for name, parameter in parameters.items() if NUMBERS.search(str(parameter.annotation))}
    if not annotated:
        return function
    places = [name in annotated for name in parameters]

    @wraps(function)
    def rule(*args: Any, **kwargs: Any) -> Any:
        given = [_numbers(arg) if here else arg for arg, here in zip(args, places, strict=False)]
        named = {name: _numbers(arg) if name in annotated else arg for name, arg in kwargs.items()}
        return function(*given, *args[len(given) :], **named)

    return rule


def _numbers(argument: Any) -> Any:
    if isinstance(argument, Value) and argument.constant is not None:
        return argument.constant.array().tolist()
    if isinstance(argument, (list, tuple)):
        return tuple(map(_numbers, argument))
    return argument


def is_keras_at_least(version: str) -> bool:
    """Whether the Keras in use is this minor version, such as "3.13", or a later one."""
    return _minor(keras.__version__) >= _minor(version)


def _minor(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)[:2]]


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


def quantized_lowering(layer: Any) -> Lowering | None:
    """The lowering of a layer that Keras quantized, registered as `layers.NAME.quantized`.

    None for a class that changed how it computes with what is quantized.
    """
    _load()
    for base in type(layer).__mro__:
        found = _by_name.get(f"layers.{base.__name__}.quantized") if is_keras_class(base) else None
        if found is not None or {"quantized_call", f"_{layer.quantization_mode}_call"} & vars(base).keys():
            return found
    return None


def is_keras_class(base: type) -> bool:
    """Whether a class comes with Keras."""
    return base.__module__.split(".")[0] == "keras"


def lowered_names() -> frozenset[str]:
    """All names that have a lowering."""
    _load()
    return frozenset(_by_name)
