"""Tensors put together, taken apart, repeated and made."""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import ops

from litesmith.frontends.keras.training.operators.activations import finished
from litesmith.frontends.keras.training.registry import Call, evaluates, library
from litesmith.opset.enums import MirrorMode
from litesmith.opset.joining import Concatenation, Fill, MirrorPad, Pack, Range, Split, SplitV, Tile, Unpack


@evaluates(Concatenation)
def _concatenated(call: Call) -> Any:
    joined = library(*call.operands).concatenate(call.operands, axis=call.operator.axis)
    return finished(call, joined) if call.made[0] is None and call.operator.fused_activation_function else joined


@evaluates(Pack)
def _stacked(call: Call) -> Any:
    return library(*call.operands).stack(call.operands, axis=call.operator.axis)


@evaluates(Unpack)
def _unstacked(call: Call) -> Any:
    operand = call.operands[0]
    return tuple(library(operand).take(operand, place, axis=call.operator.axis) for place in range(call.operator.num))


@evaluates(Split)
def _split(call: Call) -> Any:
    operand = call.operands[1]
    return tuple(library(operand).split(operand, call.operator.num_splits, axis=int(call.known(0).reshape(-1)[0])))


@evaluates(SplitV)
def _split_at(call: Call) -> Any:
    operand, sizes, axis = call.operands[0], call.known(1), int(call.known(2).reshape(-1)[0])
    known = [int(size) for size in sizes]
    if -1 in known:
        known[known.index(-1)] = int(operand.shape[axis]) - sum(known) - 1
    return tuple(library(operand).split(operand, np.cumsum(known)[:-1].tolist(), axis=axis))


@evaluates(Tile)
def _tiled(call: Call) -> Any:
    counts = [int(count) if isinstance(count, (int, np.integer)) else count for count in call.known(1)]
    return library(call.operands[0], sizes=counts).tile(call.operands[0], counts)


@evaluates(MirrorPad)
def _mirrored(call: Call) -> Any:
    mode = "reflect" if call.operator.mode is MirrorMode.REFLECT else "symmetric"
    pads = [(int(before), int(behind)) for before, behind in call.known(1)]
    return ops.pad(call.operands[0], pads, mode=mode)


@evaluates(Fill)
def _filled(call: Call) -> Any:
    shape, value = tuple(call.known(0).tolist()), call.operands[1]
    return library(value, sizes=shape).broadcast_to(library(value).reshape(value, ()), shape)


@evaluates(Range)
def _range(call: Call) -> Any:
    start, limit, delta = (call.known(place).reshape(()).item() for place in range(3))
    return np.arange(start, limit, delta, dtype=call.operation.result.type.dtype.numpy)
