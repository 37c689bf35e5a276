"""Activation functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from litesmith.frontends.torch.registry import imports
from litesmith.ir.builder import constant
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import attention, math, nn, special
from litesmith.ops.array import cast, full, reshape
from litesmith.ops.errors import Unsupported
from litesmith.ops.indexing import select

PLAIN: dict[str, Callable[[Value], Value]] = {
    "relu": nn.relu,
    "relu6": nn.relu6,
    "silu": nn.silu,
    "selu": nn.selu,
    "hardsigmoid": nn.hard_sigmoid,
    "hardswish": nn.hard_silu,
    "log_sigmoid": nn.log_sigmoid,
    "special_ndtr": lambda x: _normal(x),
    "mish": lambda x: math.multiply(x, nn.tanh(special.softplus(x))),
}


def _normal(x: Value) -> Value:
    return math.multiply(special.erfc(math.multiply(x, -(0.5**0.5))), 0.5)


def _plain(function: Callable[[Value], Value], x: Value) -> Value:
    return function(x)


for _name, _function in PLAIN.items():
    imports(_name)(partial(_plain, _function))


@imports("log_sigmoid_forward")
def log_sigmoid_forward(x: Value) -> Sequence[Value]:
    """The second result is for gradients."""
    return [nn.log_sigmoid(x), full((0,), 0.0, x.type.dtype)]


@imports("gelu")
def gelu(x: Value, approximate: str = "none") -> Value:
    return nn.gelu(x, approximate == "tanh")


@imports("leaky_relu")
def leaky_relu(x: Value, negative_slope: float = 0.01) -> Value:
    return nn.leaky_relu(x, negative_slope)


@imports("rrelu", "rrelu_with_noise_functional")
def rrelu(x: Value, lower: float = 1 / 8, upper: float = 1 / 3, training: bool = False) -> Value:
    if training:
        raise Unsupported("rrelu in training; call eval() on the module")
    return nn.leaky_relu(x, (lower + upper) / 2)


@imports("prelu", "_prelu_kernel")
def prelu(x: Value, weight: Value) -> Value:
    """One slope for all, or one for each channel, the second axis."""
    count = weight.type.elements
    if x.type.rank < 2 or (count == 1 and weight.type.rank < 2):
        slopes = reshape(weight, (count,))
        return math.subtract(nn.relu(x), math.multiply(slopes, nn.relu(math.negative(x))))
    channels = weight if weight.type.rank == x.type.rank else reshape(weight, (count, *[1] * (x.type.rank - 2)))
    return math.subtract(nn.relu(x), math.multiply(channels, nn.relu(math.negative(x))))


@imports("elu")
def elu(x: Value, alpha: float = 1.0, scale: float = 1.0, input_scale: float = 1.0) -> Value:
    """Scaled where the input is above 0; below, exp(x * input_scale) - 1 times alpha and scale."""
    if scale == 1 and input_scale == 1:
        return nn.elu(x, alpha)
    below = nn.elu(math.minimum(math.multiply(x, input_scale), 0.0))
    return math.add(math.multiply(nn.relu(x), scale), math.multiply(below, alpha * scale))


@imports("celu")
def celu(x: Value, alpha: float = 1.0) -> Value:
    return nn.celu(x, alpha)


@imports("hardtanh")
def hardtanh(x: Value, min_val: float = -1, max_val: float = 1) -> Value:
    return math.clip(x, min_val, max_val)


@imports("softplus")
def softplus(x: Value, beta: float = 1, threshold: float = 20) -> Value:
    """log(1 + exp(beta * x)) / beta; x itself from the threshold on, which differs by less than 3e-9 there."""
    if threshold < 17:
        scaled = math.multiply(x, float(beta))
        soft = math.multiply(special.softplus(scaled), 1.0 / beta)
        return select(math.greater(scaled, float(threshold)), x, soft)
    return (
        special.softplus(x) if beta == 1 else math.multiply(special.softplus(math.multiply(x, float(beta))), 1 / beta)
    )


@imports("softshrink")
def softshrink(x: Value, lambd: float = 0.5) -> Value:
    return nn.soft_shrink(x, lambd)


@imports("hardshrink")
def hardshrink(x: Value, lambd: float = 0.5) -> Value:
    return nn.hard_shrink(x, lambd)


@imports("threshold")
def threshold(x: Value, threshold: float, value: float) -> Value:
    return select(math.greater(x, threshold), x, constant(value, x.type.dtype))


@imports("glu")
def glu(x: Value, dim: int = -1) -> Value:
    return nn.glu(x, dim)


@imports("softmax", "_softmax", "special_softmax")
def softmax(x: Value, dim: int, dtypes: Sequence[DType]) -> Value:
    return _along(nn.softmax, cast(x, dtypes[0]), dim)


@imports("log_softmax", "_log_softmax", "special_log_softmax")
def log_softmax(x: Value, dim: int, dtypes: Sequence[DType]) -> Value:
    return _along(nn.log_softmax, cast(x, dtypes[0]), dim)


def _along(function: Callable[..., Value], x: Value, dim: int) -> Value:
    """Of a scalar, along an axis that it does not have."""
    return function(x, dim) if x.type.rank else reshape(function(reshape(x, (1,)), 0), ())


@imports("_safe_softmax")
def safe_softmax(x: Value, dim: int) -> Value:
    """Zeros where all are minus infinity."""
    lost = math.all(math.is_infinity(x, negative=True), dim, True)
    kept = select(lost, constant(0.0, x.type.dtype), x)
    return select(lost, constant(0.0, x.type.dtype), attention.softmax(kept, dim))


@imports("softmin")
def softmin(x: Value, dim: int) -> Value:
    return nn.softmax(math.negative(x), dim)
