"""Products of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import ops

from litesmith.frontends.keras.training.operators.activations import finished
from litesmith.frontends.keras.training.operators.arithmetic import ratio
from litesmith.frontends.keras.training.registry import Call, evaluates
from litesmith.frontends.keras.training.rounding import limited, rounded
from litesmith.frontends.keras.training.weights import MOST_OF_BIAS, SMALLEST_DATA
from litesmith.opset.matmul import BatchMatmul, EmbeddingLookup, FullyConnected

TINY = 1e-30
"""Of a range that can be divided by."""


@evaluates(FullyConnected)
def _fully_connected(call: Call) -> Any:
    rows = call.operands[0]
    if not call.operator.keep_num_dims and len(rows.shape) != 2:
        rows = ops.reshape(rows, (-1, call.operands[1].shape[1]))
    return weighted(call, rows, lambda x, weights: ops.matmul(x, ops.transpose(weights)), together=(-1,))


def weighted(
    call: Call,
    rows: Any,
    product: Any,
    places: tuple[int, int, int] = (0, 1, 2),
    together: tuple[int, ...] = (1, 2, 3),
) -> Any:
    """What is made of a linear function of an operand, its weights, and a bias.

    Products of integers are summed exactly, and the bias is rounded to their steps.

    Args:
        rows: the operand that is multiplied, perhaps in another shape.
        product: of rows and weights; channels are the last axis.
        places: of that operand, the weights and the bias.
        together: axes over which real numbers have one range, where the kernel rounds them as they come.
    """
    data, weights, bias = places
    steps, kernel, result = call.steps[data], call.steps[weights], call.made[0]
    shift = call.given(bias)
    if steps is None or kernel is None or result is None:
        real = steps.real(rows) if steps is not None else rows if kernel is None else rounded_rows(rows, together)
        made = product(real, call.real(weights))
        return finished(call, made if shift is None else ops.add(made, shift))
    total = product(steps.centered(rows), call.operands[weights])
    scales = ops.reshape(ops.convert_to_tensor(kernel.scale, "float32"), (-1,))
    if shift is not None:
        counted = ops.divide(shift, ops.multiply(scales, steps.scale))
        if steps.scale <= SMALLEST_DATA:
            counted = ops.stop_gradient(counted)
        total = ops.add(total, rounded(counted, -MOST_OF_BIAS, MOST_OF_BIAS))
    return finished(call, ops.multiply(total, _ratios(steps.scale, scales, result.scale)))


def _ratios(data: float, scales: Any, result: float) -> Any:
    """`data * scales / result` of each channel, as kernels compute it.

    The divisor is told to depend on the scales, which are positive: compilers put two constants together, or multiply
    by the reciprocal of one, and the last bit changes.
    """
    divisor = ops.maximum(np.float32(result), ops.negative(scales))
    return ops.divide(ops.multiply(scales, np.float32(data)), divisor)


def rounded_rows(x: Any, axes: tuple[int, ...]) -> Any:
    """Real numbers as XNNPACK rounds them where it multiplies them by integers: in 255 steps of the range over axes."""
    low = ops.minimum(ops.min(x, axes, keepdims=True), 0.0)
    high = ops.maximum(ops.max(x, axes, keepdims=True), 0.0)
    counts = ops.stop_gradient(ops.where(ops.equal(low, high), 1.0, 255 / ops.maximum(high - low, TINY)))
    down, up = ops.multiply(low, counts), ops.multiply(high, counts)
    nearer_low = ops.greater(ops.add(down, up), 1.0)
    zero = ops.stop_gradient(ops.round(limited(ops.where(nearer_low, -128 - down, 127 - up), -128, 127)))
    integers = rounded(ops.add(ops.multiply(x, counts), zero), -128, 127)
    return ops.divide(ops.subtract(integers, zero), counts)


@evaluates(BatchMatmul)
def _batch_matmul(call: Call) -> Any:
    left, right, made = call.steps[0], call.steps[1], call.made[0]
    if left is None or right is None or made is None:
        return call.rounded(_product(call, call.real(0), call.real(1)))
    total = _product(call, left.centered(call.operands[0]), right.centered(call.operands[1]))
    return finished(call, ops.multiply(total, ratio(left.scale, right.scale, made.scale)))


def _product(call: Call, left: Any, right: Any) -> Any:
    if call.operator.adj_x:
        left = ops.swapaxes(left, -1, -2)
    return ops.matmul(left, ops.swapaxes(right, -1, -2) if call.operator.adj_y else right)


@evaluates(EmbeddingLookup)
def _rows(call: Call) -> Any:
    return ops.take(call.real(1), call.operands[0], axis=0)
