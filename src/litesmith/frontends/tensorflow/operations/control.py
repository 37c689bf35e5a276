"""Branches and loops over functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from litesmith.frontends import recurrence
from litesmith.frontends.options import options
from litesmith.frontends.tensorflow.counted import as_scan
from litesmith.frontends.tensorflow.frames import SWITCHES
from litesmith.frontends.tensorflow.graph import Function, FunctionName, Node, Program, Reference
from litesmith.frontends.tensorflow.known import Known
from litesmith.frontends.tensorflow.lists import TensorList, flat, is_shapeless, nested
from litesmith.frontends.tensorflow.registry import Item, Run, as_value, imports
from litesmith.ir.builder import building_subgraph
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import control, indexing, math
from litesmith.ops.array import as_value as constant_of
from litesmith.ops.array import cast
from litesmith.ops.errors import Unsupported
from litesmith.ops.lstm_cells import NotAnLstm

MOST_UNROLLED = 4
"""Loops of so many known rounds at most are written out."""
MOST_IF_ASKED = 4096
"""Those that set lists, with `rnn="unroll"`."""

PASSING = frozenset({"Identity", "StopGradient"})
"""Operations that hand on what they read."""


@imports("If", "StatelessIf")
def if_else(
    condition: Item, *operands: Item, then_branch: FunctionName, else_branch: FunctionName, run: Run
) -> list[Any]:
    """One of two functions; only that one where the condition is known."""
    if isinstance(condition, Known) and not condition.is_open:
        return run(then_branch if condition.array.any() else else_branch, operands)
    branches = _Branches(run, operands)
    then, otherwise = branches.of(then_branch), branches.of(else_branch)
    return branches.nested(control.if_else(_truth(as_value(condition)), then, otherwise))


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
    called = _Branches(run, operands)
    return called.nested(control.switch(chosen, [called.of(branch) for branch in branches]))


def _valid(index: Value, count: int) -> Value:
    return indexing.select(math.less(index, 0), constant_of(count - 1, DType.INT32), index)


class _Branches:
    """Functions of which one runs, on the same operands; they may return lists of tensors."""

    def __init__(self, run: Run, operands: Sequence[Any]) -> None:
        self.run = run
        self.operands = operands
        self.returned: list[Any] = []

    def of(self, function: FunctionName) -> Callable[[], list[Value]]:
        def values() -> list[Value]:
            self.returned = self.run(function, self.operands)
            return flat(self.returned)

        return values

    def nested(self, values: Sequence[Value]) -> list[Any]:
        return nested(self.returned, values)


@imports("While", "StatelessWhile")
def while_loop(*operands: Item, cond: FunctionName, body: FunctionName, run: Run, program: Program) -> list[Any]:
    """What a round hands on unchanged is not carried; loops of few known rounds are written out."""
    fixed = _fixed(program.function(body.name))
    changing = [place for place in range(len(operands)) if place not in fixed]
    way = partial(as_scan, operands, changing, lambda items: run(cond, items), lambda items: run(body, items))
    why_not_fused = ""
    if options().rnn == "fused":
        try:
            if (fused := way(recurrence.fused_scan)) is not None:
                return fused
        except NotAnLstm as reason:
            why_not_fused = str(reason)
    most = MOST_UNROLLED if options().rnn != "unroll" or not _has_lists(operands, changing) else MOST_IF_ASKED
    rounds = _rounds(run, cond, body, operands, program, most)
    if rounds is not None:
        items = list(operands)
        for _ in range(rounds):
            items = run(body, items)
        recurrence.note_written_out(rounds, MOST_UNROLLED, why_not_fused)
        return items
    counted = way(partial(recurrence.scan_as_loop, name="while", why_not_fused=why_not_fused))
    if counted is not None:
        return counted
    loop = _Loop(operands, changing)
    if any(is_shapeless(operands[place]) for place in changing):
        loop = _with_shapes(loop, run, body)
    final = control.while_loop(
        lambda values: as_value(run(cond, loop.items(values))[0]),
        lambda values: loop.values(run(body, loop.items(values))),
        loop.values(loop.operands),
    )
    return loop.items(final)


@dataclass(frozen=True)
class _Loop:
    """What a loop is given, and the places of what its rounds change."""

    operands: Sequence[Any]
    changing: Sequence[int]

    def items(self, values: Sequence[Value]) -> list[Any]:
        """The operands with values in place of what changes."""
        found = list(self.operands)
        changed = nested([self.operands[place] for place in self.changing], values)
        for place, item in zip(self.changing, changed, strict=True):
            found[place] = item
        return found

    def values(self, items: Sequence[Any]) -> list[Value]:
        return flat([items[place] for place in self.changing])


def _with_shapes(loop: _Loop, run: Run, body: FunctionName) -> _Loop:
    """Lists of tensors that a round is the first to set begin as zeros of what it sets: it is run once to see that."""
    known = [place for place in loop.changing if not is_shapeless(loop.operands[place])]
    with building_subgraph("first_round") as scratch:
        started = _Loop(loop.operands, known)
        results = run(body, started.items(control.inputs_of(scratch, started.values(loop.operands))))
    elements = {place: results[place].element for place in loop.changing if isinstance(results[place], TensorList)}
    scratch.graph.outputs = []
    scratch.graph.prune()
    operands = list(loop.operands)
    for place, element in elements.items():
        if is_shapeless(operands[place]) and element is not None:
            operands[place] = replace(operands[place], shape=element.shape)
    return _Loop(operands, loop.changing)


def _fixed(body: Function) -> frozenset[int]:
    """The places of what a round returns as it was given."""
    found = set[int]()
    for place, reference in enumerate(body.results):
        while (node := body.nodes.get(reference.node)) is not None and _hands_on(node, reference):
            reference = node.inputs[0]
        if reference.node == body.arguments[place]:
            found.add(place)
    return frozenset(found)


def _hands_on(node: Node, reference: Reference) -> bool:
    """Whether an output of a node is what it reads; of a Switch in a loop of TensorFlow 1, that of going on."""
    return bool(node.inputs) and (node.op in PASSING or (node.op in SWITCHES and reference.index == 1))


def _has_lists(operands: Sequence[Any], changing: Sequence[int]) -> bool:
    return any(isinstance(operands[place], TensorList) for place in changing)


def _rounds(
    run: Run, cond: FunctionName, body: FunctionName, operands: Sequence[Any], program: Program, most: int
) -> int | None:
    """How many rounds there are, where that is computed from numbers alone, and they are not more than `most`."""
    decisive = _decisive(program.function(cond.name), program.function(body.name))
    if not all(isinstance(operands[place], Known) and not operands[place].is_open for place in decisive):
        return None
    items = list(operands)
    for count in range(most + 1):
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
