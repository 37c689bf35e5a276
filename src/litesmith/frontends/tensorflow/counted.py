"""Loops that count up to a number of rounds known before, and set each place of lists in turn, or the only one.

So are recurrent layers, `tf.map_fn` and `tf.scan` written. As a scan, they cost no copy of their lists in each round.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any, Protocol

from litesmith.frontends.tensorflow.known import Known
from litesmith.frontends.tensorflow.lists import TensorList
from litesmith.frontends.tensorflow.registry import as_value
from litesmith.ir.builder import building_subgraph
from litesmith.ir.dims import Dim, Size, same
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import math
from litesmith.ops.array import cast, expand_dims, reshape
from litesmith.ops.control import inputs_of
from litesmith.ops.errors import Unsupported
from litesmith.ops.scan import Step
from litesmith.ops.sizes import int32, size_scalar
from litesmith.opset.binary import Add, Less, LogicalAnd
from litesmith.opset.rules import sizes_of

Round = Callable[[Sequence[Any]], list[Any]]
"""What a round, or the condition of the next one, makes of all items of a loop."""


class Scan(Protocol):
    """What runs steps: `ops.scan.scan`, or what gives the same in another form."""

    def __call__(
        self,
        step: Step,
        carried: Sequence[Value],
        sequences: Sequence[Value],
        length: Size,
        *,
        stacked: bool,
        until: Value | None,
    ) -> tuple[list[Value], list[Value]]: ...


ENDLESS = (1 << 31) - 1
"""A limit that stands for none."""


class NotCounted(Exception):
    """A loop that does something else."""


@dataclass(frozen=True, eq=False)
class _Recording(TensorList):
    """A list that notes what is set in a round, which may not read it."""

    noted: tuple[tuple[Any, Any], ...] = field(default=())

    def tensor(self) -> Value:
        raise NotCounted

    def get(self, index: Any) -> Any:
        raise NotCounted

    def set(self, index: Any, item: Any) -> TensorList:
        return replace(self, noted=(*self.noted, (index, item)))

    def appended(self, item: Any) -> TensorList:
        raise NotCounted

    def without_last(self) -> tuple[TensorList, Any]:
        raise NotCounted


def as_scan(
    operands: Sequence[Any], changing: Sequence[int], condition: Round, body: Round, scan: Scan
) -> list[Any] | None:
    """The items behind a loop, as a scan; None for a loop that is none.

    Args:
        changing: the places of the items that a round changes.
        scan: what runs the steps.
    """
    lists = [place for place in changing if isinstance(operands[place], TensorList)]
    states = [place for place in changing if place not in lists]
    if not lists or any(isinstance(operands[place], TensorList) and not _is_new(operands[place]) for place in lists):
        return None
    carried = [as_value(operands[place]) for place in states]

    def filled(values: Sequence[Value]) -> list[Any]:
        items = list(operands)
        for place in lists:
            given = operands[place]
            items[place] = _Recording(given.dtype, given.shape, given.length, grows=given.grows)
        for place, value in zip(states, values, strict=True):
            items[place] = value
        return items

    seen = _seen(operands, lists, states, carried, filled, condition, body)
    if seen is None:
        return None

    def step(values: list[Value], _: list[Value]) -> tuple[list[Value], list[Value]]:
        results = body(filled(values))
        return [as_value(results[place]) for place in states], [as_value(_set_in(results[place])) for place in lists]

    final, outputs = scan(step, carried, [], seen.count, stacked=seen.stacked, until=seen.until)
    items = list(operands)
    for place, value in zip(states, final, strict=True):
        items[place] = value
    for place, output in zip(lists, outputs, strict=True):
        held = output if seen.stacked else expand_dims(output, 0)
        items[place] = operands[place].filled(held)
    return items


@dataclass(frozen=True)
class _Counted:
    """How many rounds there are.

    Attributes:
        count: so many, or at most so many where there is `until`.
        stacked: whether each sets another place of the lists, rather than the only one.
        until: how many there are, where the model computes it.
    """

    count: Size
    stacked: bool
    until: Value | None = None


def _is_new(given: TensorList) -> bool:
    """Whether nothing of a list was set."""
    return given.stacked is None and not any(item is not None for item in given.items or ())


def _set_in(given: Any) -> Any:
    return given.noted[0][1]


def _seen(
    operands: Sequence[Any],
    lists: Sequence[int],
    states: Sequence[int],
    carried: Sequence[Value],
    filled: Callable[[Sequence[Value]], list[Any]],
    condition: Round,
    body: Round,
) -> _Counted | None:
    """What one round shows of all, if each sets the next place of all lists, which have so many, or their only one."""
    with building_subgraph("first_round") as scratch:
        inputs = inputs_of(scratch, carried)
        try:
            test, results = as_value(condition(filled(inputs))[0]), body(filled(inputs))
        except (NotCounted, Unsupported):
            test, results = None, []
    counters = {
        inputs[at]: int(operands[place].array.item())
        for at, place in enumerate(states)
        if results and _is_number(operands[place]) and _counts(results[place], inputs[at])
    }
    sets: list[tuple[tuple[Any, Any], ...]] = [
        results[place].noted if isinstance(results[place], _Recording) else () for place in lists if results
    ]
    around = {inner: outer for outer, inner in scratch.captures}
    limits = _limits(test, counters, around) if test is not None else None
    scratch.graph.outputs = []
    scratch.graph.prune()
    if not (results and limits and all(len(each) == 1 for each in sets)):
        return None
    indices = [index for ((index, _),) in sets]
    stacked = all(counters.get(index) == 0 for index in indices)
    if not stacked and not all(_is_number(index) and not index.array.any() for index in indices):
        return None
    return _counted(limits, [results[place] for place in lists], stacked)


def _counted(limits: Sequence[Size | Value], lists: Sequence[TensorList], stacked: bool) -> _Counted | None:
    """The number of rounds that several limits allow, if lists have that many places, or as many as can be needed."""
    known = [limit for limit in limits if not isinstance(limit, Value)]
    if len(known) == len(limits):
        count = known[0]
        fits = all(_fits(each, count if stacked else 1) for each in lists)
        return _Counted(count, stacked) if fits and all(same(count, other) for other in known) else None
    longest = lists[0].length
    if not stacked or any(each.grows or not same(each.length, longest) for each in lists):
        return None
    return _Counted(longest, stacked, _least([*limits, longest]))


def _least(limits: Sequence[Size | Value]) -> Value:
    """The least of several numbers, an int32 scalar."""
    return reduce(math.minimum, [limit if isinstance(limit, Value) else size_scalar(limit) for limit in limits])


def _fits(given: TensorList, count: Size) -> bool:
    """Whether a list has so many places when so many were set in turn."""
    grows = given.grows and not isinstance(given.length, Dim)
    longest = 0 if isinstance(count, Dim) else int(count)
    return same(given.length, count) or (grows and given.length <= longest)


def _is_number(item: Any) -> bool:
    return isinstance(item, Known) and not item.is_open and item.array.size == 1 and item.dtype.is_integer


def _counts(result: Any, given: Value) -> bool:
    """Whether a result is one more than what was given."""
    if not isinstance(result, Value) or result.producer is None or not isinstance(result.producer.operator, Add):
        return False
    left, right = result.producer.operands
    one = right if left is given else left if right is given else None
    return one is not None and one.constant is not None and bool((one.constant.array() == 1).all())


def _limits(test: Value, counters: Mapping[Value, int], around: Mapping[Value, Value]) -> list[Size | Value] | None:
    """How many rounds each part of a condition allows; None where one is no limit of a counter.

    `around`: the values outside of the loop by what stands for them in it.
    """
    if test.producer is None:
        return None
    operator, operands = test.producer.operator, test.producer.operands
    if isinstance(operator, LogicalAnd):
        parts = [None if operand is None else _limits(operand, counters, around) for operand in operands]
        return None if None in parts else [limit for part in parts if part is not None for limit in part]
    if not isinstance(operator, Less):
        return None
    counter, limit = operands
    if counter is None or counter not in counters or limit is None or limit.type.elements != 1:
        return None
    first, sizes = counters[counter], sizes_of(limit)
    if sizes is None and limit in around:
        return [math.subtract(cast(reshape(around[limit], ()), DType.INT32), int32(first))]
    if sizes is None:
        return None
    if not isinstance(sizes[0], Dim) and sizes[0] >= ENDLESS:
        return []
    return [sizes[0] - first]
