"""Activation functions, in LiteRT operators. They take floats, except `relu` and its like.

Where the result for infinity or what is not a number differs from the definition, it is because
a kernel takes them so.
"""

from __future__ import annotations

from collections.abc import Sequence

from litesmith.ir.builder import constant, emit_many
from litesmith.ir.dims import product
from litesmith.ir.graph import Value
from litesmith.ops import math, special
from litesmith.ops.array import axes_of, axis_of, cast, move_axis, reshape, split
from litesmith.ops.creation import count_up
from litesmith.ops.errors import Unsupported
from litesmith.ops.indexing import select
from litesmith.ops.sizes import size_scalar
from litesmith.ops.statistics import cumulative_sum
from litesmith.ops.widening import compute
from litesmith.opset import elementwise
from litesmith.opset.selection import TopKV2

SELU_ALPHA = 1.6732632423543772848170429916717
SELU_SCALE = 1.0507009873554804934193349852946


def relu(x: Value) -> Value:
    """max(x, 0)."""
    return math.clip(x, 0, None)


def relu6(x: Value) -> Value:
    """X limited to 0..6."""
    return math.clip(x, 0, 6)


def leaky_relu(x: Value, slope: float) -> Value:
    """X above 0, slope * x below."""
    return compute(elementwise.LeakyRelu(alpha=float(slope)), x)


def prelu(x: Value, slopes: Value) -> Value:
    """X above 0, slopes * x below; slopes broadcast against x."""
    return compute(elementwise.Prelu(), x, slopes)


def threshold(x: Value, limit: float, otherwise: float) -> Value:
    """X above a limit, another number elsewhere."""
    return select(math.greater(x, limit), x, constant(otherwise, x.type.dtype))


def elu(x: Value, alpha: float = 1.0) -> Value:
    """X above 0, alpha * (exp(x) - 1) below."""
    if alpha == 1:
        return compute(elementwise.Elu(), x)
    below = compute(elementwise.Elu(), math.minimum(x, 0.0))
    return math.add(relu(x), math.multiply(below, alpha))


def selu(x: Value) -> Value:
    """The self-normalising ELU."""
    below = compute(elementwise.Elu(), math.minimum(x, 0.0))
    return math.add(relu(math.multiply(x, SELU_SCALE)), math.multiply(below, SELU_SCALE * SELU_ALPHA))


def celu(x: Value, alpha: float) -> Value:
    """X above 0, alpha * (exp(x / alpha) - 1) below: alpha * ELU(x / alpha)."""
    if alpha <= 0:
        raise Unsupported(f"alpha {alpha}, which is not above 0")
    return math.multiply(elu(math.multiply(x, 1.0 / alpha)), alpha)


def sigmoid(x: Value) -> Value:
    """1 / (1 + exp(-x))."""
    return compute(elementwise.Logistic(), x)


def hard_sigmoid(x: Value) -> Value:
    """relu6(x + 3) / 6."""
    return math.multiply(relu6(math.add(x, 3.0)), 1 / 6)


def sparse_sigmoid(x: Value) -> Value:
    """(x + 1) / 2 for x limited to -1..1."""
    return math.multiply(math.add(hard_tanh(x), 1.0), 0.5)


def tanh(x: Value) -> Value:
    """The hyperbolic tangent."""
    return compute(elementwise.Tanh(), x)


def hard_tanh(x: Value) -> Value:
    """X limited to -1..1."""
    return math.clip(x, -1, 1)


def silu(x: Value) -> Value:
    """The product x * sigmoid(x), also called swish."""
    return math.multiply(x, sigmoid(x))


def hard_silu(x: Value) -> Value:
    """The product x * relu6(x + 3) / 6, also called hard swish."""
    return compute(elementwise.HardSwish(), x)


def gelu(x: Value, approximate: bool) -> Value:
    """The product x * Phi(x), with the normal distribution exact, or by tanh when `approximate`."""
    return compute(elementwise.Gelu(approximate=bool(approximate)), x)


def glu(x: Value, axis: int) -> Value:
    """The first half along an axis times the sigmoid of the second."""
    first, second = split(x, 2, axis)
    return math.multiply(first, sigmoid(second))


def softsign(x: Value) -> Value:
    """The quotient x / (1 + |x|)."""
    return math.divide(x, math.add(math.absolute(x), 1.0))


def tanh_shrink(x: Value) -> Value:
    """The difference x - tanh(x)."""
    return math.subtract(x, tanh(x))


def soft_shrink(x: Value, limit: float) -> Value:
    """X moved towards 0 by a limit of at least 0."""
    if limit < 0:
        raise Unsupported(f"a threshold below 0: {limit}")
    return math.subtract(x, math.clip(x, -limit, limit))


def hard_shrink(x: Value, limit: float) -> Value:
    """X where its magnitude is above a limit, 0 elsewhere."""
    return select(math.greater(math.absolute(x), limit), x, constant(0, x.type.dtype))


def sparse_plus(x: Value) -> Value:
    """0 up to -1, x from 1 on, (x + 1) ** 2 / 4 between them."""
    curve = math.multiply(math.square(math.add(hard_tanh(x), 1.0)), 0.25)
    return math.add(curve, relu(math.subtract(x, 1.0)))


def squareplus(x: Value, b: float) -> Value:
    """(x + sqrt(x ** 2 + b)) / 2."""
    return math.multiply(math.add(x, math.sqrt(math.add(math.square(x), b))), 0.5)


softplus = special.softplus
log_sigmoid = special.log_sigmoid


def softmax(x: Value, axis: int | Sequence[int] | None = -1) -> Value:
    """exp(x), divided by its sum along an axis, or along several together (all of them for None)."""
    return _over_last_axis(elementwise.Softmax(), x, axis)


def log_softmax(x: Value, axis: int | Sequence[int] | None = -1) -> Value:
    """The logarithm of the softmax."""
    return _over_last_axis(elementwise.LogSoftmax(), x, axis)


def _over_last_axis(operator: elementwise.Unary, x: Value, axis: int | Sequence[int] | None) -> Value:
    """An operator on rows, applied to the axes given as if they were one, and last."""
    axes = sorted(axes_of(axis, x.type.rank))
    outer = x.type.rank - len(axes)
    last = list(range(outer, x.type.rank))
    behind = move_axis(x, axes, last)
    shape = behind.type.shape
    if len(axes) == 1 and len(shape) <= math.MAX_DELEGATED_RANK:
        return move_axis(compute(operator, behind), last, axes)
    rows = compute(operator, reshape(behind, (product(shape[:outer]), product(shape[outer:]))))
    return move_axis(reshape(rows, shape), last, axes)


def sparsemax(x: Value, axis: int) -> Value:
    """Keras' sparsemax along an axis: max(x - tau, 0), with tau from the sorted elements."""
    place, last = axis_of(axis, x.type.rank), x.type.rank - 1
    rows = move_axis(x, place, last)
    size = rows.type.shape[-1]
    ordered, _ = emit_many(TopKV2(), rows, size_scalar(size))
    sums = cumulative_sum(ordered, -1)
    counts = cast(count_up(1, size + 1), x.type.dtype)
    support = cast(math.less(math.divide(math.subtract(sums, 1.0), counts), ordered), x.type.dtype)
    total = math.subtract(math.sum(math.multiply(support, sums), -1, True), 1.0)
    tau = math.divide(total, math.sum(support, -1, True))
    return move_axis(relu(math.subtract(rows, tau)), last, place)
