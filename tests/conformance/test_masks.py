"""Masks: every layer that makes one, uses one, hands one on or drops one."""

import keras
import numpy as np
import pytest
from keras import Model, Sequential, layers, ops

from support import check_converts, check_layer

STEPS, FEATURES = 6, 4
NUMBERS = np.random.default_rng(0).standard_normal((3, STEPS, FEATURES)).astype("float32")
NUMBERS[0, 4:] = 0  # padded at the end
NUMBERS[1, :2] = 0  # padded in front
NUMBERS[2, 1:3] = 0  # a gap
NUMBERS[0, 0, 2] = 0  # one zero of several features does not mask
TOKENS = np.array([[3, 1, 4, 1, 0, 0], [0, 0, 2, 6, 5, 3], [5, 0, 0, 8, 9, 7]], "int32")
ALL_MASKED = np.zeros((2, STEPS, FEATURES), "float32")


class Seen(layers.Layer):
    """Writes -7 where the mask it sees is false, and the mask beside it; 2 where there is none."""

    def call(self, x, mask=None):
        if mask is None:
            return x, ops.full_like(x[:, :, :1], 2.0)
        kept = ops.expand_dims(mask, -1)
        return ops.where(kept, x, -7.0), ops.cast(kept, "float32")


def masked(features=FEATURES):
    x = keras.Input((STEPS, features))
    return x, layers.Masking()(x)


def randomized(model):
    random = np.random.default_rng(1)
    for weight in model.weights:
        if weight.dtype == "float32":
            weight.assign(random.uniform(0.2, 0.8, weight.shape))
    return model


def check_masked(outputs, x, *arrays, **options):
    return check_converts(randomized(Model(x, outputs)), *(arrays or (NUMBERS, NUMBERS[:1], ALL_MASKED)), **options)


# --- makers ------------------------------------------------------------------


@pytest.mark.parametrize("value", [0.0, -1.0, 0.5])
def test_masking(value):
    x = keras.Input((STEPS, FEATURES))
    given = np.where(NUMBERS == 0, np.float32(value), NUMBERS)
    check_masked(Seen()(layers.Masking(value)(x)), x, given, NUMBERS)


def test_masking_of_any_length():
    x = keras.Input((None, FEATURES))
    check_masked(Seen()(layers.Masking()(x)), x, NUMBERS, NUMBERS[:, :3])


def test_masking_of_rows():
    """Of two axes the mask has one, and holds for whole examples."""
    check_layer(layers.Masking(), (FEATURES,))


@pytest.mark.parametrize("kind", [layers.Embedding, layers.ReversibleEmbedding])
def test_embedding(kind):
    tokens = keras.Input((STEPS,), dtype="int32")
    check_masked(Seen()(kind(10, FEATURES, mask_zero=True)(tokens)), tokens, TOKENS, TOKENS[:1], TOKENS * 0)


def test_a_mask_of_the_models_own():
    class Maker(layers.Layer):
        def call(self, x):
            return x * 2

        def compute_mask(self, x, mask=None):
            return ops.any(x > 0.5, axis=-1)

    x = keras.Input((STEPS, FEATURES))
    check_masked(Seen()(Maker()(x)), x)


def test_a_mask_as_an_input():
    x, mask = keras.Input((STEPS, FEATURES), name="x"), keras.Input((STEPS,), dtype="bool", name="mask")
    h = layers.LSTM(5, return_sequences=True)(x, mask=mask)
    outputs = [h, layers.GlobalAveragePooling1D()(h, mask=mask), layers.GRU(3)(x, mask=mask)]
    check_converts(randomized(Model([x, mask], outputs)), [NUMBERS, TOKENS != 0], [NUMBERS, TOKENS == 99])


# --- users -------------------------------------------------------------------

RECURRENT = {
    "lstm": lambda **k: layers.LSTM(5, **k),
    "gru": lambda **k: layers.GRU(5, **k),
    "gru before": lambda **k: layers.GRU(5, reset_after=False, **k),
    "simple": lambda **k: layers.SimpleRNN(5, **k),
    "cells": lambda **k: layers.RNN([layers.LSTMCell(3), layers.GRUCell(5)], **k),
    "cell": lambda **k: layers.RNN(layers.SimpleRNNCell(5), **k),
}


@pytest.mark.parametrize("options", [{}, {"return_sequences": True}, {"return_state": True}, {"go_backwards": True}])
@pytest.mark.parametrize("kind", RECURRENT)
def test_recurrent_layers(kind, options):
    x, h = masked()
    result = RECURRENT[kind](**options)(h)
    outputs = (
        [Seen()(result)] if options.get("return_sequences") else list(result) if "return_state" in options else result
    )
    check_masked(outputs, x)


@pytest.mark.parametrize("kind", RECURRENT)
def test_recurrent_layers_that_write_zeros(kind):
    if kind.startswith("cell"):
        layer = RECURRENT[kind](return_sequences=True, zero_output_for_mask=True)
    else:
        layer = RECURRENT[kind](return_sequences=True)
        layer.zero_output_for_mask = True
    x, h = masked()
    check_masked(layer(h), x)


@pytest.mark.parametrize("form", ["while", "unroll", "fused"])
def test_recurrent_layers_in_every_form(form):
    x, h = masked()
    check_masked(layers.LSTM(5, return_sequences=True)(h), x, convert={"rnn": form})


@pytest.mark.parametrize("merge", ["concat", "sum", "ave", "mul", None])
def test_both_directions(merge):
    x, h = masked()
    result = layers.Bidirectional(layers.LSTM(3, return_sequences=True), merge_mode=merge)(h)
    check_masked([Seen()(r) for r in result] if merge is None else Seen()(result), x)


def test_stacked_layers():
    x, h = masked()
    h = layers.LSTM(5, return_sequences=True)(h)
    h = layers.Dropout(0.2)(layers.LayerNormalization()(h))
    h = layers.Bidirectional(layers.GRU(4, return_sequences=True))(h)
    attended = layers.MultiHeadAttention(2, 3)(h, h)
    check_masked(layers.GlobalAveragePooling1D()(layers.Add()([h, layers.Dense(8)(attended)])), x)


@pytest.mark.parametrize("inner", [lambda: layers.Dense(3), lambda: layers.Dropout(0.1)])
def test_time_distributed(inner):
    x, h = masked()
    check_masked(Seen()(layers.TimeDistributed(inner())(h)), x)


def test_time_distributed_over_sequences():
    tokens = keras.Input((3, STEPS), dtype="int32")
    sentences = layers.TimeDistributed(Sequential([layers.Embedding(10, 4, mask_zero=True), layers.LSTM(5)]))(tokens)
    given = np.stack([TOKENS, TOKENS[::-1]])
    check_converts(randomized(Model(tokens, layers.LSTM(2)(sentences))), given)


@pytest.mark.parametrize("kind", [layers.Attention, layers.AdditiveAttention])
@pytest.mark.parametrize("which", ["query", "value", "both", "none"])
@pytest.mark.parametrize("causal", [False, True])
def test_attention(kind, which, causal):
    x = keras.Input((STEPS, FEATURES))
    masked_x = layers.Masking()(x)
    query = masked_x if which in ("query", "both") else x * 1.5
    value = masked_x if which in ("value", "both") else x * 0.5
    check_masked(Seen()(kind()([query, value], use_causal_mask=causal)), x, NUMBERS, NUMBERS[:1])


@pytest.mark.parametrize(
    "layer",
    [lambda: layers.MultiHeadAttention(2, 3), lambda: layers.GroupQueryAttention(3, 4, 2)],
    ids=["mha", "gqa"],
)
@pytest.mark.parametrize("which", ["query", "value", "both"])
@pytest.mark.parametrize("causal", [False, True])
def test_attention_of_several_heads(layer, which, causal):
    x = keras.Input((STEPS, FEATURES))
    masked_x = layers.Masking()(x)
    query = masked_x if which in ("query", "both") else x * 1.5
    value = masked_x if which in ("value", "both") else x * 0.5
    check_masked(Seen()(layer()(query, value, use_causal_mask=causal)), x, NUMBERS, NUMBERS[:1])


def test_attention_with_a_mask_and_masked_inputs():
    x, h = masked()
    allowed = keras.Input((STEPS, STEPS), dtype="bool", name="allowed")
    given = np.random.default_rng(0).random((3, STEPS, STEPS)) < 0.7
    attended = layers.MultiHeadAttention(2, 3)(h, h, attention_mask=allowed)
    check_converts(randomized(Model([x, allowed], attended)), [NUMBERS, given])


def test_pooling():
    x, h = masked()
    check_masked([layers.GlobalAveragePooling1D()(h), layers.GlobalAveragePooling1D(keepdims=True)(h)], x)


def test_pooling_that_takes_no_mask():
    x, h = masked()
    check_masked(layers.GlobalMaxPooling1D()(h), x)


@pytest.mark.parametrize("axis", [-1, (1, 2)])
def test_softmax_under_a_mask(axis):
    x = keras.Input((STEPS, STEPS))
    mask = keras.Input((STEPS, STEPS), dtype="bool")
    given = np.random.default_rng(0).standard_normal((3, STEPS, STEPS)).astype("float32")
    kept = np.random.default_rng(1).random((3, STEPS, STEPS)) < 0.6
    kept[0, 1] = False
    check_converts(Model([x, mask], layers.Softmax(axis)(x, mask=mask)), [given, kept])


def test_normalization_under_a_mask():
    x, h = masked()
    normalized = layers.BatchNormalization()(h)
    check_masked(Seen()(normalized), x)


# --- layers that hand a mask on ----------------------------------------------

HANDING_ON = {
    "Activation": lambda: layers.Activation("tanh"),
    "ActivityRegularization": lambda: layers.ActivityRegularization(0.1),
    "AlphaDropout": lambda: layers.AlphaDropout(0.1),
    "BatchNormalization": lambda: layers.BatchNormalization(),
    "Dense": lambda: layers.Dense(FEATURES),
    "Dropout": lambda: layers.Dropout(0.1),
    "ELU": lambda: layers.ELU(),
    "GaussianDropout": lambda: layers.GaussianDropout(0.1),
    "GaussianNoise": lambda: layers.GaussianNoise(0.1),
    "GroupNormalization": lambda: layers.GroupNormalization(2),
    "Identity": lambda: layers.Identity(),
    "LayerNormalization": lambda: layers.LayerNormalization(),
    "LeakyReLU": lambda: layers.LeakyReLU(),
    "PReLU": lambda: layers.PReLU(),
    "ReLU": lambda: layers.ReLU(),
    "Rescaling": lambda: layers.Rescaling(2.0),
    "RMSNormalization": lambda: layers.RMSNormalization(),
    "SpatialDropout1D": lambda: layers.SpatialDropout1D(0.1),
    "UnitNormalization": lambda: layers.UnitNormalization(),
}
DROPPING = {
    "Conv1D": lambda: layers.Conv1D(FEATURES, 3, padding="same"),
    "EinsumDense": lambda: layers.EinsumDense("abc,cd->abd", (None, FEATURES)),
    "Permute": lambda: layers.Permute((1, 2)),
    "Reshape": lambda: layers.Reshape((STEPS, FEATURES)),
    "MaxPooling1D": lambda: layers.MaxPooling1D(1),
    "ZeroPadding1D": lambda: layers.ZeroPadding1D(0),
    "Lambda": lambda: layers.Lambda(lambda x: x * 2),
    "Normalization": lambda: layers.Normalization(mean=0.0, variance=1.0),
}


@pytest.mark.parametrize("name", [*HANDING_ON, *DROPPING])
def test_what_happens_to_a_mask(name):
    x, h = masked()
    check_masked(Seen()((HANDING_ON | DROPPING)[name]()(h)), x)


def test_a_function_with_a_mask():
    x, h = masked()
    made = layers.Lambda(lambda t, mask: ops.where(ops.expand_dims(mask, -1), t, 3.0), mask=lambda t, mask: ~mask)(h)
    check_masked(Seen()(made), x)


def test_operations_drop_a_mask():
    x, h = masked()
    check_masked([Seen()(h + 1), Seen()(ops.relu(h)), Seen()(h)], x)


MERGES = {
    "Add": layers.Add,
    "Average": layers.Average,
    "Concatenate": layers.Concatenate,
    "Maximum": layers.Maximum,
    "Minimum": layers.Minimum,
    "Multiply": layers.Multiply,
    "Subtract": layers.Subtract,
}


@pytest.mark.parametrize("masks", ["both", "first", "second"])
@pytest.mark.parametrize("name", MERGES)
def test_merging(name, masks):
    x = keras.Input((STEPS, FEATURES))
    a = layers.Masking()(x) if masks in ("both", "first") else x * 1.5
    b = layers.Masking(1.0)(x + ops.ones_like(x)) if masks in ("both", "second") else x * 0.5
    check_masked(Seen()(MERGES[name]()([a, b])), x)


@pytest.mark.parametrize("masks", ["both", "first", "second"])
def test_joining_in_time(masks):
    x = keras.Input((STEPS, FEATURES))
    a = layers.Masking()(x) if masks in ("both", "first") else x * 1.5
    b = layers.Masking()(x) if masks in ("both", "second") else x * 0.5
    check_masked(Seen()(layers.Concatenate(axis=1)([a, b])), x)


def test_dot():
    x, h = masked()
    check_masked(layers.Dot(axes=2)([h, h]), x)


# --- models ------------------------------------------------------------------


def test_through_nested_models():
    inner_input = keras.Input((STEPS, FEATURES))
    inner = Model(inner_input, layers.Dense(FEATURES)(layers.Dropout(0.1)(inner_input)))
    x, h = masked()
    check_masked([Seen()(inner(h)), layers.LSTM(3)(Sequential([layers.Dense(5), layers.ReLU()])(h))], x)


def test_a_mask_from_inside_of_a_model():
    tokens = keras.Input((STEPS,), dtype="int32")
    encoder = Sequential([layers.Embedding(10, 4, mask_zero=True), layers.LSTM(4, return_sequences=True)])
    check_masked(layers.GlobalAveragePooling1D()(encoder(tokens)), tokens, TOKENS, TOKENS[:1])


def test_through_a_subclassed_model():
    class Tagger(Model):
        def __init__(self):
            super().__init__()
            self.embedding = layers.Embedding(10, 4, mask_zero=True)
            self.encoder = layers.Bidirectional(layers.LSTM(3, return_sequences=True))
            self.attention = layers.Attention()
            self.seen = Seen()

        def call(self, tokens):
            mask = self.embedding.compute_mask(tokens)
            h = self.encoder(self.embedding(tokens), mask=mask)
            return self.seen(self.attention([h, h], mask=[mask, mask]))

    model = Tagger()
    model(TOKENS)
    check_converts(
        randomized(model), TOKENS, TOKENS[:1], convert={"inputs": keras.InputSpec(shape=(None, STEPS), dtype="int32")}
    )


def test_a_layer_that_destroys_a_mask():
    class Forget(layers.Layer):
        def call(self, x):
            return x * 2

        def compute_mask(self, x, mask=None):
            return None

    x, h = masked()
    check_masked(Seen()(Forget()(h)), x)


def test_masking_to_attention():
    tokens = keras.Input((None,), dtype="int32")
    h = layers.Embedding(10, 8, mask_zero=True)(tokens)
    h = layers.LSTM(8, return_sequences=True)(h)
    attended = layers.MultiHeadAttention(2, 4)(h, h)
    h = layers.LayerNormalization()(layers.Add()([h, attended]))
    pooled = layers.GlobalAveragePooling1D()(h)
    check_masked([layers.Dense(3, activation="softmax")(pooled), attended], tokens, TOKENS, TOKENS[:1, :4])
