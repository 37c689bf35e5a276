"""Parts of tensors, and tensors with other parts."""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import ops

from litesmith.frontends.keras.training.registry import Call, evaluates, is_known, library
from litesmith.opset.slicing import DynamicUpdateSlice, Gather, GatherNd, Pad, PadV2, ScatterNd, Slice, StridedSlice


@evaluates(Slice)
def _slice(call: Call) -> Any:
    begins, sizes = call.known(1).tolist(), call.known(2).tolist()
    return call.operands[0][
        tuple(
            slice(begin, None if isinstance(size, int) and size == -1 else begin + size)
            for begin, size in zip(begins, sizes, strict=True)
        )
    ]


@evaluates(StridedSlice)
def _strided(call: Call) -> Any:
    """As Python slices; a step back is a flip behind a step forward, which every backend can do."""
    operator, operand = call.operator, call.operands[0]
    begins, ends, strides = (call.known(place).tolist() for place in (1, 2, 3))
    parts: list[Any] = []
    flipped = []
    for axis, (begin, end, stride) in enumerate(zip(begins, ends, strides, strict=True)):
        bit = 1 << axis
        if operator.shrink_axis_mask & bit:
            parts.append(begin)
            continue
        found = slice(None if operator.begin_mask & bit else begin, None if operator.end_mask & bit else end, stride)
        if stride < 0 and not is_known(operand):
            places = range(operand.shape[axis])[found]
            found = slice(places[-1], places[0] + 1, -stride) if len(places) else slice(0, 0)
            flipped.append(axis - sum(isinstance(part, int) for part in parts))
        parts.append(found)
    taken = operand[tuple(parts)]
    return ops.flip(taken, tuple(flipped)) if flipped else taken


@evaluates(Gather)
def _gathered(call: Call) -> Any:
    operand, indices = call.operands
    operator = call.operator
    if not operator.batch_dims:
        taken = library(operand, indices).take(operand, indices, axis=operator.axis)
        return np.asarray(taken, operand.dtype) if is_known(taken) else taken
    leading = [int(size) for size in operand.shape[: operator.batch_dims]]
    flat = ops.reshape(operand, (int(np.prod(leading)), *operand.shape[operator.batch_dims :]))
    rows = ops.reshape(indices, (int(np.prod(leading)), *indices.shape[operator.batch_dims :]))
    axis = operator.axis - operator.batch_dims
    found = ops.stack([ops.take(flat[row], rows[row], axis=axis) for row in range(flat.shape[0])])
    return ops.reshape(found, (*leading, *found.shape[1:]))


@evaluates(GatherNd)
def _gathered_at(call: Call) -> Any:
    operand, indices = call.operands
    depth = int(indices.shape[-1])
    sizes = [int(size) for size in operand.shape[:depth]]
    factors = np.cumprod([1, *sizes[:0:-1]])[::-1].astype(np.int32)
    places = ops.sum(ops.multiply(ops.cast(indices, "int32"), factors), -1)
    return ops.take(ops.reshape(operand, (-1, *operand.shape[depth:])), places, axis=0)


@evaluates(ScatterNd)
def _scattered(call: Call) -> Any:
    return ops.scatter(call.operands[0], call.operands[1], tuple(call.known(2).tolist()))


@evaluates(DynamicUpdateSlice)
def _updated(call: Call) -> Any:
    operand, update, start = call.operands
    most = [whole - part for whole, part in zip(operand.shape, update.shape, strict=True)]
    if is_known(start):
        return ops.slice_update(
            operand, [int(np.clip(at, 0, end)) for at, end in zip(start, most, strict=True)], update
        )
    return ops.slice_update(operand, ops.clip(start, 0, np.array(most, np.int32)), update)


@evaluates(Pad, PadV2)
def _padded(call: Call) -> Any:
    """Around integers lies what stands for 0."""
    operand = call.operands[0]
    pads = [(int(before), int(behind)) for before, behind in call.known(1)]
    if call.given(2) is not None:
        value = call.known(2).reshape(()).item()
    else:
        value = 0 if call.steps[0] is None else call.steps[0].zero
    return library(operand).pad(operand, pads, constant_values=value)
