"""Indices of categories as vectors, as Keras' layers encode them; indices outside of 0..depth mark nothing."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

Array = np.ndarray[Any, Any]
Mode = Literal["int", "one_hot", "multi_hot", "count", "tf_idf"]


def encode(indices: Array, mode: Mode, depth: int, dtype: str) -> Array:
    """Indices, or what they mark: each by itself (`one_hot`), or those of a sample together.

    A sample is the last axis of arrays of one or two axes, axis 1 of others.
    """
    if mode == "int":
        return np.asarray(indices, dtype)
    if indices.ndim == 0:
        indices = indices[None]
    if mode == "one_hot" and indices.ndim > 1 and indices.shape[-1] == 1:
        indices = indices[..., 0]
    marked: Array = indices[..., None] == np.arange(depth)
    if mode == "one_hot":
        return np.asarray(marked, dtype)
    axis = min(indices.ndim - 1, 1)
    return np.asarray(marked.any(axis) if mode == "multi_hot" else marked.sum(axis), dtype)


def encoded_shape(shape: tuple[Any, ...], mode: Mode, depth: int) -> tuple[Any, ...]:
    """The shape of what `encode` makes of indices of a shape; sizes may be unknown."""
    if mode == "int":
        return shape
    shape = shape or (1,)
    if mode == "one_hot":
        return (*(shape[:-1] if len(shape) > 1 and shape[-1] == 1 else shape), depth)
    axis = min(len(shape) - 1, 1)
    return (*shape[:axis], *shape[axis + 1 :], depth)
