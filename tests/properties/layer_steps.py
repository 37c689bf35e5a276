"""Steps of random models that are whole layers: recurrent, attention, pooling, images."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from keras import layers, ops

from properties.steps import RANDOM, Step, _Function, pick

KERNEL = {"bias_initializer": "random_normal"}


def features(draw, values, ranks):
    """A tensor with a known number of features."""
    x = pick(draw, values, "float32", ranks)
    return x if x is not None and x.tensor.shape[-1] is not None else None


def recurrent(draw, values):
    """A recurrent layer in one of its forms, perhaps with a mask that the model computes."""
    x = features(draw, values, range(3, 4))
    if x is None:
        return None
    units, backwards, sequences = draw(st.integers(1, 3)), draw(st.booleans()), draw(st.booleans())
    options = {"go_backwards": backwards, "return_sequences": sequences, **KERNEL}
    kind = draw(
        st.sampled_from(["LSTM", "GRU", "SimpleRNN", "GRU before", "cells", "Bidirectional", "states", "given"])
    )
    masked = draw(st.booleans())
    if kind == "cells":
        layer = layers.RNN([layers.LSTMCell(units), layers.GRUCell(2)], return_sequences=sequences)
    elif kind == "Bidirectional":
        inner = draw(st.sampled_from([layers.LSTM, layers.GRU, layers.SimpleRNN]))(units, return_sequences=sequences)
        layer = layers.Bidirectional(inner, merge_mode=draw(st.sampled_from(["concat", "sum", "mul", "ave"])))
    elif kind == "GRU before":
        layer = layers.GRU(units, reset_after=False, **options)
    elif kind == "states":
        states = layers.LSTM(units, return_state=True, **options)
        layer = _Function(lambda x, **mask: ops.concatenate([ops.reshape(y, (-1, 1)) for y in states(x, **mask)]))
    elif kind == "given":
        inner = layers.GRU(units, **options)
        layer = _Function(lambda x, **mask: inner(x, initial_state=ops.zeros((ops.shape(x)[0], units)) + 0.5, **mask))
    else:
        layer = getattr(layers, kind)(units, **options)
    text = f"{kind} {units} backwards={backwards} sequences={sequences} masked={masked}"
    if not masked:
        return Step(text, [x], layer)
    steps = x.tensor.shape[1]
    fitting = [
        known for known in values if known is x or (known.rank == 3 and steps and known.tensor.shape[1] == steps)
    ]
    lengths = pick(draw, fitting, "float32", exact=True)
    if lengths is None:
        return None

    def call(x, lengths):
        return layer(x, mask=ops.any(ops.greater(lengths, 0), axis=-1))

    return Step(text, [x, lengths], _Function(call))


def convolutional_recurrent(draw, values):
    x = features(draw, values, range(4, 6))
    if x is None:
        return None
    layer = layers.ConvLSTM1D if x.rank == 4 else layers.ConvLSTM2D
    options = {"return_sequences": draw(st.booleans()), "padding": draw(st.sampled_from(["same", "valid"]))}
    made = layer(draw(st.integers(1, 2)), draw(st.integers(1, 2)), **options, **KERNEL)
    return Step(f"{layer.__name__} {options}", [x], made)


def attending(draw, values):
    """Attention of one tensor to another, with masks and without."""
    x, y = features(draw, values, range(3, 4)), features(draw, values, range(3, 4))
    if x is None or y is None:
        return None
    causal = draw(st.booleans())
    kind = draw(st.sampled_from(["MultiHead", "Grouped", "Attention", "Additive", "dot", "masked", "scores"]))
    size = x.tensor.shape[-1]
    if kind == "MultiHead":
        layer = layers.MultiHeadAttention(2, 2, value_dim=3, output_shape=draw(st.sampled_from([None, 4])), **KERNEL)
        return Step(f"{kind} {causal}", [x, y], lambda x, y: layer(x, y, use_causal_mask=causal))
    if kind == "Grouped":
        layer = layers.GroupQueryAttention(2, 4, 2, **KERNEL)
        return Step(f"{kind} {causal}", [x, y], lambda x, y: layer(x, y, use_causal_mask=causal))
    if kind == "masked":
        layer = layers.MultiHeadAttention(1, 3, **KERNEL)

        def call(x, y):
            mask = ops.logical_or(ops.any(ops.greater(y, 0), axis=-1), ops.arange(ops.shape(y)[1]) < 1)
            return layer(x, y, attention_mask=mask[:, None, :])

        return y.exact and Step(kind, [x, y], _Function(call))
    if kind == "dot":
        return Step(f"{kind} {causal}", [x, y], _Function(lambda x, y: _four(x, y, causal)))
    if kind == "scores":
        layer = layers.MultiHeadAttention(2, 2, **KERNEL)
        return Step(kind, [x, y], lambda x, y: layer(x, y, return_attention_scores=True)[1])
    if y.tensor.shape[-1] != size:
        return None
    layer = {"Attention": layers.Attention(use_scale=True), "Additive": layers.AdditiveAttention()}[kind]
    return Step(f"{kind} {causal}", [x, y], lambda x, y: layer([x, y], use_causal_mask=causal))


def _four(x, y, causal):
    x, y = x[:, :, None, :], y[:, :, None, :]
    return ops.dot_product_attention(x, y, y, is_causal=causal)


def pooled(draw, values):
    x = features(draw, values, range(3, 6))
    if x is None:
        return None
    size, strides = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    padding, keep = draw(st.sampled_from(["same", "valid"])), draw(st.booleans())
    name = f"{x.rank - 2}D"
    first = draw(st.booleans())
    kind = draw(
        st.sampled_from(["MaxPooling", "AveragePooling", "GlobalMaxPooling", "GlobalAveragePooling", "Adaptive"])
    )
    if kind.startswith("Global"):
        order = "channels_first" if first else "channels_last"
        layer = getattr(layers, kind + name)(keepdims=keep, data_format=order)
    elif kind == "Adaptive":
        layer = getattr(layers, f"Adaptive{draw(st.sampled_from(['Max', 'Average']))}Pooling{name}")(size)
    else:
        layer = getattr(layers, kind + name)(size, strides, padding)
    text = f"{type(layer).__name__} {size} {strides} {padding} {keep} {first}"
    return Step(text, [x], layer, exact=x.exact and "Max" in kind)


def convolved(draw, values):
    """Convolutions in their rarer forms: groups, dilation, 3-D, transposed with strides."""
    x = features(draw, values, range(3, 6))
    if x is None:
        return None
    size, strides, filters = draw(st.integers(1, 3)), draw(st.integers(1, 2)), draw(st.integers(1, 3))
    padding, dilation = draw(st.sampled_from(["same", "valid"])), draw(st.integers(1, 2))
    name, channels = f"{x.rank - 2}D", x.tensor.shape[-1]
    kind = draw(st.sampled_from(["grouped", "dilated", "strided", "transposed", "depthwise"]))
    if kind == "grouped":
        layer = getattr(layers, f"Conv{name}")(filters * channels, size, groups=channels, padding=padding, **RANDOM)
    elif kind == "dilated":
        layer = getattr(layers, f"Conv{name}")(filters, size, dilation_rate=dilation, padding=padding, **RANDOM)
    elif kind == "strided":
        layer = getattr(layers, f"Conv{name}")(filters, size, strides=strides + 1, padding=padding, **RANDOM)
    elif kind == "depthwise" and x.rank < 5:
        layer = getattr(layers, f"DepthwiseConv{name}")(size, strides, padding, filters, **KERNEL)
    else:
        options = {"strides": strides} if draw(st.booleans()) else {"dilation_rate": dilation}
        layer = getattr(layers, f"Conv{name}Transpose")(filters, size, padding=padding, **options, **RANDOM)
    config = f"{size} {strides} {filters} {padding} {dilation}"
    return Step(f"{kind} {type(layer).__name__} {config}", [x], layer)


def pictures(draw, values):
    """Resizing, colours, patches and transforms of images."""
    x = features(draw, values, range(4, 5))
    if x is None:
        return None
    height, width = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    way = draw(st.sampled_from(["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"]))
    smooth = draw(st.booleans())
    colours = lambda x: ops.concatenate([ops.tanh(x[..., :1]) * 0.5 + 0.5] * 2 + [ops.sigmoid(x[..., -1:])], axis=-1)  # noqa: E731
    name, function = draw(
        st.sampled_from(
            [
                (f"resize {way} {smooth}", lambda x: ops.image.resize(x, (height, width), way, antialias=smooth)),
                (f"resize {way}", lambda x: ops.image.resize(x, (height, width), way)),
                ("resize kept", lambda x: ops.image.resize(x, (height, width), pad_to_aspect_ratio=True)),
                (f"UpSampling2D {way}", layers.UpSampling2D((2, 3), interpolation=way)),
                ("patches", lambda x: ops.image.extract_patches(x, 2, 1, padding="same")),
                ("grey", lambda x: ops.image.rgb_to_grayscale(colours(x))),
                ("hsv", lambda x: ops.image.hsv_to_rgb(colours(x))),
                ("affine", lambda x: ops.image.affine_transform(x, _AFFINE, "bilinear", "reflect")),
                ("blur", lambda x: ops.image.gaussian_blur(x, (3, 3), (1.0, 0.5))),
                ("pad_images", lambda x: ops.image.pad_images(x, 1, 0, 2, 1)),
                ("crop", layers.CenterCrop(2, 2)),
                ("depth", lambda x: ops.depth_to_space(ops.concatenate([x] * 4, axis=-1), 2)),
                ("Resizing", layers.Resizing(height, width, crop_to_aspect_ratio=smooth)),
                ("cropping", layers.Cropping2D(((0, 1), (1, 0)))),
            ]
        )
    )
    if name == "crop" and None in x.tensor.shape[1:3]:
        return None  # open sizes must not be smaller than the result
    return Step(f"{name} {height}x{width}", [x], function)


_AFFINE = np.array([1.0, 0.2, -0.3, 0.1, 0.9, 0.25, 0.0, 0.0], "float32")


def normalized(draw, values):
    x = features(draw, values, range(2, 6))
    if x is None:
        return None
    channels = x.tensor.shape[-1]
    name, layer = draw(
        st.sampled_from(
            [
                ("GroupNormalization", layers.GroupNormalization(channels, epsilon=0.1)),
                ("GroupNormalization 1", layers.GroupNormalization(1, epsilon=0.1)),
                ("UnitNormalization", _Function(lambda x: layers.UnitNormalization()(x + 0.3))),
                ("RMSNormalization", layers.RMSNormalization(epsilon=0.1)),
                ("SpectralNormalization", layers.SpectralNormalization(layers.Dense(2, **RANDOM))),
                ("LayerNormalization", layers.LayerNormalization(axis=[1, -1] if x.rank > 2 else -1, epsilon=0.1)),
                ("BatchNormalization", layers.BatchNormalization(axis=1, moving_mean_initializer="random_normal")),
                ("Softmax", layers.Softmax(axis=1)),
                ("Permute", layers.Permute(tuple(range(x.rank - 1, 0, -1)))),
                ("Reshape", layers.Reshape((-1, channels))),
                ("TimeDistributed", layers.TimeDistributed(layers.Dense(2, **RANDOM))),
                ("Masking", _Function(lambda x: ops.sum(layers.Masking()(x), axis=1))),
                ("Maximum", _Function(lambda x: layers.Maximum()([x, -x, x * 0.5]))),
                ("Dot", _Function(lambda x: layers.Dot(axes=-1, normalize=True)([x + 0.3, x - 0.2]))),
                ("Discretization", layers.Discretization(bin_boundaries=[-1.1, 0.1, 2.3])),
                ("CategoryEncoding", _Function(lambda x: _encoded(x))),
                ("Normalization", layers.Normalization(mean=0.5, variance=2.0)),
                ("Flatten", layers.Flatten(data_format="channels_first")),
            ]
        )
    )
    whole = name in ("Discretization", "CategoryEncoding")
    return None if whole and not x.exact else Step(name, [x], layer, exact=whole)


def _encoded(x):
    return layers.CategoryEncoding(4, "multi_hot")(ops.cast(ops.clip(x, 0, 3), "int32"))


STEPS = [
    *(recurrent, recurrent, convolutional_recurrent, attending, attending, pooled, pooled, convolved, convolved),
    *(pictures, pictures, normalized, normalized),
]
