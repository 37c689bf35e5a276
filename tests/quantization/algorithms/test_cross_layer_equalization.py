"""Scales of channels moved between layers: the graph computes the same, and rounds better."""

import numpy as np
import pytest

from litesmith.ir.copying import copy_model
from litesmith.ir.verify import verify_model
from litesmith.quantization.algorithms.cross_layer_equalization import equalize
from litesmith.quantization.channels.labelling import Channels
from litesmith.quantization.integers import quantize_integers
from litesmith.quantization.measuring import decibels
from litesmith.quantization.ranges import observe
from random_graphs import random_model, results

RANDOM = np.random.default_rng(0)
CHAIN = [("convolution", 1), ("depthwise", 1), ("pointwise", 0)]
RESIDUAL = [*CHAIN, ("add", 1), ("pointwise", 1)]


def images(*shape):
    return RANDOM.standard_normal(shape).astype("float32")


def rewritten(model, array):
    copy = copy_model(model)
    changes = equalize(copy, observe(copy, [[array]]))
    verify_model(copy)
    return copy, changes


def factors_between(*steps):
    """The labels behind the first filter, and those that the next one reads."""
    channels = Channels(random_model([*steps, ("pointwise", 0)], 0).main)
    filters = [each for each in channels.products if each.filtering.operation.operator.builtin == "CONV_2D"]
    return filters[0].out, filters[-1].into


PASSED = ["relu", "leaky relu", "prelu", "maximum pool", "average pool", "pad and crop", "shift", "gate", "add"]


@pytest.mark.parametrize("step", [*((name, 0) for name in PASSED), ("shift", 1), ("minimum", 1)])
def test_factors_pass_what_does_not_care(step):
    out, into = factors_between(step)
    assert out.all()
    np.testing.assert_array_equal(into, out)


@pytest.mark.parametrize("step", [("hard swish", 0), ("shift", 2)])
def test_factors_do_not_pass_what_they_would_change(step):
    out, into = factors_between(step)
    assert not out.any()
    assert not into.any()


def test_a_bound_of_all_channels_gives_them_one_factor():
    out, into = factors_between(("minimum", 2))
    assert len(set(into.tolist())) == 1
    assert out.all()


def test_filters_and_scales_in_between_begin_new_channels():
    for step in (("depthwise", 0), ("scale", 1)):
        out, into = factors_between(step)
        assert out.all()
        assert into.all()
        assert not set(out.tolist()) & set(into.tolist())


def test_joined_channels_keep_their_own_factors():
    out, into = factors_between(("pointwise", 1), ("concatenate", 0))
    np.testing.assert_array_equal(into[4:], out)
    assert len(set(into.tolist())) == 8


def test_what_is_added_shares_factors_with_what_it_is_added_to():
    _, into = factors_between(*RESIDUAL[:-1])
    model = random_model(RESIDUAL, 0)
    channels = Channels(model.main)
    outs = [tuple(each.out.tolist()) for each in channels.products]
    assert outs.count(tuple(into.tolist())) == 2


def loss(model, array):
    copy = copy_model(model)
    quantize_integers(copy, observe(copy, [[array]]))
    return decibels(results(model, array)[0], results(copy, array)[0])


@pytest.mark.parametrize(
    "steps", [CHAIN, RESIDUAL, [("pointwise", 1), ("concatenate", 0), ("maximum pool", 0), *CHAIN]]
)
def test_channels_of_different_scales_round_as_well_as_others(steps):
    model, array = random_model(steps, 3, octaves=3), images(64, 4, 4, 3)
    copy, changes = rewritten(model, array)
    assert changes
    assert loss(copy, array) > 28
    assert loss(copy, array) > loss(model, array) + 6
