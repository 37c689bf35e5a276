"""Functions of torch that fix the sizes that they are given, as others that leave them open."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.overrides import TorchFunctionMode


def _max_pool1d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """As rows of images."""
    if return_indices:
        return torch.max_pool1d_with_indices(input, kernel_size, stride or (), padding, dilation, ceil_mode)
    window, step, before, apart = map(_number, (kernel_size, stride or kernel_size, padding, dilation))
    rows = torch.max_pool2d(input.unsqueeze(-2), (1, window), (1, step), (0, before), (1, apart), ceil_mode)
    return rows.squeeze(-2)


def _number(number: Any) -> Any:
    return number if isinstance(number, int) else number[0]


def _take_along_dim(input: Any, indices: Any, dim: int | None = None) -> Any:
    """As `gather` of tensors that were broadcast before; negative indices count from the end."""
    if dim is None:
        return torch.take_along_dim(input, indices)
    place, size = dim % input.ndim, input.shape[dim]
    around = torch.broadcast_shapes(_with(input, place), _with(indices, place))
    rows = input.expand(*around[:place], size, *around[place + 1 :])
    places = indices.expand(*around[:place], indices.shape[place], *around[place + 1 :])
    return torch.gather(rows, place, torch.where(places < 0, places + size, places))


def _with(tensor: Any, place: int) -> tuple[Any, ...]:
    """A tensor's shape with 1 in one place."""
    return (*tensor.shape[:place], 1, *tensor.shape[place + 1 :])


OTHERS: dict[Any, Callable[..., Any]] = {
    torch.max_pool1d: _max_pool1d,
    torch.nn.functional.max_pool1d: _max_pool1d,
    torch.take_along_dim: _take_along_dim,
    torch.Tensor.take_along_dim: _take_along_dim,
}


class LeavingSizesOpen(TorchFunctionMode):
    """A context in which those functions are the others."""

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return OTHERS.get(function, function)(*args, **(kwargs or {}))
