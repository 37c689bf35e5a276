"""Ranges by every rule, against what they are defined as."""

import numpy as np
import pytest

from litesmith.quantization.observers.choosing import OBSERVERS, range_of
from litesmith.quantization.ranges import BINS, Histogram

RANDOM = np.random.default_rng(0)


def seen(*batches):
    histogram = Histogram()
    for batch in batches:
        histogram.add(np.asarray(batch, "float32"))
    return histogram


def squared_error(values, low, high):
    """Of values rounded to 255 steps of a range."""
    step = (high - low) / 255
    return np.sum((np.clip(np.rint((values - low) / step), 0, 255) * step + low - values) ** 2)


HEAVY = RANDOM.standard_t(2.5, 40000).astype("float32")
BELL = RANDOM.standard_normal(40000).astype("float32")
POSITIVE = np.maximum(BELL, 0)


def test_min_max_is_all_that_was_seen_with_zero_in_it():
    assert range_of(seen([1.0, 3.0], [2.0, 5.0]), "min_max") == (0.0, 5.0)
    assert range_of(seen([-2.0, -1.0]), "min_max") == (-2.0, 0.0)


def test_moving_average_follows_the_ends_of_batches():
    low, high = range_of(seen([-1.0, 1.0], [-1.0, 1.0], [-11.0, 101.0]), "moving_average")
    assert (low, high) == pytest.approx((-2.0, 11.0))


def test_percentile_leaves_out_one_value_in_ten_thousand():
    low, high = range_of(seen(HEAVY), "percentile")
    width = float(HEAVY.max() - HEAVY.min()) / BINS
    assert low == pytest.approx(np.percentile(HEAVY, 0.01), abs=1.01 * width)
    assert high == pytest.approx(np.percentile(HEAVY, 99.99), abs=1.01 * width)


def test_percentile_of_few_values_is_all_of_them():
    values = np.linspace(-1, 2, 100)
    assert range_of(seen(values), "percentile") == pytest.approx((-1, 2), abs=1e-6)


@pytest.mark.parametrize("values", [HEAVY, BELL, POSITIVE], ids=["heavy", "bell", "positive"])
def test_mse_has_the_least_error_of_all_observers(values):
    histogram = seen(values)
    errors = {name: squared_error(values, *range_of(histogram, name)) for name in OBSERVERS}
    assert errors["mse"] <= 1.02 * min(errors.values()), errors


def test_with_sixteen_bits_nothing_is_cut_off():
    assert range_of(seen(HEAVY), "mse", symmetric=True, bits=16) == range_of(seen(HEAVY), "min_max")


@pytest.mark.parametrize("observer", OBSERVERS)
@pytest.mark.parametrize("values", [[0.0, 0.0], [3.0, 3.0], [-1e-38, 0.0], [1e-35, -1e-35]])
def test_every_range_is_finite_and_holds_zero(observer, values):
    low, high = range_of(seen(values), observer)
    assert -np.inf < low <= 0 <= high < np.inf


@pytest.mark.parametrize("observer", OBSERVERS)
def test_what_is_joined_has_the_range_of_both(observer):
    joined = seen([-1.0, 1.0]).merged(seen([0.0, 7.0], [0.0, 7.0]))
    low, high = range_of(joined, observer)
    assert low <= -0.8
    assert high >= 6.5


def test_another_observer_is_refused_by_name():
    with pytest.raises(ValueError, match=r"mse, min_max.*not 'entropy'"):
        range_of(Histogram(), "entropy")
