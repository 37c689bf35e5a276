"""From a function of JAX arrays to a graph."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax

from litesmith.frontends.jax.tracing import call
from litesmith.ir.builder import building
from litesmith.ir.graph import Graph
from litesmith.ir.types import TensorType


def import_function(function: Callable[..., Any], types: Sequence[TensorType], name: str = "main") -> Graph:
    """A graph that computes what a function of JAX arrays does; its outputs are the leaves of what that returns."""
    graph = Graph(name)
    values = [graph.add_input(type, f"input_{place}") for place, type in enumerate(types)]
    with building(graph):
        graph.outputs = call(lambda *arrays: jax.tree_util.tree_leaves(function(*arrays)), values)
    return graph
