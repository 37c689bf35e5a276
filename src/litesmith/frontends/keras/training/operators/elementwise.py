"""Operators of one operand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from litesmith.frontends.keras.training.registry import Call, computes, evaluates, is_known, library
from litesmith.frontends.keras.training.rounding import limited, through
from litesmith.opset.conversion import Cast, Dequantize, Quantize
from litesmith.opset.elementwise import (
    Abs,
    Ceil,
    Cos,
    Elu,
    Exp,
    Floor,
    Gelu,
    HardSwish,
    L2Normalization,
    LeakyRelu,
    Log,
    LogicalNot,
    Logistic,
    LogSoftmax,
    Neg,
    Prelu,
    Relu,
    Relu0To1,
    Relu6,
    ReluN1To1,
    Round,
    Rsqrt,
    Sign,
    Sin,
    Softmax,
    Sqrt,
    Square,
    Tanh,
    ZerosLike,
)

LEAST = 1e-12
"""Roots, reciprocals and logarithms of less have gradients that nothing can be learned from."""

FUNCTIONS: dict[type[Any], Callable[[Any], Any]] = {
    Abs: ops.abs,
    Exp: ops.exp,
    Sin: ops.sin,
    Cos: ops.cos,
    Square: ops.square,
    Sign: ops.sign,
    Relu: ops.relu,
    Elu: ops.elu,
    Logistic: ops.sigmoid,
    Tanh: ops.tanh,
    HardSwish: ops.hard_silu,
    LogSoftmax: ops.log_softmax,
    ZerosLike: ops.zeros_like,
    LogicalNot: ops.logical_not,
    Relu6: lambda x: limited(x, 0.0, 6.0),
    ReluN1To1: lambda x: limited(x, -1.0, 1.0),
    Relu0To1: lambda x: limited(x, 0.0, 1.0),
    Sqrt: lambda x: through(ops.sqrt(x), ops.sqrt(ops.maximum(x, LEAST))),
    Rsqrt: lambda x: through(ops.rsqrt(x), ops.rsqrt(ops.maximum(x, LEAST))),
    Log: lambda x: through(ops.log(x), ops.log(ops.maximum(x, LEAST))),
}


@computes(*FUNCTIONS)
def _functions(operator: Any, x: Any) -> Any:
    return FUNCTIONS[type(operator)](x)


@computes(Floor, Ceil, Round)
def _rounded(operator: Any, x: Any) -> Any:
    return {Floor: ops.floor, Ceil: ops.ceil, Round: ops.round}[type(operator)](x)


@computes(Neg)
def _negative(_: Any, x: Any) -> Any:
    return library(x).negative(x)


@computes(Gelu)
def _gelu(operator: Gelu, x: Any) -> Any:
    return ops.gelu(x, operator.approximate)


@computes(LeakyRelu)
def _leaky(operator: LeakyRelu, x: Any) -> Any:
    return ops.where(ops.less(x, 0), ops.multiply(x, operator.alpha), x)


@computes(Prelu)
def _prelu(_: Any, x: Any, alpha: Any) -> Any:
    return ops.where(ops.less(x, 0), ops.multiply(x, alpha), x)


@computes(Softmax)
def _softmax(operator: Softmax, x: Any) -> Any:
    return ops.softmax(ops.multiply(x, operator.beta), -1)


@computes(L2Normalization)
def _l2(_: Any, x: Any) -> Any:
    return ops.multiply(x, ops.rsqrt(ops.maximum(ops.sum(ops.square(x), -1, keepdims=True), LEAST)))


@evaluates(Quantize)
def _quantized(call: Call) -> Any:
    return call.rounded(call.real(0))


@evaluates(Dequantize)
def _real(call: Call) -> Any:
    return call.real(0)


@evaluates(Cast)
def _cast(call: Call) -> Any:
    operand, dtype = call.real(0), call.operation.result.type.dtype
    if is_known(operand):
        return operand if operand.dtype == object else operand.astype(dtype.numpy)
    if dtype.is_integer and "float" in keras.backend.standardize_dtype(operand.dtype):
        operand = ops.trunc(operand)
    return ops.cast(operand, dtype.value)
