"""Random numbers: those of a seed alone are TensorFlow's, others are of the same distribution."""

import numpy as np
import pytest
import tensorflow as tf

import litesmith
from litesmith.frontends.tensorflow import philox
from tensorflow_support import check_tensorflow, floats, refusal

SEEDS = [(1, 2), (-5, 2**31 - 1), (123456789, 0)]


@pytest.mark.parametrize("seed", SEEDS)
def test_numbers_of_a_seed_alone_are_the_same(seed):
    rows = floats(3, 7)
    check_tensorflow(lambda x: x + tf.random.stateless_uniform((3, 7), seed, -1.0, 2.0), rows, dynamic=None)
    check_tensorflow(lambda x: x + tf.random.stateless_normal((3, 7), seed), rows, dynamic=None, atol=1e-5)
    check_tensorflow(lambda x: x + tf.random.stateless_truncated_normal((3, 7), seed), rows, dynamic=None, atol=1e-5)
    numbers = np.zeros((3, 7), np.int32)
    check_tensorflow(lambda x: x + tf.random.stateless_uniform((3, 7), seed, -3, 1000, tf.int32), numbers, dynamic=None)
    check_tensorflow(
        lambda x: x + tf.random.stateless_uniform((3, 7), seed, None, None, tf.int32), numbers, dynamic=None
    )
    raw = tf.raw_ops
    check_tensorflow(lambda x: x + raw.StatelessRandomUniform(shape=(3, 7), seed=seed), rows, dynamic=None)
    low = {"minval": np.int32(2), "maxval": np.int32(9)}
    check_tensorflow(lambda x: x + raw.StatelessRandomUniformInt(shape=(3, 7), seed=seed, **low), numbers, dynamic=None)


def test_counters_are_carried_over():
    key = np.array([5], np.uint64)
    start = np.array([2**64 - 2, 7], np.uint64)
    found = philox.blocks(key, start, np.arange(4))
    expected = [
        *philox.blocks(key, start, np.arange(2)),
        *philox.blocks(key, np.array([0, 8], np.uint64), np.arange(2)),
    ]
    np.testing.assert_array_equal(found, expected)


def test_another_algorithm_is_refused():
    key, counter = np.array([1], np.uint64), np.array([1, 2], np.uint64)
    draw = tf.raw_ops.StatelessRandomUniformV2
    assert "Philox" in refusal(lambda x: x + draw(shape=[3], key=key, counter=counter, alg=2), np.zeros(3, "float32"))


MANY = 20_000


@pytest.mark.parametrize(
    ("draw", "mean", "square"),
    [
        (lambda n: tf.random.uniform([n], 1.0, 3.0), 2.0, 4 + 1 / 3),
        (lambda n: tf.random.normal([n], 1.0, 2.0), 1.0, 5.0),
        (lambda n: tf.random.truncated_normal([n]), 0.0, 0.774),
        (lambda n: tf.cast(tf.random.uniform([n], 0, 10, tf.int32), tf.float32), 4.5, 28.5),
        (lambda n: tf.random.gamma([n], 2.0), 2.0, 6.0),
        (lambda n: tf.cast(tf.random.categorical([[0.0, 0.0]], n), tf.float32), 0.5, 0.5),
        (lambda n: tf.random.shuffle(tf.range(tf.cast(n, tf.float32))) / tf.cast(n, tf.float32), 0.5, 1 / 3),
        (lambda n: tf.random.stateless_normal([n], tf.stack([n, 1])), 0.0, 1.0),
        (lambda n: tf.cast(tf.random.stateless_uniform([n], (1, 2), 0, 10, tf.int32), tf.float32), 4.5, 28.5),
    ],
)
@pytest.mark.parametrize("seed", [None, 7])
def test_distributions(draw, mean, square, seed):
    def drawn(x):
        tf.random.set_seed(seed or 0)
        return draw(tf.shape(x)[0])

    lite = litesmith.convert(tf.function(drawn), inputs=[("n",)], verify=False)
    found = lite.run(np.zeros(MANY, "float32"))
    assert found.mean() == pytest.approx(mean, abs=0.1)
    assert (found**2).mean() == pytest.approx(square, rel=0.1)
