"""What tests of programs of torch share: comparing a graph in the runtime with torch itself."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

if importlib.util.find_spec("torch") is None:
    pytest.skip("torch is not installed", allow_module_level=True)

import torch

from litesmith.flatbuffer.write import to_bytes
from litesmith.frontends.provenance import is_users
from litesmith.frontends.torch.tensors import array_of, dtype_of
from litesmith.frontends.torch.tracing import call
from litesmith.ir.builder import building
from litesmith.ir.dims import symbol
from litesmith.ir.graph import Graph, Model
from litesmith.ir.types import TensorType
from litesmith.ops.errors import Unsupported
from litesmith.passes.pipeline import optimize
from litesmith.runtime.interpreter import RuntimeRefusal, Session
from support import compare_arrays

PROBES = (3, 131, 137, 139, 149)


def import_torch(function: Callable[..., Any], *tensors: torch.Tensor, dynamic: Any = 0) -> Graph:
    """The graph of a function of tensors, whose axes `dynamic` (None for none) are open, one size for each of them."""
    axes = () if dynamic is None else (dynamic,) if isinstance(dynamic, int) else tuple(dynamic)
    graph = Graph("main")
    values = [graph.add_input(_type(tensor, axes), f"input_{place}") for place, tensor in enumerate(tensors)]

    def flat(*given: Any) -> list[Any]:
        return [torch.as_tensor(leaf) for leaf in torch.utils._pytree.tree_leaves(function(*given))]

    with building(graph):
        graph.outputs = call(flat, values, is_users=is_users)
    graph.prune()
    return graph


def check_torch(
    function: Callable[..., Any],
    *tensors: Any,
    dynamic: Any = 0,
    rtol: float = 1e-6,
    atol: float = 1e-6,
    times: int = 2,
) -> Graph:
    """Import a function of tensors, run its file, and compare with what torch computes: values, shapes and dtypes.

    The tensors are given once as they are, and once `times` as long along the axes that are open.
    """
    given = [tensor if isinstance(tensor, torch.Tensor) else torch.as_tensor(tensor) for tensor in tensors]
    axes = () if dynamic is None else (dynamic,) if isinstance(dynamic, int) else tuple(dynamic)
    graph = import_torch(function, *given, dynamic=dynamic)
    model = Model([graph])
    optimize(model)
    content = to_bytes(model)
    calls = [given]
    if axes and any(tensor.ndim for tensor in given):
        calls.append([_longer(tensor, axes, times) for tensor in given])
    for each in calls:
        with torch.no_grad():
            returned = torch.utils._pytree.tree_leaves(function(*(tensor.clone() for tensor in each)))
        expected = [array_of(torch.as_tensor(leaf)) for leaf in returned]
        compare_arrays(expected, _run(content, [array_of(tensor) for tensor in each]), rtol, atol)
    return graph


def _run(content: bytes, arrays: list[Any]) -> list[Any]:
    try:
        return Session(content).run(arrays)
    except RuntimeRefusal:
        return Session(content, delegates=False).run(arrays)


def _type(tensor: torch.Tensor, axes: Sequence[int]) -> TensorType:
    shape = tuple(symbol(f"size_{i}", PROBES[i]) if i in axes else size for i, size in enumerate(tensor.shape))
    return TensorType(dtype_of(tensor.dtype), shape)


def _longer(tensor: torch.Tensor, axes: Sequence[int], times: int) -> torch.Tensor:
    return tensor.repeat([times if axis in axes else 1 for axis in range(tensor.ndim)])


def imported_operators(graph: Graph) -> list[str]:
    """The names of all operators, subgraphs included, in order."""
    return [operation.operator.builtin for each in Model([graph]).all_graphs() for operation in each.operations]


def floats(*shape: int, seed: int = 0, scale: float = 1.0) -> torch.Tensor:
    """Seeded normal numbers."""
    return torch.as_tensor((np.random.default_rng(seed).standard_normal(shape) * scale).astype("float32"))


def refusal(function: Callable[..., Any], *tensors: torch.Tensor) -> str:
    """Why a function has no form."""
    with pytest.raises(Unsupported) as raised:
        import_torch(function, *tensors, dynamic=None)
    return str(raised.value)
