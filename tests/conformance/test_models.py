"""Whole models: how they are nested, shared and written, and what goes in and comes out."""

import time

import keras
import numpy as np
import pytest
from keras import Model, Sequential, layers, ops

import litesmith
from litesmith.diagnostics.base import LitesmithError
from litesmith.frontends.keras.running import run_keras
from support import builtins_of, check_converts, compare_arrays


def randomized(model):
    """A model whose weights, biases and statistics are all different, so that no mix-up stays unseen."""
    random = np.random.default_rng(0)
    for weight in model.weights:
        if weight.dtype.startswith(("float", "bfloat")):
            weight.assign(random.uniform(0.2, 0.8, weight.shape) * random.choice([-1, 1], weight.shape))
    for layer in model._flatten_layers():
        if isinstance(layer, layers.BatchNormalization):
            layer.moving_variance.assign(random.uniform(0.5, 2.0, layer.moving_variance.shape))
    return model


def floats(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype("float32")


# --- nesting -----------------------------------------------------------------


def block(units=4, name=None):
    return Sequential([layers.Dense(units, activation="relu"), layers.Dense(units)], name=name)


def test_sequential_in_functional_in_functional():
    inner_input = keras.Input((4,))
    inner = Model(inner_input, block(4)(inner_input) + inner_input, name="inner")
    outer_input = keras.Input((4,))
    outer = Model(outer_input, layers.Dense(3)(inner(outer_input)))
    lite = check_converts(randomized(outer))
    assert any("inner/" in value.name for op in lite.graph.operations for value in op.results)


def test_a_layer_called_twice():
    shared = layers.Dense(5, activation="tanh")
    a, b = keras.Input((5,), name="a"), keras.Input((5,), name="b")
    check_converts(randomized(Model([a, b], [shared(a) - shared(b), shared(shared(a))])))


def test_a_model_called_twice():
    shared = block(4, "shared")
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    lite = check_converts(randomized(Model([a, b], ops.sum(ops.square(shared(a) - shared(b)), axis=1))))
    products = [op for op in lite.graph.operations if op.operator.builtin == "FULLY_CONNECTED"]
    assert len(products) == 4
    assert len({op.operands[1].constant.key for op in products}) == 2


def test_a_model_called_on_its_own_output():
    shared = block(4)
    x = keras.Input((4,))
    check_converts(randomized(Model(x, shared(shared(shared(x))))))


def test_a_part_of_a_model():
    x = keras.Input((8, 8, 3))
    h = layers.Conv2D(4, 3, name="middle")(x)
    whole = Model(x, layers.Dense(2)(layers.Flatten()(layers.ReLU()(h))))
    check_converts(randomized(Model(whole.input, whole.get_layer("middle").output)))


class Subclassed(Model):
    """Sub-models, and lists and dictionaries of layers."""

    def __init__(self):
        super().__init__()
        self.stem = block(4)
        self.stack = [layers.Dense(4, activation="tanh") for _ in range(3)]
        self.heads = {"left": layers.Dense(2), "right": layers.Dense(3)}

    def call(self, x):
        x = self.stem(x)
        for layer in self.stack:
            x = x + layer(x)
        return {name: head(x) for name, head in self.heads.items()}


def test_a_subclassed_model():
    model = Subclassed()
    model(floats(2, 4))
    lite = check_converts(randomized(model))
    assert set(lite.run(floats(2, 4))) == {"left", "right"}


def test_a_subclassed_model_inside_a_functional_one():
    x = keras.Input((4,))
    heads = Subclassed()(x)
    check_converts(randomized(Model(x, [heads["right"], heads["left"]])))


def test_a_functional_model_inside_a_subclassed_one():
    class Outer(Model):
        def __init__(self):
            super().__init__()
            a, b = keras.Input((3,), name="a"), keras.Input((3,), name="b")
            self.inner = Model({"a": a, "b": b}, {"sum": a + b, "difference": layers.Dense(2)(a - b)})

        def call(self, first, second):
            result = self.inner({"a": first, "b": second})
            return result["sum"], [result["difference"], {"product": first * second}]

    class Wrapper(Model):
        def __init__(self):
            super().__init__()
            self.outer = Outer()

        def call(self, pair):
            return self.outer(pair[0], pair[1])

    model = Wrapper()
    pair = (floats(2, 3), floats(2, 3, seed=1))
    model(pair)
    check_converts(randomized(model), pair, convert={"inputs": ((None, 3), (None, 3))})


NESTINGS = {
    "list": lambda a, b, c: [a, b, c],
    "tuple": lambda a, b, c: (a, b, c),
    "dict": lambda a, b, c: {"z": a, "y": b, "x": c},
    "list of dicts": lambda a, b, c: [{"q": a, "p": b}, c],
    "dict of lists": lambda a, b, c: {"two": [a, b], "one": c},
    "deep": lambda a, b, c: {"k": [{"m": (a,)}, (b, [c])]},
    "one in a list": lambda a, b, c: [a + b + c],
    "one in a dict": lambda a, b, c: {"only": a + b + c},
    "tuple of lists": lambda a, b, c: ([a], [b], (c,)),
}


@pytest.mark.parametrize("outputs", NESTINGS)
@pytest.mark.parametrize("inputs", [name for name in NESTINGS if "one in" not in name])
def test_nested_inputs_and_outputs(inputs, outputs):
    """Values of different sizes, so that none can be taken for another."""
    a, b, c = (keras.Input((size,), name=f"in_{size}") for size in (2, 3, 4))
    results = [ops.sum(a, axis=1, keepdims=True) * 2, b + ops.max(a), c - ops.mean(b)]
    if "one in" in outputs:
        results = [ops.sum(result, axis=1) * (i + 1) for i, result in enumerate(results)]
    model = Model(NESTINGS[inputs](a, b, c), NESTINGS[outputs](*results))
    given = NESTINGS[inputs](*(floats(2, size, seed=size) for size in (2, 3, 4)))
    lite = check_converts(model, given)
    compare_structures(run_keras(model, given), lite.run(given))


def compare_structures(expected, found):
    assert type(expected) is type(found)
    if isinstance(expected, dict):
        assert list(expected) == list(found)
        for key in expected:
            compare_structures(expected[key], found[key])
    elif isinstance(expected, (list, tuple)):
        assert len(expected) == len(found)
        for one, other in zip(expected, found, strict=True):
            compare_structures(one, other)
    else:
        compare_arrays([expected], [found])


def test_inputs_of_one_shape_keep_their_places():
    names = ("zebra", "apple", "mango")
    inputs = [keras.Input((3,), name=name) for name in names]
    scaled = [x * float(i + 1) for i, x in enumerate(inputs)]
    model = Model(inputs, {"b": scaled[0], "a": scaled[1], "c": scaled[2]})
    lite = check_converts(model)
    (signature,) = lite.signatures.values()
    assert tuple(signature["inputs"]) == names
    arrays = {name: floats(2, 3, seed=i) for i, name in enumerate(names)}
    found = lite.run_named(arrays)
    np.testing.assert_array_equal(found["a"], arrays["apple"] * 2)
    np.testing.assert_array_equal(found["b"], arrays["zebra"])


# --- connections -------------------------------------------------------------


def test_residual_connections():
    x = h = keras.Input((8, 8, 4))
    for filters in (4, 4, 8):
        shortcut = h if h.shape[-1] == filters else layers.Conv2D(filters, 1)(h)
        h = layers.BatchNormalization()(layers.Conv2D(filters, 3, padding="same", use_bias=False)(h))
        h = layers.ReLU()(h)
        h = layers.BatchNormalization()(layers.Conv2D(filters, 3, padding="same", use_bias=False)(h))
        h = layers.ReLU()(layers.Add()([h, shortcut]))
    check_converts(randomized(Model(x, h)), rtol=3e-5)


def test_dense_connections():
    x = h = keras.Input((6, 6, 3))
    for _ in range(4):
        new = layers.Conv2D(2, 3, padding="same")(layers.ReLU()(layers.BatchNormalization()(h)))
        h = layers.Concatenate()([h, new])
    check_converts(randomized(Model(x, layers.GlobalAveragePooling2D()(h))), rtol=3e-5)


def test_branches_of_every_merge():
    x = keras.Input((6,))
    a, b = layers.Dense(4)(x), layers.Dense(4)(x)
    merged = [layer([a, b]) for layer in (layers.Add(), layers.Subtract(), layers.Multiply(), layers.Average())]
    merged += [layers.Maximum()([a, b]), layers.Minimum()([a, b]), layers.Dot(1)([a, b])]
    check_converts(randomized(Model(x, layers.Concatenate()(merged))))


def test_layouts_of_both_kinds():
    x = keras.Input((3, 8, 8))
    h = layers.Conv2D(4, 3, data_format="channels_first", activation="relu")(x)
    h = layers.BatchNormalization(axis=1)(h)
    h = layers.Permute((2, 3, 1))(h)
    h = layers.Conv2D(5, 3, padding="same")(h)
    h = layers.MaxPooling2D()(h)
    h = layers.Permute((3, 1, 2))(h)
    h = layers.DepthwiseConv2D(2, data_format="channels_first")(h)
    check_converts(randomized(Model(x, [layers.Flatten()(h), h])), rtol=3e-5)


# --- functions and operations ------------------------------------------------


def test_lambda_with_a_closure():
    factor, table = 2.5, floats(4)

    def scaled(x, by=1.0):
        return x * factor + table * by

    x = keras.Input((4,))
    check_converts(Model(x, layers.Lambda(scaled, arguments={"by": 3.0})(layers.Lambda(lambda t: t[:, ::-1])(x))))


def test_operations_between_layers():
    x = keras.Input((6, 4))
    h = ops.mean(x, axis=1) + x[:, 0] * 2 - 1
    h = layers.Dense(4)(h)
    h = ops.where(h > 0, h, -h) / (1 + ops.abs(h))
    h = ops.expand_dims(h, 1) @ ops.transpose(x, (0, 2, 1))
    check_converts(randomized(Model(x, [h[..., 1:], ops.argmax(x, -1), x > 0])))


def test_reshapes_from_computed_shapes():
    x = keras.Input((None, 6))
    batch, steps, size = ops.shape(x)[0], ops.shape(x)[1], x.shape[2]

    class Split(layers.Layer):
        def call(self, t):
            batch, steps, size = ops.shape(t)
            heads = ops.reshape(t, (batch, steps, 2, size // 2))
            return ops.reshape(ops.transpose(heads, (0, 2, 1, 3)), (batch * 2, steps, size // 2))

        def compute_output_shape(self, shape):
            return (None, shape[1], shape[2] // 2)

    assert (batch, steps, size) == (None, None, 6)
    model = Model(x, Split()(x))
    check_converts(model, floats(1, 5, 6), floats(3, 2, 6))


def test_tied_weights():
    """The embedding's table also gives the logits; the file holds it once."""
    tokens = keras.Input((None,), dtype="int32")
    embedding = layers.Embedding(1000, 16)

    class Logits(layers.Layer):
        def __init__(self, table):
            super().__init__()
            self.table = table

        def call(self, h):
            return ops.matmul(h, ops.transpose(self.table.embeddings))

        def compute_output_shape(self, shape):
            return (*shape[:-1], 1000)

    h = layers.Dense(16)(embedding(tokens))
    model = Model(tokens, Logits(embedding)(h))
    tokens = [np.random.default_rng(b).integers(0, 1000, (b, 7)).astype("int32") for b in (1, 3)]
    lite = check_converts(model, *tokens)
    assert len(lite) < 1000 * 16 * 4 * 1.2
    assert "TRANSPOSE" not in builtins_of(lite)


def test_reversible_embedding():
    tokens = keras.Input((5,), dtype="int32")
    embedding = layers.ReversibleEmbedding(50, 8)
    check_converts(Model(tokens, embedding(embedding(tokens) * 2.0, reverse=True)))


def test_a_variable_of_the_model_used_by_two_layers():
    class Scaled(Model):
        def __init__(self):
            super().__init__()
            self.scale = self.add_weight(shape=(4,), initializer="random_normal", name="scale")
            self.dense = layers.Dense(4)

        def call(self, x):
            return self.dense(x * self.scale) / (1 + ops.exp(self.scale))

    model = Scaled()
    model(floats(1, 4))
    check_converts(randomized(model))


# --- what goes in and comes out ----------------------------------------------


def test_inputs_passed_through():
    a, b = keras.Input((3,), name="a"), keras.Input((2,), dtype="int32", name="b")
    check_converts(Model([a, b], [b, a, a, a + 1]))


def test_a_constant_output():
    class Constant(layers.Layer):
        def call(self, x):
            return {"x": x * 2, "one": ops.ones((2, 3)), "number": ops.convert_to_tensor(7)}

    layer = Constant()
    layer.built = True
    check_converts(layer, floats(2, 3), floats(5, 3), convert={"inputs": (None, 3)})


def test_an_output_that_ignores_the_input():
    class Positions(layers.Layer):
        def call(self, x):
            return ops.arange(ops.shape(x)[1]), x

    layer = Positions()
    layer.built = True
    check_converts(layer, floats(2, 3), floats(5, 7), convert={"inputs": (None, None)})


def test_none_among_the_outputs():
    class Partly(Model):
        def call(self, x):
            return {"logits": x * 2, "loss": None, "states": [None, x + 1]}

    model = Partly()
    model(floats(1, 3))
    lite = check_converts(model, floats(2, 3))
    found = lite.run(floats(2, 3))
    assert found["loss"] is None
    assert found["states"][0] is None


def test_numbers_among_the_outputs():
    class Counted(Model):
        def call(self, x):
            return {"count": 3, "scale": 0.5, "ready": True, "x": x * 2}

    model = Counted()
    model(floats(1, 3))
    found = litesmith.convert(model, verify=False).run(floats(2, 3))
    assert (found["count"], found["scale"], found["ready"]) == (3, 0.5, True)
    np.testing.assert_array_equal(found["x"], floats(2, 3) * 2)


def test_text_among_the_outputs():
    class Versioned(Model):
        def call(self, x):
            return {"x": x, "version": "v1"}

    model = Versioned()
    model(floats(1, 3))
    with pytest.raises(LitesmithError, match=r"K305.*builtins.str"):
        litesmith.convert(model)


def test_what_is_computed_in_vain_needs_no_form():
    class Partly(layers.Layer):
        def call(self, x):
            ops.sum(keras.random.shuffle(x)) + 1
            ops.cond(ops.sum(x) > 0, lambda: ops.sum(keras.random.shuffle(x)), lambda: ops.sum(x))
            return x * 2

    x = keras.Input((3,))
    check_converts(Model(x, Partly()(x)))


def test_all_that_has_no_form_is_told():
    class Twice(layers.Layer):
        def call(self, x):
            x = ops.quantile(x, 0.4, axis=-1, keepdims=True, method="hazen")
            return ops.real(ops.sin(ops.cast(x, "complex64")))

        def compute_output_shape(self, shape):
            return shape

    x = keras.Input((3,))
    with pytest.raises(LitesmithError) as raised:
        litesmith.convert(Model(x, Twice()(x)))
    assert "ops.quantile" in str(raised.value)
    assert "ops.sin" in str(raised.value)


def test_optional_inputs_that_are_left_out():
    class Optional(layers.Layer):
        def call(self, x, extra=None, mask=None):
            return x if extra is None else x + extra

    x, y = keras.Input((3,), name="x"), keras.Input((3,), name="y")
    layer = Optional()
    check_converts(Model([x, y], [layer(x), layer(x, y), layer(x, extra=y * 2)]))


def test_an_optional_input_of_the_model():
    x, y = keras.Input((3,), name="x"), keras.Input((3,), name="y", optional=True)

    class Sum(layers.Layer):
        def call(self, first, second=None):
            return first * 2 if second is None else first + second

    check_converts(Model([x, y], Sum()(x, y)), [floats(2, 3), floats(2, 3, seed=1)])


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int16", "uint16", "int32", "uint32", "int64", "bool"])
def test_integer_inputs(dtype):
    x = keras.Input((4, 4, 3), dtype=dtype)
    outputs = [ops.cast(x, "float32") / 255.0, x, ops.cast(x, "int32") + 1]
    if dtype != "bool":
        outputs.append(ops.max(x, axis=(1, 2)))
    random = np.random.default_rng(0)
    high = 2 if dtype == "bool" else min(np.iinfo(dtype).max, 2**31 - 2)
    low = 0 if dtype == "bool" else max(np.iinfo(dtype).min, -(2**31))
    arrays = [random.integers(low, high, (batch, 4, 4, 3), endpoint=dtype != "bool").astype(dtype) for batch in (1, 3)]
    check_converts(Model(x, outputs), *arrays)


def test_images_of_bytes():
    x = keras.Input((8, 8, 3), dtype="uint8")
    h = layers.Rescaling(1 / 127.5, offset=-1)(x)
    model = randomized(Model(x, layers.Conv2D(4, 3, activation="relu")(h)))
    images = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 3)).astype("uint8")
    check_converts(model, images, np.full((1, 8, 8, 3), 255, "uint8"))


def test_strings_are_a_finding():
    x = keras.Input((1,), dtype="string", name="words")
    with pytest.raises(LitesmithError, match="K304: The input 'words' holds strings"):
        litesmith.convert(Model(x, layers.Lambda(lambda t: t, output_shape=(1,))(x)))


@pytest.mark.parametrize("policy", ["float16", "bfloat16", "mixed_float16", "mixed_bfloat16", "float64"])
def test_policies(policy):
    x = keras.Input((8, 8, 3))
    h = layers.Conv2D(4, 3, activation="relu", dtype=policy)(x)
    h = layers.BatchNormalization(dtype=policy)(h)
    h = layers.GlobalAveragePooling2D(dtype=policy)(h)
    check_converts(randomized(Model(x, layers.Dense(3, activation="softmax", dtype=policy)(h))))


# --- sizes and magnitudes ----------------------------------------------------


@pytest.mark.parametrize("function", ["dense", "convolution", "pooling", "softmax", "reshape"])
def test_an_empty_batch(function):
    x = keras.Input((8, 8, 4))
    layer = {
        "dense": layers.Dense(3),
        "convolution": layers.Conv2D(3, 3, padding="same"),
        "pooling": layers.MaxPooling2D(),
        "softmax": layers.Softmax(),
        "reshape": layers.Flatten(),
    }[function]
    model = Model(x, layer(x))
    lite = check_converts(model)
    empty = np.zeros((0, 8, 8, 4), "float32")
    (found,) = lite.outputs.flatten(lite.run(empty))
    assert found.shape == (0, *model.output_shape[1:])
    compare_arrays([run_keras(model, floats(2, 8, 8, 4))], [lite.run(floats(2, 8, 8, 4))])


@pytest.mark.parametrize("magnitude", [1e-30, 1e-6, 1e6, 1e15])
def test_magnitudes(magnitude):
    x = keras.Input((6, 5))
    normalized = layers.LayerNormalization()(x)
    outputs = [layers.Dense(3)(x), normalized, ops.softmax(x), ops.mean(x, axis=1), ops.tanh(x), ops.sigmoid(x)]
    model = randomized(Model(x, outputs))
    given = floats(2, 6, 5) * np.float32(magnitude)
    check_converts(model, given, atol=0 if magnitude < 1 else 1e-6)


def chains(length):
    """Chains of 50 layers one in the other, as Keras itself cannot build longer ones."""
    x = h = keras.Input((4,))
    for _ in range(length // 50):
        start = inner = keras.Input((4,))
        for i in range(50):
            inner = layers.Dense(4, activation="tanh")(inner) if i % 2 else inner + layers.Dense(4)(inner) * 0.1
        h = Model(start, inner)(h)
    return Model(x, h)


def seconds(model):
    start = time.process_time()
    litesmith.convert(model, verify=False)
    return time.process_time() - start


def test_many_layers():
    """Conversion takes time in proportion to the number of layers (measured: 1,000 take 14 times as long as 100)."""
    small, large = chains(50), chains(300)
    seconds(small)
    assert seconds(large) < 15 * seconds(small)
    lite = litesmith.convert(large, verify=False)
    compare_arrays([run_keras(large, floats(3, 4))], [lite.run(floats(3, 4))], rtol=1e-4)


# --- preprocessing -----------------------------------------------------------


def test_preprocessing_in_the_model():
    images = keras.Input((20, 24, 3))
    normalization = layers.Normalization(axis=-1)
    normalization.adapt(np.random.default_rng(0).uniform(0, 255, (4, 20, 24, 3)).astype("float32"))
    h = layers.Resizing(16, 16)(images)
    h = layers.CenterCrop(12, 12)(h)
    h = normalization(h)
    h = layers.Rescaling([0.5, 1.0, 2.0], offset=[0.0, 0.1, 0.2])(h)
    core = block(4)
    model = randomized(Model(images, core(layers.GlobalAveragePooling2D()(h))))
    given = [np.random.default_rng(b).uniform(0, 255, (b, 20, 24, 3)).astype("float32") for b in (1, 3)]
    check_converts(model, *given)


AUGMENTATIONS = [
    layers.RandomFlip(),
    layers.RandomRotation(0.2),
    layers.RandomZoom(0.3),
    layers.RandomTranslation(0.1, 0.1),
    layers.RandomContrast(0.2),
    layers.RandomBrightness(0.2),
    layers.RandomShear(0.1, 0.1),
    layers.RandomHue(0.1),
    layers.RandomSaturation(0.5),
    layers.RandomColorDegeneration(0.5),
    layers.RandomGrayscale(0.5),
    layers.RandomPosterization(4),
    layers.RandomSharpness(0.5),
    layers.RandomGaussianBlur(),
    layers.RandomColorJitter(),
    layers.RandomErasing(),
    layers.RandomInvert(),
    layers.RandomPerspective(),
    layers.RandomElasticTransform(),
    layers.AutoContrast(),
    layers.Equalization(),
    layers.Solarization(),
    layers.CutMix(),
    layers.MixUp(),
    layers.RandAugment(),
    layers.AugMix(),
]
IMAGE_CHANGING = ("AutoContrast", "Equalization", "Solarization")


@pytest.mark.parametrize(
    "layer", [a for a in AUGMENTATIONS if type(a).__name__ not in IMAGE_CHANGING], ids=lambda a: type(a).__name__
)
def test_augmentation_is_left_out(layer):
    x = keras.Input((8, 8, 3))
    lite = check_converts(Model(x, layer(x)), floats(2, 8, 8, 3))
    assert builtins_of(lite) == []


@pytest.mark.parametrize(
    "layer",
    [
        layers.Dropout(0.5),
        layers.SpatialDropout2D(0.5),
        layers.GaussianNoise(0.5),
        layers.GaussianDropout(0.5),
        layers.AlphaDropout(0.5),
        layers.ActivityRegularization(0.1),
        layers.Identity(),
    ],
    ids=lambda a: type(a).__name__,
)
def test_what_only_trains_is_left_out(layer):
    x = keras.Input((8, 8, 3))
    lite = check_converts(Model(x, layer(x)), floats(2, 8, 8, 3))
    assert builtins_of(lite) == []


def test_an_augmentation_model_in_front():
    augment = Sequential([layers.RandomFlip(), layers.RandomRotation(0.1), layers.RandomZoom(0.1)])
    x = keras.Input((8, 8, 3))
    h = layers.Conv2D(4, 3)(layers.Rescaling(1 / 255)(augment(x)))
    lite = check_converts(randomized(Model(x, layers.GlobalMaxPooling2D()(layers.Dropout(0.3)(h)))))
    assert builtins_of(lite) == ["CONV_2D", "REDUCE_MAX"]


def test_a_u_net_takes_images_of_any_size_that_it_can_halve():
    x = image = keras.Input((None, None, 2))
    skips = []
    for width in (3, 4):
        x = layers.Conv2D(width, 3, padding="same", activation="relu")(x)
        skips.append(x)
        x = layers.MaxPooling2D()(x)
    for width, skip in ((4, skips[1]), (3, skips[0])):
        x = layers.Conv2DTranspose(width, 3, strides=2, padding="same")(x)
        x = layers.Conv2D(width, 3, padding="same")(layers.concatenate([x, skip]))
    lite = check_converts(randomized(Model(image, x)), floats(1, 8, 12, 2), floats(3, 16, 8, 2))
    with pytest.raises(LitesmithError, match="R104"):
        lite.run(floats(1, 7, 12, 2))
    assert litesmith.verify(Model(image, x), lite)
