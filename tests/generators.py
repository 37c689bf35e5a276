"""A small decoder with caches of keys and values, as models of tests, and how it generates."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers, ops

VOCABULARY, WIDTH, HEADS, LENGTH, DEPTH = 40, 16, 4, 12, 2
PER_HEAD = WIDTH // HEADS


def randomize(layer, seed=0):
    random = np.random.default_rng(seed)
    for variable in layer.weights:
        if variable.dtype == "float32" and not variable.path.endswith(("keys", "values")):
            variable.assign(random.normal(0.0, 0.5, variable.shape))
    return layer


def prompt(length=5, batch=1, seed=0):
    return np.random.default_rng([seed, length]).integers(1, VOCABULARY, (batch, length)).astype("int32")


def rotated(x, places):
    """Rotary positions of [batch, length, heads, depth] at places [length]."""
    half = x.shape[-1] // 2
    rates = 1.0 / 100.0 ** (ops.arange(half, dtype="float32") / half)
    angles = (ops.cast(places, "float32")[:, None] * rates)[None, :, None, :]
    first, second = x[..., :half], x[..., half:]
    cos, sin = ops.cos(angles), ops.sin(angles)
    return ops.concatenate([first * cos - second * sin, second * cos + first * sin], axis=-1)


class Block(layers.Layer):
    """A decoder block that writes what it is given into a cache [2, batch, LENGTH, heads, depth], from a place on."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.norms = [layers.RMSNormalization(), layers.RMSNormalization()]
        self.project, self.out = layers.Dense(3 * WIDTH, use_bias=False), layers.Dense(WIDTH)
        self.up, self.down = layers.Dense(2 * WIDTH, activation="gelu"), layers.Dense(WIDTH)

    def build(self, shape):
        for layer in (*self.norms, self.project, self.out, self.up):
            layer.build((None, None, WIDTH))
        self.down.build((None, None, 2 * WIDTH))

    def call(self, x, cache, place):
        batch, length = ops.shape(x)[0], ops.shape(x)[1]
        qkv = ops.reshape(self.project(self.norms[0](x)), (batch, length, 3, HEADS, PER_HEAD))
        places = place + ops.arange(length)
        q, k, v = rotated(qkv[:, :, 0], places), rotated(qkv[:, :, 1], places), qkv[:, :, 2]
        cache = ops.slice_update(cache, (0, 0, place, 0, 0), ops.stack([k, v]))
        seen = ops.arange(LENGTH)[None, :] <= places[:, None]
        attended = ops.dot_product_attention(q, cache[0], cache[1], mask=seen[None, None])
        x = x + self.out(ops.reshape(attended, (batch, length, WIDTH)))
        return x + self.down(self.up(self.norms[1](x))), cache


class Generator(keras.Model):
    """A small decoder whose caches are inputs and outputs: [layers, 2, batch, LENGTH, heads, depth]."""

    def __init__(self, tied=True):
        super().__init__()
        self.table = layers.ReversibleEmbedding(VOCABULARY, WIDTH, tie_weights=tied)
        self.blocks = [Block() for _ in range(DEPTH)]
        self.norm = layers.RMSNormalization()
        self.table.build()
        for block in self.blocks:
            block.build(None)
        self.norm.build((None, None, WIDTH))
        self.built = True

    def hidden(self, tokens, cache, place):
        x = self.table(tokens) * WIDTH**0.5
        new = []
        for i, block in enumerate(self.blocks):
            x, updated = block(x, cache=cache[i], place=place)
            new.append(updated)
        return self.norm(x), ops.stack(new)

    def call(self, tokens):
        return self.table(self.hidden(tokens, empty(ops.shape(tokens)[0]), 0)[0], reverse=True)

    def prefill(self, tokens):
        x, cache = self.hidden(tokens, empty(ops.shape(tokens)[0]), 0)
        return {"logits": self.table(x[:, -1:], reverse=True)[:, 0], "cache": cache}

    def decode(self, token, cache, place):
        x, cache = self.hidden(token, cache, ops.reshape(place, ()))
        return {"logits": self.table(x, reverse=True)[:, 0], "cache": cache}


def empty(batch):
    return ops.zeros((DEPTH, 2, batch, LENGTH, HEADS, PER_HEAD))


def signatures(model, batch=1):
    cache = (DEPTH, 2, batch, LENGTH, HEADS, PER_HEAD)
    return {
        "prefill": (model.prefill, f"{batch},time<={LENGTH}:int32"),
        "decode": (model.decode, {"token": f"{batch},1:int32", "cache": cache, "place": "1:int32"}),
    }


def greedy(prefill, decode, tokens, count):
    """The tokens that follow, and the logits of each."""
    found = prefill(tokens)
    said, logits = [], []
    for place in range(tokens.shape[1], tokens.shape[1] + count):
        logits.append(np.asarray(found["logits"]))
        said.append(np.argmax(logits[-1], axis=-1).astype("int32"))
        found = decode(said[-1][:, None], np.asarray(found["cache"]), np.array([place], "int32"))
    return np.stack(said, axis=1), np.stack(logits, axis=1)


def of_file(lite):
    return (
        lambda tokens: lite.run({"tokens": tokens}, signature="prefill"),
        lambda token, cache, place: lite.run({"token": token, "cache": cache, "place": place}, signature="decode"),
    )
