"""Numbers rounded to levels, against TensorFlow."""

import numpy as np
import pytest
import tensorflow as tf

from tensorflow_support import check_tensorflow, floats, refusal

X = np.concatenate([floats(400, scale=3), [-100, 100, 0]]).astype("float32")
"""None in the middle between two levels: there, TensorFlow's own operations round in different ways."""

EXACT = {"rtol": 0.0, "atol": 0.0}


@pytest.mark.parametrize("bounds", [(-6.0, 6.0), (-1.3, 2.7), (0.0, 6.0), (0.5, 6.0), (-3.0, -0.1), (-8.0, 7.75)])
@pytest.mark.parametrize(("bits", "narrow"), [(8, False), (8, True), (4, False), (10, True)])
def test_levels_are_tensorflows_to_the_last_digit(bounds, bits, narrow):
    def rounded(x):
        by_numbers = tf.quantization.fake_quant_with_min_max_args(x, *bounds, bits, narrow)
        return by_numbers, tf.quantization.fake_quant_with_min_max_vars(x, *bounds, bits, narrow)

    check_tensorflow(rounded, X, **EXACT)


def test_bounds_that_the_model_computes():
    rounded = tf.quantization.fake_quant_with_min_max_vars
    check_tensorflow(lambda x: rounded(x, tf.reduce_min(x), tf.reduce_max(x)), X[:-2], **EXACT)
    check_tensorflow(lambda x: rounded(x, tf.reduce_min(x), tf.reduce_max(x)), np.zeros(4, "float32"), **EXACT)


def test_bounds_of_each_channel():
    low, high = np.array([-1, -6, 0, 0], "float32"), np.array([2, 6, 3, 0], "float32")
    rounded = tf.quantization.fake_quant_with_min_max_vars_per_channel
    check_tensorflow(lambda x: rounded(x, low, high), floats(50, 4, scale=4), **EXACT)


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("narrow", [True, False])
@pytest.mark.parametrize("mode", ["HALF_TO_EVEN", "HALF_UP"])
def test_scales_that_meet_a_bound(signed, narrow, mode):
    x = X if signed else np.abs(X)
    bounds = (-5.0, 3.0) if signed else (0.0, 3.0)
    options = {"signed_input": signed, "narrow_range": narrow, "round_mode": mode}
    given = lambda x: tf.quantization.quantize_and_dequantize_v2(x, *bounds, range_given=True, **options)  # noqa: E731
    found = lambda x: tf.quantization.quantize_and_dequantize_v2(x, 0.0, 0.0, range_given=False, **options)  # noqa: E731
    check_tensorflow(given, x)
    check_tensorflow(found, x)
    raw = tf.raw_ops.QuantizeAndDequantizeV2
    check_tensorflow(lambda x: raw(input=x, input_min=-4.0, input_max=4.0, range_given=True, num_bits=6), X)
    v3 = tf.raw_ops.QuantizeAndDequantizeV3
    check_tensorflow(lambda x: v3(input=x, input_min=-4.0, input_max=4.0, num_bits=6), X)


def test_scales_of_each_channel_are_refused():
    quantize = tf.raw_ops.QuantizeAndDequantizeV2
    assert "axis" in refusal(lambda x: quantize(input=x, input_min=X[:3], input_max=X[3:6], axis=1), floats(9, 3))


def test_a_computed_number_of_bits_is_refused():
    v3 = tf.raw_ops.QuantizeAndDequantizeV3
    text = refusal(lambda x, bits: v3(input=x, input_min=-4.0, input_max=4.0, num_bits=bits), X, np.int32(6))
    assert "make it a number" in text
