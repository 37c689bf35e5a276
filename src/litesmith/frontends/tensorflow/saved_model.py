"""SavedModel folders, read without TensorFlow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from litesmith.diagnostics.base import LitesmithError
from litesmith.diagnostics.files import DamagedFile
from litesmith.diagnostics.graphs import NoSignature
from litesmith.diagnostics.programs import NoForm
from litesmith.diagnostics.quoting import quoted
from litesmith.frontends.options import Options
from litesmith.frontends.original import DEFAULT, Imported
from litesmith.frontends.shape_text import nested_inputs
from litesmith.frontends.tensorflow.bundle import Bundle
from litesmith.frontends.tensorflow.graph import Program, Reference
from litesmith.frontends.tensorflow.graph_ways import GraphWay, Signature, Tensor, content, scope_of, why_not_compared
from litesmith.frontends.tensorflow.interpreter import Interpreter
from litesmith.frontends.tensorflow.known import Known
from litesmith.frontends.tensorflow.tables import loaded
from litesmith.frontends.tensorflow.tensors import dtype_of, shape_of
from litesmith.frontends.tensorflow.ways import import_ways
from litesmith.frontends.tensorflow.wire import Malformed, Message
from litesmith.ir.builder import building
from litesmith.ir.graph import Graph
from litesmith.ir.source import Source
from litesmith.ir.types import DType
from litesmith.ops.errors import Unsupported

SERVING = "serve"
"""The tag of the graph that is meant for inference."""


INIT = "__saved_model_init_op"
"""The signature whose output runs when a model of TensorFlow 2 is loaded."""

MAIN = ("saved_model_main_op", "legacy_init_op")
"""The collections that name the node that runs when a model of TensorFlow 1 is loaded."""


COPY_WHOLE = "Copy the whole folder: saved_model.pb holds the model, and the folder variables/ its weights."
VARIABLES = frozenset({"VarHandleOp", "VariableV2", "Variable"})
"""Operations that are variables, whose values stand beside the graph."""


class SavedModel:
    """A SavedModel folder, or one way to call what is in it.

    Attributes:
        signature: the name of the way that is meant; None for the one that is meant by default.
    """

    framework = "TensorFlow"
    roundings = 0.0

    def __init__(self, path: Path, signature: str | None = None, same: SavedModel | None = None) -> None:
        """`same`: the same folder, which TensorFlow then loads once for both."""
        self.path = path
        self.signature = signature
        self._same = same

    @property
    def not_compared(self) -> str | None:
        """Why there is nothing to compare a file with; None where there is."""
        return why_not_compared()

    @cached_property
    def _meta_graph(self) -> Message:
        data = content(self.path / "saved_model.pb")
        graphs = Message(data).messages(2)
        if not graphs:
            raise Malformed("it holds no graph")
        serving = [graph for graph in graphs if SERVING in graph.message(1).texts(4)]
        return (serving or graphs)[0]

    @cached_property
    def signatures(self) -> dict[str, Signature]:
        """The ways to call it, by name; those that only load it are left out."""
        found = self._meta_graph.entries(5)
        return {name: _signature(message) for name, message in found.items() if not name.startswith("__saved_model")}

    def import_graphs(
        self, inputs: Any, batch: int | None, options: Options, signatures: Mapping[str, Any] | None
    ) -> Imported:
        try:
            given = {self._chosen(self.signature): inputs} if signatures is None else dict(signatures)
            program = Program(self._meta_graph.message(2))
            interpreter = self._interpreter(program)
            ways = {name: GraphWay(name, program, self._signature(name), interpreter, self.path) for name in given}
            model, calls = import_ways(ways, given, batch)
        except FileNotFoundError as error:
            problem = f"{Path(error.filename).relative_to(self.path)}, which holds its weights, is missing"
            raise LitesmithError(DamagedFile(str(self.path), problem, COPY_WHOLE)) from error
        except (Malformed, OSError) as error:
            raise LitesmithError(DamagedFile(str(self.path), str(error))) from error
        except Unsupported as reason:
            raise LitesmithError(NoForm(Source(), str(self.path), str(reason))) from reason
        return Imported(model, calls, {name: SavedModel(self.path, name, self) for name in given})

    def said_inputs(self, texts: Sequence[str]) -> Any:
        return nested_inputs(texts)

    def run(self, inputs: Any) -> Any:
        import tensorflow as tf

        call = self._loaded.signatures[self._chosen(self.signature)]
        types = call.structured_input_signature[1]
        tensors = {name: tf.constant(array, types[name].dtype) for name, array in inputs.items()}
        return {name: np.asarray(tensor) for name, tensor in call(**tensors).items()}

    def run_in_turn(self, calls: Sequence[Any], state: Mapping[str, Any]) -> list[Any]:
        """Of the model as it was saved, whose state is what the file begins with."""
        fresh = SavedModel(self.path, self.signature)
        return [fresh.run(inputs) for inputs in calls]

    @cached_property
    def _loaded(self) -> Any:
        import tensorflow as tf

        if self._same is not None:
            return self._same._loaded
        return tf.saved_model.load(str(self.path))

    def _chosen(self, name: str | None) -> str:
        """The signature meant: the default one where none is named, or the only one."""
        known = list(self.signatures)
        if name is None and DEFAULT not in known and len(known) == 1:
            return known[0]
        self._signature(name or DEFAULT)
        return name or DEFAULT

    def _signature(self, name: str) -> Signature:
        if name not in self.signatures:
            raise LitesmithError(NoSignature(str(self.path), name, tuple(sorted(self.signatures))))
        return self.signatures[name]

    @property
    def _main_operation(self) -> str:
        """The node that runs when it is loaded, and fills its tables; nothing where there is none."""
        signatures, collections = self._meta_graph.entries(5), self._meta_graph.entries(4)
        if INIT in signatures:
            outputs = signatures[INIT].entries(2).values()
            return next((Reference.parse(output.text(1)).node for output in outputs), "")
        for name in MAIN:
            listed = collections[name].message(1).texts(1) if name in collections else []
            if listed:
                return Reference.parse(listed[0]).node
        return ""

    def _interpreter(self, program: Program) -> Interpreter:
        """What runs the graph, with its variables as they were saved: as the graph itself restores them."""
        saver = self._meta_graph.message(3)
        prefix = self.path / "variables" / "variables"
        has_variables = prefix.with_name("variables.index").exists()
        if not has_variables and program.operations & VARIABLES:
            raise FileNotFoundError(None, "is missing", str(prefix.with_name("variables.index")))
        interpreter = Interpreter(program, scope_of, Bundle(prefix) if has_variables else None)
        restore = Reference.parse(saver.text(3)).node if has_variables else ""
        given = {Reference.parse(saver.text(1)).node: Known.of(np.array(b"", object), DType.STRING)} if restore else {}
        fill = [self._main_operation] if self._main_operation else []
        try:
            with building(Graph("restore")):
                interpreter.run(program, given, [], [restore] if restore else [])
                loaded(program.tables.values(), lambda: interpreter.run(program, {}, [], fill))
        except (Malformed, Unsupported, OSError):
            raise
        except Exception as error:
            raise Malformed(f"its variables cannot be restored ({quoted(error)})") from error
        for variable in interpreter.variables.values():
            variable.saved = variable.current
        return interpreter


def _signature(message: Message) -> Signature:
    return Signature(
        {name: _tensor(tensor) for name, tensor in message.entries(1).items()},
        {name: _tensor(tensor) for name, tensor in sorted(message.entries(2).items())},
    )


def _tensor(message: Message) -> Tensor:
    if not message.has(1):
        raise Unsupported("a sparse or ragged tensor among the inputs or outputs")
    shape = shape_of(message.message(3)) if message.has(3) else None
    return Tensor(Reference.parse(message.text(1)), dtype_of(message.integer(2)), shape)
