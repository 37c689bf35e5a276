"""Self-attention written out in `keras.ops`, and layers on sequences compared with Keras."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers, ops

from support import check_converts

WIDTH, HEADS = 16, 4
DEPTH = WIDTH // HEADS
SIZES = ((1, 5), (3, 9), (2, 1))
"""Batch, length."""


def floats(*shape, seed=0):
    return np.random.default_rng([seed, *shape]).normal(size=shape).astype("float32")


def randomize(model):
    """Weights that are all different, so that no mix-up stays unseen."""
    random = np.random.default_rng(1)
    for weight in model.weights:
        if "seed" not in weight.path:
            weight.assign(random.normal(0.1, 0.4, weight.shape))
    return model


def check_sequence(layer, width=WIDTH, sizes=SIZES, length=None, rtol=1e-5, **options):
    """A layer on sequences of vectors of any length."""
    given = [floats(batch, length or steps, width) for batch, steps in sizes]
    return check_called(layer, *given, shape=(None, length, width), rtol=rtol, **options)


def check_called(layer, *given, shape, **options):
    """A layer on arrays, converted for inputs of a shape and of their type."""
    layer(given[0])
    spec = keras.InputSpec(shape=shape, dtype=given[0].dtype.name)
    return check_converts(randomize(layer), *given, convert={"inputs": spec}, **options)


def tokens(count=300):
    return [np.random.default_rng(n).integers(0, count, size).astype("int32") for n, size in enumerate(SIZES)]


def split_heads(x, heads=HEADS):
    return ops.reshape(x, (ops.shape(x)[0], ops.shape(x)[1], heads, x.shape[-1] // heads))


def merge_heads(x):
    return ops.reshape(x, (ops.shape(x)[0], ops.shape(x)[1], x.shape[2] * x.shape[3]))


class Attend(layers.Layer):
    """Self-attention written out; what its subclasses are about changes queries, keys or logits."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.project = layers.Dense(3 * WIDTH)
        self.out = layers.Dense(WIDTH)

    def build(self, shape):
        self.project.build((*shape[:-1], WIDTH))
        self.out.build((*shape[:-1], WIDTH))

    def placed(self, x):
        return x

    def changed(self, logits):
        return logits

    def call(self, x):
        q, k, v = map(split_heads, ops.split(self.project(x), 3, axis=-1))
        logits = ops.einsum("bqhd,bkhd->bhqk", self.placed(q), self.placed(k)) / DEPTH**0.5
        weights = ops.softmax(self.changed(logits), axis=-1)
        return self.out(merge_heads(ops.einsum("bhqk,bkhd->bqhd", weights, v)))
