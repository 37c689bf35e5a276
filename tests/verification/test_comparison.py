"""What passes as the same, and what never does."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keras import Model, Sequential, layers, ops

import litesmith
from litesmith.diagnostics.base import FindingWarning
from litesmith.frontends.original import original_of
from litesmith.runtime.interpreter import Session
from litesmith.verification.comparison import ATOL, NEVER_MORE, RTOL, compare, differences


@pytest.fixture(scope="module")
def lite():
    """A converted model that returns its input, to be compared with functions."""
    return litesmith.convert(Sequential([layers.Input((4,)), layers.Activation("linear")]))


def altered(function):
    """A model in Keras' place: any function of the inputs."""

    class Altered(Model):
        def call(self, x):
            return function(x)

    return original_of(Altered())


VALUES = np.array([[1.0, -2.0, 0.5, 0.0]], np.float32)


def test_equal_models_pass(lite):
    report = compare(altered(lambda x: x), lite)
    assert report
    assert report.samples == 2
    assert report.outputs[0].max_abs == 0.0


@given(magnitude=st.sampled_from([1e-12, 1e-6, 1e-3, 1.0, 1e6]), times=st.floats(0.02, 0.98))
def test_a_difference_passes_up_to_the_limit(lite, magnitude, times):
    given_values = VALUES * np.float32(magnitude)
    largest = 2 * magnitude
    limit = min(ATOL, NEVER_MORE * largest) + RTOL * largest
    for factor, passes in ((times, True), (1 / times, False)):
        report = compare(altered(lambda x, by=factor * limit: x + np.float32(by)), lite, given_values)
        assert bool(report) is passes, (report, factor * limit)


def test_outputs_that_are_small_are_compared_too(lite):
    """Else every model of outputs below the default `atol` would pass."""
    assert not compare(altered(lambda x: x * 1.5), lite, VALUES * np.float32(1e-9))


def test_rounding_around_zero_is_no_difference(lite):
    assert compare(altered(lambda x: x * 0.0), lite, VALUES * np.float32(1e-6))


def test_limits_that_are_given_are_taken(lite):
    doubled = altered(lambda x: x * 2.0)
    assert compare(doubled, lite, VALUES, atol=2.0)
    assert compare(doubled, lite, VALUES, atol=0.0, rtol=0.6)
    assert not compare(doubled, lite, VALUES, atol=0.0, rtol=0.4)


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_must_stand_in_the_same_places(lite, odd):
    values = VALUES.copy()
    values[0, 1] = odd
    assert compare(altered(lambda x: x), lite, values)
    report = compare(altered(lambda x: ops.flip(x, 1)), lite, values)
    assert not report
    assert "infinities or NaNs" in str(report)
    assert not compare(altered(ops.zeros_like), lite, values)


def test_a_shape_that_differs_is_said(lite):
    report = compare(altered(lambda x: x[:, :3]), lite, VALUES)
    assert not report
    assert "shape (1, 4), not (1, 3)" in str(report)


def test_integers_must_be_equal():
    model = Sequential([layers.Input((4,), dtype="int32"), layers.Lambda(lambda x: x + 1)])
    lite = litesmith.convert(model)
    numbers = np.array([[1, 2, 3, 40_000]], np.int32)
    assert compare(original_of(model), lite, numbers)
    assert not compare(altered(lambda x: x + 1 + ops.cast(x == 3, "int32")), lite, numbers, atol=10.0, rtol=1.0)


@pytest.mark.parametrize(("policy", "coarse"), [("mixed_float16", 2**-10), ("mixed_bfloat16", 2**-7)])
def test_lower_precision_in_keras_leaves_more_room(policy, coarse):
    model = Sequential([layers.Input((8,)), layers.Dense(8, dtype=policy)])
    report = litesmith.verify(model, litesmith.convert(model))
    assert report
    assert report.outputs[0].allowed > 8 * coarse * report.outputs[0].max_abs


@pytest.mark.parametrize(("mode", "step"), [("int8", 1 / 127), ("float8", 1 / 16)])
def test_layers_that_round_their_inputs_leave_room_for_a_number_at_a_half(mode, step):
    model = Sequential([layers.Input((8,)), layers.Dense(8, use_bias=False)])
    lite = litesmith.convert(model, verify=False)
    model.quantize(mode)
    report = compare(original_of(model), lite, np.ones((3, 8), "float32"), atol=0.0)
    magnitude = float(np.abs(np.asarray(model(np.ones((3, 8), "float32")))).max())
    assert report.outputs[0].allowed == pytest.approx(2 * step * magnitude)


def seen_shapes(model, inputs=None):
    """The shapes that a model is compared on."""
    seen = []

    def record(x):
        seen.append(tuple(x.shape))
        return model(x)

    lite = litesmith.convert(model, inputs=inputs, verify=False)
    report = compare(altered(record), lite)
    assert report.passed
    assert report.samples == len(seen)
    return seen


def test_a_free_batch_is_tried_at_two_sizes_and_each_once():
    assert seen_shapes(Sequential([layers.Input((4,)), layers.Dense(2)])) == [(1, 4), (3, 4)]


def test_other_free_sizes_are_tried_at_three():
    shapes = seen_shapes(Sequential([layers.Input((None, None, 2)), layers.Conv2D(2, 3)]))
    assert [shape[0] for shape in shapes] == [1, 3, 2]
    assert len({shape[1] for shape in shapes}) == 3
    assert any(shape[1] != shape[2] for shape in shapes)


def test_sizes_that_the_model_refuses_are_left_out():
    def halved_and_doubled(x):
        return layers.Concatenate()([x, layers.UpSampling1D(32)(layers.MaxPooling1D(32)(x))])

    x = layers.Input((None, 2))
    model = Model(x, halved_and_doubled(x))
    assert litesmith.convert(model)  # it is compared on multiples of 32


def test_bounds_are_kept():
    shapes = seen_shapes(Sequential([layers.Input((None, 2)), layers.Dense(2)]), (None, "time<=30", 2))
    assert {shape[1] for shape in shapes} == {29, 30}


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_an_output_of_few_digits_may_differ_by_its_roundings(dtype):
    """No layer's policy says the type: the inputs do, and `ops.cast`."""
    x = layers.Input((6,), dtype=dtype)
    y = ops.exp(x) * ops.sqrt(ops.abs(x) + 1) - ops.sin(x)
    report = litesmith.verify(model := Model(x, y), litesmith.convert(model))
    assert report
    assert report.outputs[0].allowed > 1e-3


def test_both_parts_of_complex_numbers_count():
    numbers = np.array([1 + 2j, 3 - 1j], "complex64")
    assert differences(numbers, numbers.conj())[:2] == (4.0, 3.0)
    assert differences(numbers, numbers)[0] == 0.0
    assert differences(numbers, numbers + np.complex64(complex(0, np.inf)))[2] is not None


def test_a_runtime_that_is_wrong_after_other_sizes_is_told_from_a_wrong_file(lite, monkeypatch):
    """XNNPACK goes on skipping a copy (V104), which takes a chance of addresses; here every second call does."""
    sizes: dict[Session, int] = {}
    run = Session.run

    def forgetful(session, arrays):
        first = sizes.setdefault(session, len(arrays[0]))
        return [output + (first != len(arrays[0])) for output in run(session, arrays)]

    monkeypatch.setattr(Session, "run", forgetful)
    with pytest.warns(FindingWarning, match="V104"):
        assert compare(altered(lambda x: x), lite.restarted())
    assert not compare(altered(lambda x: x + 1), lite.restarted())
