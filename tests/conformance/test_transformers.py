"""Whole transformers of Keras layers: one file for every batch and length."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers, ops

from attending import check_called, check_sequence, floats, merge_heads, split_heads
from support import builtins_of, check_converts

VOCABULARY, SIZE, HEADS = 50, 16, 4


class Positions(layers.Layer):
    """Adds a trained embedding of each place."""

    def __init__(self):
        super().__init__()
        # Keras works out shapes with lengths of 83 and 89, which must have a place.
        self.table = layers.Embedding(128, SIZE)
        self.supports_masking = True

    def build(self, shape):
        self.table.build()
        self.built = True

    def call(self, x):
        return x + self.table(ops.arange(ops.shape(x)[1]))


class ClassToken(layers.Layer):
    """Puts a trained token in front of a sequence."""

    def build(self, shape):
        self.token = self.add_weight(shape=(1, 1, shape[-1]), initializer="random_normal")

    def call(self, x):
        token = ops.broadcast_to(self.token, (ops.shape(x)[0], 1, x.shape[-1]))
        return ops.concatenate([token, x], axis=1)


def attend(query, value, **call):
    attention = layers.MultiHeadAttention(HEADS, SIZE // HEADS, bias_initializer="random_normal")
    return layers.LayerNormalization()(query + attention(query, value, **call))


def feed_forward(x):
    hidden = layers.Dense(2 * SIZE, activation="gelu")(x)
    return layers.LayerNormalization()(x + layers.Dense(SIZE)(hidden))


def tokens(batch, length, padded=0):
    ids = np.random.default_rng([batch, length]).integers(1, VOCABULARY, (batch, length)).astype("int32")
    ids[0, length - padded :] = 0
    return ids


def encoder(length, depth, mask=False):
    ids = keras.Input((length,), dtype="int32")
    x = Positions()(layers.Embedding(VOCABULARY, SIZE, mask_zero=mask)(ids))
    for _ in range(depth):
        x = feed_forward(attend(x, x))
    return keras.Model(ids, x)


def test_a_six_layer_encoder_of_any_length():
    check_converts(encoder(None, 6), tokens(1, 5), tokens(3, 17), tokens(2, 64), tokens(1, 1), rtol=1e-4)


def test_an_encoder_of_a_fixed_length_has_no_shape_arithmetic():
    lite = check_converts(encoder(12, 2), tokens(1, 12), tokens(3, 12), rtol=1e-4)
    assert not {"SHAPE", "STRIDED_SLICE", "PACK", "CONCATENATION"} & set(builtins_of(lite))
    assert builtins_of(lite).count("FULLY_CONNECTED") == 12


def test_the_length_is_read_once_for_all_layers():
    found = builtins_of(check_converts(encoder(None, 3), tokens(2, 9), rtol=1e-4))
    assert found.count("SHAPE") == 1


def test_an_encoder_does_not_attend_to_padding():
    check_converts(
        encoder(None, 2, mask=True), tokens(1, 5, padded=2), tokens(3, 17, padded=6), tokens(2, 4), rtol=1e-4
    )


@pytest.mark.parametrize("masked", [False, True])
def test_a_decoder_of_any_lengths(masked):
    ids, memory = keras.Input((None,), dtype="int32"), keras.Input((None, SIZE))
    mask = keras.Input((None,), dtype="bool")
    x = Positions()(layers.Embedding(VOCABULARY, SIZE, mask_zero=masked)(ids))
    for _ in range(2):
        x = attend(x, x, use_causal_mask=True)
        x = feed_forward(attend(x, memory, attention_mask=mask[:, None, :]))
    model = keras.Model([ids, memory, mask], layers.Dense(VOCABULARY)(x))
    given = []
    for batch, targets, sources in ((1, 5, 3), (3, 17, 9), (2, 8, 8)):
        random = np.random.default_rng(batch)
        kept = random.random((batch, sources)) < 0.6
        kept[:, 0] = True
        padded = 2 if masked else 0
        encoded = random.normal(size=(batch, sources, SIZE)).astype("float32")
        given.append([tokens(batch, targets, padded), encoded, kept])
    check_converts(model, *given, rtol=1e-4)


@pytest.mark.parametrize("side", [16, None])
def test_a_vision_transformer_with_a_class_token(side):
    image = keras.Input((side, side, 3))
    x = layers.Reshape((-1, SIZE))(layers.Conv2D(SIZE, 4, 4)(image))
    x = Positions()(ClassToken()(x))
    for _ in range(2):
        x = feed_forward(attend(x, x))
    model = keras.Model(image, layers.Dense(10, activation="softmax")(layers.LayerNormalization()(x)[:, 0]))
    sizes = ((1, 16, 16), (3, 16, 16)) if side else ((1, 16, 16), (3, 8, 20))
    images = [np.random.default_rng(b).normal(size=(b, h, w, 3)).astype("float32") for b, h, w in sizes]
    check_converts(model, *images, rtol=1e-4)


def test_an_encoder_and_a_decoder_that_mask_their_padding():
    source, target = (keras.Input((None,), dtype="int32", name=name) for name in ("source", "target"))
    x = Positions()(layers.Embedding(VOCABULARY, SIZE, mask_zero=True)(source))
    x = feed_forward(attend(x, x))
    y = Positions()(layers.Embedding(VOCABULARY, SIZE, mask_zero=True)(target))
    y = attend(y, y, use_causal_mask=True)
    y = feed_forward(attend(y, x))
    model = keras.Model({"source": source, "target": target}, layers.Dense(VOCABULARY, activation="softmax")(y))
    sizes = ((2, 7, 2, 5, 1), (1, 3, 0, 9, 0), (3, 9, 3, 4, 2))
    given = [{"source": tokens(b, s, padding), "target": tokens(b, t, more)} for b, s, padding, t, more in sizes]
    check_converts(model, *given, rtol=1e-4)


def test_latents_that_attend_to_inputs_of_any_length():
    class Latents(layers.Layer):
        def build(self, shape):
            self.latents = self.add_weight(shape=(5, SIZE), name="latents")
            self.cross, self.own = layers.MultiHeadAttention(HEADS, 4), layers.MultiHeadAttention(2, 8)
            self.cross.build((None, 5, SIZE), shape)
            self.own.build((None, 5, SIZE), (None, 5, SIZE))

        def call(self, x):
            z = ops.broadcast_to(self.latents[None], (ops.shape(x)[0], 5, SIZE))
            z = z + self.cross(z, x)
            for _ in range(2):
                z = z + self.own(z, z)
            return ops.mean(z, axis=1)

    check_sequence(Latents(), rtol=1e-4)


def half_step(x):
    y = layers.Dense(2 * SIZE, activation="silu")(layers.LayerNormalization()(x))
    return x + 0.5 * layers.Dense(SIZE)(y)


def test_a_conformer():
    inputs = keras.Input((None, SIZE))
    x = half_step(inputs)
    y = layers.LayerNormalization()(x)
    x = x + layers.MultiHeadAttention(HEADS, 4)(y, y)
    gated, gate = ops.split(layers.Conv1D(2 * SIZE, 1)(layers.LayerNormalization()(x)), 2, axis=-1)
    y = layers.DepthwiseConv1D(5, padding="same")(gated * ops.sigmoid(gate))
    y = layers.Conv1D(SIZE, 1)(layers.Activation("silu")(layers.BatchNormalization()(y)))
    model = keras.Model(inputs, layers.LayerNormalization()(half_step(x + y)))
    check_converts(model, floats(1, 5, SIZE), floats(3, 12, SIZE), floats(2, 1, SIZE), rtol=1e-4)


def test_a_spectrogram_in_front_of_an_encoder():
    sound = keras.Input((None,), name="sound")
    frames = {"fft_length": 64, "sequence_stride": 16, "sequence_length": 48}
    x = layers.MelSpectrogram(**frames, sampling_rate=8000, num_mel_bins=12, min_freq=20, max_freq=4000)(sound)
    x = layers.Conv1D(SIZE, 3, padding="same", activation="gelu")(ops.transpose(x, (0, 2, 1)))
    x = Positions()(layers.Conv1D(SIZE, 3, strides=2, padding="same", activation="gelu")(x))
    model = keras.Model(sound, feed_forward(attend(x, x)))
    check_converts(model, floats(1, 320), floats(2, 641), rtol=1e-3)  # decibels of small powers


class Windows(layers.Layer):
    """Attention inside of 4 x 4 windows of an image that is rolled by half of one, with a bias of each distance."""

    def build(self, shape):
        self.project = layers.Dense(3 * SIZE)
        self.project.build(shape)
        self.table = self.add_weight(shape=(49, HEADS), name="table")
        places = np.stack(np.meshgrid(range(4), range(4), indexing="ij")).reshape(2, -1)
        distance = places[:, :, None] - places[:, None] + 3
        self.index = (distance[0] * 7 + distance[1]).reshape(-1)

    def call(self, x):
        batch, height, width = ops.shape(x)[:3]
        x = ops.reshape(ops.roll(x, (-2, -2), axis=(1, 2)), (batch, height // 4, 4, width // 4, 4, SIZE))
        x = ops.reshape(ops.transpose(x, (0, 1, 3, 2, 4, 5)), (-1, 16, SIZE))
        q, k, v = (ops.transpose(split_heads(y), (0, 2, 1, 3)) for y in ops.split(self.project(x), 3, axis=-1))
        bias = ops.transpose(ops.reshape(ops.take(self.table, self.index, axis=0), (16, 16, HEADS)), (2, 0, 1))
        weights = ops.softmax(ops.matmul(q * 0.5, ops.transpose(k, (0, 1, 3, 2))) + bias[None])
        y = merge_heads(ops.transpose(ops.matmul(weights, v), (0, 2, 1, 3)))
        y = ops.reshape(y, (batch, height // 4, width // 4, 4, 4, SIZE))
        y = ops.reshape(ops.transpose(y, (0, 1, 3, 2, 4, 5)), (batch, height, width, SIZE))
        return ops.roll(y, (2, 2), axis=(1, 2))


@pytest.mark.parametrize("size", [8, None])
def test_shifted_windows_of_an_image(size):
    images = [floats(1, 8, 8, SIZE), floats(2, 8, 8, SIZE)] + ([] if size else [floats(3, 4, 12, SIZE)])
    check_called(Windows(), *images, shape=(None, size, size, SIZE), rtol=1e-4)
