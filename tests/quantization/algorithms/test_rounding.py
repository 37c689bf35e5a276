"""Rounding of weights as integer least squares: against all roundings of tiny problems, never worse than nearest."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from litesmith.quantization.algorithms.adaround import adaround
from litesmith.quantization.algorithms.gptq import gptq
from litesmith.quantization.algorithms.rounding import descend, fit_steps, problem
from litesmith.quantization.weight_ranges import least_error_steps

SIZE = 8


def rows_of(rng, groups=1, count=200, size=SIZE):
    """Rows whose numbers go together, as those of images do."""
    mixed = rng.standard_normal((groups, count, size)) @ (rng.standard_normal((groups, size, size)) + np.eye(size))
    return np.maximum(mixed + 0.3, 0)


def tiny(seed, bits=4, groups=1, channels=3, size=SIZE, damping=1e-6):
    rng = np.random.default_rng(seed)
    rows, weights = rows_of(rng, groups, size=size), rng.standard_normal((groups, channels, size))
    most = 2 ** (bits - 1) - 1
    steps = np.abs(weights).max(-1, keepdims=True) / most
    return problem(rows.swapaxes(1, 2) @ rows, None, weights, steps, (-most, most), damping), weights, rows


def algorithms():
    return {
        "gptq": lambda rounding, weights: gptq(rounding),
        "gptq in order": lambda rounding, weights: gptq(rounding, by_weight=False),
        "gptq, descended": lambda rounding, weights: descend(rounding, gptq(rounding)),
        "descended": lambda rounding, weights: descend(rounding, rounding.nearest(weights)),
        "adaround": lambda rounding, weights: adaround(rounding, weights),
        "adaround, descended": lambda rounding, weights: descend(rounding, adaround(rounding, weights)),
    }


def optimum(rounding, weights):
    """The least error of each channel over all 2^8 ways of rounding its weights up or down."""
    floor = np.floor(weights / rounding.steps)
    ways = np.array(list(product((0, 1), repeat=SIZE)))[:, None, None]
    return rounding.loss(np.clip(floor + ways, rounding.least, rounding.most)).min(0)


@pytest.mark.parametrize("seed", range(4))
def test_the_loss_is_the_squared_error_of_results(seed):
    rounding, weights, rows = tiny(seed, damping=0.0)
    integers = rounding.nearest(weights)
    errors = rows @ (integers * rounding.steps - weights).swapaxes(1, 2)
    assert np.allclose(rounding.loss(integers), np.sum(errors**2, 1))


@pytest.mark.parametrize("name", algorithms())
def test_all_ways_of_rounding_up_or_down_are_hardly_better(name):
    found, best, nearest = 0.0, 0.0, 0.0
    for seed in range(8):
        rounding, weights, _ = tiny(seed)
        found += rounding.loss(algorithms()[name](rounding, weights)).sum()
        best += optimum(rounding, weights).sum()
        nearest += rounding.loss(rounding.nearest(weights)).sum()
    share = (nearest - found) / (nearest - best)
    assert share > {"adaround": 0.55, "descended": 0.7}.get(name, 0.8), "of what is to be gained"


def test_no_way_of_rounding_up_or_down_that_is_learned_is_better_than_the_best():
    for seed in range(8):
        rounding, weights, _ = tiny(seed)
        assert np.all(rounding.loss(adaround(rounding, weights)) >= optimum(rounding, weights) * (1 - 1e-9))


@given(st.integers(0, 10**6), st.sampled_from([2, 4, 8]), st.sampled_from([(1, 4, 12), (5, 1, 9), (3, 2, 4)]))
def test_descent_never_raises_the_error_of_a_channel_and_cannot_be_improved_by_one_step(seed, bits, sizes):
    rounding, weights, _ = tiny(seed, bits, *sizes)
    start = rounding.nearest(weights)
    found = descend(rounding, start, sweeps=100)
    least = rounding.loss(found)
    assert np.all(least <= rounding.loss(start) * (1 + 1e-9))
    assert np.array_equal(found, np.rint(found))
    assert found.min() >= rounding.least
    assert found.max() <= rounding.most
    for place in range(sizes[2]):
        for step in (-1, 1):
            other = found.copy()
            other[..., place] = np.clip(other[..., place] + step, rounding.least, rounding.most)
            assert np.all(rounding.loss(other) >= least * (1 - 1e-9))


@pytest.mark.parametrize("name", algorithms())
@pytest.mark.parametrize("bits", [4, 8])
def test_wide_layers_gain_more_than_they_lose(name, bits):
    rounding, weights, _ = tiny(3, bits, 1, 24, 100, damping=0.01)
    found = algorithms()[name](rounding, weights)
    assert np.abs(found).max() <= 2 ** (bits - 1) - 1
    share = rounding.loss(found).sum() / rounding.loss(rounding.nearest(weights)).sum()
    assert share < (0.9 if name == "adaround" else 0.65)


@pytest.mark.parametrize("name", algorithms())
def test_rows_of_zeros_and_weights_of_zeros_stay_what_they_are(name):
    weights = np.random.default_rng(0).standard_normal((1, 3, SIZE))
    weights[0, 1] = 0
    steps = np.maximum(np.abs(weights).max(-1, keepdims=True) / 7, 1.2e-38)
    rounding = problem(np.zeros((1, SIZE, SIZE)), None, weights, steps, (-7, 7))
    found = algorithms()[name](rounding, weights)
    assert np.all(np.isfinite(found))
    assert np.all(found[0, 1] == 0)
    assert np.abs(found * steps - weights).max() <= steps.max()


def test_a_channel_that_no_row_reaches_leaves_the_others_as_they_are():
    rounding, weights, _ = tiny(0, groups=2)
    gram = np.stack([rounding.gram[0], np.zeros((SIZE, SIZE))]).astype(np.float32)
    both = problem(gram, None, weights.astype(np.float32), rounding.steps, (-7, 7), 1e-9)
    assert not both.gram[1].any()  # what is added is less than any float of 32 bits
    alone = problem(gram[:1], None, weights[:1].astype(np.float32), rounding.steps[:1], (-7, 7), 1e-9)
    found = gptq(both)
    np.testing.assert_array_equal(found[0], gptq(alone)[0])
    np.testing.assert_array_equal(found[1], both.nearest(weights)[1])


def test_what_was_rounded_in_front_is_made_up_for():
    rng = np.random.default_rng(1)
    rows = rows_of(rng, count=4000)
    other = rows * np.linspace(0.8, 1.25, SIZE)  # the model with integers has other numbers there
    weights = rng.standard_normal((1, 3, SIZE))
    steps = np.abs(weights).max(-1, keepdims=True) / 90  # some have to become larger
    gram, lag = other.swapaxes(1, 2) @ other, weights @ (rows - other).swapaxes(1, 2) @ other

    def error(integers):
        return np.sum((other @ (integers * steps).swapaxes(1, 2) - rows @ weights.swapaxes(1, 2)) ** 2)

    apart, together = (problem(gram, each, weights, steps, (-127, 127), 1e-6) for each in (None, lag))
    assert error(gptq(together)) < 0.01 * error(gptq(apart))


def one_after_the_other(rounding):
    """GPTQ as its paper has it: the error of each weight is made up for by those that are left, with the inverse."""
    found = np.empty_like(rounding.goal)
    for group, gram in enumerate(rounding.gram):
        left, inverse = rounding.goal[group].copy(), np.linalg.inv(gram)
        for place in range(SIZE):
            steps = np.broadcast_to(rounding.steps, rounding.goal.shape)[group, :, place]
            whole = np.clip(np.rint(left[:, place] / steps), rounding.least, rounding.most)
            share = (left[:, place] - whole * steps) / inverse[place, place]
            left -= share[:, None] * inverse[place]
            inverse -= np.outer(inverse[:, place], inverse[place]) / inverse[place, place]
            inverse[place, place] = 1.0  # it is done, and its row and column are 0 otherwise
            found[group, :, place] = whole
    return found


@pytest.mark.parametrize("seed", range(5))
def test_gptq_finds_what_its_paper_finds(seed):
    rounding, _, _ = tiny(seed, groups=2, channels=5)
    last_first = replace(rounding, gram=rounding.gram[:, ::-1, ::-1], goal=rounding.goal[..., ::-1])
    assert np.array_equal(gptq(last_first, by_weight=False)[..., ::-1], one_after_the_other(rounding))


@pytest.mark.parametrize("seed", range(3))
def test_floats_of_32_bits_round_as_well(seed):
    exact, weights, _ = tiny(seed, 4, 1, 24, 100, damping=0.03)
    coarse = problem(exact.gram.astype(np.float32), None, weights, exact.steps, (-7, 7), 0.0)
    found = [exact.loss(descend(each, gptq(each))).sum() for each in (exact, coarse)]
    assert found[1] < 1.02 * found[0]


@pytest.mark.parametrize("blocks", [1, 2, 4])
def test_steps_are_fitted_as_least_squares_does(blocks):
    rounding, weights, rows = tiny(2, damping=0.0)
    integers = rounding.nearest(weights)
    found = fit_steps(rounding, integers, blocks)
    for channel in range(integers.shape[1]):
        parts = integers[0, channel].reshape(blocks, -1)
        columns = np.stack([rows[0].reshape(-1, blocks, SIZE // blocks)[:, i] @ parts[i] for i in range(blocks)], 1)
        expected = np.linalg.lstsq(columns, rows[0] @ weights[0, channel], rcond=None)[0]
        assert np.allclose(found[0, channel], expected, rtol=1e-6)


@pytest.mark.parametrize("most", [1, 7, 127])
def test_ranges_of_weights_have_no_larger_error_than_the_whole_range(most):
    rng = np.random.default_rng(0)
    weights = rng.standard_t(3, (20, 64))
    importance = rng.uniform(0.1, 2, 64)

    def error(steps):
        integers = np.clip(np.rint(weights / steps[:, None]), -most, most)
        return ((integers * steps[:, None] - weights) ** 2 * importance).sum(1)

    largest, found = np.abs(weights).max(1) / most, least_error_steps(weights, most, importance)
    assert np.all(error(found) <= error(largest) * (1 + 1e-12))
    if most < 127:  # of 255 steps, none of the widest ones can be spared
        assert error(found).sum() < 0.9 * error(largest).sum()
    assert np.all(least_error_steps(np.zeros((2, 4)), most) == 0)
