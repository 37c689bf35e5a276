"""Running functions of TensorFlow tensors on values of the graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tensorflow as tf

from litesmith.frontends.tensorflow.graph import Program, Reference
from litesmith.frontends.tensorflow.interpreter import Interpreter, WhereFrom
from litesmith.frontends.tensorflow.known import Known
from litesmith.frontends.tensorflow.registry import as_value
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
    results, variables = Concrete(concrete, told).results(items, weights)
    refuse_assignments(variables)
    return [as_value(item) for item in results]


class Concrete:
    """A concrete function.

    Attributes:
        program: its graph, and the functions that this calls.
        wanted: where its results stand in the graph.
    """

    def __init__(self, function: Any, where_from: WhereFrom | None = None) -> None:
        self.function = function
        self.program = Program(Message(function.graph.as_graph_def().SerializeToString()))
        self.interpreter = Interpreter(self.program, where_from)
        self.wanted = [Reference.parse(output.name) for output in function.graph.outputs]

    def results(
        self, items: Sequence[Any], weights: Mapping[int, Value] | None = None
    ) -> tuple[list[Any], list[Variable]]:
        """What it returns for items, in order, and the variables that it captures.

        `weights`: values for variables, by the identity of their handle.
        """
        graph, interpreter = self.function.graph, self.interpreter
        captured = {id(inner): outer for outer, inner in graph.captures}
        known = {id(variable.handle): variable for variable in graph.variables}
        given, variables, bound = iter(items), list[Variable](), dict[str, Any]()
        for placeholder in graph.inputs:
            outer = captured.get(id(placeholder))
            item = next(given) if outer is None else _captured(outer, weights or {}, known)
            variables += [item] if isinstance(item, Variable) else []
            bound[placeholder.op.name] = item
        run = [operation.name for operation in graph.control_outputs]
        always = [name for name in run if interpreter.acts(self.program, name)]
        return interpreter.run(self.program, bound, self.wanted, always), variables


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
        raise Unsupported("a resource other than a variable, such as a table")
    type = TensorType(DType(variable.dtype.name), tuple(variable.shape.as_list()))
    weight = Constant(type, variable.numpy, ("tf.Variable", Identity(variable)))
    return Variable(variable.name, constant_value(weight, variable.name.split(":")[0]))
