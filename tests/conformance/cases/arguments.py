"""Which arguments of layers and operations no case of the table gives a value of its own."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import wraps
from typing import Any

import keras
import numpy as np
from keras import ops

from cases import table
from cases.case import PUBLIC, Case


class _Called(Exception):
    """The operation was called: what it computes is of no interest."""


def never_given(name: str) -> list[str]:
    """The parameters with a default that have it in all cases of a layer or operation."""
    member = PUBLIC[name]
    parameters = _parameters(member)
    given: set[str] = set()
    for case in table.cases_of(name):
        given |= _given(case, member, parameters)
    return [parameter for parameter in parameters if parameter not in given]


def _parameters(member: Any) -> dict[str, inspect.Parameter]:
    """Those of a function, or of a class' constructor, that may be left out."""
    signature = inspect.signature(member.__init__ if inspect.isclass(member) else member)
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return {
        name: parameter
        for name, parameter in signature.parameters.items()
        if parameter.kind in named and parameter.default is not inspect.Parameter.empty
    }


def _given(case: Case, member: Any, parameters: dict[str, inspect.Parameter]) -> set[str]:
    """The parameters that a case gives another value than the default."""
    calls: list[inspect.BoundArguments] = []
    with _recording(member, calls):
        made = case.make()
        if not inspect.isclass(member):
            tensors = [to_tensor(given.values) for given in case.inputs]
            with suppress(_Called):
                made(tensors[0] if len(tensors) == 1 else tensors)
    return {
        name
        for call in calls
        for name, value in call.arguments.items()
        if name in parameters and not _same(value, parameters[name].default)
    }


def _same(value: Any, default: Any) -> bool:
    if type(value) is not type(default) and not (isinstance(value, (int, float)) and isinstance(default, (int, float))):
        return False
    return bool(np.array_equal(value, default)) if default is not None else value is None


@contextmanager
def _recording(member: Any, calls: list[inspect.BoundArguments]) -> Iterator[None]:
    """Note the arguments of calls of a function of `keras.ops`, which end there, or of a layer's constructor."""
    if inspect.isclass(member):
        with _replaced(member, "__init__", _noting(member.__init__, calls, goes_on=True)):
            yield
        return
    places = [(room, name) for room in ROOMS for name, found in vars(room).items() if found is member]
    noting = _noting(member, calls, goes_on=False)
    for room, name in places:
        setattr(room, name, noting)
    try:
        yield
    finally:
        for room, name in places:
            setattr(room, name, member)


to_tensor = keras.ops.convert_to_tensor
ROOMS = (ops, ops.image, ops.linalg, ops.nn, ops.numpy)


@contextmanager
def _replaced(owner: Any, name: str, new: Any) -> Iterator[None]:
    is_own = name in vars(owner)
    old = getattr(owner, name)
    setattr(owner, name, new)
    try:
        yield
    finally:
        if is_own:
            setattr(owner, name, old)
        else:
            delattr(owner, name)


def _noting(function: Callable[..., Any], calls: list[inspect.BoundArguments], goes_on: bool) -> Callable[..., Any]:
    signature = inspect.signature(function)

    @wraps(function)
    def noting(*args: Any, **kwargs: Any) -> Any:
        calls.append(signature.bind(*args, **kwargs))
        if not goes_on:
            raise _Called
        return function(*args, **kwargs)

    noting.__signature__ = signature  # type: ignore[attr-defined]  # for Keras, which looks at how it was made
    return noting
