"""Samples in batches of one size."""

import itertools

import keras
import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from keras import layers

import litesmith
from litesmith.quantization.sources.together import of_one_size

FREE = litesmith.convert(keras.Sequential([keras.Input((None, 2)), layers.Dense(1)]), verify=False).face()
FIXED = litesmith.convert(keras.Sequential([keras.Input((3, 2)), layers.Dense(1)]), batch=2, verify=False).face()


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 2))), st.integers(1, 8))
def test_samples_stay_in_order_in_batches_of_one_size(shapes, size):
    numbers = iter(range(10_000))
    batches = [
        [np.array([[[next(numbers)] * 2] * length for _ in range(count)], "float32")] for count, length in shapes
    ]
    found = list(of_one_size(iter(batches), FREE, size))
    assert all(len(batch[0]) <= size for batch in found)
    for batch, after in itertools.pairwise(found):
        assert len(batch[0]) == size or batch[0].shape[1:] != after[0].shape[1:]
    given_samples = [sample.tolist() for (array,) in batches for sample in array]
    assert [sample.tolist() for (array,) in found for sample in array] == given_samples


def test_a_model_of_a_fixed_batch_takes_its_own():
    batches = [[np.zeros((2, 3, 2), "float32")], [np.ones((2, 3, 2), "float32")]]
    assert [batch[0].shape for batch in of_one_size(batches, FIXED)] == [(2, 3, 2), (2, 3, 2)]
