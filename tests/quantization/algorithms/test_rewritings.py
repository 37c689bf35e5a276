"""Every rewriting of a float graph computes the same as before, in the real runtime, on any graph."""

from functools import partial
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from litesmith.ir.copying import copy_model
from litesmith.ir.verify import verify_model
from litesmith.quantization import weights
from litesmith.quantization.algorithms.awq import scale_weights
from litesmith.quantization.algorithms.cross_layer_equalization import equalize
from litesmith.quantization.algorithms.hadamard import rotate
from litesmith.quantization.algorithms.shift_negative import center
from litesmith.quantization.algorithms.smooth_quant import smooth
from litesmith.quantization.forms import FORMS
from litesmith.quantization.ranges import activations, observe
from random_graphs import STEPS, random_model, results

RANDOM = np.random.default_rng(0)
INT4 = FORMS["weights_int4"]
REWRITINGS = {
    "equalize": equalize,
    "smooth": smooth,
    "scale weights": partial(scale_weights, form_of=lambda _: INT4),
    "center": center,
    "rotate": partial(rotate, form_of=lambda _: INT4),
}
graphs = st.lists(st.tuples(st.sampled_from(list(STEPS)), st.integers(0, 11)), min_size=1, max_size=9)


@settings(max_examples=40)
@given(steps=graphs, seed=st.integers(0, 1000))
@pytest.mark.parametrize("name", REWRITINGS)
def test_any_graph_computes_the_same(name, steps, seed):
    model, array = random_model(steps, seed), RANDOM.standard_normal((6, 4, 4, 3)).astype("float32")
    copy = copy_model(model)
    statistics = observe(copy, [[array]], has_counts=False)
    with mock.patch.object(weights, "FEWEST", 1):
        REWRITINGS[name](copy, statistics)
    verify_model(copy)
    for own, found in zip(results(model, array), results(copy, array), strict=True):
        np.testing.assert_allclose(found, own, rtol=0, atol=2e-5 * max(np.abs(own).max(), 1e-6))
    check_true(statistics, copy, array)


def check_true(statistics, model, array):
    """What is said of activations is what they hold now; what is not known is not said."""
    found = observe(model, [[array]], has_counts=False)
    for value in statistics.keys() & found.keys():
        largest = max(np.abs(found[value].peaks).max(), 1e-6)
        for what in ("lows", "highs", "peaks", "least", "most", "low", "high"):
            said, now = getattr(statistics[value], what), getattr(found[value], what)
            np.testing.assert_allclose(said, now, rtol=1e-3, atol=1e-4 * largest, err_msg=what)
        np.testing.assert_allclose(statistics[value].means, found[value].means, rtol=1e-3, atol=1e-4 * largest)
        np.testing.assert_allclose(statistics[value].squares, found[value].squares, rtol=1e-2, atol=1e-6)


def test_what_is_known_of_equalized_channels_stays_known():
    model = random_model([("convolution", 1), ("depthwise", 1), ("pointwise", 0)], 3, octaves=3)
    array = RANDOM.standard_normal((6, 4, 4, 3)).astype("float32")
    statistics = observe(model, [[array]], has_counts=False)
    assert equalize(model, statistics)
    assert statistics.keys() == set(activations(model.main))
