"""Loops over the places of an axis, whose outputs are stacked.

The kernel of WHILE copies all that a body changes after each round. What the steps return is
collected in one tensor, so that the time for copying would grow with the square of their
number. Long loops therefore collect a chunk of steps at a time, in a loop inside of the loop.
Nothing of a loop has a size that only the run knows: the kernel would prepare it anew in each round.

In each call the kernel prepares a body anew, operator by operator. So the operators of a round are few,
and where the length is open, the first rounds are a loop without chunks, behind which short sequences are done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from litesmith.ir.builder import Builder, building_subgraph, current_builder, emit
from litesmith.ir.dims import Dim, Size, ceil_div, minimum, same
from litesmith.ir.graph import Value
from litesmith.ir.types import DType, TensorType
from litesmith.ops import math
from litesmith.ops.array import cast, concatenate, full, split, squeeze, stack, unstack
from litesmith.ops.control import as_the_body_returns, emit_while, if_else, inputs_of
from litesmith.ops.creation import count_up
from litesmith.ops.errors import Unsupported
from litesmith.ops.sizes import int32, size_scalar, size_tensor
from litesmith.opset.slicing import DynamicUpdateSlice, Gather

Step = Callable[[list[Value], list[Value]], tuple[Sequence[Value], Sequence[Value]]]
"""Takes the carried values and one place of each sequence; gives the next carried values and the outputs."""

CHUNK, ROUNDS = 32, 16
"""Steps of a chunk, and rounds of several steps. To start a loop takes as long as some five steps of a small LSTM."""

SHORT = 2 * ROUNDS
"""Up to how many rounds of several steps are one loop without chunks."""

STACKED = frozenset({
    DType.FLOAT32, DType.FLOAT16, DType.BFLOAT16, DType.FLOAT64, DType.BOOL, DType.INT8, DType.INT16, DType.INT32,
    DType.INT64,
})  # fmt: skip
"""The element types that DYNAMIC_UPDATE_SLICE takes in runtimes old and new; other floats become float32."""
STACKED_AS = {DType.UINT8: DType.INT32, DType.UINT16: DType.INT32, DType.UINT32: DType.INT64}
"""What outputs of other types are kept as."""

Column = tuple[Value, ...]
"""What one carried value, or one output, is after each step of a round."""

_Begun = tuple[int, Sequence[Value]]
"""A number of places, and the outputs of these."""


def scan(
    step: Step,
    carried: Sequence[Value],
    sequences: Sequence[Value],
    length: Size,
    *,
    axis: int = 0,
    keep_axis: bool = False,
    stacked: bool = True,
    together: int = 1,
    finals: bool = True,
    until: Value | None = None,
    name: str = "scan",
) -> tuple[list[Value], list[Value]]:
    """Run `step` on the carried values and on one place after the other of `sequences` along an axis.

    Args:
        length: how many places the sequences have along `axis`.
        keep_axis: the carried values, the slices and the outputs of a step have the axis, with size 1.
        stacked: whether all outputs are kept, along the same axis; otherwise the last ones are returned.
        together: steps in one round of the loop: fewer rounds of a larger body. Where `length` is not known to be
            a multiple, the last round goes on at the last place, and what it computes there is left out.
        finals: whether the carried values after the last step are needed; otherwise they may be those of a later one.
        until: the place to stop at, an int32 scalar of at most `length`, where the model computes it; what is behind
            it is zeros in the outputs. Only for one step in a round, without `keep_axis`.

    Returns:
        The carried values after the last step, and the outputs.
    """
    returned: list[DType] = []

    def run(states: list[Value], slices: list[Value]) -> tuple[Sequence[Value], Sequence[Value]]:
        states_after, outputs = step(states, slices)
        returned[:] = [output.type.dtype for output in outputs]
        return states_after, [cast(output, STACKED_AS.get(output.type.dtype, output.type.dtype)) for output in outputs]

    whole = together == 1 or (not isinstance(length, Dim) and length % together == 0)
    loop = _Loop(run if stacked else step, tuple(sequences), axis, keep_axis, together, finals, whole, name)
    last = size_tensor(length) if loop.at(0).type.rank else size_scalar(length) if until is None else until
    span = _Span(loop.at(0), last)
    if not stacked:
        return loop.keeping_the_last(span, carried)
    if isinstance(length, Dim):
        states, outputs = (loop.in_chunks if together == 1 else loop.at_once_then_in_chunks)(span, carried, length)
    else:
        states, outputs = (loop.at_once if length <= 2 * CHUNK * together else loop.in_chunks)(span, carried, length)
    return states, [cast(output, dtype) for output, dtype in zip(outputs, returned, strict=True)]


@dataclass(frozen=True)
class _Span:
    """The places from `first` up to `last`, both int32, of one element."""

    first: Value
    last: Value


@dataclass(frozen=True)
class _Round:
    """The body of a loop over a span, as far as all loops have it: what it carries, and what its steps return."""

    loop: list[_Carried]
    states: list[Column]
    outputs: list[Column]


@dataclass(frozen=True)
class _Loop:
    """What the loops of one scan share; the fields mean what they mean for `scan`.

    Attributes:
        whole: whether all rounds are known to be full, so that the last step of a round is one that counts.
    """

    step: Step
    sequences: tuple[Value, ...]
    axis: int
    keep_axis: bool
    together: int
    finals: bool
    whole: bool
    name: str

    def at(self, place: int) -> Value:
        """A place as the loops count it."""
        return int32([place] if self.keep_axis or self.together > 1 else place)

    def at_once_then_in_chunks(
        self, span: _Span, carried: Sequence[Value], length: Size
    ) -> tuple[list[Value], list[Value]]:
        """A loop over the first places; where there are more, a loop over chunks goes on from there."""
        most = SHORT * self.together
        begin = _Span(span.first, math.minimum(span.last, self.at(most)))
        room = ceil_div(minimum(length, most), self.together) * self.together
        following, states, outputs = self.keeping_all(begin, carried, room)

        def rest() -> list[Value]:
            behind, found = self.in_chunks(_Span(following, span.last), states, length, (most, outputs))
            return [*(behind if self.finals else []), *found]

        def none() -> list[Value]:
            return [*(states if self.finals else []), *(_up_to(output, self.axis, length) for output in outputs)]

        found = if_else(math.less(following, span.last), rest, none, f"{self.name}_rest")
        return found[: -len(outputs)] or states, found[-len(outputs) :]

    def at_once(self, span: _Span, carried: Sequence[Value], length: Size) -> tuple[list[Value], list[Value]]:
        """One loop that keeps all outputs."""
        _, states, outputs = self.keeping_all(span, carried, ceil_div(length, self.together) * self.together)
        return states, [_up_to(output, self.axis, length) for output in outputs]

    def in_chunks(
        self, span: _Span, carried: Sequence[Value], length: Size, begun: _Begun | None = None
    ) -> tuple[list[Value], list[Value]]:
        """A loop over chunks, each of which is a loop that keeps all its outputs. Some may be there already."""
        chunk, outside = CHUNK if self.together == 1 else ROUNDS * self.together, current_builder()
        with building_subgraph(f"{self.name}_chunks_body") as body:
            place, *given = inputs_of(body, [span.first, *carried])
            stop = math.minimum(math.add(place, self.at(chunk)), span.last)
            following, states, outputs = self.keeping_all(_Span(place, stop), given, chunk, outside)
            stacks = _stacked(body, outputs, self.axis, ceil_div(length, chunk) * chunk, chunk, outside, begun)
        started = as_the_body_returns(carried, states)
        if started is not None:
            return self.in_chunks(span, started, length, begun)
        loop = [_Carried(span.first, place, following), *map(_Carried, carried, given, states), *stacks]
        final = _until(span.last, body, loop, f"{self.name}_chunks")
        whole = final[len(final) - len(outputs) :]
        return final[1 : 1 + len(states)], [_up_to(output, self.axis, length) for output in whole]

    def keeping_all(
        self, span: _Span, carried: Sequence[Value], length: Size, outside: Builder | None = None
    ) -> tuple[Value, list[Value], list[Value]]:
        """The places of a span, `length` at most: the next place, carried values, all outputs.

        The tensors that outputs are written into begin in the graph of `outside`, which may be one further out.
        """
        with building_subgraph(f"{self.name}_body") as body:
            round = self._round(body, span, carried)
            joined = {column: self._joined(column) for column in round.outputs}
            wanted = dict(zip(round.states, carried, strict=True)) if self.finals else {}
            kept = {} if self.whole else {c: self._kept(body, c, initial, joined) for c, initial in wanted.items()}
            stacks = _stacked(body, [joined[c] for c in round.outputs], self.axis, length, self.together, outside)
        started = as_the_body_returns(carried, [column[-1] for column in round.states])
        if started is not None:
            return self.keeping_all(span, started, length, outside)
        loop = [*round.loop, *kept.values(), *stacks]
        final = dict(zip(loop, _until(span.last, body, loop, self.name), strict=True))
        following, *states = (final[one] for one in round.loop[: 1 + len(carried)])
        if kept:
            states = [self._last_of(column, final[kept[column]], following, span.last) for column in round.states]
        return following, states, [final[one] for one in stacks[len(stacks) - len(round.outputs) :]]

    def keeping_the_last(self, span: _Span, carried: Sequence[Value]) -> tuple[list[Value], list[Value]]:
        """The carried values and the outputs of the last step, which may be carried values themselves."""
        with building_subgraph(f"{self.name}_body") as body:
            round = self._round(body, span, carried)
            known = dict(zip(round.states, round.loop[1:], strict=False)) if self.whole else {}
            initial: dict[Column, Value] = dict(zip(round.states, carried, strict=True))
            wanted = dict.fromkeys([*(round.states if self.finals else []), *round.outputs])
            kept = {
                column: known[column] if column in known else self._kept(body, column, initial.get(column), {})
                for column in wanted
            }
        started = as_the_body_returns(carried, [column[-1] for column in round.states])
        if started is not None:
            return self.keeping_the_last(span, started)
        loop = list(dict.fromkeys([*round.loop, *kept.values()]))
        final = dict(zip(loop, _until(span.last, body, loop, self.name), strict=True))
        found = {column: final[one] for column, one in kept.items()}
        if not self.whole:
            found = {column: self._last_of(column, one, final[loop[0]], span.last) for column, one in found.items()}
        states = [found.get(column, final[one]) for column, one in zip(round.states, round.loop[1:], strict=False)]
        return states, [found[column] for column in round.outputs]

    def _round(self, body: Builder, span: _Span, carried: Sequence[Value]) -> _Round:
        """The steps of one round. Carried are the place of the first one, the values of the scan, and where to read."""
        place, *given = inputs_of(body, [span.first, *carried])
        pointers = [] if self.together == 1 else [self._places(body, span)]
        places = pointers[0].given if pointers else place
        slices = [emit(Gather(axis=self.axis), sequence, places) for sequence in self.sequences]
        states: list[Value] = given
        steps: list[tuple[list[Value], list[Value]]] = []
        for pieces in self._by_step(slices):
            states, outputs = map(list, self.step(states, pieces))
            steps.append((states, outputs))
        following = math.add(place, self.at(self.together))
        loop = [_Carried(span.first, place, following), *map(_Carried, carried, given, states), *pointers]
        columns = (list(zip(*values, strict=True)) for values in zip(*steps, strict=True))
        return _Round(loop, *columns)

    def _places(self, body: Builder, span: _Span) -> _Carried:
        """The places that a round reads, a vector; none is behind the last one of the span."""
        outside = body.parent
        assert outside is not None
        counted = int32(list(range(self.together)))
        if self.whole:
            initial = outside.in_place(lambda: math.add(span.first, counted))
            limit = None
        else:
            limit = outside.in_place(lambda: math.subtract(span.last, self.at(1)))
            initial = outside.in_place(lambda: math.minimum(math.add(span.first, counted), limit))
        given = body.graph.add_input(initial.type, initial.name)
        following = math.add(given, int32([self.together] * self.together))
        return _Carried(initial, given, following if limit is None else math.minimum(following, limit))

    def _by_step(self, slices: list[Value]) -> list[list[Value]]:
        """What each step of a round reads."""
        if self.together == 1:
            return [slices]
        pieces = [split(s, self.together, self.axis) if self.keep_axis else unstack(s, self.axis) for s in slices]
        return [[parts[place] for parts in pieces] for place in range(self.together)]

    def _joined(self, outputs: Column) -> Value:
        """An output of all steps of a round, with the axis that is looped over."""
        return concatenate(outputs, self.axis) if self.keep_axis else stack(outputs, self.axis)

    def _kept(self, body: Builder, column: Column, initial: Value | None, joined: Mapping[Column, Value]) -> _Carried:
        """What a loop carries to know a value after its last step; before the first step it is `initial`, or zeros."""
        if self.whole:
            return _Carried(*_from_zeros(body, column[-1].type), column[-1])
        following = joined.get(column) if self.keep_axis else None
        following = self._held(column) if following is None else following
        if initial is None:
            return _Carried(*_from_zeros(body, following.type), following)
        assert body.parent is not None
        before = body.parent.in_place(partial(self._held, (initial,) * self.together))
        return _Carried(before, body.graph.add_input(following.type, before.name), following)

    def _held(self, column: Column) -> Value:
        """A value after each step of a round, along the axis where it has it, else along a new one in front."""
        has_axis = self.keep_axis and column[-1].type.rank > self.axis and column[-1].type.shape[self.axis] == 1
        return concatenate(column, self.axis) if has_axis else stack(column, 0)

    def _last_of(self, column: Column, held: Value, following: Value, last: Value) -> Value:
        """A value after the last place, of those after each step of the last round; the next begins at `following`.

        Without any place it is the last of those before the loop.
        """
        place = math.subtract(math.add(last, self.at(self.together - 1)), following)
        has_axis = held.type.rank == column[-1].type.rank
        found = emit(Gather(axis=self.axis if has_axis else 0), held, place)
        return found if has_axis else squeeze(found, 0)


@dataclass(frozen=True, eq=False)
class _Carried:
    """What a loop carries: before it, as an input of the body, and after a round."""

    initial: Value
    given: Value
    following: Value


def _from_zeros(body: Builder, type: TensorType, outside: Builder | None = None) -> tuple[Value, Value]:
    """Zeros in front of a loop, or further out, and the input of the body that they are for."""
    before = outside or body.parent
    assert before is not None
    initial = before.in_place(partial(full, type.shape, 0, type.dtype))
    return initial, body.graph.add_input(type, initial.name)


def _stacked(
    body: Builder,
    outputs: Sequence[Value],
    axis: int,
    length: Size,
    count: int,
    outside: Builder | None = None,
    begun: _Begun | None = None,
) -> list[_Carried]:
    """Tensors of `length` places, into which each round writes `outputs`, `count` places long; first where to."""
    starts: dict[int, _Carried] = {}
    stacks: list[_Carried] = []
    done: int = begun[0] if begun else 0
    parts: Sequence[Value | None] = begun[1] if begun else [None] * len(outputs)
    for output, part in zip(outputs, parts, strict=True):
        if output.type.dtype not in STACKED:
            raise Unsupported(f"a loop that stacks outputs of type {output.type.dtype}")
        rank = output.type.rank
        if rank not in starts:
            first, stride = (int32([number * (place == axis) for place in range(rank)]) for number in (done, count))
            start = body.graph.add_input(first.type, first.name)
            starts[rank] = _Carried(first, start, math.add(start, stride))
        shape = (*output.type.shape[:axis], length, *output.type.shape[axis + 1 :])
        initial, target = _from_zeros(body, output.type.with_shape(shape), outside)
        if part is not None:
            begin = partial(emit, DynamicUpdateSlice(), initial, part, int32([0] * rank))
            initial = (outside or current_builder()).in_place(begin)
        written = emit(DynamicUpdateSlice(), target, output, starts[rank].given)
        stacks.append(_Carried(initial, target, written))
    return [*starts.values(), *stacks]


def _until(last: Value, body: Builder, carried: Sequence[_Carried], name: str) -> list[Value]:
    """What a loop has carried when the first of it, the place, is at `last`."""
    initial = [one.initial for one in carried]
    with building_subgraph(f"{name}_cond") as test:
        tested = inputs_of(test, initial)
        test.graph.outputs = [math.less(tested[0], last)]
    return emit_while(test, tested, body, [one.given for one in carried], [one.following for one in carried], initial)


def _up_to(x: Value, axis: int, length: Size) -> Value:
    """The first `length` places along an axis.

    Where the length is open, STRIDED_SLICE copies element by element, and SLICE leaves the result's size to the run.
    """
    if same(x.type.shape[axis], length):
        return x
    return emit(Gather(axis=axis), x, count_up(0, length))
