"""Operators of the user's own: a function that says what one computes, and that becomes one operator when converted."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import keras
from keras import tree

from litesmith.ir.dims import Dim
from litesmith.ops.errors import Unsupported
from litesmith.opset.custom import plain_option

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.]*")
"""Names of operators: letters, digits, underscores and dots, so that files and C++ code can be named after them."""

_declared: dict[str, CustomOp] = {}
_inlining: ContextVar[str] = ContextVar("litesmith_inlining", default="")


def custom_op(
    name: str, version: int = 1, output_spec: Callable[..., Any] | None = None
) -> Callable[[Callable[..., Any]], CustomOp]:
    """Make a function the meaning of the custom operator `name`.

        @litesmith.custom_op("MyFir")
        def my_fir(x, taps, *, stride=1):
            ...

    Positional parameters are tensors, the operator's operands in order. Keyword-only parameters are its options:
    truth values, numbers, text, None, and lists of those. The function computes with `keras.ops` (or with numpy, where
    Keras runs it eagerly); called in a layer or model it does just that. `litesmith.convert` writes one operator.

    Args:
        version: of the operator in the file.
        output_spec: takes the function's arguments, with `keras.KerasTensor`s for tensors, and returns
            `keras.KerasTensor`s for what it returns. By default the function itself is run symbolically, for which it
            must be written in `keras.ops`.

    Raises:
        TypeError: for a function whose parameters are neither of the two kinds.
    """
    if not isinstance(name, str) or NAME.fullmatch(name) is None:
        raise ValueError(f"an operator is called by letters, digits, '_' and '.', a letter first, not {name!r}")
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise ValueError(f"the version of an operator is a number from 1 on, not {version!r}")

    def declare(function: Callable[..., Any]) -> CustomOp:
        _declared[name] = CustomOp(function, name, version, output_spec)
        return _declared[name]

    return declare


def declared(name: str) -> CustomOp | None:
    """The operator that was declared under a name, the last one if there were several."""
    return _declared.get(name)


class CustomOp:
    """A function that is an operator; calling it computes what the function does.

    Attributes:
        name, version: of the operator.
        function: what it computes.
    """

    def __init__(
        self, function: Callable[..., Any], name: str, version: int, output_spec: Callable[..., Any] | None
    ) -> None:
        functools.update_wrapper(self, function)
        self.function = function
        self.name = name
        self.version = version
        self.output_spec = output_spec
        self._signature = _checked(inspect.signature(function), name)

    @property
    def option_defaults(self) -> dict[str, Any]:
        """The options that need not be said, with their values."""
        named = self._signature.parameters.values()
        return {
            each.name: each.default
            for each in named
            if each.kind is each.KEYWORD_ONLY and each.default is not each.empty
        }

    @property
    def operand_names(self) -> tuple[str, ...]:
        """The names of the function's tensors; of one that takes any number of them, those in front."""
        named = self._signature.parameters.values()
        return tuple(each.name for each in named if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD))

    def __call__(self, *tensors: Any, **options: Any) -> Any:
        bound = self._signature.bind(*tensors, **options)
        bound.apply_defaults()
        operands = [_as_tensor(self.name, each) for each in bound.args]
        return CustomOperation(self, {name: plain_option(name, value) for name, value in bound.kwargs.items()})(
            *operands
        )

    def compute(self, tensors: Any, options: Mapping[str, Any]) -> Any:
        """What the function returns, as tensors."""
        returned = self.function(*tensors, **options)
        return tree.map_structure(lambda leaf: _as_tensor(self.name, leaf), returned)

    def __repr__(self) -> str:
        return f"<custom operator {self.name} {self._signature}>"


@keras.saving.register_keras_serializable("litesmith")
class CustomOperation(keras.Operation):
    """One call of a custom operator, as Keras records it in functional models and saves it."""

    def __init__(self, operator: CustomOp, options: Mapping[str, Any], name: str | None = None) -> None:
        super().__init__(name=name or keras.src.utils.naming.auto_name(operator.name.replace(".", "_")))
        self.operator = operator
        self.options = dict(options)

    def call(self, *tensors: Any) -> Any:
        if _inlining.get():
            raise NoOperatorHere(
                f"the custom operator {self.operator.name!r} in code that comes through {_inlining.get()} as a whole; "
                "call it in a layer of its own"
            )
        return self.operator.compute(tensors, self.options)

    def compute_output_spec(self, *tensors: Any) -> Any:
        """What Keras says the function returns, or what the user says."""
        symbolic = [_as_symbolic(each) for each in tensors]
        if self.operator.output_spec is not None:
            return self.operator.output_spec(*symbolic, **self.options)
        return keras.src.backend.compute_output_spec(lambda *args: self.operator.compute(args, self.options), *symbolic)

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, "operator": self.operator.name, "options": self.options}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> CustomOperation:
        operator = declared(config["operator"])
        if operator is None:
            raise ValueError(
                f"the custom operator {config['operator']!r} is not declared: import the module in which its function "
                f"is decorated with @litesmith.custom_op({config['operator']!r})"
            )
        return cls(operator, config["options"], config["name"])


class NoOperatorHere(Unsupported):
    """A call of a custom operator that would be written out instead of becoming one operator."""


@contextmanager
def following_through(framework: str) -> Iterator[None]:
    """Calls inside stand in a program of a framework, in which a custom operator would not be seen as one."""
    token = _inlining.set(framework)
    try:
        yield
    finally:
        _inlining.reset(token)


def _checked(signature: inspect.Signature, name: str) -> inspect.Signature:
    for each in signature.parameters.values():
        if each.kind is each.VAR_KEYWORD:
            raise TypeError(f"{name}: an operator's options have names, so that its function takes no **{each.name}")
        if each.kind is each.KEYWORD_ONLY and each.default is not each.empty:
            plain_option(each.name, each.default)
        elif each.kind is not each.KEYWORD_ONLY and each.default is not each.empty:
            raise TypeError(f"{name}: {each.name!r} has a default, which tensors have not; an option stands behind a *")
    return signature


def _as_tensor(name: str, given: Any) -> Any:
    if isinstance(given, (keras.KerasTensor, keras.Variable)) or keras.ops.is_tensor(given):
        return given
    if isinstance(given, Dim) or given is None or isinstance(given, str):
        held = "a size that is known only when the model runs" if isinstance(given, Dim) else repr(given)
        raise TypeError(f"{name}: operands and results of a custom operator are tensors, not {held}")
    return keras.ops.convert_to_tensor(given)


def _as_symbolic(tensor: Any) -> Any:
    if isinstance(tensor, keras.KerasTensor):
        return tensor
    return keras.KerasTensor(tuple(tensor.shape), keras.backend.standardize_dtype(tensor.dtype))
