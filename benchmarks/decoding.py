"""Tokens per second of a decoder with caches of keys and values, with and without the passes for slices.

Four blocks of width 256 with 4 heads, a cache of 512 places, batch 1, one thread. The cache is an input and an
output, one variable of the file, or a variable for each block. Run with `python benchmarks/decoding.py`.
"""

from __future__ import annotations

import os
import time
from typing import Any
from unittest import mock

os.environ.setdefault("KERAS_BACKEND", "numpy")

import keras
import numpy as np
from ai_edge_litert.interpreter import Interpreter
from keras import layers, ops

import litesmith
from litesmith.passes.replace_strided_slices import ReplaceStridedSlices

WORDS, WIDTH, HEADS, LENGTH, DEPTH = 1000, 256, 4, 512, 4
BLOCK_CACHE = (2, 1, LENGTH, HEADS, WIDTH // HEADS)
ROUNDS, CALLS = 6, 15


class Block(layers.Layer):
    """Attention to what is in the cache, and a feed-forward layer."""

    def __init__(self) -> None:
        super().__init__()
        self.norms = [layers.RMSNormalization(), layers.RMSNormalization()]
        self.project, self.out = layers.Dense(3 * WIDTH, use_bias=False), layers.Dense(WIDTH)
        self.up, self.down = layers.Dense(4 * WIDTH, activation="gelu"), layers.Dense(WIDTH)

    def call(self, x: Any, cache: Any, place: Any) -> tuple[Any, Any]:
        batch, count = ops.shape(x)[0], ops.shape(x)[1]
        projected = ops.reshape(self.project(self.norms[0](x)), (batch, count, 3, HEADS, WIDTH // HEADS))
        query, key, value = (projected[:, :, i] for i in range(3))
        cache = ops.slice_update(cache, (0, 0, place, 0, 0), ops.stack([key, value]))
        seen = ops.arange(LENGTH)[None, :] <= place + ops.arange(count)[:, None]
        attended = ops.dot_product_attention(query, cache[0], cache[1], mask=seen[None, None])
        x = x + self.out(ops.reshape(attended, (batch, count, WIDTH)))
        return x + self.down(self.up(self.norms[1](x))), cache


class Decoder(keras.Model):
    """Reads one token; what it has read is handed on, or is in `variables`."""

    def __init__(self, variables: int) -> None:
        super().__init__()
        self.words, self.places = layers.Embedding(WORDS, WIDTH), layers.Embedding(LENGTH, WIDTH)
        self.blocks = [Block() for _ in range(DEPTH)]
        self.logits = layers.Dense(WORDS)
        shapes = {0: [], 1: [(DEPTH, *BLOCK_CACHE)], DEPTH: [BLOCK_CACHE] * DEPTH}[variables]
        self.held = [
            self.add_weight(shape=shape, initializer="zeros", trainable=False, name=f"cache{i}")
            for i, shape in enumerate(shapes)
        ]
        self.step(np.zeros((1, 1), "int32"), np.zeros((DEPTH, *BLOCK_CACHE), "float32"), 0)

    def step(self, token: Any, caches: Any, place: Any) -> tuple[Any, list[Any]]:
        """The logits of what follows, and the caches with the token in them."""
        x = self.words(token) + self.places(place + ops.arange(1))
        updated = []
        for i, block in enumerate(self.blocks):
            x, cache = block(x, cache=caches[i], place=place)
            updated.append(cache)
        return self.logits(x[:, -1]), updated

    def handing_on(self, token: Any, cache: Any, place: Any) -> dict[str, Any]:
        """The logits and the cache."""
        logits, updated = self.step(token, cache, place[0])
        return {"logits": logits, "cache": ops.stack(updated)}

    def remembering(self, token: Any, place: Any) -> dict[str, Any]:
        """The logits; the cache is kept."""
        one = len(self.held) == 1
        logits, updated = self.step(token, self.held[0] + 0.0 if one else [held + 0.0 for held in self.held], place[0])
        for held, value in zip(self.held, [ops.stack(updated)] if one else updated, strict=True):
            held.assign(value)
        return {"logits": logits}


FORMS = {"input and output": 0, "one variable": 1, "a variable for each block": DEPTH}


def converted(variables: int) -> bytes:
    keras.utils.set_random_seed(0)
    model = Decoder(variables)
    given = {"token": "1,1:int32", "place": "1:int32"}
    if not variables:
        given["cache"] = (DEPTH, *BLOCK_CACHE)
    decode = model.remembering if variables else model.handing_on
    return bytes(litesmith.convert(model, signatures={"decode": (decode, given)}, verify=False))


def runner(content: bytes) -> Any:
    """A call of the file with zeros, as an app makes it; the interpreter lives as long as it does."""
    interpreter = Interpreter(model_content=content, num_threads=1)
    call = interpreter.get_signature_runner("decode")
    zeros = {name: np.zeros(detail["shape"], detail["dtype"]) for name, detail in call.get_input_details().items()}
    return lambda: (interpreter, call(**zeros))


def seconds(call: Any) -> float:
    """The shortest of several calls."""
    times = []
    for _ in range(CALLS):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    calls = {}
    for form, variables in FORMS.items():
        with mock.patch.object(ReplaceStridedSlices, "run", return_value=0):
            without = converted(variables)
        content = converted(variables)
        print(f"{form}: {len(content):,} bytes")
        calls[form] = (runner(without), runner(content))
    rounds = [{form: [seconds(call) for call in pair] for form, pair in calls.items()} for _ in range(ROUNDS)]
    for form in FORMS:
        before, after = np.median([found[form] for found in rounds], axis=0)
        ratios = [found[form][0] / found[form][1] for found in rounds]
        print(f"{form:28}{1 / before:8.0f} -> {1 / after:6.0f} tokens/s, x {np.median(ratios):.1f}", end=" ")
        print(f"({min(ratios):.1f} to {max(ratios):.1f})")


if __name__ == "__main__":
    main()
