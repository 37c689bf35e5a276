"""Parts of transformers as people write them: masks, norms, gates, heads, tied and shared weights."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers, ops

from attending import DEPTH, HEADS, WIDTH, Attend, check_called, check_sequence, merge_heads, split_heads, tokens


@pytest.mark.parametrize("length", [None, 9])
def test_a_sliding_window_over_the_past(length):
    class Window(Attend):
        def changed(self, logits):
            t, s = ops.shape(logits)[2:]
            back = ops.arange(t)[:, None] - ops.arange(s)[None, :]
            return ops.where(ops.logical_and(back >= 0, back < 3), logits, ops.cast(-np.inf, logits.dtype))

    check_sequence(Window(), length=length)


def test_windows_that_begin_with_a_global_token():
    class Window(layers.Layer):
        def build(self, shape):
            self.attention = layers.MultiHeadAttention(HEADS, DEPTH)
            self.attention.build(shape, shape)

        def call(self, x):
            places = ops.arange(ops.shape(x)[1])
            near = ops.abs(places[:, None] - places[None]) <= 2
            first = ops.logical_or(places[:, None] == 0, places[None] == 0)
            return self.attention(x, x, attention_mask=ops.logical_or(near, first)[None])

    check_sequence(Window())


def test_windows_cut_from_the_sequence():
    """Attention inside of blocks, the last one padded."""

    class Blocks(layers.Layer):
        def build(self, shape):
            self.attention = layers.MultiHeadAttention(HEADS, DEPTH)
            self.attention.build((None, 4, WIDTH), (None, 4, WIDTH))

        def call(self, x):
            batch, length, width = ops.shape(x)
            padding = -length % 4
            padded = ops.pad(x, ((0, 0), (0, padding), (0, 0)))
            blocks = ops.reshape(padded, (batch * ((length + padding) // 4), 4, width))
            counts = ops.reshape(ops.arange(length + padding) < length, (1, -1, 1, 4))
            counts = ops.reshape(ops.tile(counts, (batch, 1, 1, 1)), (-1, 1, 4))
            attended = self.attention(blocks, blocks, attention_mask=counts)
            return ops.reshape(attended, (batch, length + padding, width))[:, :length]

    check_sequence(Blocks(), sizes=((1, 4), (2, 7), (3, 1), (1, 13)))


@pytest.mark.parametrize("cap", [5.0, 50.0])
def test_logits_with_a_soft_cap(cap):
    class Capped(Attend):
        def changed(self, logits):
            return ops.tanh(logits / cap) * cap

    check_sequence(Capped())


# --- norms and feed-forward layers ---------------------------------------------


class RootMeanSquare(layers.Layer):
    def build(self, shape):
        self.scale = self.add_weight(shape=(shape[-1],), initializer="ones", name="scale")

    def call(self, x):
        wide = ops.cast(x, "float32")
        variance = ops.mean(ops.square(wide), axis=-1, keepdims=True)
        return ops.cast(wide * ops.rsqrt(variance + 1e-6), x.dtype) * (1.0 + self.scale)


@pytest.mark.parametrize("norm", [layers.LayerNormalization, layers.RMSNormalization, RootMeanSquare])
@pytest.mark.parametrize("before", [True, False])
def test_norms_before_and_behind_the_attention(norm, before):
    class Block(layers.Layer):
        def build(self, shape):
            self.norm, self.attention = norm(), layers.MultiHeadAttention(HEADS, DEPTH)
            self.norm.build(shape)
            self.attention.build(shape, shape)

        def call(self, x):
            if before:
                y = self.norm(x)
                return x + self.attention(y, y, use_causal_mask=True)
            return self.norm(x + self.attention(x, x, use_causal_mask=True))

    check_sequence(Block())


@pytest.mark.parametrize("gate", ["silu", "gelu", "sigmoid", lambda x: keras.activations.gelu(x, approximate=True)])
@pytest.mark.parametrize("joined", [True, False])
def test_gated_feed_forward_layers(gate, joined):
    gate = keras.activations.get(gate)

    class Gated(layers.Layer):
        def build(self, shape):
            self.up = layers.Dense(48 if joined else 24, use_bias=False)
            self.gate = layers.Dense(24, use_bias=False)
            self.down = layers.Dense(shape[-1], use_bias=False)
            self.up.build(shape)
            self.gate.build(shape)
            self.down.build((None, None, 24))

        def call(self, x):
            if joined:
                gated, rest = ops.split(self.up(x), 2, axis=-1)
            else:
                gated, rest = self.gate(x), self.up(x)
            return self.down(gate(gated) * rest)

    check_sequence(Gated())


# --- heads -------------------------------------------------------------------


@pytest.mark.parametrize("groups", [1, 2, 4])
@pytest.mark.parametrize("length", [None, 6])
def test_groups_of_queries_that_share_keys_by_repeating_them(groups, length):
    class Grouped(layers.Layer):
        def build(self, shape):
            self.q, self.kv = layers.Dense(WIDTH), layers.Dense(2 * groups * DEPTH)
            for each in (self.q, self.kv):
                each.build(shape)

        def call(self, x):
            q = split_heads(self.q(x))
            k, v = (split_heads(y, groups) for y in ops.split(self.kv(x), 2, axis=-1))
            k, v = (ops.repeat(y, HEADS // groups, axis=2) for y in (k, v))
            q, k, v = (ops.transpose(y, (0, 2, 1, 3)) for y in (q, k, v))
            logits = ops.matmul(q, ops.transpose(k, (0, 1, 3, 2))) / DEPTH**0.5
            return merge_heads(ops.transpose(ops.matmul(ops.softmax(logits), v), (0, 2, 1, 3)))

    check_sequence(Grouped(), length=length)


def test_normalized_queries_and_keys():
    class Normalized(Attend):
        def build(self, shape):
            super().build(shape)
            self.norm = layers.RMSNormalization()
            self.norm.build((None, None, HEADS, DEPTH))

        def placed(self, x):
            return self.norm(x)

    check_sequence(Normalized())


@pytest.mark.parametrize("logit_dtype", ["float32", "float16"])
def test_tied_embeddings(logit_dtype):
    class Tied(layers.Layer):
        def build(self, shape):
            self.table = layers.ReversibleEmbedding(300, WIDTH, reverse_dtype=logit_dtype, logit_soft_cap=20.0)
            self.table.build()

        def call(self, ids):
            return self.table(ops.tanh(self.table(ids)), reverse=True)

    rtol = 1e-5 if logit_dtype == "float32" else 1e-2  # Keras rounds the table to float16
    lite = check_called(Tied(), *tokens(), shape=(None, None), rtol=rtol)
    if logit_dtype == "float32":
        assert len(lite) < 1.5 * 4 * 300 * WIDTH


def test_tied_embeddings_by_the_table_itself():
    class Tied(layers.Layer):
        def build(self, shape):
            self.table = layers.Embedding(300, WIDTH)
            self.table.build()

        def call(self, ids):
            x = self.table(ids) * WIDTH**0.5
            return ops.matmul(x, ops.transpose(self.table.embeddings))

    lite = check_called(Tied(), *tokens(), shape=(None, None))
    assert len(lite) < 1.5 * 4 * 300 * WIDTH


def test_layers_that_share_all_weights():
    class Shared(layers.Layer):
        def build(self, shape):
            self.attention, self.norm = layers.MultiHeadAttention(HEADS, DEPTH), layers.LayerNormalization()
            self.attention.build(shape, shape)
            self.norm.build(shape)

        def call(self, x):
            for _ in range(3):
                x = self.norm(x + self.attention(x, x))
            return x

    lite = check_sequence(Shared(), sizes=((2, 5),))
    kernels = [op.operands[1].constant for op in lite.graph.operations if op.operator.builtin == "FULLY_CONNECTED"]
    assert len(kernels) == 12
    assert len({kernel.key for kernel in kernels}) == 4
