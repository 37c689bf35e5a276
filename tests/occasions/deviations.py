"""What files do otherwise than their models (L...)."""

from __future__ import annotations

import keras
from keras import layers, ops

import litesmith
from occasions import occasion
from occasions.keras_models import Called, converted, model_of


@occasion("L101")
def an_operation_without_an_operator(bench):
    bench.tells(converted(ops.erf if bench.wrong else ops.tanh))


@occasion("L102")
def an_element_type_without_kernels(bench):
    layer = layers.Dense(3, dtype="float16" if bench.wrong else "float32")
    bench.tells(litesmith.convert(model_of(layer), verify=False))


@occasion("L104")
def a_loop_that_is_written_out(bench):
    model = model_of(layers.LSTM(2), (4, 3))
    bench.tells(litesmith.convert(model, verify=False, rnn="unroll" if bench.wrong else "while"))


@occasion("L105")
def weights_in_fewer_bits(bench):
    model = model_of(layers.Dense(256), (256,))
    bench.tells(litesmith.convert(model, verify=False, quantize="float16" if bench.wrong else None))


@occasion("L107")
def numbers_that_the_runtime_draws(bench):
    seed = keras.random.SeedGenerator(1)
    draw = (lambda x: x + keras.random.normal(ops.shape(x), seed=seed)) if bench.wrong else (lambda x: x + 1.0)
    layer = Called(draw)
    layer.seed = seed
    bench.tells(litesmith.convert(model_of(layer), verify=False))


@occasion("L108")
def texts_that_are_left_to_the_app(bench):
    if bench.wrong:
        words = keras.Input((1,), dtype="string", name="words")
        model = keras.Model(words, layers.Embedding(4, 2)(layers.StringLookup(vocabulary=["a", "b"])(words)))
    else:
        ids = keras.Input((1,), dtype="int32", name="ids")
        model = keras.Model(ids, layers.Embedding(4, 2)(ids))
    bench.tells(litesmith.convert(model, verify=False, split_preprocessing=bench.wrong))
