"""Between Keras' arguments and values of the graph."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import keras
import numpy as np
from keras import Variable
from keras.src.backend import get_stateless_scope, in_stateless_scope, is_tensor, standardize_dtype

from litesmith.frontends.keras.tensor import LiteTensor
from litesmith.ir.builder import constant_value
from litesmith.ir.constants import Constant, Identity
from litesmith.ir.graph import Value
from litesmith.ir.types import DType, TensorType

FRAMEWORKS = ("tensorflow", "jax", "jaxlib", "torch")


def to_values(argument: Any) -> Any:
    """An argument with values in place of tensors and variables; all else as it is."""
    if isinstance(argument, LiteTensor):
        return argument.value
    if isinstance(argument, Variable):
        return variable_value(argument)
    if isinstance(argument, (np.generic, np.ndarray)) or (
        not isinstance(argument, (int, float, str, type(None))) and is_tensor(argument)
    ):
        return array_value(argument)
    if isinstance(argument, (list, tuple)):
        items = [to_values(item) for item in argument]
        return type(argument)(*items) if hasattr(argument, "_fields") else type(argument)(items)
    if isinstance(argument, dict):
        return {key: to_values(item) for key, item in argument.items()}
    if isinstance(argument, slice):
        return slice(*map(to_values, (argument.start, argument.stop, argument.step)))
    held = _of_another_framework(argument)
    return argument if held is None else array_value(held)


def _of_another_framework(argument: Any) -> np.ndarray[Any, Any] | None:
    """The elements of a tensor of a framework that Keras does not run on, as numpy's backend takes them; else None."""
    if type(argument).__module__.partition(".")[0] not in FRAMEWORKS or not hasattr(argument, "__array__"):
        return None
    try:
        return np.asarray(argument)
    except Exception:  # one without elements, of whatever kind its framework has
        return None


def to_tensors(result: Any) -> Any:
    """A lowering's result with tensors in place of values."""
    if isinstance(result, Value):
        return LiteTensor(result)
    if isinstance(result, (list, tuple)):
        items = [to_tensors(item) for item in result]
        return type(result)(*items) if hasattr(result, "_fields") else type(result)(items)
    if isinstance(result, dict):
        return {key: to_tensors(item) for key, item in result.items()}
    return result


def variable_value(variable: Any) -> Value:
    """A constant for a weight: its elements are read from Keras when they are needed.

    A variable that was given another value while the model ran stands for that value.
    """
    current = variable.value
    if isinstance(current, LiteTensor):
        return current.value
    stored = variable._value
    was_assigned = in_stateless_scope() and get_stateless_scope().get_current_value(variable) is not None
    if was_assigned or stored is None or standardize_dtype(current.dtype) != standardize_dtype(stored.dtype):
        return array_value(current, variable.path)
    return stored_value(variable)


def stored_value(variable: Any) -> Value:
    """A constant for what a variable holds in Keras, whatever it was given while the model ran."""
    type = TensorType(DType(standardize_dtype(variable.dtype)), tuple(variable.shape))
    return constant_value(Constant(type, lambda: to_numpy(variable._value), stored_key(variable)), variable.path)


def stored_key(variable: Any) -> Hashable:
    """The key of a constant for what a variable holds in Keras."""
    return "variable", Identity(variable)


def array_value(array: Any, name: str = "") -> Value:
    """A constant for a tensor of the backend, which keeps its elements where they are."""
    if isinstance(array, (np.ndarray, np.generic)):
        return constant_value(Constant.of(np.asarray(array)), name)
    type = TensorType(DType(standardize_dtype(array.dtype)), tuple(int(size) for size in array.shape))
    if int(type.elements) <= 64:
        return constant_value(Constant.of(to_numpy(array), type.dtype), name)
    return constant_value(Constant(type, lambda: to_numpy(array), ("tensor", Identity(array))), name)


def to_numpy(tensor: Any) -> np.ndarray[Any, Any]:
    """A backend tensor's elements; a view where the backend allows one."""
    if isinstance(tensor, np.ndarray):
        return tensor
    backend = keras.backend.backend()
    if backend == "torch":
        plain = tensor.detach().cpu()
        return (
            plain.view(dtype=_torch_int16()).numpy().view(DType.BFLOAT16.numpy)
            if (standardize_dtype(tensor.dtype) == "bfloat16")
            else plain.numpy()
        )
    if backend == "jax" or (backend == "tensorflow" and hasattr(tensor, "__array__")):
        return np.asarray(tensor)
    return np.asarray(keras.ops.convert_to_numpy(tensor))


def _torch_int16() -> Any:
    import torch

    return torch.int16
