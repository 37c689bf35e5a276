"""Recurrent layers: a step that runs over time, as a loop, written out, or as a fused operator."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from litesmith.ir.builder import constant_value, emit
from litesmith.ir.dims import Dim, Size
from litesmith.ir.graph import Value
from litesmith.ir.operator import TypeRule
from litesmith.ops import math
from litesmith.ops.array import (
    axis_of,
    cast,
    concatenate,
    expand_dims,
    flip,
    full,
    slice_axis,
    split,
    squeeze,
    stack,
    transpose,
    unstack,
)
from litesmith.ops.einsum import dense
from litesmith.ops.errors import Unsupported
from litesmith.ops.fused_lstm import Fused, Gate, fused_lstm
from litesmith.ops.indexing import select
from litesmith.ops.scan import Step, scan
from litesmith.opset.matmul import FullyConnected
from litesmith.opset.rules import agreed_size

Activation = Callable[[Value], Value]

STEPS_TOGETHER, MOST_UNITS_TOGETHER = 4, 64
"""How many steps of up to how many units were measured to be faster in one round of a loop."""


class Result(NamedTuple):
    """What a recurrence gives: the outputs of its last step and of all steps, and the states after it."""

    last: list[Value]
    outputs: list[Value]
    states: list[Value]


@dataclass(frozen=True)
class Mask:
    """Steps that do not count: where `keep` [batch, time] (or time first) is false, states stay as they are.

    Attributes:
        held: which state stands for the output of such a step; None for zeros.
        previous_output: whether the output of the step before stands for it, zeros at first.
    """

    keep: Value
    held: int | None = None
    previous_output: bool = False


@dataclass(frozen=True)
class Recurrence:
    """How a step runs over time.

    Attributes:
        axis: the axis of time, in the sequences and in the outputs.
        backwards: from the last place to the first; outputs stand in the order they are computed.
        unrolled: written out step by step rather than as a loop.
        all_outputs: whether the outputs of all steps are needed; otherwise `Result.outputs` has the last ones only.
        keep_axis: the slices and outputs of a step keep the axis, with size 1.
        final_states: whether `Result.states` are needed; otherwise they may be those of a step behind the last.
    """

    axis: int = 1
    backwards: bool = False
    unrolled: bool = False
    all_outputs: bool = True
    keep_axis: bool = False
    final_states: bool = True

    def run(self, step: Step, sequences: Sequence[Value], states: Sequence[Value], mask: Mask | None = None) -> Result:
        """Run `step` over `sequences`, which have one length, beginning with `states`."""
        inputs = list(sequences)
        if mask is not None:
            _require_length(mask.keep.type.shape[self.axis], sequences[0].type.shape[self.axis])
            inputs.append(mask.keep)
            step = _masked(step, mask)
        if self.backwards:
            inputs = [flip(sequence, self.axis) for sequence in inputs]
        if self.unrolled:
            return self._written_out(step, inputs, states)
        return self._as_loop(step, inputs, states)

    def _as_loop(self, step: Step, sequences: Sequence[Value], states: Sequence[Value]) -> Result:
        length = sequences[0].type.shape[self.axis]
        last, outputs = scan(
            step,
            states,
            sequences,
            length,
            axis=self.axis,
            keep_axis=self.keep_axis,
            stacked=self.all_outputs,
            together=self._steps_together(length, states),
            finals=self.final_states,
            name="time",
        )
        if not self.all_outputs:
            return Result(self._without_axis(outputs), self._with_axis(outputs), last)
        return Result([at_end(output, self.axis) for output in outputs], outputs, last)

    def _steps_together(self, length: Size, states: Sequence[Value]) -> int:
        """How many steps make one round: several where outputs are collected, as long as weights stay in the cache.

        Each step of a round has its own copy of the weights, laid out for the processor, and to prepare it takes
        as long as three rounds that collect nothing.
        """
        if not self.all_outputs:
            return 1
        if any(state.type.rank != 2 + self.keep_axis or state.type.shape[-1] > MOST_UNITS_TOGETHER for state in states):
            return 1
        otherwise = STEPS_TOGETHER if self.keep_axis else 1
        if isinstance(length, Dim):
            return otherwise
        return next((count for count in (4, 3, 2) if length % count == 0), min(otherwise, int(length)))

    def _written_out(self, step: Step, sequences: Sequence[Value], states: Sequence[Value]) -> Result:
        length = sequences[0].type.shape[self.axis]
        if isinstance(length, Dim):
            raise Unsupported("unrolling needs a known number of time steps; give it with inputs=...")
        slices = [split(s, length, self.axis) if self.keep_axis else unstack(s, self.axis) for s in sequences]
        steps: list[list[Value]] = []
        for place in range(length):
            states, outputs = map(list, step(list(states), [parts[place] for parts in slices]))
            steps.append(outputs)
        join = concatenate if self.keep_axis else stack
        kept = steps if self.all_outputs else steps[-1:]
        joined = [join([outputs[i] for outputs in kept], self.axis) for i in range(len(steps[-1]))]
        return Result(self._without_axis(steps[-1]), joined, list(states))

    def _without_axis(self, outputs: list[Value]) -> list[Value]:
        return [squeeze(output, self.axis) for output in outputs] if self.keep_axis else outputs

    def _with_axis(self, outputs: list[Value]) -> list[Value]:
        return outputs if self.keep_axis else [expand_dims(output, self.axis) for output in outputs]


def _masked(step: Step, mask: Mask) -> Step:
    """`step` with one more slice, the mask's; the outputs of the step before are kept where they are needed."""
    before: list[Value] = []

    def run(states: list[Value], slices: list[Value]) -> tuple[list[Value], list[Value]]:
        *inputs, keep = slices
        results, outputs = map(list, step(states, inputs))
        held = [_where(keep, new, old) for new, old in zip(results, states, strict=True)]
        shown = []
        for place, output in enumerate(outputs):
            if mask.previous_output:
                shown.append(_where(keep, output, before[place] if before else _zeros(output)))
            elif mask.held is None:
                shown.append(_where(keep, output, _zeros(output)))
            elif output is results[mask.held]:
                shown.append(held[mask.held])
            else:
                state = states[mask.held]
                shown.append(_where(keep, cast(output, state.type.dtype), state))
        before[:] = shown
        return held, shown

    return run


def _require_length(steps: Size, length: Size) -> None:
    """Keras computes with a mask of another length on some backends, differently on each."""
    try:
        agreed_size(steps, length)
    except TypeRule:
        raise Unsupported(f"a mask of {steps} steps for a sequence of {length}") from None


def _zeros(like: Value) -> Value:
    return full((1,) * like.type.rank, 0, like.type.dtype)


def _where(keep: Value, then: Value, otherwise: Value) -> Value:
    """The first where `keep` holds, which has the leading axes of both."""
    missing = then.type.rank - keep.type.rank
    if missing > 0:
        keep = expand_dims(keep, tuple(range(keep.type.rank, then.type.rank)))
    return select(keep, then, otherwise)


def lstm(
    x: Value,
    states: tuple[Value, Value],
    kernel: Value,
    recurrent_kernel: Value,
    bias: Value | None,
    recurrence: Recurrence,
    *,
    activation: Activation,
    gate: Activation,
    mask: Mask | None = None,
) -> Result:
    """Long short-term memory: x [batch, time, in], states h and c [batch, units].

    The gates stand in the kernels' columns as input, forget, cell, output. The inputs of all
    steps are projected at once, in front of the loop.
    """

    def step(states: list[Value], slices: list[Value]) -> tuple[list[Value], list[Value]]:
        h, c = states
        projected = math.add(_project(h, recurrent_kernel, None), slices[0])
        admit, forget, cell, show = split(projected, 4, -1)
        c = math.add(math.multiply(gate(forget), c), math.multiply(gate(admit), activation(cell)))
        h = math.multiply(gate(show), activation(c))
        return [h, c], [h]

    return _run(recurrence, step, [dense(x, kernel, bias)], states, mask)


def gru(
    x: Value,
    state: Value,
    kernel: Value,
    recurrent_kernel: Value,
    biases: tuple[Value | None, Value | None],
    recurrence: Recurrence,
    *,
    activation: Activation,
    gate: Activation,
    reset_after: bool,
    mask: Mask | None = None,
) -> Result:
    """Gated recurrent unit: x [batch, time, in], state [batch, units], biases of input and of state.

    The gates stand in the kernels' columns as update, reset, candidate. With `reset_after` the
    reset gate acts on the projected state, otherwise on the state before it is projected.
    """
    units = int(state.type.shape[-1])
    both, candidate = (0, 2 * units), (2 * units, 3 * units)
    gates_kernel, new_kernel = (weight_part(recurrent_kernel, -1, *part) for part in (both, candidate))
    gates_bias, new_bias = (_bias_part(biases[1], *part) for part in (both, candidate))

    def step(states: list[Value], slices: list[Value]) -> tuple[list[Value], list[Value]]:
        (h,), (for_gates, for_new) = states, slices
        gates = gate(math.add(_project(h, gates_kernel, gates_bias), for_gates))
        update, reset = split(gates, 2, -1)
        if reset_after:
            recurrent = math.multiply(reset, _project(h, new_kernel, new_bias))
        else:
            recurrent = _project(math.multiply(reset, h), new_kernel, None)
        new = activation(math.add(recurrent, for_new))
        h = math.add(new, math.multiply(update, math.subtract(h, new)))
        return [h], [h]

    inputs = [dense(x, weight_part(kernel, -1, *part), _bias_part(biases[0], *part)) for part in (both, candidate)]
    return _run(recurrence, step, inputs, (state,), mask)


def _run(
    recurrence: Recurrence, step: Step, inputs: Sequence[Value], states: Sequence[Value], mask: Mask | None
) -> Result:
    """Run a step on slices [batch, 1, ...], so that neither they nor the outputs are reshaped in the loop."""
    result = recurrence.run(step, inputs, [expand_dims(state, 1) for state in states], mask)
    return result._replace(states=[squeeze(state, 1) for state in result.states])


def _project(x: Value, kernel: Value, bias: Value | None) -> Value:
    return emit(FullyConnected(keep_num_dims=True), x, transpose(kernel, (1, 0)), bias)


def _bias_part(bias: Value | None, begin: int, end: int) -> Value | None:
    return None if bias is None else weight_part(bias, -1, begin, end)


def weight_part(x: Value, axis: int, begin: int, end: int) -> Value:
    """Part of a weight along an axis, taken when it is written."""
    if x.constant is None:
        return slice_axis(x, axis, begin, end)
    place = axis_of(axis, x.type.rank)
    key = (slice(None),) * place + (slice(begin, end),)
    shape = (*x.type.shape[:place], end - begin, *x.type.shape[place + 1 :])
    part = x.constant.map(lambda array: array[key], x.type.with_shape(shape), ("part", place, begin, end))
    return constant_value(part, x.name)


def at_end(x: Value, axis: int) -> Value:
    """The last place along an axis, without it."""
    return squeeze(slice_axis(x, axis, -1, None), axis)


def fused(x: Value, states: tuple[Value, Value], kernel: Value, recurrent_kernel: Value, bias: Value | None) -> Fused:
    """An LSTM with the usual activations as one operator; arguments as for `lstm`."""
    units = int(states[0].type.shape[-1])

    def gate(begin: int) -> Gate:
        end = begin + units
        own, recurrent = (transpose(weight_part(each, -1, begin, end), (1, 0)) for each in (kernel, recurrent_kernel))
        zeros_or_bias = full((units,), 0.0, x.type.dtype) if bias is None else weight_part(bias, -1, begin, end)
        return Gate(own, recurrent, zeros_or_bias)

    return fused_lstm(x, states, (gate(0), gate(units), gate(2 * units), gate(3 * units)))
