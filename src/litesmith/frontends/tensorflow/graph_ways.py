"""Graphs of TensorFlow in files, and ways to call them, read without TensorFlow."""

from __future__ import annotations

import importlib.util
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from litesmith.frontends.inputs import InputType
from litesmith.frontends.tensorflow.graph import Body, Node, Program, Reference
from litesmith.frontends.tensorflow.interpreter import Interpreter
from litesmith.frontends.tensorflow.variables import Variable
from litesmith.frontends.tensorflow.ways import AnyShape
from litesmith.frontends.tensorflow.wire import Malformed, Message
from litesmith.ir.graph import Value
from litesmith.ir.source import Source
from litesmith.ir.types import DType
from litesmith.ops.errors import Unsupported

SAMPLED = 100
"""How many nodes tell whether it is a graph."""

GRAPH_FIELDS = frozenset((1, 2, 3, 4, 5))
"""Nodes, functions, versions and what debuggers need."""

MOST_BYTES = 1 << 31
"""More than a protocol buffer can have."""


@dataclass(frozen=True)
class Tensor:
    """A tensor of a graph that is handed in or out."""

    place: Reference
    dtype: DType
    shape: tuple[int | None, ...] | None


@dataclass(frozen=True)
class Signature:
    """A way to call a graph: its tensors by name."""

    inputs: dict[str, Tensor]
    outputs: dict[str, Tensor]


class GraphWay:
    """A signature of a graph as a way to call it."""

    def __init__(
        self,
        name: str,
        program: Program,
        signature: Signature,
        interpreter: Interpreter,
        path: Path,
        nested: bool = True,
    ) -> None:
        """`nested`: inputs and outputs are dictionaries even where there is one of them."""
        self.name = name
        self.path: str | None = str(path)
        self.program = program
        self.signature = signature
        self.interpreter = interpreter
        self.nested = nested
        self.inputs: Any = {key: _input(key, tensor) for key, tensor in sorted(signature.inputs.items())}
        if not nested and len(self.inputs) == 1:
            (self.inputs,) = self.inputs.values()

    def build(self, values: Sequence[Value]) -> Any:
        names = sorted(self.signature.inputs)
        if any(self.signature.inputs[name].place.index for name in names):
            raise Unsupported("an input in place of another output of a node than the first")
        bound = {self.signature.inputs[name].place.node: value for name, value in zip(names, values, strict=True)}
        _, references = self.wanted()
        results = self.interpreter.run(self.program, bound, references)
        found = dict(zip(self.signature.outputs, results, strict=True))
        return found if self.nested or len(found) > 1 else next(iter(found.values()))

    @property
    def variables(self) -> Mapping[Hashable, Variable]:
        return {("saved", name): variable for name, variable in self.interpreter.variables.items()}

    def wanted(self) -> tuple[Body, Sequence[Reference]]:
        return self.program, [tensor.place for tensor in self.signature.outputs.values()]


def content(path: Path) -> bytes:
    """A file that is a protocol buffer."""
    if path.stat().st_size > MOST_BYTES:
        raise Malformed("it is larger than a protocol buffer can be")
    return path.read_bytes()


def is_graph(path: Path) -> bool:
    """Whether a file is a GraphDef: nodes with names and operations, and what belongs to them."""
    if path.stat().st_size > MOST_BYTES:
        return False
    try:
        message = Message(path.read_bytes())
        nodes = message.messages(1)
        named = all(node.text(1) and node.text(2) for node in nodes[:SAMPLED])
        return bool(nodes) and message.fields.keys() <= GRAPH_FIELDS and named
    except Malformed:
        return False


def scope_of(node: Node, _: int) -> Source | None:
    """The scope that a node's name says, which is its layer's; that of the call for a node without one."""
    scope = node.name.rpartition("/")[0]
    return Source(scope) if scope else None


def why_not_compared() -> str | None:
    """Why there is nothing to compare a file with; None where there is."""
    return None if importlib.util.find_spec("tensorflow") else "TensorFlow, which would run it, is not installed"


def _input(name: str, tensor: Tensor) -> InputType:
    if tensor.shape is None:
        return AnyShape(name, (), tensor.dtype.value)
    return InputType(name, tensor.shape, tensor.dtype.value)
