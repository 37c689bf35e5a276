"""More steps of random models: element types, control flow, masks, layers that are shared, and models in models."""

from __future__ import annotations

import keras
import numpy as np
from hypothesis import strategies as st
from keras import layers, ops

from properties.steps import RANDOM, Step, _Function, axis_of, pick

INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32")
EXACT_HALVES = 30
"""Whole numbers up to this stay exact in float16 through the steps that there are."""


def pick_integer(draw, values):
    found = [value for value in values if value.dtype in INTEGERS]
    return draw(st.sampled_from(found)) if found else None


def integers(draw, values):
    """Integers of any type, with another or with a number; what is too large wraps around."""
    x, y = pick_integer(draw, values), pick_integer(draw, values)
    number = draw(st.sampled_from([1, 2, 3, 7]))
    name, function = draw(
        st.sampled_from(
            [
                ("add", lambda x, y: x + y),
                ("subtract", lambda x, y: x - y),
                ("multiply", lambda x, y: x * y),
                ("maximum", ops.maximum),
                ("minimum", ops.minimum),
                ("equal", ops.equal),
                ("less", ops.less),
                ("greater_equal", ops.greater_equal),
                (f"+ {number}", lambda x, y: x + number),
                (f"* {number}", lambda x, y: number * x),
                (f"// {number}", lambda x, y: x // number),
                (f"% {number}", lambda x, y: ops.mod(x, np.asarray(number, x.dtype))),
                (f"/ {number}", lambda x, y: x / number),
                ("* 0.5", lambda x, y: x * 0.5),
                ("+ True", lambda x, y: x + True),
                ("abs", lambda x, y: ops.abs(x)),
                ("sign", lambda x, y: ops.sign(x)),
                ("square", lambda x, y: ops.square(x)),
                ("clip", lambda x, y: ops.clip(x, 1, 3)),
                ("mean", lambda x, y: ops.mean(x, axis=-1)),
                ("cumsum", lambda x, y: ops.cumsum(x, axis=-1)),
                ("flip", lambda x, y: ops.flip(x, axis=-1)),
                ("sort", lambda x, y: ops.sort(x, axis=-1)),
                ("argmin", lambda x, y: ops.argmin(x, axis=-1)),
            ]
        )
    )
    along = name in ("mean", "cumsum", "flip", "sort", "argmin")
    return x and not (along and x.rank == 0) and Step(name, [x, y], function, exact=x.exact and y.exact)


def bits(draw, values):
    x, y = pick_integer(draw, values), pick_integer(draw, values)
    names = ["bitwise_and", "bitwise_or", "bitwise_xor", "bitwise_not", "left_shift", "right_shift"]
    name, places = draw(st.sampled_from(names)), draw(st.integers(0, 3))
    if name == "bitwise_not":
        return x and Step(name, [x], ops.bitwise_not, exact=x.exact)
    if name.endswith("shift"):
        return x and Step(f"{name} {places}", [x], lambda x: getattr(ops, name)(x, places), exact=x.exact)
    return x and Step(name, [x, y], getattr(ops, name), exact=x.exact and y.exact)


def mixed(draw, values):
    """Two element types that Keras promotes to one."""
    x, y = pick(draw, values, exact=True), pick(draw, values, exact=True)
    if x is None or x.dtype == y.dtype or "bool" in (x.dtype, y.dtype):
        return None
    name = draw(st.sampled_from(["add", "subtract", "multiply", "maximum", "equal", "less", "greater"]))
    exact = "float16" not in (x.dtype, y.dtype)
    return exact and Step(f"mixed {name}", [x, y], getattr(ops, name), exact=True)


def halves(draw, values):
    """Whole numbers in float16, where sums of few are exact."""
    x = pick(draw, values, "float32", exact=True)
    dtype = draw(st.sampled_from(["float16", "bfloat16"]))
    name, function = draw(
        st.sampled_from(
            [
                ("itself", lambda x: x),
                ("+ 1", lambda x: x + 1),
                ("doubled", lambda x: x + x),
                ("* 0.5", lambda x: x * 0.5),
                ("maximum", lambda x: ops.maximum(x, 2)),
                ("relu", ops.relu),
                ("> 1", lambda x: x > 1),
            ]
        )
    )

    def computed(x):
        whole = ops.cast(ops.clip(ops.round(x), -EXACT_HALVES, EXACT_HALVES), dtype)
        return ops.cast(function(whole), draw_back)

    draw_back = draw(st.sampled_from(["float32", "int32", "bool"])) if name != "* 0.5" else "float32"
    return x and Step(f"{dtype} {name} {draw_back}", [x], computed, exact=True)


def loops(draw, values):
    """Loops over values, over numbers and over the places of an axis."""
    x = pick(draw, values, "float32", range(1, 4), exact=True)
    if x is None:
        return None
    rounds = draw(st.integers(1, 4))
    name, function = draw(
        st.sampled_from(
            [
                ("fori", lambda x: ops.fori_loop(0, rounds, lambda i, v: v * 0.5 + ops.cast(i, "float32"), x)),
                ("while", lambda x: ops.while_loop(lambda v, n: n < rounds, lambda v, n: (v + 1.0, n + 1), (x, 0))[0]),
                ("until", lambda x: ops.while_loop(lambda v: ops.max(v) < 8.0, lambda v: ops.abs(v) + 1.0, (x,))[0]),
                ("map", lambda x: ops.map(lambda v: v * 2.0 + 1.0, x)),
                ("scan", lambda x: ops.scan(lambda c, v: (c + v, c * 0.5), ops.zeros_like(x[0]), x)[1]),
                ("vectorized_map", lambda x: ops.vectorized_map(lambda v: ops.sum(v) + v, x)),
                ("associative_scan", lambda x: ops.associative_scan(ops.add, x)),
            ]
        )
    )
    return Step(f"{name} {rounds}", [x], _Function(function))


def branches(draw, values):
    x, y = pick(draw, values, "float32", exact=True), pick(draw, values, exact=True)
    if x is None or y.dtype == "bool" or y.dtype == "float16":
        return None
    name, function = draw(
        st.sampled_from(
            [
                ("cond", lambda x, y: ops.cond(ops.max(y) > 1, lambda: x + 1.0, lambda: x * 2.0)),
                ("inner", lambda x, y: ops.cond(ops.min(y) > 0, lambda: x, lambda: ops.fori_loop(0, 2, _halved, x))),
                (
                    "switch",
                    lambda x, y: ops.switch(
                        ops.cast(ops.sum(ops.cast(y > 0, "int32")) % 3, "int32"),
                        [lambda x: x, lambda x: -x, lambda x: x * 2.0],
                        x,
                    ),
                ),
            ]
        )
    )
    return Step(name, [x, y], _Function(function), exact=x.exact)


def _halved(place, x):
    return x * 0.5 - ops.cast(place, "float32")


def masked(draw, values):
    """Layers that know which places of a sequence count."""
    x = pick(draw, values, "int32", range(2, 3))
    if x is None:
        return None
    table = layers.Embedding(5, 3, mask_zero=True)
    name, layer = draw(
        st.sampled_from(
            [
                ("GRU", layers.GRU(2)),
                ("LSTM", layers.LSTM(2, return_sequences=True)),
                ("SimpleRNN backwards", layers.SimpleRNN(2, go_backwards=True)),
                ("Bidirectional", layers.Bidirectional(layers.GRU(2))),
                ("mean", layers.GlobalAveragePooling1D()),
                ("TimeDistributed", layers.TimeDistributed(layers.Dense(2, **RANDOM))),
            ]
        )
    )
    return Step(f"masked {name}", [x], lambda x: layer(table(x % 5)))


def attention(draw, values):
    x = pick(draw, values, "float32", range(3, 4))
    if x is None or x.tensor.shape[-1] is None:
        return None
    layer = layers.MultiHeadAttention(2, 3, bias_initializer="random_normal")
    causal = draw(st.booleans())
    return Step(f"attention {causal}", [x], lambda x: layer(x, x, use_causal_mask=causal))


def shared(draw, values):
    """One layer, or one model, for two tensors."""
    x = pick(draw, values, "float32", range(2, 5))
    if x is None or x.tensor.shape[-1] is None:
        return None
    alike = [value for value in values if value.dtype == "float32" and value.tensor.shape[1:] == x.tensor.shape[1:]]
    y = draw(st.sampled_from(alike))
    if draw(st.booleans()):
        layer = layers.Dense(x.tensor.shape[-1], "tanh", **RANDOM)
        return Step("shared layer", [x, y], lambda x, y: layer(x) + layer(layer(y)))
    inner = keras.Input(x.tensor.shape[1:])
    hidden = layers.Dense(2, "relu", **RANDOM)(inner)
    model = keras.Model(inner, layers.Add()([hidden, layers.Dense(2, **RANDOM)(inner)]))
    return Step("shared model", [x, y], lambda x, y: model(x) - model(y))


def policies(draw, values):
    """A layer of mixed precision; its result is as exact as float16 is."""
    x = pick(draw, values, "float32", range(2, 4), exact=True)
    if x is None or x.tensor.shape[-1] is None:
        return None
    layer = layers.Activation("relu", dtype=draw(st.sampled_from(["mixed_float16", "mixed_bfloat16", "float64"])))
    return Step(
        f"relu {layer.compute_dtype}", [x], lambda x: ops.cast(layer(ops.clip(ops.round(x), -9, 9)), "float32"), True
    )


def of_rows(draw, values):
    """Windows, segments and places along an axis."""
    x = pick(draw, values, "float32", range(2, 4), exact=True)
    if x is None:
        return None
    axis = axis_of(draw, x)
    name, function = draw(
        st.sampled_from(
            [
                ("top_k", lambda x: ops.top_k(x, 1)[0]),
                ("logsumexp", lambda x: ops.logsumexp(x, axis)),
                ("count_nonzero", lambda x: ops.count_nonzero(x, axis)),
                ("one_hot", lambda x: ops.one_hot(ops.cast(ops.clip(x, 0, 3), "int32"), 4)),
                ("unstacked", lambda x: ops.stack([part * 2 for part in ops.unstack(x, axis=axis)], axis)),
                ("moved", lambda x: ops.moveaxis(x, 0, axis)),
                ("median", lambda x: ops.median(x, axis)),
                ("slice_update", lambda x: ops.slice_update(x, [0] * len(x.shape), x[:1] * 2)),
                ("swapped", lambda x: ops.swapaxes(x, 0, axis)),
                (
                    "searchsorted",
                    lambda x: ops.searchsorted(np.array([-1.0, 0.0, 1.0], "float32"), ops.reshape(x, (-1,))),
                ),
            ]
        )
    )
    exact = name not in ("logsumexp", "median")
    return Step(f"{name} {axis}", [x], function, exact=exact)


STEPS = [
    *(integers, integers, integers, bits, mixed, halves, loops, branches, masked, attention, shared, shared, policies),
    *(of_rows, of_rows),
]
