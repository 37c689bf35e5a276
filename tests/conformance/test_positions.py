"""Positions in transformers: rotary, relative, linear biases, sinusoidal, with lengths and offsets that stay open."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers, ops

from attending import HEADS, SIZES, WIDTH, Attend, check_sequence, floats, merge_heads, split_heads
from support import builtins_of, check_converts


def rotated(x, offset=0):
    """Rotary positions of [batch, length, heads, depth], halves rotated by angles."""
    half = x.shape[-1] // 2
    frequencies = 1.0 / 10000 ** (ops.arange(half, dtype="float32") / half)
    places = ops.cast(ops.arange(ops.shape(x)[1]) + offset, "float32")
    angles = (places[:, None] * frequencies[None, :])[None, :, None, :]
    first, second = ops.split(x, 2, axis=-1)
    cos, sin = ops.cos(angles), ops.sin(angles)
    return ops.concatenate([first * cos - second * sin, second * cos + first * sin], axis=-1)


def rotated_in_pairs(x):
    """Rotary positions where even and odd features are a pair."""
    frequencies = 1.0 / 10000 ** (np.arange(0, x.shape[-1], 2) / x.shape[-1])
    angles = ops.einsum("i,j->ij", ops.arange(ops.shape(x)[1], dtype="float32"), frequencies.astype("float32"))
    cos, sin = (f(angles)[None, :, None, :] for f in (ops.cos, ops.sin))
    even, odd = x[..., ::2], x[..., 1::2]
    pairs = ops.stack([even * cos - odd * sin, even * sin + odd * cos], axis=-1)
    return ops.reshape(pairs, ops.shape(x))


@pytest.mark.parametrize("turn", [rotated, rotated_in_pairs])
@pytest.mark.parametrize("length", [None, 6])
def test_rotary_positions(turn, length):
    class Rotary(Attend):
        def placed(self, x):
            return turn(x)

    check_sequence(Rotary(), length=length)


@pytest.mark.parametrize("shape", [(), (1,)])
def test_rotary_positions_from_an_offset_on(shape):
    class Rotary(layers.Layer):
        def call(self, x, offset):
            return merge_heads(rotated(split_heads(x), ops.reshape(offset, ())))

    x, offset = keras.Input((None, WIDTH), name="x"), keras.Input(batch_shape=shape, dtype="int32", name="offset")
    model = keras.Model([x, offset], Rotary()(x, offset))
    check_converts(
        model, *([floats(1, n, WIDTH), np.full(shape, at, "int32")] for n, at in ((4, 0), (1, 37), (9, 500)))
    )


def test_positions_that_are_an_input():
    """As where each sequence of the batch is at a place of its own."""

    class Rotary(layers.Layer):
        def call(self, x, places):
            angles = ops.cast(places, "float32")[:, :, None] * (0.5 ** ops.arange(WIDTH // 2, dtype="float32"))
            half = ops.concatenate([-x[..., WIDTH // 2 :], x[..., : WIDTH // 2]], axis=-1)
            angles = ops.tile(angles, (1, 1, 2))
            return x * ops.cos(angles) + half * ops.sin(angles)

    x, places = keras.Input((None, WIDTH), name="x"), keras.Input((None,), dtype="int32", name="places")
    model = keras.Model([x, places], Rotary()(x, places))
    check_converts(model, *([floats(b, n, WIDTH), np.arange(b * n, dtype="int32").reshape(b, n)] for b, n in SIZES))


@pytest.mark.parametrize("length", [None, 7])
@pytest.mark.parametrize("both_ways", [True, False])
def test_relative_positions_in_buckets(both_ways, length):
    """As T5 has them: near places have a bucket each, far ones share those on a logarithmic scale."""

    class Relative(Attend):
        def build(self, shape):
            super().build(shape)
            self.table = layers.Embedding(8, HEADS)
            self.table.build()

        def bucket(self, relative, buckets=8, farthest=20):
            result = 0
            if both_ways:
                buckets //= 2
                result += ops.cast(ops.greater(relative, 0), "int32") * buckets
                relative = ops.abs(relative)
            else:
                relative = -ops.minimum(relative, 0)
            exact = buckets // 2
            scaled = ops.log(ops.cast(relative, "float32") / exact) / np.log(farthest / exact) * (buckets - exact)
            large = ops.minimum(exact + ops.cast(scaled, "int32"), buckets - 1)
            return result + ops.where(relative < exact, relative, large)

        def changed(self, logits):
            targets, sources = ops.shape(logits)[2:]
            relative = ops.arange(sources)[None, :] - ops.arange(targets)[:, None]
            bias = self.table(self.bucket(relative))
            return logits + ops.expand_dims(ops.transpose(bias, (2, 0, 1)), 0)

    check_sequence(Relative(), length=length, sizes=(*SIZES, (1, 40)))


@pytest.mark.parametrize("length", [None, 7])
def test_linear_biases(length):
    """ALiBi: what is far counts less, by a slope of each head."""

    class Linear(Attend):
        def changed(self, logits):
            size = ops.shape(logits)[-1]
            slopes = 2.0 ** (-8.0 / HEADS * ops.arange(1, HEADS + 1, dtype="float32"))
            distance = ops.arange(size)[None, :] - ops.arange(size)[:, None]
            bias = slopes[:, None, None] * ops.cast(distance, "float32")[None]
            causal = ops.tril(ops.ones((size, size), dtype="bool"))
            return ops.where(causal, logits + bias, -1e9)

    check_sequence(Linear(), length=length)


def test_relative_positions_by_shifting():
    """As Transformer-XL has them: the product with all distances, shifted into place."""

    class Shifted(Attend):
        def build(self, shape):
            super().build(shape)
            self.distances = self.add_weight(shape=(15, HEADS), name="distances")

        def changed(self, logits):
            b, h, t, s = ops.shape(logits)
            rows = ops.broadcast_to(ops.transpose(self.distances)[None, :, None], (b, h, t, 15)) * logits[..., :1]
            rows = ops.pad(rows, ((0, 0), (0, 0), (0, 0), (1, 0)))
            rows = ops.reshape(rows, (b, h, 16, t))[:, :, 1:]
            return logits + ops.reshape(rows, (b, h, t, 15))[..., :s]

    check_sequence(Shifted(), length=8)
    check_sequence(Shifted(), sizes=((1, 8), (2, 15), (3, 3)))


@pytest.mark.parametrize("length", [None, 6])
def test_sinusoidal_positions_computed_by_the_model(length):
    class Sinusoidal(layers.Layer):
        def call(self, x):
            places = ops.cast(ops.arange(ops.shape(x)[1]), "float32")[:, None]
            rates = ops.exp(ops.arange(0, WIDTH, 2, dtype="float32") * (-np.log(10000.0) / WIDTH))
            angles = places * rates
            table = ops.reshape(ops.stack([ops.sin(angles), ops.cos(angles)], axis=-1), (-1, WIDTH))
            return x + table[None]

    lite = check_sequence(Sinusoidal(), length=length)
    if length:
        assert builtins_of(lite) == ["ADD"]


def test_sinusoidal_positions_masked_in_and_out():
    class Sinusoidal(layers.Layer):
        def call(self, x):
            places = ops.cast(ops.cumsum(ops.ones(ops.shape(x)[:-1]), axis=1) - 1, "float32")
            rates = 1.0 / ops.power(10000.0, ops.cast(2 * (ops.arange(WIDTH) // 2), "float32") / WIDTH)
            angles = places[..., None] * rates
            even = ops.cast(ops.arange(WIDTH) % 2, "float32")
            return x + ops.sin(angles) * (1 - even) + ops.cos(angles) * even

    check_sequence(Sinusoidal())
