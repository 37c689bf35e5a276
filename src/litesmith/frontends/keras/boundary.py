"""Where a model is cut in two: layers in front of the cut run in the app, their results are inputs of the file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from keras import tree

from litesmith.diagnostics.base import Diagnostic
from litesmith.diagnostics.keras import UnsupportedArgument
from litesmith.ir.dims import Dim, Size
from litesmith.ir.graph import Graph, Value
from litesmith.ir.nesting import nesting_of
from litesmith.ir.source import Source
from litesmith.ir.types import DType, TensorType
from litesmith.ops.errors import Unsupported
from litesmith.preprocessing.pipeline import Given, Placed, Preprocessing
from litesmith.preprocessing.steps import Step

UNSPLIT = "convert with split_preprocessing=True (--split-preprocessing), which leaves it to the app"


class Boundary:
    """The cut through one graph.

    Attributes:
        results: of what is done in front of it, in order.
        known: what is there in front of it: inputs of the whole model and results of steps, by their values.
    """

    def __init__(self, graph: Graph, new_size: Callable[[str, int], Dim]) -> None:
        """`new_size`: an unknown size of an input's axis."""
        self.graph = graph
        self.new_size = new_size
        self.results: dict[Value, Placed] = {}
        self.known: dict[Value, str] = {}

    @property
    def placed(self) -> tuple[Placed, ...]:
        """What is done in front of the cut, in order."""
        return tuple(self.results.values())

    def take_input(self, type: TensorType, name: str) -> Value:
        """An input of the whole model; texts are none of the graph."""
        value = Value(type, name, graph=self.graph) if _is_text(type) else self.graph.add_input(type, name)
        self.known[value] = name
        return value

    def step(self, step: Step, layer: str, sources: Sequence[Value]) -> Value:
        """The result of a layer in front of the cut, as an input of the graph named after the layer."""
        unknown = [value for value in sources if value not in self.known]
        if unknown:
            raise Unsupported(
                "the layer runs in the app, but one of its inputs is computed by the model "
                "(give it inputs of the model, or what other such layers return)"
            )
        names = tuple(self.known[source] for source in sources)
        for value, placed in self.results.items():
            if (placed.layer, placed.sources) == (layer, names):
                return value
        name = _unused(layer.replace("/", "_") or step.kind.lower(), set(self.known.values()))
        shape = tuple(
            self.new_size(name, axis) if size is None else size
            for axis, size in enumerate(step.shape(*(value.type.shape for value in sources)))
        )
        value = self.graph.add_input(TensorType(DType(step.dtype), shape), name)
        self.results[value] = Placed(name, layer, step, names, _open(shape))
        self.known[value] = name
        return value

    def finish(self) -> None:
        """Take what only the app needs from the graph's inputs."""
        in_app = {source for placed in self.placed for source in placed.sources}
        graph = self.graph
        left = [v for v in graph.inputs if v.name in in_app and not v.uses and not graph.is_output(v)]
        graph.inputs = [value for value in graph.inputs if value not in left]
        graph.anchors = {symbol: place for symbol, place in graph.anchors.items() if place[0] not in left}
        for value in graph.inputs:
            graph.anchor(value)

    def findings(self) -> Iterator[Diagnostic]:
        """What computes with texts in the graph, where nothing can."""
        for value in self.known:
            if _is_text(value.type):
                for operation in value.users:
                    name = f"keras.{operation.source.operation}"
                    problem = f"the text '{value.name}', which only preprocessing layers take"
                    yield UnsupportedArgument(operation.source, name, problem)
                if self.graph.is_output(value):
                    yield UnsupportedArgument(Source(), "keras.Input", f"the text '{value.name}' is an output as well")

    def preprocessing(self, inputs: Any) -> Preprocessing:
        """What the app does, for inputs of the whole model with leaves that have a name, a type and a shape."""
        leaves = tree.flatten(inputs)
        names = list(self.known.values())[: len(leaves)]
        given = tuple(Given(name, leaf.dtype, leaf.shape) for name, leaf in zip(names, leaves, strict=True))
        needed = tuple(value.name for value in self.graph.inputs)
        return Preprocessing(given, nesting_of(inputs), self.placed, needed)


_boundary: ContextVar[Boundary | None] = ContextVar("litesmith_boundary", default=None)


@contextmanager
def cutting(boundary: Boundary | None) -> Iterator[None]:
    """Layers called inside may be left to the app."""
    token = _boundary.set(boundary)
    try:
        yield
    finally:
        _boundary.reset(token)


def in_app(step: Step, layer: str, sources: Sequence[Value], reason: str) -> Value:
    """The result of a layer that has no form in LiteRT for a reason, which is left to the app where the user agrees."""
    boundary = _boundary.get()
    if boundary is None:
        raise Unsupported(f"{reason}; {UNSPLIT}")
    return boundary.step(step, layer, sources)


def _is_text(type: TensorType) -> bool:
    return type.dtype is DType.STRING


def _open(shape: Sequence[Size]) -> tuple[int | None, ...]:
    return tuple(None if isinstance(size, Dim) else int(size) for size in shape)


def _unused(name: str, taken: set[str]) -> str:
    candidate, count = name, 0
    while candidate in taken:
        count += 1
        candidate = f"{name}_{count}"
    return candidate
