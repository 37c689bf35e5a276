"""Random numbers that functions draw, found in their code."""

import functools
import random
from random import gauss

import keras
import numpy as np
import pytest
from keras import ops
from numpy.random import rand

from litesmith.compat.lite.randomness import draws

IMAGES = np.zeros((10, 4), "float32")
rng = np.random.default_rng(0)
old_rng = np.random.RandomState(0)


def named(function):
    return [draw.name for draw in draws(function)]


def noise():
    return np.random.normal(size=(1, 4))


def generator_calling_another():
    for _ in range(100):
        yield [noise()]


def generator_with_a_function_inside():
    def sample():
        return random.random()

    yield [sample()]


def generator_importing_inside():
    import numpy as other
    from numpy.random import standard_normal as drawn

    yield [other.random.rand(1, 4), drawn((1, 4))]


def generator_with_its_own_source():
    source = np.random.default_rng(1)
    yield [source.normal(size=(1, 4))]


def around(draw):
    return lambda: [draw()]


class Data:
    def samples(self):
        yield [np.random.uniform(size=(1, 4))]


@pytest.mark.parametrize(
    ("function", "names"),
    [
        (lambda: np.random.rand(1, 4).astype("float32"), ["np.random.rand"]),
        (lambda: [[np.random.randint(0, 255, (1, 4))]], ["np.random.randint"]),
        (lambda: ([rand(1, 4)] for _ in range(10)), ["rand"]),
        (lambda: keras.random.normal((1, 4)), ["keras.random.normal"]),
        (lambda: gauss(0, 1), ["gauss"]),
        (lambda: rng.normal(size=(1, 4)), ["rng.normal"]),
        (lambda: old_rng.randn(1, 4), ["old_rng.randn"]),
        (lambda: np.random.default_rng().random((1, 4)), [".random"]),
        (generator_calling_another, ["np.random.normal"]),
        (generator_with_a_function_inside, ["random.random"]),
        (generator_importing_inside, ["other.random.rand", "drawn"]),
        (generator_with_its_own_source, ["source.normal"]),
        (around(noise), ["np.random.normal"]),
        (around(lambda: keras.random.uniform((1, 4))), ["keras.random.uniform"]),
        (Data().samples, ["np.random.uniform"]),
        (functools.partial(noise), ["np.random.normal"]),
        (generator_calling_another(), ["np.random.normal"]),
    ],
)
def test_random_numbers_are_found(function, names):
    assert named(function) == names


def test_random_numbers_of_tensorflow_are_found():
    tf = pytest.importorskip("tensorflow")
    assert named(lambda: tf.random.normal((1, 4))) == ["tf.random.normal"]
    assert named(lambda: tf.keras.backend.random_uniform((1, 4))) == ["tf.keras.backend.random_uniform"]


@pytest.mark.parametrize(
    "function",
    [
        lambda: ([x[None]] for x in IMAGES),
        lambda: ([IMAGES[i : i + 1]] for i in np.random.permutation(10)),
        lambda: ([IMAGES[i][None]] for i in np.random.choice(10, 5)),
        lambda: ([IMAGES[np.random.randint(10)]] for _ in range(5)),
        lambda: ([x] for x in random.sample(list(IMAGES), 3)),
        lambda: ([x] for x in rng.permutation(IMAGES)),
        lambda: ops.zeros((1, 4)),
        IMAGES,
        None,
        len,
    ],
)
def test_data_that_is_chosen_at_random_is_not_random_data(function):
    assert named(function) == []


def test_a_draw_says_its_line():
    (draw,) = draws(noise)
    assert draw.file == __file__
    assert draw.line == noise.__code__.co_firstlineno + 1
