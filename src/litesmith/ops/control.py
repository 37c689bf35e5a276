"""Loops and branches: operators that run graphs.

What a body or a branch reads of the graph around it becomes one more operand of the operator.
A loop hands such values on unchanged, which costs the kernel nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial, reduce

import numpy as np

from litesmith.ir.builder import Builder, building_subgraph, current_builder, emit
from litesmith.ir.dims import Dim, Size, expression, same, same_shape
from litesmith.ir.graph import Value
from litesmith.ir.kernel_traps import MOST_AXES
from litesmith.ir.loops import note_loop
from litesmith.ir.operator import TypeRule
from litesmith.ir.types import DType, TensorType
from litesmith.ops import math
from litesmith.ops.array import as_value, broadcast_to, cast, concatenate, full, reshape, slice_axis
from litesmith.ops.errors import Unsupported
from litesmith.ops.measured import emit_sized, new_size
from litesmith.ops.sizes import int32
from litesmith.opset.binary import LogicalOr, Maximum
from litesmith.opset.control import If, While
from litesmith.opset.rules import broadcast_shapes
from litesmith.opset.shaping import Reshape

Condition = Callable[[list[Value]], Value]
Body = Callable[[list[Value]], Sequence[Value]]
Branch = Callable[[], Sequence[Value]]

CARRIED = "carried size"
"""How sizes are called that change from round to round of a loop."""


class ShapeChanges(Unsupported):
    """A loop's value has another shape after a round, and not by broadcasting."""


def while_loop(
    condition: Condition,
    body: Body,
    carried: Sequence[Value],
    name: str = "while",
    types: Sequence[TensorType] | None = None,
    steps: Size | None = None,
) -> list[Value]:
    """The carried values after `body` has been applied to them as long as `condition` of them holds.

    A carried value keeps its type; one that the body broadcasts is broadcast before the loop. Sizes that the
    body changes are unknown in the loop and behind it.

    Args:
        types: of the carried values in each round, by default what they are in front of the loop.
        steps: how many rounds there are, for the report.
    """
    with building_subgraph(f"{name}_body") as step:
        inputs = inputs_of(step, carried, types)
        results = list(body(inputs))
    if types is None and (started := _broadcast(carried, results, body, name)) is not None:
        return while_loop(condition, body, started, name, steps=steps)
    loosened = _loosened([value.type for value in inputs], [value.type for value in results])
    if loosened is not None and any(empty := _empty_axes(carried, loosened)):
        return _beside_a_place(condition, body, carried, empty, name, steps)
    if loosened is not None:
        return while_loop(condition, body, carried, name, loosened, steps)
    note_loop("loop", steps, steps_text(steps))
    with building_subgraph(f"{name}_cond") as test:
        tested = inputs_of(test, carried, types)
        test.graph.outputs = [test.reach(truth(condition(tested)))]
    return emit_while(test, tested, step, inputs, results, carried)


def _broadcast(carried: Sequence[Value], results: Sequence[Value], body: Body, name: str) -> list[Value] | None:
    """Initial values broadcast to the shapes that the body returns; None where that is not what it does.

    A body that makes something longer in each round seems to broadcast it where it begins with a size of 1.
    """
    values: list[Value] | None = None
    try:
        while (started := as_the_body_returns(carried if values is None else values, results)) is not None:
            values = started
            with building_subgraph(f"{name}_body") as step:
                results = list(body(inputs_of(step, values)))
    except ShapeChanges:
        return None
    return values


def _empty_axes(carried: Sequence[Value], types: Sequence[TensorType]) -> list[tuple[int, ...]]:
    """The axes of each value that have no places at first, and that the body makes longer."""
    return [
        tuple(
            axis
            for axis, (old, new) in enumerate(zip(value.type.shape, type.shape, strict=True))
            if old is not new and old == 0
        )
        for value, type in zip(carried, types, strict=True)
    ]


def _beside_a_place(
    condition: Condition,
    body: Body,
    carried: Sequence[Value],
    empty: Sequence[Sequence[int]],
    name: str,
    steps: Size | None,
) -> list[Value]:
    """A loop whose values have one more place in front along axes that are empty at first.

    The kernel of WHILE fails on a value without elements that gets one place along its first axis.
    """

    def with_places(values: Sequence[Value]) -> list[Value]:
        return [reduce(_with_a_place, axes, value) for value, axes in zip(values, empty, strict=True)]

    def without(values: Sequence[Value]) -> list[Value]:
        return [reduce(_without_a_place, axes, value) for value, axes in zip(values, empty, strict=True)]

    found = while_loop(
        lambda values: condition(without(values)),
        lambda values: with_places(body(without(values))),
        with_places(carried),
        name,
        steps=steps,
    )
    return without(found)


def _with_a_place(x: Value, axis: int) -> Value:
    shape = [1 if place == axis else size for place, size in enumerate(x.type.shape)]
    return concatenate([full(shape, 0, x.type.dtype), x], axis)


def _without_a_place(x: Value, axis: int) -> Value:
    return slice_axis(x, axis, 1, None)


def _loosened(before: Sequence[TensorType], after: Sequence[TensorType]) -> list[TensorType] | None:
    """Types with a new unknown for each size that a round changes; None when all of those are unknown already."""
    if any(old.dtype is not new.dtype or old.rank != new.rank for old, new in zip(before, after, strict=True)):
        raise Unsupported("a loop whose values have another number of axes, or another type, after a round")
    types = [
        old.with_shape(tuple(map(_loosened_size, old.shape, new.shape))) for old, new in zip(before, after, strict=True)
    ]
    return None if all(map(TensorType.matches, types, before)) else types


def _loosened_size(before: Size, after: Size) -> Size:
    return before if same(before, after) or _is_carried(before) else new_size(CARRIED)


def _is_carried(size: Size) -> bool:
    return isinstance(size, Dim) and size.is_symbol and str(size).startswith(CARRIED)


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

    count = None if isinstance(lower, Value) or isinstance(upper, Value) else upper - lower
    return while_loop(lambda values: math.less(values[0], last), step, [first, *carried], name, steps=count)[1:]


def steps_text(count: Size | None) -> str:
    """Why so many steps are a loop."""
    if count is None:
        return "the model computes when it ends"
    return f"its number of steps is open, {count}" if isinstance(count, Dim) else f"{count} steps"


def if_else(predicate: Value, then: Branch, otherwise: Branch, name: str = "if") -> list[Value]:
    """The values of `then` where the scalar `predicate` holds, else those of `otherwise`; only one of them runs.

    Where one branch returns other integers or floats than the other, both return the wider ones.
    """
    with building_subgraph(f"{name}_then") as first:
        results = list(then())
    with building_subgraph(f"{name}_else") as second:
        others = list(otherwise())
    results, others = _widened(first, results, others), _widened(second, others, results)
    types = _types_behind(results, others)
    first.graph.outputs = [first.reach(value) for value in results]
    second.graph.outputs = [second.reach(value) for value in others]
    captured = _captured(first, second)
    for branch in (first, second):
        branch.graph.inputs = [branch.reach(value) for value in captured]
    return list(emit_sized(If(then=first.graph, otherwise=second.graph), [truth(predicate), *captured], *types))


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


def inputs_of(builder: Builder, values: Sequence[Value], types: Sequence[TensorType] | None = None) -> list[Value]:
    """New inputs of a graph, one for each value, of its type or one of `types`."""
    chosen = [value.type for value in values] if types is None else types
    return [builder.graph.add_input(type, value.name) for value, type in zip(values, chosen, strict=True)]


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
    if value.type.rank != type.rank and len(grown) != type.rank:
        raise Unsupported(f"a loop whose value changes its shape from {value.type} to {type}")
    if type.rank > MOST_AXES:
        raise Unsupported("a loop whose value gets more axes in each round")
    if not same_shape(grown, type.shape) or _doubtful(value.type, type):
        raise ShapeChanges(f"a loop whose value changes its shape from {value.type} to {type}")
    return broadcast_to(value, type.shape)


def _doubtful(before: TensorType, after: TensorType) -> bool:
    """Whether a size would have to be a dynamic one by chance, or is known inside of the loop only."""
    padded = (1,) * (after.rank - before.rank) + before.shape
    changed = [(old, new) for old, new in zip(padded, after.shape, strict=True) if not same(old, new)]
    return any(isinstance(old, Dim) or not _is_known_here(new) for old, new in changed)


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
    types = [_type_behind(value.type, value.type) for value in body.graph.outputs]
    operator = While(cond=test.graph, body=body.graph)
    return list(emit_sized(operator, [*carried, *captured], *types)[: len(carried)])


def _type_behind(one: TensorType, other: TensorType) -> TensorType:
    """The type outside of subgraphs that return these: sizes that they do not share are unknown there, and theirs."""
    sizes = [
        size if same(size, others) and _is_known_here(size) else new_size("inner")
        for size, others in zip(one.shape, other.shape, strict=True)
    ]
    return one.with_shape(tuple(sizes))


def _is_known_here(size: Size) -> bool:
    """Whether all unknowns of a size can be read in the current graph, or in one around it."""
    builder: Builder | None = current_builder()
    left = set(expression(size).symbols)
    while builder is not None and left:
        left -= builder.graph.anchors.keys()
        builder = builder.parent
    return not left


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


def _widened(branch: Builder, values: Sequence[Value], others: Sequence[Value]) -> list[Value]:
    """The values of a branch as what holds those of the other branch too."""
    pairs = zip(values, others, strict=False)
    chosen = [(value, _wider(value.type.dtype, other.type.dtype)) for value, other in pairs]
    cast_ones = [branch.in_place(partial(cast, value, dtype)) for value, dtype in chosen]
    return [*cast_ones, *values[len(cast_ones) :]]


def _wider(one: DType, other: DType) -> DType:
    """The type of the same kind that holds the numbers of both; the first where there is none."""
    if one.is_float and other.is_float:
        return one if one is other else DType.FLOAT64 if DType.FLOAT64 in (one, other) else DType.FLOAT32
    both = np.promote_types(one.numpy, other.numpy) if one.is_integer and other.is_integer else one.numpy
    return DType(both.name) if both.kind in "iu" else one


def _types_behind(results: Sequence[Value], others: Sequence[Value]) -> list[TensorType]:
    """The types of what one of two branches returns."""
    if len(results) != len(others):
        raise Unsupported(f"branches that return {len(results)} and {len(others)} values")
    for one, other in zip(results, others, strict=True):
        if one.type.dtype is not other.type.dtype or one.type.rank != other.type.rank:
            raise Unsupported(f"branches that return {one.type} and {other.type}")
    return [_type_behind(one.type, other.type) for one, other in zip(results, others, strict=True)]
