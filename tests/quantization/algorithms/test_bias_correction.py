"""Means behind activations, and biases that keep the mean of results."""

import numpy as np
import pytest

from litesmith.quantization.algorithms.bias_correction import LIMITS, corrected_bias, means_behind


@pytest.mark.parametrize("activation", LIMITS)
def test_means_behind_an_activation_are_those_of_many_samples(activation):
    rng = np.random.default_rng(0)
    means, deviations = np.array([0.0, -3.0, 2.0, 5.5, 9.0, 1.0]), np.array([1.0, 2.0, 0.5, -1.5, 2.0, 0.0])
    low, high = LIMITS[activation]
    samples = np.clip(rng.standard_normal((400000, 6)) * deviations + means, low, high)
    assert np.allclose(means_behind(activation, means, deviations), samples.mean(0), atol=0.02)


def test_a_corrected_bias_keeps_the_mean_of_results():
    rng = np.random.default_rng(0)
    rows, weights, bias = rng.uniform(0, 2, (2, 50, 9)), rng.standard_normal((2, 3, 9)), rng.standard_normal((2, 3))
    rounded, own = np.rint(weights * 3) / 3, np.rint(rows * 4) / 4
    found = corrected_bias(bias, weights, rounded, rows.mean(1), own.mean(1))
    real = (rows @ weights.swapaxes(1, 2) + bias[:, None]).mean(1)
    assert np.allclose((own @ rounded.swapaxes(1, 2) + found[:, None]).mean(1), real)
