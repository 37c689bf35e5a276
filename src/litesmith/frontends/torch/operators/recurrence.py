"""Recurrent layers, as loops over time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from litesmith.frontends.options import options
from litesmith.frontends.torch.registry import imports
from litesmith.ir.builder import constant_value
from litesmith.ir.dims import Size
from litesmith.ir.graph import Value
from litesmith.ir.loops import note_loop
from litesmith.ir.types import DType
from litesmith.ops import math, nn
from litesmith.ops import recurrent as loops
from litesmith.ops.array import concatenate, expand_dims, flip, slice_axis, squeeze, stack, transpose
from litesmith.ops.control import steps_text
from litesmith.ops.errors import Unsupported
from litesmith.ops.recurrent import Recurrence, Result


@imports("litesmith.recurrent")
def recurrent(
    kind: str,
    x: Value,
    states: Sequence[Value],
    weights: Sequence[Value],
    has_biases: bool,
    layers: int,
    bidirectional: bool,
    batch_first: bool,
) -> Sequence[Value]:
    """Layers upon each other, in both directions if `bidirectional`: outputs, and the last states of all."""
    directions = 2 if bidirectional else 1
    own = iter(_of_each_layer(weights, layers * directions))
    firsts = [[squeeze(slice_axis(each, 0, i, i + 1), 0) for each in states] for i in range(layers * directions)]
    lasts: list[list[Value]] = []
    sequence = x if batch_first else transpose(x, (1, 0, 2))
    for layer in range(layers):
        outputs = []
        for direction in range(directions):
            found = _one(kind, sequence, firsts[layer * directions + direction], next(own), has_biases, direction == 1)
            lasts.append(list(found.states))
            outputs.append(found.outputs[0])
        sequence = outputs[0] if directions == 1 else concatenate(outputs, -1)
    result = sequence if batch_first else transpose(sequence, (1, 0, 2))
    return [result, *(stack(column, 0) for column in zip(*lasts, strict=True))]


@imports("lstm.input")
def lstm(
    x: Value,
    hx: Sequence[Value],
    params: Sequence[Value],
    has_biases: bool,
    num_layers: int,
    dropout: float,
    train: bool,
    bidirectional: bool,
    batch_first: bool,
) -> Sequence[Value]:
    """As programs have it that others exported."""
    _require_inference(dropout, train)
    return recurrent("lstm", x, hx, params, has_biases, num_layers, bidirectional, batch_first)


def _of_one_state(kind: str) -> Callable[..., Sequence[Value]]:
    def layers(
        x: Value,
        hx: Value,
        params: Sequence[Value],
        has_biases: bool,
        num_layers: int,
        dropout: float,
        train: bool,
        bidirectional: bool,
        batch_first: bool,
    ) -> Sequence[Value]:
        _require_inference(dropout, train)
        return recurrent(kind, x, [hx], params, has_biases, num_layers, bidirectional, batch_first)

    return layers


for _name, _kind in (("gru.input", "gru"), ("rnn_tanh.input", "tanh"), ("rnn_relu.input", "relu")):
    imports(_name)(_of_one_state(_kind))


def _require_inference(dropout: float, train: bool) -> None:
    if train and dropout:
        raise Unsupported("dropout between recurrent layers as in training; export the module after .eval()")


def _of_each_layer(weights: Sequence[Value], count: int) -> Iterator[Sequence[Value]]:
    each = len(weights) // count
    for place in range(count):
        yield weights[place * each : (place + 1) * each]


def _one(
    kind: str, x: Value, states: Sequence[Value], weights: Sequence[Value], has_biases: bool, backwards: bool
) -> Result:
    """One layer in one direction; outputs stand in the order of time."""
    if len(weights) != (4 if has_biases else 2):
        raise Unsupported("an LSTM with proj_size")
    kernel, recurrent_kernel = (transpose(each) for each in weights[:2])
    biases = (weights[2], weights[3]) if has_biases else (None, None)
    if kind == "lstm" and options().rnn == "fused" and x.type.dtype is DType.FLOAT32:
        found = _fused(x, states, kernel, recurrent_kernel, biases, backwards)
    else:
        recurrence = Recurrence(backwards=backwards, unrolled=_is_unrolled(x.type.shape[1]), keep_axis=True)
        found = LAYERS[kind](x, states, kernel, recurrent_kernel, biases, recurrence)
    if backwards:
        return found._replace(outputs=[flip(each, 1) for each in found.outputs])
    return found


def _is_unrolled(length: Size) -> bool:
    """Whether the steps are written out one after the other; the report is told."""
    if options().rnn == "unroll":
        note_loop("unrolled", length, 'rnn="unroll"')
        return True
    refused = ", which the fused operator does not compute" if options().rnn == "fused" else ""
    note_loop("loop", length, steps_text(length) + refused)
    return False


Biases = tuple[Value | None, Value | None]


def _fused(
    x: Value, states: Sequence[Value], kernel: Value, recurrent_kernel: Value, biases: Biases, backwards: bool
) -> Result:
    note_loop("fused", x.type.shape[1], 'rnn="fused"')
    sequence = flip(x, 1) if backwards else x
    outputs, last, cell = loops.fused(sequence, (states[0], states[1]), kernel, recurrent_kernel, _bias(biases))
    return Result([last], [outputs], [last, cell])


def _bias(biases: Biases) -> Value | None:
    """The sum of both, if a layer has them."""
    return None if biases[0] is None or biases[1] is None else math.add(biases[0], biases[1])


def _lstm(
    x: Value, states: Sequence[Value], kernel: Value, recurrent_kernel: Value, biases: Biases, recurrence: Recurrence
) -> Result:
    first = (states[0], states[1])
    return loops.lstm(
        x, first, kernel, recurrent_kernel, _bias(biases), recurrence, activation=nn.tanh, gate=nn.sigmoid
    )


def _gru(
    x: Value, states: Sequence[Value], kernel: Value, recurrent_kernel: Value, biases: Biases, recurrence: Recurrence
) -> Result:
    """Torch has the gates as reset, update, candidate, where the library has update first."""
    units = int(states[0].type.shape[-1])
    kernel, recurrent_kernel = (_update_first(each, units) for each in (kernel, recurrent_kernel))
    both = tuple(None if each is None else _update_first(each, units) for each in biases)
    return loops.gru(
        x,
        states[0],
        kernel,
        recurrent_kernel,
        (both[0], both[1]),
        recurrence,
        activation=nn.tanh,
        gate=nn.sigmoid,
        reset_after=True,
    )


def _update_first(weight: Value, units: int) -> Value:
    """The first two thirds of the last axis exchanged, when a weight is written."""
    parts = [loops.weight_part(weight, -1, start * units, (start + 1) * units) for start in (1, 0, 2)]
    if weight.constant is None:
        return concatenate(parts, -1)
    order = [*range(units, 2 * units), *range(units), *range(2 * units, 3 * units)]
    moved = weight.constant.map(lambda array: array[..., order], weight.type, ("update first", units))
    return constant_value(moved, weight.name)


def _plain(activation: Callable[[Value], Value]) -> Callable[..., Result]:
    """A layer whose state is the activation of the projected input and state."""

    def run(
        x: Value,
        states: Sequence[Value],
        kernel: Value,
        recurrent_kernel: Value,
        biases: Biases,
        recurrence: Recurrence,
    ) -> Result:
        bias = _bias(biases)

        def step(states: list[Value], slices: list[Value]) -> tuple[list[Value], list[Value]]:
            h = activation(math.add(slices[0], math.dense(states[0], recurrent_kernel)))
            return [h], [h]

        found = recurrence.run(step, [math.dense(x, kernel, bias)], [expand_dims(states[0], 1)])
        return found._replace(states=[squeeze(found.states[0], 1)])

    return run


LAYERS: dict[str, Callable[..., Result]] = {
    "lstm": _lstm,
    "gru": _gru,
    "tanh": _plain(nn.tanh),
    "relu": _plain(nn.relu),
}
