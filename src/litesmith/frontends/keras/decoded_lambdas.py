"""Functions that descriptions of models hold as compiled Python code: read as expressions, none of it run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from keras.src.layers.core.lambda_layer import Lambda as KerasLambda
from keras.src.utils import python_utils

from litesmith.diagnostics.base import LitesmithError
from litesmith.frontends.keras.loading import entries_with_owners

Function = Callable[..., Any]


@dataclass(frozen=True)
class _Stored:
    """Code in a description: of Keras 3 in an entry of its own, of Keras 2 in a list."""

    layer: str
    code: Any
    defaults: Any
    closure: Any

    @property
    def key(self) -> str:
        return json.dumps([self.code, self.defaults, self.closure])


def decoded_functions(path: str, config: Any, custom_objects: Mapping[str, Any]) -> dict[str, Function]:
    """The functions that a description holds as code, by the key of the code; those of Keras 2 are put in their place.

    A function in `custom_objects` under the name of the layer stands for the layer's code. A warning says how code
    was read, as it does not say what the names in it stand for.

    Raises:
        LitesmithError: F107 for all code that is more than an expression.
    """
    found = list(_stored(config))
    if not found:
        return {}
    from litesmith.diagnostics.files import CodeInFile, CodeWasRead, function_name
    from litesmith.diagnostics.telling import tell

    functions: dict[str, Function] = {}
    problems: dict[str, str] = {}
    for stored, place in found:
        function = custom_objects.get(stored.layer, custom_objects.get(function_name(stored.layer)))
        if not callable(function):
            from litesmith.frontends.keras.legacy.lambdas import CannotDecode, lambda_of

            try:
                function = lambda_of(stored.code, stored.defaults, stored.closure)
            except CannotDecode as problem:
                problems[stored.layer] = str(problem)
                continue
            tell(CodeWasRead(path, stored.layer, function.text))
        functions[stored.key] = function
        if place is not None:
            place["function"] = function
    if problems:
        raise LitesmithError(CodeInFile(path, tuple(problems), tuple(problems.values())))
    return functions


@contextmanager
def loading_decoded(functions: Mapping[str, Function]) -> Iterator[None]:
    """Keras' own loading takes these functions where it would make one of stored code."""
    if not functions:
        yield
        return

    def function_of(code: Any, defaults: Any = None, closure: Any = None, globs: Any = None) -> Function:
        del globs
        return functions[_Stored("", code, defaults, closure).key]

    loaded, refused = python_utils.func_load, KerasLambda._raise_for_lambda_deserialization
    python_utils.func_load = function_of
    KerasLambda._raise_for_lambda_deserialization = staticmethod(lambda *_: None)
    try:
        yield
    finally:
        python_utils.func_load = loaded
        KerasLambda._raise_for_lambda_deserialization = refused


def _stored(config: Any) -> Iterator[tuple[_Stored, dict[str, Any] | None]]:
    """All code in a description; for Keras 2 with the configuration that it stands in."""
    for entry, owner in entries_with_owners(config):
        inner = entry["config"]
        if not isinstance(inner, dict):
            continue
        if entry["class_name"] == "__lambda__":
            yield _Stored(owner, inner.get("code"), inner.get("defaults"), inner.get("closure")), None
        elif entry["class_name"] == "Lambda" and isinstance(inner.get("function"), list):
            code, defaults, closure = [*inner["function"], None, None, None][:3]
            yield _Stored(owner, code, defaults, closure), inner
