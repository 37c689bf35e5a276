"""Whether outputs became worse: errors of samples that grew by more than chance explains."""

import numpy as np
import pytest

from litesmith.quantization.refining.worse import are_worse, errors_of

RANDOM = np.random.default_rng(0)


def test_errors_are_those_of_each_sample():
    real, found = RANDOM.standard_normal((2, 5, 3, 2))
    np.testing.assert_allclose(errors_of([real], [found], 5), ((real - found) ** 2).sum((1, 2)))


def test_what_is_not_of_samples_counts_for_each_alike():
    errors = errors_of([np.zeros((4, 1)), np.float32(3)], [np.zeros((4, 1)), np.float32(1)], 4)
    np.testing.assert_allclose(errors, [1, 1, 1, 1])


@pytest.mark.parametrize(("grown", "expected"), [(0.0, False), (0.05, False), (1.0, True), (-1.0, False)])
def test_many_samples_tell_growth_from_chance(grown, expected):
    before, chance = RANDOM.uniform(1, 2, 100), RANDOM.standard_normal(100)
    assert are_worse(before, before + 0.5 * (chance - chance.mean()) + grown) is expected


@pytest.mark.parametrize(("after", "expected"), [(0.9, False), (1.0, False), (1.1, True)])
def test_one_sample_decides_by_itself(after, expected):
    assert are_worse(np.array([1.0]), np.array([after])) is expected
