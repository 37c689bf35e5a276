"""Running functions of TensorFlow tensors on values of the graph."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from litesmith.frontends.tensorflow.graph import Program, Reference
from litesmith.frontends.tensorflow.interpreter import Interpreter, WhereFrom
from litesmith.frontends.tensorflow.known import Known
from litesmith.frontends.tensorflow.registry import as_value
from litesmith.frontends.tensorflow.tables import Entries, Table
from litesmith.frontends.tensorflow.variables import Variable, refuse_assignments
from litesmith.frontends.tensorflow.wire import Message
from litesmith.ir.builder import constant_value
from litesmith.ir.constants import Constant, Identity
from litesmith.ir.dims import Dim
from litesmith.ir.graph import Value
from litesmith.ir.types import DType, TensorType
from litesmith.ops.errors import Unsupported


def call(
    function: Callable[..., Sequence[Any]],
    arguments: Sequence[Value | Dim],
    weights: Mapping[int, Value] | None = None,
    where_from: Callable[[Any], WhereFrom] | None = None,
) -> list[Value]:
    """What `function` makes of tensors in place of `arguments`, in operators of the current graph.

    Args:
        function: takes tensors of TensorFlow, int32 scalars for sizes; returns tensors, numbers or variables.
        weights: values for variables that the function reads, by the identity of their handle.
        where_from: makes, of the FuncGraph, what tells the source of a node.

    Raises:
        Unsupported: for an operation that has no form.
    """
    traced = tf.function(lambda *tensors: list(function(*tensors)), autograph=False)
    concrete = traced.get_concrete_function(*map(_spec, arguments))
    items = [argument if isinstance(argument, Value) else Known.of(argument, DType.INT32) for argument in arguments]
    told = where_from(concrete.graph) if where_from is not None else None
    traced_program = Concrete(concrete, told, weights)
    results = traced_program.results(items)
    refuse_assignments(traced_program.variables.values())
    return [as_value(item) for item in results]


class Concrete:
    """A concrete function.

    Attributes:
        program: its graph, and the functions that this calls.
        wanted: where its results stand in the graph.
        captured: what stands for the tensors that it takes from around it, by the name of their placeholder.
    """

    def __init__(
        self, function: Any, where_from: WhereFrom | None = None, weights: Mapping[int, Value] | None = None
    ) -> None:
        """`weights`: values for variables, by the identity of their handle."""
        self.function = function
        self.program = Program(Message(function.graph.as_graph_def().SerializeToString()))
        self.interpreter = Interpreter(self.program, where_from)
        self.wanted = [Reference.parse(output.name) for output in function.graph.outputs]

        known = {id(variable.handle): variable for variable in function.graph.variables}
        self.captured: dict[str, Any] = {
            inner.op.name: _captured(outer, weights or {}, known) for outer, inner in function.graph.captures
        }

    @property
    def variables(self) -> dict[Hashable, Variable]:
        """Those that it captures, each under the same key wherever it is captured."""
        held = [item for item in self.captured.values() if isinstance(item, Variable)]
        return {("captured", id(item if item.origin is None else item.origin)): item for item in held}

    def results(self, items: Sequence[Any]) -> list[Any]:
        """What it returns for items, in order."""
        graph, interpreter, given = self.function.graph, self.interpreter, iter(items)
        names = [placeholder.op.name for placeholder in graph.inputs]
        bound = {name: self.captured[name] if name in self.captured else next(given) for name in names}
        run = [operation.name for operation in graph.control_outputs]
        always = [name for name in run if interpreter.acts(self.program, name)]
        return interpreter.run(self.program, bound, self.wanted, always)


def _spec(argument: Value | Dim) -> Any:
    if isinstance(argument, Dim):
        return tf.TensorSpec((), tf.int32)
    shape = [None if isinstance(size, Dim) else size for size in argument.type.shape]
    return tf.TensorSpec(shape, tf.as_dtype(argument.type.dtype.value))


def _captured(outer: Any, weights: Mapping[int, Value], known: Mapping[int, Any]) -> Any:
    """What stands for a tensor that a function takes from around it."""
    if outer.dtype != tf.resource:
        return Known.of(outer.numpy(), DType(outer.dtype.name))
    if id(outer) in weights:
        return Variable(weights[id(outer)].name, weights[id(outer)])
    variable = known.get(id(outer))
    if variable is None:
        return Table("captured", _Held(outer))
    type = TensorType(DType(variable.dtype.name), tuple(variable.shape.as_list()))
    weight = Constant(type, variable.numpy, ("tf.Variable", Identity(variable)))
    name = variable.name.split(":")[0]
    return Variable(name, constant_value(weight, name), variable)


@dataclass(frozen=True)
class _Held:
    """A table of TensorFlow by its handle; `Unsupported` for a resource of another kind."""

    handle: Any

    def entries(self, keys: DType, values: DType) -> Entries:
        self.count()
        types = tf.as_dtype(keys.value), tf.as_dtype(values.value)
        found = tf.raw_ops.LookupTableExportV2(table_handle=self.handle, Tkeys=types[0], Tvalues=types[1])
        return found.keys.numpy(), found.values.numpy()

    def count(self) -> int:
        try:
            return int(tf.raw_ops.LookupTableSizeV2(table_handle=self.handle))
        except tf.errors.OpError as error:
            raise Unsupported("a resource other than a variable or table") from error
