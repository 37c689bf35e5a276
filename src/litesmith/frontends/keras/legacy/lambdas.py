"""Functions of Lambda layers that a file holds as bytecode: decoded, and computed by Keras. They are never run.

Such code says the names of what it calls, not what they stand for: `K` is taken for Keras' backend, `tf` for
TensorFlow, `np` for numpy, as everybody imports them.
"""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from litesmith.frontends.bytecode.decoding import CannotDecode, Decoded, decode
from litesmith.frontends.bytecode.evaluating import CannotEvaluate, Evaluator
from litesmith.frontends.bytecode.expressions import outside_names
from litesmith.frontends.bytecode.marshalled import NotMarshalled, read_code
from litesmith.frontends.keras.legacy import (
    functions,
    size_functions,  # noqa: F401 (registers functions)
)

MODULES = {
    "K": "keras.backend",
    "backend": "keras.backend",
    "tensorflow.python.keras": "keras",
    "tensorflow.keras": "keras",
    "tf.keras": "keras",
    "tensorflow": "tf",
    "numpy": "np",
    "ops": "keras.ops",
    "activations": "keras.activations",
}
"""What people call modules, the longer names first, and what they are here."""
HOMES = ("nn.", "math.", "image.", "linalg.", "")
"""Where TensorFlow has functions whose name alone is known."""
FLOATS = ("float16", "bfloat16", "float32", "float64")
DTYPES = frozenset((*FLOATS, "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "bool"))
NUMBERS = (int, float, complex, str, type(None))
PLAIN = (*NUMBERS, tuple, list, np.ndarray, np.generic)
MOST_ITEMS = 1 << 16


class Lambda:
    """The function of a Lambda layer, decoded.

    Attributes:
        text: what it computes, as people write it.
    """

    def __init__(self, decoded: Decoded, defaults: Sequence[Any]) -> None:
        self.decoded = decoded
        self.text = str(decoded)
        names = decoded.parameters[len(decoded.parameters) - len(defaults) :] if defaults else ()
        self.defaults = dict(zip(names, defaults, strict=True))

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """What the function computes.

        Raises:
            CannotEvaluate: for names that are not known.
        """
        given = dict(zip(self.decoded.parameters, arguments, strict=False))
        taken = {name: value for name, value in keywords.items() if name in self.decoded.parameters}
        parameters = {**self.defaults, **given, **taken}
        missing = [name for name in self.decoded.parameters if name not in parameters]
        if missing or len(arguments) > len(self.decoded.parameters) or taken.keys() != keywords.keys():
            raise CannotEvaluate(f"it is not called as {self.text.partition(':')[0]} must be")
        return Evaluator(known, attribute)(self.decoded.expression, parameters)


class Function:
    """A function of TensorFlow or Keras that a layer was given as it is.

    Attributes:
        text: its name, as people write it.
    """

    def __init__(self, name: str, function: Callable[..., Any]) -> None:
        self.text = name
        self.function = _without_name(function)

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """What the function computes."""
        return self.function(*arguments, **keywords)


def lambda_of(code: str, defaults: Any = None, closure: Any = None) -> Lambda | Function:
    """The function whose bytecode a description holds.

    Args:
        code: marshalled, in base64, or, before Keras 2.1, with escapes for what is not ASCII.
        defaults: of its last parameters.
        closure: the values of its free variables.

    Raises:
        CannotDecode: for what is more than an expression.
    """
    data = _bytes(code)
    of_framework = _dispatched(data, closure)
    if of_framework is not None:
        return of_framework
    decoded = decode(data, closure)
    if not decoded.is_alone:
        raise CannotDecode("it takes any number of arguments")
    try:
        for name in outside_names(decoded.expression):
            known(name)
    except CannotEvaluate as problem:
        raise CannotDecode(f"{decoded}: {problem}") from problem
    defaults = defaults or ()
    if not isinstance(defaults, (list, tuple)) or len(defaults) > len(decoded.parameters):
        raise CannotDecode("default values that do not fit its parameters")
    return Lambda(decoded, defaults)


def _dispatched(data: bytes, closure: Any) -> Function | None:
    """The function of TensorFlow in what TensorFlow wraps its functions in, whose closure names it; None for others.

    Raises:
        CannotDecode: where the file does not hold its name.
    """
    try:
        free = read_code(data).free
    except NotMarshalled:
        return None
    if free == ("fn",) and closure == ["op_dispatch_handler"]:
        raise CannotDecode("a function of TensorFlow itself, whose name the file does not hold")
    return (
        named_function(closure[0]) if free == ("target", "wrapper") and isinstance(closure, list) and closure else None
    )


def named_function(name: Any) -> Function | None:
    """A function of TensorFlow by the name that it calls itself, `l2_normalize_v2`, without its module."""
    if not isinstance(name, str) or not name.isidentifier():
        return None
    for home in HOMES:
        found = functions.known(f"{home}{name.removesuffix('_v2')}")
        if found is not None:
            return Function(f"tf.{home}{name.removesuffix('_v2')}", found)
    return None


def _bytes(code: Any) -> bytes:
    if not isinstance(code, str):
        raise CannotDecode("its code is no text")
    try:
        return base64.b64decode("".join(code.split()), validate=True)
    except (binascii.Error, ValueError):
        return code.encode("raw_unicode_escape")


def known(name: str) -> Any:
    """What a name stands for in code that people write in a Lambda.

    Raises:
        CannotEvaluate: for names that nobody knows.
    """
    for prefix, module in MODULES.items():
        if name == prefix or name.startswith(f"{prefix}."):
            name = module + name[len(prefix) :]
            break
    found = _of_module(name)
    if found is None:
        raise CannotEvaluate(f"{name} is not known to Litesmith")
    return _without_name(found[0]) if name.startswith(("tf.", "keras.backend.")) and callable(found[0]) else found[0]


def _without_name(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that may be given the name of its operation, as all of TensorFlow's may."""

    def call(*arguments: Any, name: Any = None, **keywords: Any) -> Any:
        del name
        return function(*arguments, **keywords)

    return call


def _of_module(name: str) -> tuple[Any] | None:
    """What a name stands for, once its module is called as usual; in a tuple, as it may be None."""
    module, _, member = name.partition(".")
    if name in VALUES:
        return (VALUES[name],)
    if module == "tf" and member.rpartition(".")[2] in DTYPES and member.rpartition(".")[0] in ("", "dtypes"):
        return (member.rpartition(".")[2],)
    if module in ("np", "math"):
        return _number_function(member)
    if module == "tf":
        found = [functions.known(prefix + member) for prefix in ("", "math.", "linalg.")]
    else:
        is_of_keras = name.startswith(("keras.ops.", "keras.activations."))
        found = [functions.known(name), _of_keras(name) if is_of_keras else None]
    return next(((each,) for each in found if each is not None), None)


def _of_keras(name: str) -> Callable[..., Any] | None:
    """A public function of `keras.ops` or `keras.activations`."""
    found: Any = keras
    for part in name.split(".")[1:]:
        found = None if part.startswith("_") else getattr(found, part, None)
    return found if callable(found) and not isinstance(found, type) else None


def _number_function(name: str) -> tuple[Any] | None:
    """A constant or function of numpy or `math`, on plain numbers."""
    if name in CONSTANTS:
        return (CONSTANTS[name],)
    if name in DTYPES:
        return (NumberType(name),)
    return (_on_numbers(name, NUMBER_FUNCTIONS[name]),) if name in NUMBER_FUNCTIONS else None


class NumberType(str):
    """An element type of numpy by its name, which makes plain numbers of numbers when it is called."""

    def __call__(self, value: Any) -> Any:
        return _on_numbers(self, np.dtype(self).type)(value)


def _on_numbers(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that takes plain numbers only: on tensors numpy would fail, or end the model's graph."""

    def call(*arguments: Any, **keywords: Any) -> Any:
        for value in (*arguments, *keywords.values()):
            if not isinstance(value, PLAIN) or getattr(value, "size", 0) > MOST_ITEMS:
                raise CannotEvaluate(f"{name} on a tensor; write it with keras.ops")
        found = function(*arguments, **keywords)
        return found.item() if isinstance(found, np.generic) else found  # numpy's own would make float64 of a tensor

    return call


def attribute(value: Any, name: str) -> Any:
    """An attribute of a tensor, or of its shape.

    Raises:
        CannotEvaluate: for attributes that nobody knows.
    """
    if isinstance(value, (int, type(None))) and name == "value":
        return value  # a size of TensorFlow 1
    if isinstance(value, (tuple, list)):
        found = {"as_list": lambda: list(value), "rank": len(value), "ndims": len(value)}
        found |= dict(zip(("values", "indices"), value, strict=True)) if len(value) == 2 else {}  # of tf.math.top_k
    elif isinstance(value, NUMBERS):
        found = {}
    else:
        shape = tuple(getattr(value, "shape", ()))
        found = {"shape": shape, "get_shape": lambda: shape, "ndim": len(shape), "dtype": _dtype(value)}
    if name not in found:
        raise CannotEvaluate(f".{name} of {type(value).__name__} is not known to Litesmith")
    return found[name]


def _dtype(value: Any) -> str:
    return str(keras.backend.standardize_dtype(value.dtype))


def _constant(value: Any, dtype: Any = None, shape: Any = None) -> Any:
    array = np.asarray(value)
    dtype = dtype or ("float32" if array.dtype.kind == "f" else "int32" if array.dtype.kind in "iu" else None)
    return ops.convert_to_tensor(array if shape is None else np.broadcast_to(array, shape), dtype=dtype)


CONSTANTS = {"pi": math.pi, "e": math.e, "inf": math.inf, "nan": math.nan, "newaxis": None}
OF_NUMPY = ("sqrt", "log", "log2", "log10", "exp", "sin", "cos", "tan", "floor", "ceil", "prod", "sum", "abs", "array")
NUMBER_FUNCTIONS: dict[str, Callable[..., Any]] = {
    name: getattr(np, name) for name in (*OF_NUMPY, "asarray", "reshape", "transpose", "maximum", "minimum", "power")
}
BUILTINS = (int, float, bool, len, tuple, list, min, max, round, sum)
VALUES: dict[str, Any] = {
    **{function.__name__: _on_numbers(function.__name__, function) for function in BUILTINS},
    "abs": abs,
    "slice": slice,
    "tf.newaxis": None,
    "tf.image.ResizeMethod.BILINEAR": "bilinear",
    "tf.image.ResizeMethod.NEAREST_NEIGHBOR": "nearest",
    "tf.image.ResizeMethod.BICUBIC": "bicubic",
    "tf.constant": _constant,
    "tf.shape": ops.shape,
    "keras.backend.shape": ops.shape,
    "keras.backend.int_shape": lambda x: tuple(x.shape),
    "keras.backend.ndim": lambda x: len(x.shape),
    "keras.backend.dtype": _dtype,
    "keras.backend.floatx": keras.config.floatx,
    "keras.backend.epsilon": keras.config.epsilon,
    "keras.backend.image_data_format": keras.config.image_data_format,
}

__all__ = ["CannotDecode", "CannotEvaluate", "Lambda", "attribute", "known", "lambda_of"]
