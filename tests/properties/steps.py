"""The steps that random models are made of.

A step is drawn for the values that are there; it says how it is written, what it reads, and the
function of Keras tensors that it is. `exact`: whether the result has the same bits on every
machine when the operands have, so that rounding, comparing and sorting it is the same too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st
from keras import layers, ops

Draw = Callable[[Any], Any]


@dataclass
class Known:
    """A value of a model: its symbolic tensor, what it is for each of the inputs tried, and what it was made of."""

    name: str
    tensor: Any
    arrays: list[np.ndarray]
    exact: bool
    operands: Sequence[Known] = ()

    @property
    def rank(self) -> int:
        return len(self.tensor.shape)

    @property
    def dtype(self) -> str:
        return self.tensor.dtype


@dataclass
class Step:
    text: str
    operands: Sequence[Known]
    function: Callable[..., Any]
    exact: bool = False

    def __str__(self) -> str:
        return f"{self.text} of {', '.join(operand.name for operand in self.operands)}"


def pick(draw: Draw, values: list[Known], dtype: str | None = None, ranks: Sequence[int] = range(9), exact=False):
    fitting = [
        value
        for value in values
        if (dtype is None or value.dtype == dtype) and value.rank in ranks and (value.exact or not exact)
    ]
    return draw(st.sampled_from(fitting)) if fitting else None


def axis_of(draw: Draw, x: Known) -> int:
    return draw(st.integers(-x.rank, x.rank - 1))


def axes_of(draw: Draw, x: Known) -> tuple[int, ...]:
    return tuple(sorted(draw(st.sets(st.integers(0, x.rank - 1), min_size=1, max_size=x.rank))))


NUMBERS = st.sampled_from([-2.0, -1.0, -0.5, -0.0, 0.0, 0.25, 0.5, 1.0, 1.5, 3.0])

SMOOTH = {
    "tanh": ops.tanh,
    "sigmoid": ops.sigmoid,
    "exp": lambda x: ops.exp(ops.minimum(x, 3.0)),
    "expm1": lambda x: ops.expm1(ops.minimum(x, 3.0)),
    "softplus": ops.softplus,
    "softsign": ops.softsign,
    "gelu": ops.gelu,
    "gelu exact": lambda x: ops.gelu(x, approximate=False),
    "silu": ops.silu,
    "log_sigmoid": ops.log_sigmoid,
    "elu": ops.elu,
    "selu": ops.selu,
    "celu": ops.celu,
    "sqrt": lambda x: ops.sqrt(ops.abs(x)),
    "rsqrt": lambda x: ops.rsqrt(ops.abs(x) + 1),
    "reciprocal": lambda x: ops.reciprocal(ops.abs(x) + 1),
    "sin": ops.sin,
    "cos": ops.cos,
    "log1p": lambda x: ops.log1p(ops.abs(x)),
    "log": lambda x: ops.log(ops.abs(x) + 0.5),
    "erf": ops.erf,
    "arctan": ops.arctan,
    "sinh": lambda x: ops.sinh(ops.clip(x, -3, 3)),
    "hard_sigmoid": ops.hard_sigmoid,
    "hard_silu": ops.hard_silu,
    "leaky_relu": ops.leaky_relu,
    "mish": lambda x: x * ops.tanh(ops.softplus(x)),
    "hard swish": lambda x: x * ops.relu6(x + 3) / 6,
    "normalized": lambda x: x / ops.sqrt(ops.sum(ops.square(x), axis=-1, keepdims=True) + 1e-3),
}
EXACT = {
    "relu": ops.relu,
    "relu6": ops.relu6,
    "abs": ops.abs,
    "negative": ops.negative,
    "square": ops.square,
    "identity": lambda x: x,
    "+ 0": lambda x: x + 0.0,
    "0 - x": lambda x: 0.0 - x,
    "* 1": lambda x: x * 1.0,
    "/ 2": lambda x: x / 2,
    "floor": ops.floor,
    "ceil": ops.ceil,
    "round": ops.round,
    "sign": ops.sign,
    "trunc": ops.trunc,
}
JUMPING = ("floor", "ceil", "round", "sign", "trunc")


def smooth(draw, values):
    x = pick(draw, values, "float32")
    name = draw(st.sampled_from(sorted(SMOOTH)))
    return x and (x.rank or name != "normalized") and Step(name, [x], SMOOTH[name])


def exact_unary(draw, values):
    name = draw(st.sampled_from(sorted(EXACT)))
    x = pick(draw, values, "float32", exact=name in JUMPING)
    return x and Step(name, [x], EXACT[name], exact=x.exact)


def with_number(draw, values):
    x, number = pick(draw, values, "float32"), draw(NUMBERS)
    name, function = draw(
        st.sampled_from(
            [
                ("+", lambda x: x + number),
                ("-", lambda x: x - number),
                ("r-", lambda x: number - x),
                ("*", lambda x: x * number),
                ("r*", lambda x: number * x),
                ("maximum", lambda x: ops.maximum(x, number)),
                ("minimum", lambda x: ops.minimum(number, x)),
                ("clip", lambda x: ops.clip(x, min(number, 0.0), 2.0)),
                ("leaky", lambda x: ops.leaky_relu(x, abs(number) / 4)),
                ("power", lambda x: ops.power(x, 2.0)),
            ]
        )
    )
    return x and Step(f"{name} {number}", [x], function, exact=x.exact and name not in ("leaky", "power"))


def with_vector(draw, values):
    """A constant for each place of the last axis, as biases and scales are."""
    x = pick(draw, values, "float32", range(1, 9))
    if x is None or x.tensor.shape[-1] is None:
        return None
    numbers = np.array([draw(NUMBERS) for _ in range(x.tensor.shape[-1])], "float32")
    name, function = draw(
        st.sampled_from([("add", ops.add), ("multiply", ops.multiply), ("subtract", lambda x, y: y - x)])
    )
    return Step(f"{name} {numbers.tolist()}", [x], lambda x: function(x, numbers), exact=x.exact)


BINARY = {
    "add": ops.add,
    "subtract": ops.subtract,
    "multiply": ops.multiply,
    "maximum": ops.maximum,
    "minimum": ops.minimum,
    "squared difference": lambda x, y: ops.square(x - y),
    "divide": lambda x, y: x / (1 + ops.abs(y)),
    "logaddexp": ops.logaddexp,
    "arctan2": lambda x, y: ops.arctan2(x, 1 + ops.abs(y)),
    "hypot": lambda x, y: ops.hypot(x, y + 1),
}


def binary(draw, values):
    x, y = pick(draw, values, "float32"), pick(draw, values, "float32")
    name = draw(st.sampled_from(sorted(BINARY)))
    exact = name in ("add", "subtract", "multiply", "maximum", "minimum", "squared difference")
    return x and Step(name, [x, y], BINARY[name], exact=exact and x.exact and y.exact)


def integer(draw, values):
    x, y = pick(draw, values, "int32"), pick(draw, values, "int32")
    number = draw(st.sampled_from([-3, -1, 1, 2, 5]))
    name, function = draw(
        st.sampled_from(
            [
                ("add", lambda x, y: x + y),
                ("subtract", lambda x, y: x - y),
                ("multiply", lambda x, y: x * y),
                ("maximum", ops.maximum),
                ("minimum", ops.minimum),
                (f"// {number}", lambda x, y: x // number),
                (f"% {number}", lambda x, y: x % number),
                ("abs", lambda x, y: ops.abs(x)),
                ("negative", lambda x, y: -x),
                ("sign", lambda x, y: ops.sign(x)),
                (f"/ {number}", lambda x, y: x / number),
                ("square", lambda x, y: ops.square(x)),
                ("with bool", lambda x, y: x + ops.cast(y > 0, "bool")),
                ("+ 0.5", lambda x, y: x + 0.5),
            ]
        )
    )
    return x and Step(name, [x, y], function, exact=name[0] != "/" or name[1] == "/")


def compare(draw, values):
    dtype = draw(st.sampled_from(["float32", "int32"]))
    x, y = pick(draw, values, dtype, exact=True), pick(draw, values, dtype, exact=True)
    names = ["equal", "not_equal", "less", "less_equal", "greater", "greater_equal"]
    name, number = draw(st.sampled_from(names)), draw(st.booleans())
    function = getattr(ops, name)
    if number:
        return x and Step(f"{name} 1", [x], lambda x: function(x, 1), exact=True)
    return x and Step(name, [x, y], function, exact=True)


def logical(draw, values):
    x, y = pick(draw, values, "bool"), pick(draw, values, "bool")
    name = draw(st.sampled_from(["logical_and", "logical_or", "logical_xor", "logical_not"]))
    if name == "logical_not":
        return x and Step(name, [x], ops.logical_not, exact=True)
    return x and Step(name, [x, y], getattr(ops, name), exact=True)


def choose(draw, values):
    dtype = draw(st.sampled_from(["float32", "int32"]))
    condition, x, y = pick(draw, values, "bool"), pick(draw, values, dtype), pick(draw, values, dtype)
    if condition is None or x is None:
        return None
    return Step("where", [condition, x, y], ops.where, exact=x.exact and y.exact)


def convert(draw, values):
    x = pick(draw, values, exact=True)
    dtype = draw(st.sampled_from(["float32", "int32", "bool", "uint8", "int8", "int16", "int64", "float16"]))
    if x is None or (x.dtype == "float32" and dtype == "uint8"):
        return None
    last = "float32" if dtype == "float16" else draw(st.sampled_from([dtype, "float32", "int32"]))
    return Step(f"cast {dtype} {last}", [x], lambda x: ops.cast(ops.cast(x, dtype), last), exact=True)


REDUCTIONS = {
    "sum": ops.sum,
    "mean": ops.mean,
    "max": ops.max,
    "min": ops.min,
    "prod": ops.prod,
    "var": ops.var,
    "std": lambda x, **k: ops.sqrt(ops.var(x, **k) + 0.1),
    "logsumexp": ops.logsumexp,
    "any": ops.any,
    "all": ops.all,
    "count_nonzero": lambda x, axis, keepdims: ops.count_nonzero(x, axis),
}


def reduce(draw, values):
    x = pick(draw, values, ranks=range(1, 7), exact=draw(st.booleans()))
    name, keep = draw(st.sampled_from(sorted(REDUCTIONS))), draw(st.booleans())
    if x is None or (x.dtype == "bool" and name not in ("any", "all", "sum", "mean", "count_nonzero")):
        return None
    if x.dtype != "float32" and name in ("var", "std", "logsumexp"):
        return None
    if x.dtype == "float16" and name in ("sum", "mean", "prod"):
        return None  # Keras rounds at each step
    if name in ("any", "all", "count_nonzero") and not x.exact:
        return None
    axes = draw(st.sampled_from([axes_of(draw, x), axis_of(draw, x)]))
    exact = name in ("max", "min", "any", "all", "count_nonzero") or (x.dtype == "int32" and name in ("sum", "prod"))
    function = REDUCTIONS[name]
    return Step(f"{name} {axes} {keep}", [x], lambda x: function(x, axis=axes, keepdims=keep), exact and x.exact)


def arrange(draw, values):
    """Along an axis: running sums, orders and places.

    Keras' numpy backend puts -0.0 before 0.0 in argmax alone, and equal elements in any order in argsort.
    """
    x = pick(draw, values, "float32", range(1, 5), exact=True) or pick(draw, values, "int32", range(1, 5))
    if x is None:
        return None
    axis = axis_of(draw, x)
    name, function = draw(
        st.sampled_from(
            [
                ("cumsum", lambda x: ops.cumsum(x, axis)),
                ("sort", lambda x: ops.sort(x, axis)),
                ("argmax", lambda x: ops.argmax(ops.where(ops.equal(x, 0), ops.zeros_like(x), x), axis)),
                ("argmin", lambda x: ops.argmin(ops.where(ops.equal(x, 0), ops.zeros_like(x), x), axis)),
                ("taken in order", lambda x: ops.take_along_axis(x, ops.argsort(x, axis), axis)),
                ("diff", lambda x: ops.diff(x, axis=axis)),
                ("flip", lambda x: ops.flip(x, axis)),
                ("roll", lambda x: ops.roll(x, 1, axis)),
            ]
        )
    )
    return Step(f"{name} {axis}", [x], function, exact=name != "cumsum" or x.dtype == "int32")


def softmax(draw, values):
    x = pick(draw, values, "float32", range(1, 6))
    if x is None:
        return None
    name, axis = draw(st.sampled_from(["softmax", "log_softmax"])), axis_of(draw, x)
    return Step(f"{name} {axis}", [x], lambda x: getattr(ops, name)(x, axis))


def transpose(draw, values):
    x = pick(draw, values, ranks=range(2, 7))
    if x is None:
        return None
    axes = draw(st.permutations(range(x.rank)))
    return Step(f"transpose {axes}", [x], lambda x: ops.transpose(x, axes), exact=x.exact)


def reshape(draw, values):
    """Known axes merged, split, added and dropped; one unknown size may take the place of -1."""
    x = pick(draw, values, ranks=range(1, 6))
    if x is None:
        return None
    kind = draw(st.sampled_from(["flatten", "merge", "split", "expand", "squeeze", "computed"]))
    axis = draw(st.integers(0, x.rank - 1))
    if kind == "expand":
        return Step(f"expand_dims {axis}", [x], lambda x: ops.expand_dims(x, axis), exact=x.exact)
    if kind == "squeeze":
        return Step(f"squeeze {axis}", [x], lambda x: ops.squeeze(x, axis), exact=x.exact)
    if kind == "flatten":
        return Step("reshape (-1,)", [x], lambda x: ops.reshape(x, (-1,)), exact=x.exact)
    shape = x.tensor.shape
    if kind == "split":
        if shape[axis] is None or shape[axis] % 2 or sum(size is None for size in shape) > 1:
            return None
        sizes = [-1 if size is None else size for size in (*shape[:axis], 2, shape[axis] // 2, *shape[axis + 1 :])]
        return Step(f"reshape {sizes}", [x], lambda x: ops.reshape(x, sizes), exact=x.exact)
    if axis == 0:
        return None
    if kind == "merge":
        known = [-1 if size is None else size for size in shape]
        merged = [-1] if -1 in known[axis - 1 : axis + 1] else [known[axis - 1] * known[axis]]
        sizes = [*known[: axis - 1], *merged, *known[axis + 1 :]]
        return Step(f"reshape {sizes}", [x], lambda x: ops.reshape(x, sizes), exact=x.exact)

    def computed(x):
        sizes = ops.shape(x)
        return ops.reshape(x, (*sizes[: axis - 1], sizes[axis - 1] * sizes[axis], *sizes[axis + 1 :]))

    return Step(f"merge {axis - 1} by shape", [x], _Function(computed), exact=x.exact)


class _Function(layers.Layer):
    """A function of tensors whose sizes are known when it is called."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def call(self, *tensors):
        return self.function(*tensors)


def slices(draw, values):
    x = pick(draw, values, ranks=range(1, 6))
    if x is None:
        return None
    bound = st.sampled_from([None, None, 0, 1, 2, -1, -2])
    step = st.sampled_from([None, None, 1, 2, -1, -2])
    key = tuple(
        draw(
            st.one_of(
                st.just(slice(None)), st.builds(slice, bound, bound, step), st.sampled_from([0, -1, 1]), st.none()
            )
        )
        for _ in range(draw(st.integers(1, x.rank)))
    )
    return Step(f"[{key}]", [x], lambda x: x[key], exact=x.exact)


def take(draw, values):
    x = pick(draw, values, ranks=range(1, 5))
    if x is None:
        return None
    axis = axis_of(draw, x)
    if draw(st.booleans()):
        indices = draw(st.lists(st.sampled_from([0, -1]), min_size=1, max_size=3))
        return Step(f"take {indices} {axis}", [x], lambda x: ops.take(x, indices, axis), exact=x.exact)
    where = pick(draw, values, "int32", range(3))
    size = x.tensor.shape[axis]
    if where is None or size is None:
        return None
    return Step(f"take {axis}", [x, where], lambda x, i: ops.take(x, i % size, axis), exact=x.exact)


def repeat(draw, values):
    x = pick(draw, values, ranks=range(1, 5))
    if x is None:
        return None
    axis = axis_of(draw, x)
    amounts = [(draw(st.integers(0, 2)), draw(st.integers(0, 2))) for _ in range(x.rank)]
    times = [draw(st.integers(1, 2)) for _ in range(x.rank)]
    mode = draw(st.sampled_from(["constant", "reflect", "symmetric"]))
    if mode != "constant":
        amounts = [
            pair if size is not None and size > 2 else (0, 0)
            for pair, size in zip(amounts, x.tensor.shape, strict=True)
        ]
    name, function = draw(
        st.sampled_from(
            [
                (f"pad {amounts} {mode}", lambda x: ops.pad(x, amounts, mode)),
                (f"tile {times}", lambda x: ops.tile(x, times)),
                (f"repeat {axis}", lambda x: ops.repeat(x, 2, axis)),
                (f"half {axis}", lambda x: ops.split(x, 2, axis)[1]),
                (f"parts {axis}", lambda x: ops.split(x, [1], axis)[1]),
                ("tril", ops.tril),
            ]
        )
    )
    return None if x.rank < 2 and name == "tril" else Step(name, [x], function, exact=x.exact)


def join(draw, values):
    x = pick(draw, values, ranks=range(1, 6))
    if x is None:
        return None
    alike = [value for value in values if value.rank == x.rank and value.dtype == x.dtype]
    others = [x, *draw(st.lists(st.sampled_from(alike), min_size=1, max_size=2))]
    axis = axis_of(draw, x)
    name = draw(st.sampled_from(["concatenate", "stack"]))
    function = getattr(ops, name)
    return Step(f"{name} {axis}", others, lambda *x: function(list(x), axis), exact=all(o.exact for o in others))


def products(draw, values):
    x = pick(draw, values, "float32", range(1, 5))
    y = pick(draw, values, "float32", range(1, 5))
    if x is None:
        return None
    kind = draw(st.sampled_from(["matmul", "transposed", "einsum"]))
    if kind == "matmul":
        return Step("matmul", [x, y], ops.matmul)
    if kind == "transposed":
        return x.rank > 1 and Step("x @ xT", [x], lambda x: ops.matmul(x, ops.swapaxes(x, -1, -2)))
    return x.rank == 3 and Step("einsum", [x], lambda x: ops.einsum("abc,abd->acd", x, x))


RANDOM = {"kernel_initializer": "random_normal", "bias_initializer": "random_normal"}
DEPTHWISE = {"depthwise_initializer": "random_normal", "bias_initializer": "random_normal"}


def layer(draw, values):
    """A layer for a tensor of [batch, ..., features]."""
    x = pick(draw, values, "float32", range(2, 6))
    if x is None or x.tensor.shape[-1] is None:
        return None
    size, strides = draw(st.integers(1, 3)), draw(st.integers(1, 2))
    padding, activation = draw(st.sampled_from(["same", "valid"])), draw(st.sampled_from([None, "relu", "tanh"]))
    filters = draw(st.integers(1, 4))
    window = {"padding": padding, "strides": strides}
    common = [
        lambda: layers.Dense(filters, activation, **RANDOM),
        lambda: layers.BatchNormalization(
            beta_initializer="random_normal",
            gamma_initializer="random_normal",
            moving_mean_initializer="random_normal",
        ),
        lambda: layers.LayerNormalization(epsilon=0.1, gamma_initializer="random_normal"),
        lambda: layers.Flatten(),
        lambda: layers.Dropout(0.5),
        lambda: layers.PReLU(alpha_initializer="random_normal", shared_axes=list(range(1, x.rank - 1)) or None),
        lambda: layers.Rescaling(0.5, 1.0),
        lambda: layers.Activation(activation or "relu6"),
    ]
    of_rank: dict[int, list[Callable[[], Any]]] = {
        2: [lambda: layers.RepeatVector(2)],
        3: [
            lambda: layers.Conv1D(filters, size, activation=activation, **window, **RANDOM),
            lambda: layers.Conv1D(filters, size, padding="causal", dilation_rate=strides, **RANDOM),
            lambda: layers.SeparableConv1D(filters, size, **window, bias_initializer="random_normal"),
            lambda: layers.MaxPooling1D(size, **window),
            lambda: layers.AveragePooling1D(size, **window),
            lambda: layers.GlobalAveragePooling1D(),
            lambda: layers.GRU(2, return_sequences=draw(st.booleans())),
            lambda: layers.LSTM(2, return_sequences=draw(st.booleans())),
            lambda: layers.ZeroPadding1D(1),
            lambda: layers.UpSampling1D(2),
            lambda: layers.EinsumDense("abc,cd->abd", (None, filters), bias_axes="d", **RANDOM),
        ],
        4: [
            lambda: layers.Conv2D(filters, size, activation=activation, **window, **RANDOM),
            lambda: layers.Conv2D(filters, (size, 1), dilation_rate=strides, padding=padding, **RANDOM),
            lambda: layers.DepthwiseConv2D(size, depth_multiplier=draw(st.integers(1, 2)), **window, **DEPTHWISE),
            lambda: layers.SeparableConv2D(filters, size, **window, bias_initializer="random_normal"),
            lambda: layers.Conv2DTranspose(filters, size, **window, **RANDOM),
            lambda: layers.MaxPooling2D(size, **window),
            lambda: layers.AveragePooling2D(size, **window),
            lambda: layers.GlobalMaxPooling2D(keepdims=draw(st.booleans())),
            lambda: layers.GlobalAveragePooling2D(keepdims=draw(st.booleans())),
            lambda: layers.ZeroPadding2D(((0, 1), (1, 0))),
            lambda: layers.Cropping2D(((1, 0), (0, 0))),
            lambda: layers.UpSampling2D(2, interpolation=draw(st.sampled_from(["nearest", "bilinear"]))),
        ],
    }
    made = draw(st.sampled_from([*common, *of_rank.get(x.rank, [])]))()
    return Step(type(made).__name__ + str(made.get_config() if len(str(made.get_config())) < 900 else ""), [x], made)


def embed(draw, values):
    x = pick(draw, values, "int32", range(1, 4))
    table = layers.Embedding(5, draw(st.integers(1, 4)))
    return x and Step("embedding", [x], lambda x: table(x % 5))


STEPS = [
    *(smooth, exact_unary, with_number, with_vector, binary, binary, integer, compare, logical, choose, convert),
    *(reduce, arrange, softmax, transpose, transpose, reshape, reshape, slices, slices, take, repeat, join, products),
    *(layer, layer, layer, layer, embed),
]
