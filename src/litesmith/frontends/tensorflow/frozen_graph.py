"""Frozen graphs of TensorFlow 1, read without TensorFlow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from litesmith.diagnostics.base import LitesmithError
from litesmith.diagnostics.files import DamagedFile
from litesmith.diagnostics.graphs import NoSuchTensor
from litesmith.diagnostics.programs import NoForm
from litesmith.frontends.options import Options
from litesmith.frontends.original import DEFAULT, Imported
from litesmith.frontends.shape_text import nested_inputs
from litesmith.frontends.tensorflow.graph import Node, Program, Reference
from litesmith.frontends.tensorflow.graph_ways import GraphWay, Signature, Tensor, content, scope_of, why_not_compared
from litesmith.frontends.tensorflow.interpreter import Interpreter
from litesmith.frontends.tensorflow.tables import loaded
from litesmith.frontends.tensorflow.ways import import_ways
from litesmith.frontends.tensorflow.wire import Malformed, Message
from litesmith.ir.builder import building
from litesmith.ir.graph import Graph
from litesmith.ir.source import Source
from litesmith.ir.types import DType
from litesmith.ops.errors import Unsupported

FILLS = frozenset({"InitializeTable", "InitializeTableV2", "LookupTableImport", "LookupTableImportV2"})
"""Operations that give tables their entries."""


class FrozenGraph:
    """A GraphDef whose variables are constants, and which of its tensors are handed in and out."""

    framework = "TensorFlow"
    roundings = 0.0

    def __init__(self, path: Path, outputs: Sequence[str] | None = None, inputs: Sequence[str] = ()) -> None:
        """`inputs`, `outputs`: names of tensors; by default the placeholders, and what no node reads."""
        self.path = path
        self.names = tuple(inputs), tuple(outputs or ())

    @property
    def not_compared(self) -> str | None:
        """Why there is nothing to compare a file with; None where there is."""
        return why_not_compared()

    @cached_property
    def _program(self) -> Program:
        return Program(Message(content(self.path)))

    @cached_property
    def _signature(self) -> Signature:
        inputs, outputs = self.names
        nodes = self._program.nodes
        read = {name for node in nodes.values() for name in _read_by(node)}
        inputs = inputs or tuple(node.name for node in nodes.values() if node.op == "Placeholder")
        outputs = outputs or tuple(node.name for node in nodes.values() if node.name not in read and _is_result(node))
        if not outputs:
            raise Malformed("each of its nodes is read by another one, so that none is a result")
        return Signature(
            {_plain(name): self._tensor(name) for name in inputs},
            {_plain(name): self._tensor(name) for name in outputs},
        )

    def _tensor(self, name: str) -> Tensor:
        place = Reference.parse(name)
        node = self._program.nodes.get(place.node)
        if node is None:
            raise LitesmithError(NoSuchTensor(str(self.path), name, tuple(self._program.nodes)))
        dtype = next((node.attribute(key) for key in ("dtype", "T", "Tparams", "DstT") if key in node), DType.FLOAT32)
        shape = node.attribute("shape") if "shape" in node else None
        if not isinstance(dtype, DType) or not (shape is None or isinstance(shape, tuple)):
            raise Malformed(f"the node {node.name!r} does not say its type and shape")
        return Tensor(place, dtype, shape)

    def import_graphs(
        self, inputs: Any, batch: int | None, options: Options, signatures: Mapping[str, Any] | None
    ) -> Imported:
        if isinstance(inputs, Mapping) and not self.names[0]:
            named = FrozenGraph(self.path, self.names[1], tuple(inputs))
            said = {_plain(name): each for name, each in inputs.items()}
            return named.import_graphs(said, batch, options, signatures)
        try:
            interpreter = Interpreter(self._program, scope_of)
            self._fill_tables(interpreter)
            way = GraphWay(self.path.name, self._program, self._signature, interpreter, self.path, nested=False)
            model, calls = import_ways({DEFAULT: way}, {DEFAULT: inputs}, batch)
        except Malformed as error:
            raise LitesmithError(DamagedFile(str(self.path), str(error))) from error
        except Unsupported as reason:
            raise LitesmithError(NoForm(Source(), str(self.path), str(reason))) from reason
        return Imported(model, calls, {DEFAULT: self})

    def _fill_tables(self, interpreter: Interpreter) -> None:
        """Give tables the entries that nodes of the graph give them."""
        fills = [node.name for node in self._program if node.op in FILLS]
        with building(Graph("tables")):
            loaded(self._program.tables.values(), lambda: interpreter.run(self._program, {}, [], fills))

    def said_inputs(self, texts: Sequence[str]) -> Any:
        return nested_inputs(texts)

    def run(self, inputs: Any) -> Any:
        import tensorflow as tf

        names = sorted(self._signature.inputs)
        arrays = [inputs[name] for name in names] if isinstance(inputs, Mapping) else [inputs]
        tensors = [tf.constant(array) for array in arrays]
        results = self._pruned(*tensors)
        found = dict(zip(self._signature.outputs, (np.asarray(each) for each in results), strict=True))
        return found if len(found) > 1 else next(iter(found.values()))

    def run_in_turn(self, calls: Sequence[Any], state: Mapping[str, Any]) -> list[Any]:
        return [self.run(inputs) for inputs in calls]

    @cached_property
    def _pruned(self) -> Any:
        """The graph as a function of TensorFlow."""
        import tensorflow as tf

        graph = tf.compat.v1.GraphDef.FromString(self.path.read_bytes())
        wrapped = tf.compat.v1.wrap_function(lambda: tf.graph_util.import_graph_def(graph, name=""), [])
        sides = (
            [self._signature.inputs[name] for name in sorted(self._signature.inputs)],
            self._signature.outputs.values(),
        )
        feeds, fetches = ([f"{each.place.node}:{each.place.index}" for each in side] for side in sides)
        element = wrapped.graph.as_graph_element
        return wrapped.prune([element(name) for name in feeds], [element(name) for name in fetches])


def _read_by(node: Node) -> list[str]:
    """The nodes that a node reads or runs after; a NoOp only holds others together."""
    return [each.node for each in node.inputs] + ([] if node.op == "NoOp" else list(node.after))


def _is_result(node: Node) -> bool:
    return node.op not in ("NoOp", "Const", "Placeholder", "Assert")


def _plain(name: str) -> str:
    return name.removesuffix(":0")
