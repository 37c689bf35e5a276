"""Models of Keras that cannot be converted, and the like that can (K..., X101)."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers, ops

import litesmith
from litesmith.frontends.keras import registry
from litesmith.ops import math
from occasions import occasion

generator = np.random.default_rng(0)


class Called(layers.Layer):
    """A layer that calls a function."""

    def __init__(self, function, **kwargs):
        super().__init__(**kwargs)
        self.function = function

    def call(self, x):
        return self.function(x)

    def compute_output_shape(self, shape):
        return shape


def model_of(layer, shape=(4,), **options):
    x = keras.Input(shape, name="x", **options)
    return keras.Model(x, layer(x))


def converted(function, shape=(4,), **options):
    return litesmith.convert(model_of(Called(function), shape), verify=False, **options)


@occasion("K101")
def an_operation_without_a_lowering(bench):
    if bench.wrong:
        bench.patch.setattr(
            "litesmith.frontends.keras.tracing.lowering",
            lambda name: None if name == "ops.sinh" else registry.lowering(name),
        )
    converted(ops.sinh)


@occasion("K102")
def an_argument_without_a_form(bench):
    method = "hazen" if bench.wrong else "linear"
    converted(lambda x: ops.quantile(x, 0.5, axis=-1, method=method)[:, None] + x)


@occasion("K103")
def a_function_of_numpy(bench):
    converted((np if bench.wrong else ops).abs)


@occasion("K104")
def a_lowering_of_the_user(bench):
    class Mine(Called):
        pass

    lower = (lambda layer, x: x.no_such_thing) if bench.wrong else (lambda layer, x: math.square(x))
    litesmith.lowers(Mine)(lower)
    try:
        litesmith.convert(model_of(Mine(ops.square)), verify=False)
    finally:
        registry._by_class.pop(Mine)


@occasion("K201")
def a_size_as_a_number(bench):
    def scaled(x):
        size = ops.shape(x)[1]
        return x / (np.float32(np.arange(size).size) if bench.wrong else ops.cast(size, "float32"))

    converted(scaled, (None,))


@occasion("K202")
def numpys_random_numbers(bench):
    noise = np.ones(4, "float32")
    converted(lambda x: x + (generator.standard_normal(4).astype("float32") if bench.wrong else noise))


@occasion("K301")
def a_model_that_was_never_called(bench):
    model = keras.Sequential([layers.Dense(3)])
    litesmith.convert(model, inputs=None if bench.wrong else (None, 4), verify=False)


@occasion("K302")
def shapes_of_other_inputs(bench):
    litesmith.convert(model_of(layers.Dense(2)), inputs=(None, 28, 28) if bench.wrong else (None, 4), verify=False)


@occasion("K303")
def what_is_no_model(bench):
    model = model_of(layers.Dense(2))
    litesmith.convert([model] if bench.wrong else model, verify=False)


@occasion("K304")
def an_input_of_strings(bench):
    words = keras.Input((1,), dtype="string", name="words")
    model = keras.Model(words, layers.StringLookup(vocabulary=["a", "b"])(words))
    litesmith.convert(model, verify=False, split_preprocessing=not bench.wrong)


class Versioned(keras.Model):
    """A model whose outputs may hold a text."""

    def __init__(self, version):
        super().__init__()
        self.version = version

    def call(self, x):
        return {"x": x * 2.0, "version": self.version}


@occasion("K305")
def a_text_among_the_outputs(bench):
    model = Versioned("v1" if bench.wrong else 1)
    model(np.ones((1, 3), "float32"))
    litesmith.convert(model, verify=False)


@occasion("K306")
def channels_that_are_missing(bench):
    shape = (None, 8, 8) if bench.wrong else (None, 8, 8, 1)
    litesmith.convert(keras.Sequential([layers.Conv2D(2, 3)]), inputs=shape, verify=False)


@occasion("K308")
def a_batch_that_divides_the_data(bench):
    model = keras.Sequential([layers.Dense(2)])
    model.build((32 if bench.wrong else None, 4))  # as `fit` does with the shape of its first batches
    litesmith.convert(model, verify=False)


@occasion("K307")
def init_without_super(bench):
    class Mine(keras.Model):
        def __init__(self):
            if not bench.wrong:
                super().__init__()

        def call(self, x):
            return x * 2.0

    litesmith.convert(Mine(), inputs=(None, 3), verify=False)


@occasion("X101")
def a_lowering_of_ours_that_breaks(bench):
    if bench.wrong:
        bench.patch.setattr("litesmith.frontends.keras.tracing.layer_lowering", lambda layer: math.add)
    litesmith.convert(model_of(layers.ReLU()), verify=False)
