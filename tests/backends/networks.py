"""Networks of Keras' own layers, on the backend that `KERAS_BACKEND` names."""

import keras
import numpy as np
import pytest
from keras import Model, Sequential, layers, ops

import litesmith
from support import builtins_of, check_converts


def randomized(model):
    """The model with biases, scales and statistics as training would leave them."""
    random = np.random.default_rng(0)
    for weight in model.weights:
        if str(weight.dtype).startswith("float"):
            weight.assign(random.uniform(0.2, 0.8, weight.shape) * random.choice([-1, 1], weight.shape))
    for layer in model._flatten_layers():
        if isinstance(layer, layers.BatchNormalization):
            layer.moving_variance.assign(random.uniform(0.5, 2.0, layer.moving_variance.shape))
    return model


def test_convolutional_network():
    x = h = keras.Input((12, 12, 3))
    for stride in (1, 2):
        h = layers.Conv2D(6, 3, strides=stride, padding="same", use_bias=False)(h)
        h = layers.ReLU(6.0)(layers.BatchNormalization()(h))
        h = layers.DepthwiseConv2D(3, padding="same")(h)
        h = layers.BatchNormalization()(h)
    h = layers.MaxPooling2D()(h)
    h = layers.GlobalAveragePooling2D()(layers.AveragePooling2D(2, strides=1, padding="same")(h))
    lite = check_converts(randomized(Model(x, layers.Dense(5, activation="softmax")(h))))
    convolutions = ["CONV_2D", "DEPTHWISE_CONV_2D"] * 2
    pooling = ["MAX_POOL_2D", "AVERAGE_POOL_2D", "MEAN"]
    assert builtins_of(lite) == [*convolutions, *pooling, "FULLY_CONNECTED", "SOFTMAX"]


def test_attention_with_a_mask():
    x, padding = keras.Input((None, 8), name="x"), keras.Input((None,), dtype="bool", name="padding")
    mask = ops.expand_dims(padding, 1)
    h = layers.LayerNormalization()(x)
    h = x + layers.MultiHeadAttention(2, 4)(h, h, attention_mask=mask, use_causal_mask=True)
    h = h + layers.Dense(8)(layers.Dense(16, activation="gelu")(layers.LayerNormalization()(h)))
    random = np.random.default_rng(1)
    given = []
    for batch, length in ((1, 5), (3, 7)):
        seen = random.random((batch, length)) < 0.6
        seen[:, 0] = True
        given.append([random.standard_normal((batch, length, 8)).astype("float32"), seen])
    check_converts(randomized(Model([x, padding], h)), *given, rtol=1e-4)


RECURRENT = {
    "LSTM": lambda: layers.LSTM(4, return_sequences=True),
    "GRU": lambda: layers.GRU(4),
    "Bidirectional": lambda: layers.Bidirectional(layers.LSTM(3, return_sequences=True)),
}


@pytest.mark.parametrize("kind", RECURRENT)
def test_recurrent_with_a_mask(kind):
    x = keras.Input((None, 3))
    model = Model(x, RECURRENT[kind]()(layers.Masking(0.0)(x)))
    given = []
    for batch, length in ((1, 6), (3, 5)):
        steps = np.random.default_rng(batch).standard_normal((batch, length, 3)).astype("float32")
        steps[0, 2:] = 0.0
        given.append(steps)
    lite = check_converts(model, *given, rtol=1e-4)
    assert "WHILE" in builtins_of(lite)


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "SimpleRNN"])
def test_stateful_layers_go_on_where_they_were(kind):
    x = keras.Input((5, 3), batch_size=2)
    layer = getattr(layers, kind)(4, stateful=True)
    model = randomized(Model(x, layer(x)))
    layer.reset_state()
    lite = litesmith.convert(model, verify=False)
    random = np.random.default_rng(4)
    for _ in range(3):
        steps = random.standard_normal((2, 5, 3)).astype("float32")
        expected = ops.convert_to_numpy(model(steps, training=False))
        np.testing.assert_allclose(lite.run(steps), expected, rtol=1e-4, atol=1e-5)


def test_masks_from_an_embedding():
    tokens = keras.Input((None,), dtype="int32")
    h = layers.Embedding(20, 6, mask_zero=True)(tokens)
    pooled = layers.GlobalAveragePooling1D()(h)
    last = layers.GRU(4)(layers.Dropout(0.5)(h))
    model = Model(tokens, layers.Dense(2)(layers.Concatenate()([pooled, last])))
    check_converts(model, np.array([[3, 9, 0, 0]]), np.array([[1, 2, 3], [4, 0, 0], [19, 7, 0]]), rtol=1e-4)


def test_lambda():
    x = keras.Input((4, 6))
    h = layers.Lambda(lambda t: ops.concatenate([t[:, ::2], -t[:, :1]], axis=1))(x)
    check_converts(Model(x, layers.Lambda(lambda t, by: ops.sum(t * by, axis=-1), arguments={"by": 0.5})(h)))


def test_nested_and_shared_models():
    block = Sequential([layers.Dense(5, activation="tanh"), layers.Dense(4)], name="block")
    inner_input = keras.Input((4,))
    inner = Model(inner_input, block(inner_input) + inner_input, name="inner")
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    lite = check_converts(randomized(Model([a, b], ops.abs(inner(block(a)) - inner(b)))))
    assert any("inner/block" in value.name for op in lite.graph.operations for value in op.results)


def test_dictionaries_in_and_out():
    image, size = keras.Input((4, 4, 2), name="image"), keras.Input((1,), dtype="int32", name="size")
    h = layers.Flatten()(image)
    outputs = {"score": layers.Dense(2)(h), "scaled": h * ops.cast(size, "float32"), "size": size + 1}
    model = randomized(Model({"size": size, "image": image}, outputs))
    random = np.random.default_rng(2)
    images, sizes = random.standard_normal((3, 4, 4, 2)).astype("float32"), np.array([[2], [3], [5]], "int32")
    given = {"image": images, "size": sizes}
    assert set(check_converts(model, given).run(given)) == set(outputs)


def test_mixed_precision():
    policy = "mixed_float16"
    x = keras.Input((6, 6, 3))
    h = layers.Conv2D(4, 3, activation="relu", dtype=policy)(x)
    h = layers.GlobalAveragePooling2D(dtype=policy)(layers.BatchNormalization(dtype=policy)(h))
    check_converts(randomized(Model(x, layers.Dense(3, dtype="float32")(h))), rtol=2e-3)  # Keras rounds to 11 bits
