"""Whole transformers of Keras layers: one file for every batch and length."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers, ops

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
