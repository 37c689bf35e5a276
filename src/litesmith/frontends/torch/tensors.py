"""Tensors of torch as constants of the graph."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from litesmith.ir.builder import constant_value
from litesmith.ir.constants import Array, Constant
from litesmith.ir.graph import Value
from litesmith.ir.types import DType, TensorType
from litesmith.ops import array
from litesmith.ops.errors import Unsupported

Place = tuple[Any, ...]


class Held:
    """Stands for the elements of a tensor in a key, wherever else they are looked at, and keeps them alive."""

    def __init__(self, tensor: torch.Tensor) -> None:
        self.tensor = tensor
        self.place = place_of(tensor)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Held) and other.place == self.place

    def __hash__(self) -> int:
        return hash(self.place)


def place_of(tensor: torch.Tensor) -> Place:
    """Where a tensor's elements are, and how they are read: the same for all tensors of the same elements."""
    return (tensor.data_ptr(), tuple(tensor.shape), tensor.stride(), tensor.dtype)


def held_value(tensor: torch.Tensor, name: str = "") -> Value:
    """A constant for a tensor whose elements are read when they are needed."""
    shape = tuple(int(size) for size in tensor.shape)
    type = TensorType(dtype_of(tensor.dtype), shape)
    return constant_value(Constant(type, lambda: array_of(tensor), ("torch", Held(tensor))), name.replace(".", "/"))


def array_of(tensor: torch.Tensor) -> Array:
    """The elements of a tensor; a view where they can be one."""
    plain = tensor.detach().cpu().resolve_conj().resolve_neg()
    if plain.is_quantized or plain.layout is not torch.strided:
        raise Unsupported(f"a tensor of torch that is {'quantized' if plain.is_quantized else 'sparse'}")
    if plain.dtype is torch.bfloat16:
        return np.asarray(plain.contiguous().view(torch.int16).numpy().view(DType.BFLOAT16.numpy))
    return np.asarray(plain.numpy())


def dtype_of(dtype: torch.dtype) -> DType:
    """An element type of torch."""
    try:
        return DType(str(dtype).removeprefix("torch."))
    except ValueError:
        raise Unsupported(f"elements of type {dtype}") from None


def torch_dtype(dtype: DType) -> torch.dtype:
    """An element type as torch has it."""
    found: torch.dtype = getattr(torch, dtype.value)
    return found


def as_value(operand: Any) -> Value:
    """A tensor of torch, or a number, as a constant; a value as it is."""
    if isinstance(operand, Value):
        return operand
    if isinstance(operand, torch.Tensor):
        return constant_value(Constant.of(array_of(operand)))
    return array.as_value(operand, DType.INT64 if isinstance(operand, int) else None)


def as_values(argument: Any) -> Any:
    """An argument of an operator with values for tensors, and element types of the graph."""
    if isinstance(argument, torch.Tensor):
        return as_value(argument)
    if isinstance(argument, (list, tuple)):
        return [as_values(item) for item in argument]
    return dtype_of(argument) if isinstance(argument, torch.dtype) else argument
