"""Running a function of TensorFlow tensors on values of the graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tensorflow as tf

from litesmith.frontends.tensorflow.graph import Program, Reference
from litesmith.frontends.tensorflow.interpreter import Interpreter, WhereFrom
from litesmith.frontends.tensorflow.known import Known
from litesmith.frontends.tensorflow.registry import as_value
from litesmith.frontends.tensorflow.variables import Variable
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
    concrete = tf.function(lambda *tensors: list(function(*tensors)), autograph=False).get_concrete_function(
        *map(_spec, arguments)
    )
    items = [argument if isinstance(argument, Value) else Known.of(argument, DType.INT32) for argument in arguments]
    results, variables = run_concrete(concrete, items, weights, where_from)
    assigned = [variable.name for variable in variables if variable.is_assigned]
    if assigned:
        raise Unsupported(
            f"'{assigned[0]}' is assigned as a tf.Variable; assign to a variable of the layer (add_weight)"
        )
    return [as_value(item) for item in results]


def run_concrete(
    concrete: Any,
    items: Sequence[Any],
    weights: Mapping[int, Value] | None = None,
    where_from: Callable[[Any], WhereFrom] | None = None,
) -> tuple[list[Any], list[Variable]]:
    """What a concrete function returns for items, in order, and the variables that it captures."""
    graph = concrete.graph
    captured = {id(inner): outer for outer, inner in graph.captures}
    given = iter(items)
    known = {id(variable.handle): variable for variable in graph.variables}
    variables: list[Variable] = []
    bound: dict[str, Any] = {}
    for placeholder in graph.inputs:
        outer = captured.get(id(placeholder))
        if outer is None:
            bound[placeholder.op.name] = next(given)
            continue
        item = _captured(outer, weights or {}, known)
        variables += [item] if isinstance(item, Variable) else []
        bound[placeholder.op.name] = item
    program = Program(Message(graph.as_graph_def().SerializeToString()))
    interpreter = Interpreter(program, where_from(graph) if where_from is not None else None)
    wanted = [Reference.parse(output.name) for output in graph.outputs]
    always = [operation.name for operation in graph.control_outputs]
    return interpreter.run(
        program, bound, wanted, [name for name in always if interpreter.acts(program, name)]
    ), variables


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
