"""What tests of graphs of TensorFlow share: comparing a graph in the runtime with TensorFlow itself."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import tensorflow as tf

from litesmith.flatbuffer.write import to_bytes
from litesmith.frontends.tensorflow.importing import import_function
from litesmith.ir.dims import symbol
from litesmith.ir.graph import Graph, Model
from litesmith.ir.types import DType, TensorType
from litesmith.ops.errors import Unsupported
from litesmith.passes.pipeline import optimize
from litesmith.runtime.interpreter import RuntimeRefusal, Session
from support import compare_arrays

v1 = tf.compat.v1


def check_tensorflow(
    function: Callable[..., Any],
    *arrays: Any,
    dynamic: Any = 0,
    rtol: float = 1e-6,
    atol: float = 1e-6,
    times: int = 2,
) -> Graph:
    """Import a function of tensors, run its file, and compare with what TensorFlow computes: values, shapes and dtypes.

    Axes `dynamic` (None for none) are unknown, one size for each of them; the arrays are then given once as they
    are, and once `times` as long along those axes.
    """
    arrays = tuple(map(np.asarray, arrays))
    axes = () if dynamic is None else (dynamic,) if isinstance(dynamic, int) else tuple(dynamic)
    graph = import_function(function, [_type(array, axes) for array in arrays])
    model = Model([graph])
    optimize(model)
    content = to_bytes(model)
    given = [arrays]
    if axes and any(array.ndim for array in arrays):
        given.append(tuple(_longer(array, axes, times) for array in arrays))
    for each in given:
        expected = [np.asarray(leaf) for leaf in tf.nest.flatten(function(*map(tf.constant, each)))]
        compare_arrays(expected, _run(content, list(each)), rtol, atol)
    return graph


def _run(content: bytes, arrays: list[Any]) -> list[Any]:
    try:
        return Session(content).run(arrays)
    except RuntimeRefusal:
        return Session(content, delegates=False).run(arrays)


def _type(array: Any, axes: tuple[int, ...]) -> TensorType:
    shape = tuple(
        symbol(f"size_{axis}", (3, 131, 137, 139)[axis]) if axis in axes else size
        for axis, size in enumerate(array.shape)
    )
    return TensorType(DType(array.dtype.name), shape)


def _longer(array: Any, axes: tuple[int, ...], times: int) -> Any:
    return np.tile(array, [times if axis in axes else 1 for axis in range(array.ndim)])


def imported_operators(graph: Graph) -> list[str]:
    """The names of all operators, subgraphs included, in order."""
    return [operation.operator.builtin for each in Model([graph]).all_graphs() for operation in each.operations]


def floats(*shape: int, seed: int = 0, scale: float = 1.0) -> Any:
    """Seeded normal numbers."""
    return (np.random.default_rng(seed).standard_normal(shape) * scale).astype("float32")


def refusal(function: Callable[..., Any], *arrays: Any) -> str:
    """Why a function has no form."""
    with pytest.raises(Unsupported) as raised:
        import_function(function, [_type(np.asarray(array), ()) for array in arrays])
    return str(raised.value)
