"""Recurrent layers. All of them go through `backend.rnn`; LSTM and GRU try `backend.lstm` and `backend.gru` first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from keras import activations, tree

from litesmith.frontends.keras.lowerings.control import calling
from litesmith.frontends.keras.lowerings.convolutional_lstm import convolutional_cell, convolved
from litesmith.frontends.keras.provenance import current_layer
from litesmith.frontends.keras.registry import Declined, is_keras_class, lowers
from litesmith.frontends.options import options
from litesmith.ir.dims import Size
from litesmith.ir.graph import Value
from litesmith.ir.loops import note_loop
from litesmith.ir.types import DType
from litesmith.ops import math, recurrent
from litesmith.ops.array import as_value, cast, expand_dims, flip, reshape
from litesmith.ops.control import steps_text
from litesmith.ops.lstm_cells import NotAnLstm
from litesmith.ops.lstm_loops import scan_as_lstm
from litesmith.ops.recurrent import Mask, Recurrence, Result, at_end, weight_part
from litesmith.ops.scan import Step

Lowered = tuple[Any, Any, Any]
"""The last output, all outputs, and the final states."""


@lowers("backend.rnn")
def rnn(
    step_function: Callable[..., Any],
    inputs: Any,
    initial_states: Any,
    go_backwards: bool = False,
    mask: Value | None = None,
    constants: Any = None,
    unroll: bool = False,
    input_length: Any = None,
    time_major: bool = False,
    zero_output_for_mask: bool = False,
    return_all_outputs: bool = True,
) -> Lowered:
    cell = None if time_major or constants else convolutional_cell(current_layer())
    if cell is not None:
        inputs, step_function = convolved(cell, inputs)
    further = tuple(constants or ())
    returned: list[Any] = []

    def step(states: list[Value], slices: list[Value]) -> tuple[list[Value], list[Value]]:
        given = tree.pack_sequence_as(initial_states, states)
        state = (*given, *further) if further else given
        output, new_states = calling(step_function)(tree.pack_sequence_as(inputs, slices), state)
        returned[:] = [output]
        types = [old.type.dtype for old in states]
        new = [as_value(leaf, dtype) for leaf, dtype in zip(tree.flatten(new_states), types, strict=True)]
        return new, [as_value(leaf) for leaf in tree.flatten(output)]

    flat = [as_value(state) for state in tree.flatten(initial_states)]
    counted = None
    if mask is not None:
        held = None if zero_output_for_mask else _held_state(initial_states)
        counted = Mask(_per_step(mask), held, previous_output=unroll)
    recurrence = Recurrence(axis=0 if time_major else 1, backwards=go_backwards, all_outputs=return_all_outputs)
    last, outputs, states = _run(recurrence, step, tree.flatten(inputs), flat, counted, unroll)
    pack = tree.pack_sequence_as
    return pack(returned[0], last), pack(returned[0], outputs), pack(initial_states, states)


def _run(
    recurrence: Recurrence,
    step: Step,
    sequences: Sequence[Value],
    states: Sequence[Value],
    mask: Mask | None,
    unroll: bool,
) -> Result:
    """The recurrence in the form that is asked for; cells of an LSTM may be fused."""
    length, why_not_fused = sequences[0].type.shape[recurrence.axis], "it has a mask"
    if options().rnn == "fused" and mask is None and not unroll:
        try:
            found = _fused_cells(recurrence, step, sequences, states)
        except NotAnLstm as reason:
            why_not_fused = str(reason)
        else:
            note_loop("fused", length, 'rnn="fused"')
            return found
    unrolled = _is_unrolled(length, unroll, why_not_fused)
    return replace(recurrence, unrolled=unrolled).run(step, sequences, states, mask)


def _fused_cells(recurrence: Recurrence, step: Step, sequences: Sequence[Value], states: Sequence[Value]) -> Result:
    axis, length = recurrence.axis, sequences[0].type.shape[recurrence.axis]
    in_order = [flip(sequence, axis) for sequence in sequences] if recurrence.backwards else sequences
    finals, outputs = scan_as_lstm(step, states, in_order, length, axis=axis)
    last = [at_end(output, axis) for output in outputs]
    return Result(last, outputs if recurrence.all_outputs else [expand_dims(each, axis) for each in last], finals)


def _held_state(initial_states: Any) -> int:
    """Which state Keras shows as the output of a masked step: the first, of the last cell of a stack."""
    if not tree.is_nested(initial_states[0]):
        return 0
    return len(tree.flatten(initial_states)) - len(tree.flatten(initial_states[-1]))


def _per_step(mask: Value) -> Value:
    """A mask of two axes: a step counts where any of its features does."""
    mask = cast(mask, DType.BOOL)
    return mask if mask.type.rank == 2 else math.any(mask, tuple(range(2, mask.type.rank)))


@lowers("backend.lstm")
def lstm(
    inputs: Value,
    initial_state_h: Value,
    initial_state_c: Value,
    mask: Value | None,
    kernel: Value,
    recurrent_kernel: Value,
    bias: Value | None,
    activation: Callable[..., Any],
    recurrent_activation: Callable[..., Any],
    return_sequences: bool = False,
    go_backwards: bool = False,
    unroll: bool = False,
) -> Lowered:
    _require_float32(inputs, initial_state_h, initial_state_c, kernel)
    states = (initial_state_h, initial_state_c)
    usual = activation is activations.tanh and recurrent_activation is activations.sigmoid
    shows_states = mask is not None or _shows_states(current_layer())
    if options().rnn == "fused" and usual and not unroll and mask is None:
        note_loop("fused", inputs.type.shape[1], 'rnn="fused"')
        sequence = flip(inputs, 1) if go_backwards else inputs
        fused = recurrent.fused(sequence, states, kernel, recurrent_kernel, bias)
        return fused.last, fused.outputs, [fused.last, fused.cell]
    result = recurrent.lstm(
        inputs,
        states,
        kernel,
        recurrent_kernel,
        bias,
        _recurrence(inputs, return_sequences, go_backwards, unroll, shows_states),
        activation=calling(activation),
        gate=calling(recurrent_activation),
        mask=_layer_mask(mask, unroll),
    )
    return result.last[0], result.outputs[0], result.states


@lowers("backend.gru")
def gru(
    inputs: Value,
    initial_state: Value,
    mask: Value | None,
    kernel: Value,
    recurrent_kernel: Value,
    bias: Value | None,
    activation: Callable[..., Any],
    recurrent_activation: Callable[..., Any],
    return_sequences: bool = False,
    go_backwards: bool = False,
    unroll: bool = False,
    reset_after: bool = True,
) -> Lowered:
    _require_float32(inputs, initial_state, kernel)
    shows_states = mask is not None or _shows_states(current_layer())
    biases = (bias, None) if bias is None or not reset_after else (_row(bias, 0), _row(bias, 1))
    result = recurrent.gru(
        inputs,
        initial_state,
        kernel,
        recurrent_kernel,
        biases,
        _recurrence(inputs, return_sequences, go_backwards, unroll, shows_states),
        activation=calling(activation),
        gate=calling(recurrent_activation),
        reset_after=reset_after,
        mask=_layer_mask(mask, unroll),
    )
    return result.last[0], result.outputs[0], result.states


@lowers("backend.bidirectional_lstm", "backend.bidirectional_gru")
def bidirectional(*args: Any, **kwargs: Any) -> None:
    """Two layers, which Keras runs one by one when there is no operator for both."""
    raise Declined


def _shows_states(layer: Any) -> bool:
    """Whether more than the outputs is read of a layer, also by a `call` or `inner_loop` that is not Keras'."""
    own = any({"call", "inner_loop"} & vars(base).keys() for base in type(layer).__mro__ if not is_keras_class(base))
    return bool(own or layer.return_state or layer.stateful)


def _row(bias: Value, row: int) -> Value:
    return reshape(weight_part(bias, 0, row, row + 1), (bias.type.shape[1],))


def _is_unrolled(length: Size, unroll: bool, why_not_fused: str = "") -> bool:
    """Whether the steps are written out one after the other; the report is told."""
    if unroll or options().rnn == "unroll":
        note_loop("unrolled", length, "unroll=True" if unroll else 'rnn="unroll"')
        return True
    refused = ", which the fused operator does not compute" if options().rnn == "fused" else ""
    because = f": {why_not_fused}" if refused and why_not_fused else ""
    note_loop("loop", length, steps_text(length) + refused + because)
    return False


def _recurrence(x: Value, return_sequences: bool, go_backwards: bool, unroll: bool, final_states: bool) -> Recurrence:
    return Recurrence(
        backwards=go_backwards,
        unrolled=_is_unrolled(x.type.shape[1], unroll),
        all_outputs=return_sequences,
        keep_axis=True,
        final_states=final_states,
    )


def _layer_mask(mask: Value | None, unroll: bool) -> Mask | None:
    """The mask of an LSTM or GRU, whose first state is its output."""
    if mask is None:
        return None
    zeros = getattr(current_layer(), "zero_output_for_mask", False)
    return Mask(expand_dims(_per_step(mask), 2), None if zeros else 0, previous_output=unroll)


def _require_float32(*values: Value) -> None:
    """Other types go step by step through the cell, as Keras does it."""
    if any(value.type.dtype is not DType.FLOAT32 for value in values):
        raise Declined
