"""Branches and loops over functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from litesmith.frontends.tensorflow.graph import Function, FunctionName, Program
from litesmith.frontends.tensorflow.known import Known
from litesmith.frontends.tensorflow.registry import Item, Run, as_value, imports
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import control, indexing, math
from litesmith.ops.array import as_value as constant_of
from litesmith.ops.array import cast
from litesmith.ops.errors import Unsupported

MOST_UNROLLED = 4
"""Loops of so many known rounds at most are written out."""

PASSING = frozenset({"Identity", "StopGradient"})


@imports("If", "StatelessIf")
def if_else(
    condition: Item, *operands: Item, then_branch: FunctionName, else_branch: FunctionName, run: Run
) -> list[Any]:
    """One of two functions; only that one where the condition is known."""
    if isinstance(condition, Known) and not condition.is_open:
        return run(then_branch if condition.array.any() else else_branch, operands)
    then, otherwise = (_values_of(run, branch, operands) for branch in (then_branch, else_branch))
    return list(control.if_else(_truth(as_value(condition)), then, otherwise))


def _truth(x: Value) -> Value:
    """Numbers other than 0 are true; so are tensors that have elements."""
    if x.type.rank:
        raise Unsupported("a condition that is no scalar")
    return control.truth(x)


@imports("Case", "StatelessCase")
def case(index: Item, *operands: Item, branches: tuple[FunctionName, ...], run: Run) -> list[Any]:
    """The function with a number; the last one for a number that none has."""
    if isinstance(index, Known) and not index.is_open:
        place = int(index.array.item())
        return run(branches[place if 0 <= place < len(branches) else -1], operands)
    chosen = _valid(cast(as_value(index), DType.INT32), len(branches))
    return list(control.switch(chosen, [_values_of(run, branch, operands) for branch in branches]))


def _valid(index: Value, count: int) -> Value:
    return indexing.select(math.less(index, 0), constant_of(count - 1, DType.INT32), index)


def _values_of(run: Run, function: FunctionName, operands: Sequence[Any]) -> Callable[[], list[Value]]:
    return lambda: [as_value(item) for item in run(function, operands)]


@imports("While", "StatelessWhile")
def while_loop(*operands: Item, cond: FunctionName, body: FunctionName, run: Run, program: Program) -> list[Any]:
    """What a round hands on unchanged is not carried; loops of few known rounds are written out."""
    fixed = _fixed(program.function(body.name))
    rounds = _rounds(run, cond, body, operands, program)
    if rounds is not None:
        items = list(operands)
        for _ in range(rounds):
            items = run(body, items)
        return items
    changing = [place for place in range(len(operands)) if place not in fixed]

    def all_of(values: Sequence[Value]) -> list[Any]:
        items: list[Any] = list(operands)
        for place, value in zip(changing, values, strict=True):
            items[place] = value
        return items

    def step(values: list[Value]) -> list[Value]:
        results = run(body, all_of(values))
        return [as_value(results[place]) for place in changing]

    def test(values: list[Value]) -> Value:
        return as_value(run(cond, all_of(values))[0])

    carried = [as_value(operands[place]) for place in changing]
    return all_of(control.while_loop(test, step, carried))


def _fixed(body: Function) -> frozenset[int]:
    """The places of what a round returns as it was given."""
    found = set[int]()
    for place, reference in enumerate(body.results):
        name = reference.node
        while name in body.nodes and body.nodes[name].op in PASSING:
            name = body.nodes[name].inputs[0].node
        if name == body.arguments[place]:
            found.add(place)
    return frozenset(found)


def _rounds(run: Run, cond: FunctionName, body: FunctionName, operands: Sequence[Any], program: Program) -> int | None:
    """How many rounds there are, where that is computed from numbers alone, and they are few."""
    decisive = _decisive(program.function(cond.name), program.function(body.name))
    if not all(isinstance(operands[place], Known) and not operands[place].is_open for place in decisive):
        return None
    items = list(operands)
    for count in range(MOST_UNROLLED + 1):
        (holds,) = run(cond, items, [0])
        if not isinstance(holds, Known) or holds.is_open:
            return None
        if not holds.array.all():
            return count
        for place, item in zip(decisive, run(body, items, decisive), strict=True):
            items[place] = item
    return None


def _decisive(cond: Function, body: Function) -> list[int]:
    """The places of what the condition depends on, in this round or in a later one."""
    found: set[int] = set()
    waiting = cond.needed_for([0])
    while waiting:
        found |= waiting
        waiting = body.needed_for(waiting) - found
    return sorted(found)
