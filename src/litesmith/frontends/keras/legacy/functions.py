"""Functions of TensorFlow that Keras 2 let people call on its tensors, in terms of `keras.ops`.

Argument names are TensorFlow's, as descriptions hold them. `name=` is left out before a function is called.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops

from litesmith.frontends.keras.legacy.layers import hard_sigmoid_of_keras_2

FUNCTIONS: dict[str, Callable[..., Any]] = {}
"""By TensorFlow's names, without `tf.` and `compat.v1.`."""


class NotThisWay(Exception):
    """A function is known, but not with these arguments; the text says why."""


def function(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register what the functions of these names do."""

    def register(what: Callable[..., Any]) -> Callable[..., Any]:
        FUNCTIONS.update(dict.fromkeys(names, what))
        return what

    return register


def known(name: str) -> Callable[..., Any] | None:
    """The function of a name, however it is written."""
    return FUNCTIONS.get(name.removeprefix("tf.").removeprefix("compat.v1.").removeprefix("compat.v2."))


def only(**arguments: tuple[Any, Any]) -> None:
    """Refuse arguments that have other than the one value that is known: `axis=(axis, None)`."""
    for name, (value, expected) in arguments.items():
        if value != expected:
            raise NotThisWay(f"{name}={value!r}")


def like(value: Any, other: Any) -> Any:
    """A constant as a tensor of the type of another; tensors and plain numbers stay."""
    if isinstance(value, (list, tuple)):
        return ops.convert_to_tensor(np.asarray(value), dtype=keras.backend.standardize_dtype(other.dtype))
    return value


UNARY = {
    "absolute": "math.abs abs keras.backend.abs",
    "negative": "math.negative negative __operators__.neg",
    "sign": "math.sign sign keras.backend.sign",
    "square": "math.square square keras.backend.square",
    "sqrt": "math.sqrt sqrt keras.backend.sqrt",
    "rsqrt": "math.rsqrt",
    "reciprocal": "math.reciprocal",
    "exp": "math.exp exp keras.backend.exp",
    "expm1": "math.expm1",
    "log": "math.log keras.backend.log",
    "log1p": "math.log1p",
    "sin": "math.sin sin keras.backend.sin",
    "cos": "math.cos cos keras.backend.cos",
    "tan": "math.tan tan",
    "arcsin": "math.asin asin",
    "arccos": "math.acos acos",
    "arctan": "math.atan atan",
    "sinh": "math.sinh sinh",
    "cosh": "math.cosh cosh",
    "tanh": "math.tanh tanh nn.tanh keras.backend.tanh",
    "sigmoid": "math.sigmoid sigmoid nn.sigmoid keras.backend.sigmoid",
    "log_sigmoid": "math.log_sigmoid",
    "softsign": "math.softsign nn.softsign keras.backend.softsign",
    "erf": "math.erf",
    "floor": "math.floor floor",
    "ceil": "math.ceil",
    "round": "math.round round keras.backend.round",
    "isnan": "math.is_nan",
    "isinf": "math.is_inf",
    "isfinite": "math.is_finite",
    "logical_not": "math.logical_not logical_not __operators__.invert",
    "relu6": "nn.relu6",
    "elu": "nn.elu",
    "selu": "nn.selu",
}
BINARY = {
    "add": "math.add add __operators__.add",
    "subtract": "math.subtract subtract",
    "multiply": "math.multiply multiply",
    "true_divide": "math.truediv truediv math.divide divide",
    "floor_divide": "math.floordiv floordiv floor_div",
    "mod": "math.floormod floormod math.mod",
    "power": "math.pow pow",
    "maximum": "math.maximum maximum keras.backend.maximum",
    "minimum": "math.minimum minimum keras.backend.minimum",
    "less": "math.less less keras.backend.less",
    "less_equal": "math.less_equal less_equal keras.backend.less_equal",
    "greater": "math.greater greater keras.backend.greater",
    "greater_equal": "math.greater_equal greater_equal keras.backend.greater_equal",
    "equal": "math.equal equal keras.backend.equal __operators__.eq",
    "not_equal": "math.not_equal not_equal keras.backend.not_equal __operators__.ne",
    "logical_and": "math.logical_and logical_and __operators__.and",
    "logical_or": "math.logical_or logical_or __operators__.or",
    "logical_xor": "math.logical_xor",
}
SAME = "identity stop_gradient keras.backend.stop_gradient keras.backend.identity convert_to_tensor ensure_shape"


def _unary(name: str) -> Callable[..., Any]:
    what = getattr(ops, name)

    def call(first: Any, **others: Any) -> Any:
        unknown = {key: value for key, value in others.items() if value is not None}
        if unknown:
            raise NotThisWay(", ".join(f"{key}={value!r}" for key, value in unknown.items()))
        return what(first)

    return call


def _binary(name: str) -> Callable[..., Any]:
    what = getattr(ops, name)

    def call(x: Any, y: Any = None, other: Any = None, incompatible_shape_error: Any = None) -> Any:
        y = other if y is None else y
        tensor = y if isinstance(x, (int, float, list)) else x
        return what(like(x, tensor), like(y, tensor))

    return call


for _name, _names in UNARY.items():
    function(*_names.split())(_unary(_name))
for _name, _names in BINARY.items():
    function(*_names.split())(_binary(_name))


@function(*SAME.split())
def _same(x: Any, dtype: Any = None, shape: Any = None, dtype_hint: Any = None) -> Any:
    return x if dtype is None else ops.cast(x, dtype)


@function("math.softplus", "nn.softplus", "keras.backend.softplus")
def _softplus(features: Any) -> Any:
    return ops.softplus(features)


@function("math.squared_difference")
def _squared_difference(x: Any, y: Any) -> Any:
    return ops.square(x - like(y, x))


@function("math.divide_no_nan")
def _divide_no_nan(x: Any, y: Any) -> Any:
    y = like(y, x)
    is_zero = ops.equal(y, 0)
    return ops.where(is_zero, ops.zeros_like(x), x / ops.where(is_zero, ops.ones_like(y), y))


@function("math.atan2")
def _atan2(y: Any, x: Any) -> Any:
    return ops.arctan2(y, like(x, y))


@function("math.add_n", "add_n")
def _add_n(inputs: Any) -> Any:
    total = inputs[0]
    for each in inputs[1:]:
        total = total + each
    return total


@function("clip_by_value")
def _clip_by_value(t: Any, clip_value_min: Any, clip_value_max: Any) -> Any:
    return ops.minimum(ops.maximum(t, like(clip_value_min, t)), like(clip_value_max, t))


@function("keras.backend.clip")
def _clip(x: Any, min_value: Any, max_value: Any) -> Any:
    x = x if min_value is None else ops.maximum(x, min_value)
    return x if max_value is None else ops.minimum(x, max_value)


@function("cast", "keras.backend.cast", "dtypes.cast")
def _cast(x: Any, dtype: str) -> Any:
    return ops.cast(x, dtype)


@function("where", "keras.backend.switch")
def _where(condition: Any, x: Any = None, y: Any = None) -> Any:
    if x is None or y is None:
        raise NotThisWay("one argument")
    tensor = y if isinstance(x, (int, float, list)) else x
    return ops.where(condition, like(x, tensor), like(y, tensor))


@function("nn.relu", "keras.backend.relu", "keras.activations.relu")
def _relu(features: Any, alpha: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Any:
    return keras.activations.relu(features, negative_slope=alpha, max_value=max_value, threshold=threshold)


@function("nn.leaky_relu")
def _leaky_relu(features: Any, alpha: float = 0.2) -> Any:
    return ops.leaky_relu(features, negative_slope=alpha)


@function("nn.silu", "nn.swish", "keras.activations.swish")
def _silu(features: Any, beta: float = 1.0) -> Any:
    return features * ops.sigmoid(features if beta == 1.0 else features * beta)


@function("nn.gelu", "keras.activations.gelu")
def _gelu(features: Any, approximate: bool = False) -> Any:
    return ops.gelu(features, approximate=approximate)


@function("nn.softmax", "math.softmax", "keras.backend.softmax", "keras.activations.softmax")
def _softmax(logits: Any, axis: int | None = -1, dim: int | None = None) -> Any:
    only(dim=(dim, None))
    return ops.softmax(logits, axis=-1 if axis is None else axis)


@function("nn.log_softmax", "math.log_softmax")
def _log_softmax(logits: Any, axis: int | None = -1) -> Any:
    return ops.log_softmax(logits, axis=-1 if axis is None else axis)


function("keras.backend.hard_sigmoid", "keras.activations.hard_sigmoid")(hard_sigmoid_of_keras_2)


@function("nn.bias_add", "keras.backend.bias_add")
def _bias_add(value: Any, bias: Any, data_format: Any = None) -> Any:
    if data_format not in (None, "N...C", "NHWC", "channels_last"):
        raise NotThisWay(f"data_format={data_format!r}")
    return value + like(bias, value)


@function("nn.l2_normalize", "math.l2_normalize", "linalg.l2_normalize", "keras.backend.l2_normalize")
def _l2_normalize(x: Any, axis: Any = None, epsilon: float = 1e-12, dim: Any = None) -> Any:
    axis = dim if axis is None else axis
    axis = tuple(axis) if isinstance(axis, list) else axis
    return x * ops.rsqrt(ops.maximum(ops.sum(ops.square(x), axis=axis, keepdims=True), epsilon))


REDUCTIONS = {
    "sum": "math.reduce_sum reduce_sum keras.backend.sum",
    "mean": "math.reduce_mean reduce_mean keras.backend.mean",
    "max": "math.reduce_max reduce_max keras.backend.max",
    "min": "math.reduce_min reduce_min keras.backend.min",
    "prod": "math.reduce_prod reduce_prod keras.backend.prod",
    "std": "math.reduce_std keras.backend.std",
    "var": "math.reduce_variance keras.backend.var",
    "any": "math.reduce_any reduce_any keras.backend.any",
    "all": "math.reduce_all reduce_all keras.backend.all",
    "logsumexp": "math.reduce_logsumexp reduce_logsumexp keras.backend.logsumexp",
}


def _reduction(name: str) -> Callable[..., Any]:
    what = getattr(ops, name)

    def call(
        input_tensor: Any,
        axis: Any = None,
        keepdims: Any = None,
        keep_dims: Any = None,
        reduction_indices: Any = None,
    ) -> Any:
        axis = reduction_indices if axis is None else axis
        axis = tuple(axis) if isinstance(axis, list) else axis
        return what(input_tensor, axis=axis, keepdims=bool(keepdims or keep_dims))

    return call


for _name, _names in REDUCTIONS.items():
    function(*_names.split())(_reduction(_name))


def _arg(name: str) -> Callable[..., Any]:
    what = getattr(ops, name)

    def call(input: Any, axis: Any = None, output_type: Any = None, dimension: Any = None) -> Any:
        axis = dimension if axis is None else axis
        return what(input, axis=0 if axis is None else axis)

    return call


function("math.argmax", "argmax")(_arg("argmax"))
function("math.argmin", "argmin")(_arg("argmin"))


@function("keras.backend.argmax")
def _keras_argmax(x: Any, axis: int = -1) -> Any:
    return ops.argmax(x, axis=axis)


def _cumulative(name: str) -> Callable[..., Any]:
    what, unit = getattr(ops, name), {"cumsum": ops.zeros_like, "cumprod": ops.ones_like}[name]

    def call(x: Any, axis: int = 0, exclusive: bool = False, reverse: bool = False) -> Any:
        x = ops.flip(x, axis=axis) if reverse else x
        if exclusive:
            before: list[Any] = [slice(None)] * len(x.shape)
            first = [*before]
            before[axis], first[axis] = slice(None, -1), slice(None, 1)
            x = ops.concatenate([unit(x[tuple(first)]), x[tuple(before)]], axis=axis)
        found = what(x, axis=axis)
        return ops.flip(found, axis=axis) if reverse else found

    return call


function("math.cumsum", "cumsum", "keras.backend.cumsum")(_cumulative("cumsum"))
function("math.cumprod", "cumprod", "keras.backend.cumprod")(_cumulative("cumprod"))


@function("math.top_k", "nn.top_k")
def _top_k(input: Any, k: int = 1, sorted: bool = True, index_type: Any = None) -> Any:
    return ops.top_k(input, k)


@function("linalg.matmul", "matmul")
def _matmul(a: Any, b: Any, transpose_a: bool = False, transpose_b: bool = False, **others: Any) -> Any:
    if any(others.values()):
        raise NotThisWay(", ".join(name for name, value in others.items() if value))
    a, b = like(a, b), like(b, a)
    a = ops.swapaxes(a, -1, -2) if transpose_a else a
    b = ops.swapaxes(b, -1, -2) if transpose_b else b
    return ops.matmul(a, b)


@function("keras.backend.dot")
def _dot(x: Any, y: Any) -> Any:
    return ops.dot(x, like(y, x))


@function("one_hot", "keras.backend.one_hot")
def _one_hot(
    indices: Any,
    depth: Any = None,
    on_value: Any = None,
    off_value: Any = None,
    axis: Any = None,
    dtype: Any = None,
    num_classes: Any = None,
) -> Any:
    depth = num_classes if depth is None else depth
    if on_value not in (None, 1) or off_value not in (None, 0):
        raise NotThisWay(f"on_value={on_value}, off_value={off_value}")
    return ops.one_hot(indices, depth, axis=-1 if axis is None else axis, dtype=dtype or "float32")


@function("tensordot")
def _tensordot(a: Any, b: Any, axes: Any) -> Any:
    return ops.tensordot(a, like(b, a), axes=axes)


@function("linalg.norm", "norm")
def _norm(tensor: Any, ord: Any = "euclidean", axis: Any = None, keepdims: Any = None) -> Any:
    """Of vectors: along one axis, or of all elements."""
    if ord not in ("euclidean", 2, 1) or isinstance(axis, (list, tuple)):
        raise NotThisWay(f"ord={ord!r}, axis={axis!r}")
    if ord == 1:
        return ops.sum(ops.abs(tensor), axis=axis, keepdims=bool(keepdims))
    return ops.sqrt(ops.sum(ops.square(tensor), axis=axis, keepdims=bool(keepdims)))


@function("nn.moments")
def _moments(x: Any, axes: Any, shift: Any = None, keepdims: bool = False) -> Any:
    axis = tuple(axes) if isinstance(axes, (list, tuple)) else axes
    return ops.mean(x, axis=axis, keepdims=keepdims), ops.var(x, axis=axis, keepdims=keepdims)


@function("clip_by_norm")
def _clip_by_norm(t: Any, clip_norm: Any, axes: Any = None) -> Any:
    axis = tuple(axes) if isinstance(axes, (list, tuple)) else axes
    norm = ops.sqrt(ops.sum(ops.square(t), axis=axis, keepdims=True))
    return t * clip_norm / ops.maximum(norm, clip_norm)


@function("math.reduce_euclidean_norm")
def _euclidean_norm(input_tensor: Any, axis: Any = None, keepdims: Any = None) -> Any:
    axis = tuple(axis) if isinstance(axis, list) else axis
    return ops.sqrt(ops.sum(ops.square(input_tensor), axis=axis, keepdims=bool(keepdims)))


@function("debugging.check_numerics")
def _check_numerics(tensor: Any, message: Any = None) -> Any:
    return tensor


@function("nn.crelu")
def _crelu(features: Any, axis: int = -1) -> Any:
    return ops.relu(ops.concatenate([features, -features], axis=axis))
