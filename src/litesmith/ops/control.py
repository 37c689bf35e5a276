"""Loops and branches: operators that run graphs.

What a body or a branch reads of the graph around it becomes one more operand of the operator.
A loop hands such values on unchanged, which costs the kernel nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from litesmith.ir.builder import Builder, building_subgraph, emit, emit_many
from litesmith.ir.dims import Dim, Size, same_shape
from litesmith.ir.graph import Value
from litesmith.ir.operator import TypeRule
from litesmith.ir.types import DType, TensorType
from litesmith.ops import math
from litesmith.ops.array import as_value, broadcast_to, reshape
from litesmith.ops.errors import Unsupported
from litesmith.ops.sizes import int32
from litesmith.opset.binary import LogicalOr, Maximum
from litesmith.opset.control import If, While
from litesmith.opset.rules import broadcast_shapes
from litesmith.opset.shaping import Reshape

Condition = Callable[[list[Value]], Value]
Body = Callable[[list[Value]], Sequence[Value]]
Branch = Callable[[], Sequence[Value]]


def while_loop(condition: Condition, body: Body, carried: Sequence[Value], name: str = "while") -> list[Value]:
    """The carried values after `body` has been applied to them as long as `condition` of them holds.

    A carried value keeps its type; one that the body broadcasts is broadcast before the loop.
    """
    with building_subgraph(f"{name}_body") as step:
        inputs = inputs_of(step, carried)
        results = list(body(inputs))
    started = as_the_body_returns(carried, results)
    if started is not None:
        return while_loop(condition, body, started, name)
    with building_subgraph(f"{name}_cond") as test:
        tested = inputs_of(test, carried)
        test.graph.outputs = [test.reach(truth(condition(tested)))]
    return emit_while(test, tested, step, inputs, results, carried)


def fori_loop(
    lower: Size | Value,
    upper: Size | Value,
    body: Callable[[Value, list[Value]], Sequence[Value]],
    carried: Sequence[Value],
    name: str = "for",
) -> list[Value]:
    """The carried values after `body(i, values)` for each i from `lower` up to but without `upper`, int32 scalars."""
    first, last = as_value(lower, DType.INT32), as_value(upper, DType.INT32)

    def step(values: list[Value]) -> list[Value]:
        place, *rest = values
        return [math.add(place, 1), *body(place, rest)]

    return while_loop(lambda values: math.less(values[0], last), step, [first, *carried], name)[1:]


def if_else(predicate: Value, then: Branch, otherwise: Branch, name: str = "if") -> list[Value]:
    """The values of `then` where the scalar `predicate` holds, else those of `otherwise`; only one of them runs."""
    with building_subgraph(f"{name}_then") as first:
        results = list(then())
    with building_subgraph(f"{name}_else") as second:
        others = list(otherwise())
    _check_branches(results, others)
    first.graph.outputs = [first.reach(value) for value in results]
    second.graph.outputs = [second.reach(value) for value in others]
    captured = _captured(first, second)
    for branch in (first, second):
        branch.graph.inputs = [branch.reach(value) for value in captured]
    return list(emit_many(If(then=first.graph, otherwise=second.graph), truth(predicate), *captured))


def switch(index: Value, branches: Sequence[Branch], name: str = "switch") -> list[Value]:
    """The values of the branch with number `index`, an integer scalar; the first or last one where there is none."""
    if len(branches) == 1:
        return list(branches[0]())
    half = len(branches) // 2
    return if_else(
        math.less(index, half),
        lambda: switch(index, branches[:half], name),
        lambda: switch(math.subtract(index, half), branches[half:], name),
        name,
    )


def truth(x: Value) -> Value:
    """A tensor of one element as the bool scalar that operators take for a condition."""
    scalar = x if x.type.rank == 0 else reshape(x, ())
    return scalar if x.type.dtype is DType.BOOL else math.not_equal(scalar, 0)


def inputs_of(builder: Builder, values: Sequence[Value]) -> list[Value]:
    """New inputs of a graph, one for each value, of its type."""
    return [builder.graph.add_input(value.type, value.name) for value in values]


def as_the_body_returns(carried: Sequence[Value], results: Sequence[Value]) -> list[Value] | None:
    """Initial values of the shapes that the body returns; None when they have them already."""
    if len(carried) != len(results):
        raise Unsupported(f"a loop that takes {len(carried)} values and returns {len(results)}")
    started = [_started(value, result.type) for value, result in zip(carried, results, strict=True)]
    return None if all(map(_is, started, carried)) else started


def _is(left: Value, right: Value) -> bool:
    return left is right


def _started(value: Value, type: TensorType) -> Value:
    if value.type.dtype is not type.dtype:
        raise Unsupported(f"a loop whose value of type {value.type.dtype} becomes {type.dtype}")
    if same_shape(value.type.shape, type.shape):
        return value
    try:
        grown = broadcast_shapes(value.type.shape, type.shape)
    except TypeRule:
        grown = value.type.shape
    if not same_shape(grown, type.shape) or _doubtful(value.type, type):
        raise Unsupported(f"a loop whose value changes its shape from {value.type} to {type}")
    return broadcast_to(value, type.shape)


def _doubtful(before: TensorType, after: TensorType) -> bool:
    """Whether a size would have to be a dynamic one by chance."""
    padded = (1,) * (after.rank - before.rank) + before.shape
    pairs = zip(padded, after.shape, strict=True)
    return any(isinstance(old, Dim) and not same_shape((old,), (new,)) for old, new in pairs)


def emit_while(
    test: Builder,
    tested: Sequence[Value],
    body: Builder,
    inputs: Sequence[Value],
    results: Sequence[Value],
    carried: Sequence[Value],
) -> list[Value]:
    """The WHILE of two graphs built for `carried`; what both read of the graph around them is handed on."""
    outputs = [body.reach(result) for result in results]
    captured = _captured(test, body)
    test.graph.inputs = [*tested, *(test.reach(value) for value in captured)]
    body.graph.inputs = [*inputs, *(body.reach(value) for value in captured)]
    body.graph.outputs = [*outputs, *body.graph.inputs[len(carried) :]]
    keep_apart(body)
    return list(emit_many(While(cond=test.graph, body=body.graph), *carried, *captured)[: len(carried)])


def _captured(*builders: Builder) -> list[Value]:
    """The values of the graph around them that subgraphs read, each once."""
    return list(dict.fromkeys(outer for builder in builders for outer, _ in builder.captures))


def keep_apart(body: Builder) -> int:
    """Copy the inputs that a loop's body returns at another place; returns how many.

    The inputs of a loop's body lie where the loop's results are written one after the other, so an
    input that is returned at another place may be overwritten before it is copied there.
    """
    graph, copied = body.graph, 0
    for place, output in enumerate(graph.outputs):
        if output in graph.inputs and graph.inputs[place] is not output:
            graph.outputs[place] = body.in_place(partial(_copy, output))
            copied += 1
    return copied


def _copy(x: Value) -> Value:
    """X in a tensor of its own."""
    if x.type.dtype is DType.BOOL:
        return emit(LogicalOr(), x, x)
    if x.type.dtype in (DType.FLOAT32, DType.INT32, DType.INT64):
        return emit(Maximum(), x, x)
    if x.type.rank and isinstance(x.type.shape[0], Dim):
        raise Unsupported(f"a loop that exchanges values of type {x.type.dtype}")
    return emit(Reshape(), x, int32(list(map(int, x.type.shape))))


def _check_branches(results: Sequence[Value], others: Sequence[Value]) -> None:
    if len(results) != len(others):
        raise Unsupported(f"branches that return {len(results)} and {len(others)} values")
    for one, other in zip(results, others, strict=True):
        if not one.type.matches(other.type):
            raise Unsupported(f"branches that return {one.type} and {other.type}")
