"""Rounding that gradients pass."""

import numpy as np
import pytest

from litesmith.frontends.keras.training.rounding import Steps, half_away, half_to_even, half_up, rounded, through

HALVES = np.array([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5], np.float32)


@pytest.mark.parametrize(
    ("nearest", "expected"),
    [
        (half_to_even, [-2, -2, 0, 0, 2, 2]),
        (half_up, [-2, -1, 0, 1, 2, 3]),
        (half_away, [-3, -2, -1, 1, 2, 3]),
    ],
)
def test_halves(nearest, expected):
    np.testing.assert_array_equal(nearest(HALVES), np.array(expected, np.float32))


def test_values_are_exact_whatever_gradients_belong_to():
    x = np.random.default_rng(0).standard_normal(10_000).astype("float32") * 1000
    np.testing.assert_array_equal(through(np.round(x), x), np.round(x))


def test_integers_keep_to_their_limits():
    np.testing.assert_array_equal(rounded(np.array([-300.0, 0.4, 300.0], np.float32), -128, 127), [-128, 0, 127])


def test_integers_stand_for_what_they_were_made_of_within_half_a_step():
    steps = Steps(0.05, -20, -128, 127)
    real = np.linspace(-5.4, 7.3, 301).astype("float32")
    found = steps.real(steps.integers(steps.count(real)))
    assert np.abs(found - real).max() <= 0.05 / 2 + 1e-6
