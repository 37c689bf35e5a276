"""From a function of TensorFlow tensors to a graph."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from litesmith.frontends.tensorflow.tracing import call
from litesmith.ir.builder import building
from litesmith.ir.graph import Graph
from litesmith.ir.types import TensorType


def import_function(function: Callable[..., Any], types: Sequence[TensorType], name: str = "main") -> Graph:
    """A graph that computes what a function of tensors does; its outputs are the leaves of what that returns."""
    graph = Graph(name)
    values = [graph.add_input(type, f"input_{place}") for place, type in enumerate(types)]
    with building(graph):
        graph.outputs = call(lambda *tensors: tf.nest.flatten(function(*tensors)), values)
    return graph
