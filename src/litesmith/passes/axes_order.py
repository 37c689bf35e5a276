"""How an operation computes the same on operands whose axes stand in another order.

An order `p` leads from the *inner* to the *outer* layout, as a TRANSPOSE does: outer axis `i`
is inner axis `p[i]`. A `Move` is an operation, written for the outer layout, in the inner one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

from litesmith.ir.builder import constant, constant_value
from litesmith.ir.graph import Operation, Value
from litesmith.ir.operator import Operator
from litesmith.opset.binary import Binary
from litesmith.opset.conversion import Dequantize, Quantize
from litesmith.opset.elementwise import L2Normalization, LogSoftmax, Prelu, Softmax
from litesmith.opset.joining import Concatenation, MirrorPad, Split, SplitV, Tile
from litesmith.opset.reduction import ArgExtremum, Cumsum, Reduction
from litesmith.opset.selection import SelectV2
from litesmith.opset.shaping import ReverseV2
from litesmith.opset.slicing import Gather, Pad, PadV2, Slice, StridedSlice
from litesmith.passes.cancel_transposes import can_be_transposed, inverse
from litesmith.passes.pointwise import is_pointwise_unary

Order = tuple[int, ...]


@dataclass(frozen=True)
class Move:
    """An operation in the inner layout.

    Attributes:
        operator: with its axes renumbered.
        data: the positions of the operands that are to be given in the inner layout.
        replaced: other operands by position, renumbered as well.
    """

    operator: Operator
    data: tuple[int, ...]
    replaced: dict[int, Value] = field(default_factory=dict)


def move(operation: Operation, order: Order) -> Move | None:
    """The operation in the inner layout; None for one whose meaning depends on the layout."""
    if any(result.type.rank != len(order) or not can_be_transposed(result) for result in operation.results):
        return None
    rule = next((RULES[kind] for kind in type(operation.operator).__mro__ if kind in RULES), None)
    if rule is not None:
        return rule(operation, order)
    return Move(operation.operator, (0,)) if is_pointwise_unary(operation) else None


def inner_shape(shape: Sequence[Any], order: Order) -> tuple[Any, ...]:
    """A shape of the outer layout in the inner one."""
    return tuple(shape[axis] for axis in inverse(order))


def inner_constant(value: Value, order: Order) -> Value:
    """A constant that broadcasts against the outer layout, as it broadcasts against the inner one."""
    assert value.constant is not None
    shape = value.type.shape
    if all(size == 1 for size in shape):
        return value
    padded = value.constant.reshaped((1,) * (len(order) - len(shape)) + shape).transposed(inverse(order))
    long = next(axis for axis, size in enumerate(padded.type.shape) if size != 1)
    kept = padded.type.shape if len(shape) == len(order) else padded.type.shape[long:]
    return constant_value(padded.reshaped(kept), value.name)


def _broadcasting(operation: Operation, order: Order) -> Move | None:
    data = []
    for position, operand in enumerate(operation.operands):
        if operand is None or not can_be_transposed(operand):
            return None
        if operand.is_constant or operand.type.rank == len(order):
            data.append(position)
        elif any(size != 1 for size in operand.type.shape):
            return None
    return Move(operation.operator, tuple(data))


def _per_tensor(operation: Operation, _: Order) -> Move | None:
    (x,) = operation.operands
    return Move(operation.operator, (0,)) if x is not None and can_be_transposed(x) else None


def _joining(operation: Operation, order: Order) -> Move | None:
    operator = operation.operator
    assert isinstance(operator, Concatenation)
    if not all(operand is not None and can_be_transposed(operand) for operand in operation.operands):
        return None
    return Move(replace(operator, axis=order[operator.axis]), tuple(range(len(operation.operands))))


def _along_last_axis(operation: Operation, order: Order) -> Move | None:
    return Move(operation.operator, (0,)) if order[-1] == len(order) - 1 else None


def _with_axes(position: int, data: int = 0) -> Callable[[Operation, Order], Move | None]:
    """An operation whose operand at `position` is an axis, or several."""

    def rule(operation: Operation, order: Order) -> Move | None:
        renumbered = _known(operation, position, lambda axes: np.take(order, axes))
        return None if renumbered is None else Move(operation.operator, (data,), renumbered)

    return rule


def _with_sizes(*positions: int) -> Callable[[Operation, Order], Move | None]:
    """An operation whose operands at `positions` hold something for each axis."""

    def rule(operation: Operation, order: Order) -> Move | None:
        replaced: dict[int, Value] = {}
        for position in positions:
            renumbered = _known(operation, position, lambda sizes: sizes[list(inverse(order))])
            if renumbered is None:
                return None
            replaced |= renumbered
        return Move(operation.operator, (0,), replaced)

    return rule


def _gathering(operation: Operation, order: Order) -> Move | None:
    """Indices of one axis, picked along one axis."""
    operator, indices = operation.operator, operation.operands[1]
    assert isinstance(operator, Gather)
    if operator.batch_dims or indices is None or indices.type.rank != 1:
        return None
    return Move(replace(operator, axis=order[operator.axis]), (0,))


def _reversal(operation: Operation, order: Order) -> Move | None:
    """Of one axis: the kernel takes several only where they are neighbours."""
    axes = operation.operands[1]
    return _with_axes(1)(operation, order) if axes is not None and axes.type.elements == 1 else None


def _reduction(operation: Operation, order: Order) -> Move | None:
    return _with_axes(1)(operation, order) if getattr(operation.operator, "keep_dims", False) else None


def _strided(operation: Operation, order: Order) -> Move | None:
    """A slice of the same rank; axes behind the last bound are taken whole."""
    operator = operation.operator
    assert isinstance(operator, StridedSlice)
    if operator.shrink_axis_mask or operator.new_axis_mask or operator.ellipsis_mask:
        return None
    axes = inverse(order)
    replaced: dict[int, Value] = {}
    for position, whole in ((1, 0), (2, 0), (3, 1)):
        bounds = _known(operation, position, partial(_reordered_bounds, axes=axes, whole=whole))
        if bounds is None:
            return None
        replaced |= bounds
    given = operation.operands[1]
    assert given is not None
    taken_whole = _bits(range(given.type.elements, len(axes)))
    begin, end = (
        _bits(order[axis] for axis in range(len(order)) if (mask | taken_whole) >> axis & 1)
        for mask in (operator.begin_mask, operator.end_mask)
    )
    return Move(replace(operator, begin_mask=begin, end_mask=end), (0,), replaced)


def _reordered_bounds(bounds: Any, axes: Order, whole: int) -> Any:
    return np.concatenate([bounds, np.full(len(axes) - len(bounds), whole, bounds.dtype)])[list(axes)]


def _bits(axes: Iterable[int]) -> int:
    return sum(1 << axis for axis in axes)


def _known(operation: Operation, position: int, change: Callable[[Any], Any]) -> dict[int, Value] | None:
    """A constant operand changed; None when only the running model knows it."""
    operand = operation.operands[position]
    if operand is None or operand.constant is None:
        return None
    array = change(operand.constant.array())
    return {position: constant(np.asarray(array), operand.type.dtype, operand.name)}


RULES: dict[type[Operator], Callable[[Operation, Order], Move | None]] = {
    Binary: _broadcasting,
    SelectV2: _broadcasting,
    Prelu: _broadcasting,
    Quantize: _per_tensor,
    Dequantize: _per_tensor,
    Concatenation: _joining,
    Softmax: _along_last_axis,
    LogSoftmax: _along_last_axis,
    L2Normalization: _along_last_axis,
    Reduction: _reduction,
    ReverseV2: _reversal,
    Cumsum: _with_axes(1),
    Gather: _gathering,
    Split: _with_axes(0, data=1),
    SplitV: _with_axes(2),
    Pad: _with_sizes(1),
    PadV2: _with_sizes(1),
    MirrorPad: _with_sizes(1),
    Slice: _with_sizes(1, 2),
    Tile: _with_sizes(1),
    StridedSlice: _strided,
}


def absorbed(operation: Operation, order: Order) -> Move | None:
    """An operation that drops axes, reading the inner layout, when its result is the same.

    A mean over height and width gives [batch, channels] in either layout.
    """
    operator = operation.operator
    if not isinstance(operator, (Reduction, ArgExtremum)) or getattr(operator, "keep_dims", False):
        return None
    axes = _known(operation, 1, lambda axes: np.take(order, axes))
    x = operation.operands[0]
    if axes is None or x is None or x.type.rank != len(order):
        return None
    outer = operation.operands[1]
    assert outer is not None
    assert outer.constant is not None
    dropped = {int(axis) % len(order) for axis in outer.constant.array().reshape(-1)}
    left = [order[axis] for axis in range(len(order)) if axis not in dropped]
    return Move(operator, (0,), axes) if left == sorted(left) else None
