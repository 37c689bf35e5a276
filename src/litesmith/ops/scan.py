"""Loops over the places of an axis, whose outputs are stacked.

The kernel of WHILE copies all that a body changes after each round. What the steps return is
collected in one tensor, so that the time for copying would grow with the square of their
number. Long loops therefore collect a chunk of steps at a time, in a loop inside of the loop.
Nothing of a loop has a size that only the run knows: the kernel would prepare it anew in each call.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from litesmith.ir.builder import Builder, building_subgraph, current_builder, emit
from litesmith.ir.dims import Dim, Size, ceil_div, same
from litesmith.ir.graph import Value
from litesmith.ir.types import DType, TensorType
from litesmith.ops import math
from litesmith.ops.array import cast, concatenate, expand_dims, full, split, stack, unstack
from litesmith.ops.control import as_the_body_returns, emit_while, inputs_of
from litesmith.ops.creation import count_up
from litesmith.ops.errors import Unsupported
from litesmith.ops.sizes import int32, size_scalar
from litesmith.opset.slicing import DynamicUpdateSlice, Gather

Step = Callable[[list[Value], list[Value]], tuple[Sequence[Value], Sequence[Value]]]
"""Takes the carried values and one place of each sequence; gives the next carried values and the outputs."""

CHUNK, ROUNDS = 32, 16
"""Steps of a chunk, and rounds of several steps. To start a loop takes as long as some five steps of a small LSTM."""

STACKED = frozenset({
    DType.FLOAT32, DType.FLOAT16, DType.BFLOAT16, DType.FLOAT64, DType.BOOL, DType.INT8, DType.INT16, DType.INT32,
    DType.INT64,
})  # fmt: skip
"""The element types that DYNAMIC_UPDATE_SLICE takes in runtimes old and new; other floats become float32."""
STACKED_AS = {DType.UINT8: DType.INT32, DType.UINT16: DType.INT32, DType.UINT32: DType.INT64}
"""What outputs of other types are kept as."""


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
    name: str = "scan",
) -> tuple[list[Value], list[Value]]:
    """Run `step` on the carried values and on one place after the other of `sequences` along an axis.

    Args:
        length: how many places the sequences have along `axis`, at least one.
        keep_axis: the slices and outputs of a step keep the axis, with size 1.
        stacked: whether all outputs are kept, along the same axis; otherwise the last ones are returned.
        together: steps in one round of the loop: fewer rounds of a larger body. Where `length` is not known to be
            a multiple, the last round goes on at the last place: its outputs are left out, but the carried values
            are then those of a later step.

    Returns:
        The carried values after the last step, and the outputs.
    """
    whole = not isinstance(length, Dim) and length % together == 0
    returned: list[DType] = []

    def run(states: list[Value], slices: list[Value]) -> tuple[Sequence[Value], Sequence[Value]]:
        states_after, outputs = step(states, slices)
        returned[:] = [output.type.dtype for output in outputs]
        return states_after, [cast(output, STACKED_AS.get(output.type.dtype, output.type.dtype)) for output in outputs]

    loop = _Loop(run if stacked else step, tuple(sequences), axis, keep_axis, together, whole, name)
    first, last = int32([0]) if keep_axis else int32(0), size_scalar(length)
    if not stacked:
        return loop.keeping_the_last(first, last, carried)
    if isinstance(length, Dim) or length > 2 * CHUNK * together:
        states, outputs = loop.in_chunks(first, last, carried, length)
    else:
        _, states, outputs = loop.keeping_all(first, last, carried, ceil_div(length, together) * together)
        outputs = [_up_to(output, axis, length) for output in outputs]
    return states, [cast(output, dtype) for output, dtype in zip(outputs, returned, strict=True)]


@dataclass(frozen=True)
class _Loop:
    """What the loops of one scan share; the fields mean what they mean for `scan`."""

    step: Step
    sequences: tuple[Value, ...]
    axis: int
    keep_axis: bool
    together: int
    whole: bool
    name: str

    def keeping_all(
        self, first: Value, last: Value, carried: Sequence[Value], length: Size, outside: Builder | None = None
    ) -> tuple[Value, list[Value], list[Value]]:
        """The places from `first` up to `last`, `length` at most: the next place, carried values, all outputs.

        The tensors that outputs are written into begin in the graph of `outside`, which may be one further out.
        """
        with building_subgraph(f"{self.name}_body") as body:
            place, *given = inputs_of(body, [first, *carried])
            states, outputs = self._round(place, last, given)
            stacks = _stacked(body, outputs, self.axis, length, self.together, outside)
            following = math.add(place, self.together)
        started = as_the_body_returns(carried, states)
        if started is not None:
            return self.keeping_all(first, last, started, length, outside)
        loop = [_Carried(first, place, following), *map(_Carried, carried, given, states), *stacks]
        final = _until(last, body, loop, self.name)
        return final[0], final[1 : 1 + len(states)], final[len(final) - len(outputs) :]

    def in_chunks(
        self, first: Value, last: Value, carried: Sequence[Value], length: Size
    ) -> tuple[list[Value], list[Value]]:
        """A loop over chunks, each of which is a loop that keeps all its outputs."""
        chunk, outside = CHUNK if self.together == 1 else ROUNDS * self.together, current_builder()
        with building_subgraph(f"{self.name}_chunks_body") as body:
            place, *given = inputs_of(body, [first, *carried])
            stop = math.minimum(math.add(place, chunk), last)
            following, states, outputs = self.keeping_all(place, stop, given, chunk, outside)
            stacks = _stacked(body, outputs, self.axis, ceil_div(length, chunk) * chunk, chunk, outside)
        started = as_the_body_returns(carried, states)
        if started is not None:
            return self.in_chunks(first, last, started, length)
        loop = [_Carried(first, place, following), *map(_Carried, carried, given, states), *stacks]
        final = _until(last, body, loop, f"{self.name}_chunks")
        whole = final[len(final) - len(outputs) :]
        return final[1 : 1 + len(states)], [_up_to(output, self.axis, length) for output in whole]

    def keeping_the_last(self, first: Value, last: Value, carried: Sequence[Value]) -> tuple[list[Value], list[Value]]:
        """The carried values and the outputs of the last step, which may be carried values themselves."""
        with building_subgraph(f"{self.name}_body") as body:
            place, *given = inputs_of(body, [first, *carried])
            states, outputs = map(list, self.step(given, self._slices(place)))
            others = [output for output in outputs if not _is_among(states, output)]
            kept = [_Carried(*_from_zeros(body, output.type), output) for output in others]
            following = math.add(place, 1)
        started = as_the_body_returns(carried, states)
        if started is not None:
            return self.keeping_the_last(first, last, started)
        loop = [_Carried(first, place, following), *map(_Carried, carried, given, states), *kept]
        final = _until(last, body, loop, self.name)[1:]
        found = dict(zip([*states, *others], final, strict=True))
        return final[: len(states)], [found[output] for output in outputs]

    def _slices(self, places: Value) -> list[Value]:
        return [emit(Gather(axis=self.axis), sequence, places) for sequence in self.sequences]

    def _round(self, place: Value, last: Value, states: list[Value]) -> tuple[list[Value], list[Value]]:
        """The steps of one round: the next carried values, and the outputs with the axis that is looped over."""
        if self.together == 1:
            states, outputs = map(list, self.step(states, self._slices(place)))
            return states, outputs if self.keep_axis else [expand_dims(output, self.axis) for output in outputs]
        places = math.add(place, int32(list(range(self.together))))
        if not self.whole:
            places = math.minimum(places, math.subtract(last, 1))
        slices = self._slices(places)
        pieces = [split(s, self.together, self.axis) if self.keep_axis else unstack(s, self.axis) for s in slices]
        steps: list[list[Value]] = []
        for i in range(self.together):
            states, outputs = map(list, self.step(states, [parts[i] for parts in pieces]))
            steps.append(outputs)
        join = concatenate if self.keep_axis else stack
        return states, [join(outputs, self.axis) for outputs in zip(*steps, strict=True)]


@dataclass(frozen=True)
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
    body: Builder, outputs: Sequence[Value], axis: int, length: Size, count: int, outside: Builder | None = None
) -> list[_Carried]:
    """Tensors of `length` places, into which each round writes `outputs`, `count` places long; first where to."""
    starts: dict[int, _Carried] = {}
    stacks: list[_Carried] = []
    for output in outputs:
        if output.type.dtype not in STACKED:
            raise Unsupported(f"a loop that stacks outputs of type {output.type.dtype}")
        rank = output.type.rank
        if rank not in starts:
            initial, start = _from_zeros(body, TensorType(DType.INT32, (rank,)))
            stride = int32([count * (place == axis) for place in range(rank)])
            starts[rank] = _Carried(initial, start, math.add(start, stride))
        shape = (*output.type.shape[:axis], length, *output.type.shape[axis + 1 :])
        initial, target = _from_zeros(body, output.type.with_shape(shape), outside)
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


def _is_among(values: Sequence[Value], value: Value) -> bool:
    return any(value is one for one in values)
