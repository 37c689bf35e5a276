"""Weights in fewer bits: what is stored, what it computes, and what is told of it."""

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from keras import layers

import litesmith
from litesmith.diagnostics.base import LitesmithError
from litesmith.ir.constants import Constant
from litesmith.quantization.constants import LARGEST_WEIGHT, block_steps
from litesmith.quantization.forms import WEIGHT_MODES
from litesmith.quantization.weights import FEWEST, as_float16, as_integer_weights

RANDOM = np.random.default_rng(0)


def dense():
    keras.utils.set_random_seed(0)
    return keras.Sequential([keras.Input((64,), name="x"), layers.Dense(64, activation="relu"), layers.Dense(10)])


def images():
    keras.utils.set_random_seed(0)
    x = image = keras.Input((16, 16, 3), name="image")
    x = layers.Conv2D(64, 3, activation="relu", padding="same", name="first")(x)
    x = layers.DepthwiseConv2D(5, name="depthwise")(x)
    x = layers.Conv2D(64, 3, groups=4, name="grouped")(x)
    x = layers.Conv2DTranspose(16, 3, name="transposed")(x)
    return keras.Model(image, layers.Dense(80, name="scores")(layers.GlobalAveragePooling2D()(x)))


def words():
    keras.utils.set_random_seed(0)
    x = ids = keras.Input((None,), dtype="int32", name="ids")
    x = layers.Embedding(200, 32)(x)
    x = layers.MultiHeadAttention(2, 16)(x, x)
    return keras.Model(ids, layers.Dense(5)(layers.GRU(32)(layers.LSTM(48, return_sequences=True)(x))))


def noise_ratio(original, found):
    """Signal to noise in dB."""
    return 10 * np.log10(np.sum(original**2) / np.sum((original - found) ** 2))


def inputs_of(model):
    shape = [3, *(20 if size is None else size for size in model.input_shape[1:])]
    return RANDOM.integers(0, 200, shape) if len(shape) == 2 and shape[1] == 20 else RANDOM.standard_normal(shape)


@pytest.mark.parametrize("make", [dense, images, words])
@pytest.mark.parametrize(("mode", "least"), [("float16", 56), ("weights_int8", 36), ("dynamic_int8", 34)])
def test_results_stay_close_and_files_get_small(make, mode, least):
    model = make()
    lite = litesmith.convert(model, quantize=mode)
    x = inputs_of(model)
    assert noise_ratio(np.asarray(model(x)), lite.run(x)) > least
    limit = 0.7 if mode == "float16" else 0.55
    assert len(lite) < limit * len(litesmith.convert(model))


def forms(lite):
    return {(weight.operator, weight.form) for weight in lite.model.stored_weights}


def test_operators_with_a_kernel_for_it_read_integers():
    lite = litesmith.convert(images(), quantize="dynamic_int8")
    direct = {weight.operator for weight in lite.model.stored_weights if "kernel" in weight.reason}
    assert direct == {"CONV_2D", "FULLY_CONNECTED"}
    by_layer = {weight.layer: weight for weight in lite.model.stored_weights}
    assert "once" in by_layer["depthwise"].reason
    assert "once" in by_layer["grouped"].reason
    assert "once" in litesmith.convert(images(), quantize="weights_int8").model.stored_weights[0].reason


def test_rows_that_few_weights_multiply_are_not_rounded():
    x = image = keras.Input((8, 8, 32))
    x = layers.Conv2D(64, 1, name="narrow")(x)
    x = layers.Conv2D(128, 3, name="wide")(x)
    x = layers.Dense(16, name="steps")(layers.Reshape((-1, 128))(x))
    model = keras.Model(image, layers.Dense(16, name="whole")(layers.GlobalAveragePooling1D()(layers.Dense(64)(x))))
    reasons = {
        mode: {
            each.layer: "kernel" in each.reason for each in litesmith.convert(model, quantize=mode).model.stored_weights
        }
        for mode in ("dynamic_int8", "dynamic_int4")
    }
    assert [reasons["dynamic_int8"][name] for name in ("narrow", "wide", "steps", "whole")] == [
        False,
        True,
        False,
        True,
    ]
    assert reasons["dynamic_int4"]["steps"]  # of 4 bits, the blocks are read by the kernel only


def test_small_weights_stay_as_they_are():
    lite = litesmith.convert(dense(), quantize="weights_int8")
    assert forms(lite) == {("FULLY_CONNECTED", "int8"), ("FULLY_CONNECTED", "float32")}
    assert all((weight.elements < FEWEST) == (weight.form == "float32") for weight in lite.model.stored_weights)


def test_a_weight_of_several_signatures_is_stored_once():
    model = dense()
    one = litesmith.convert(model, quantize="dynamic_int8", batch=1)
    two = litesmith.convert(model, quantize="dynamic_int8", signatures={"one": (1, 64), "four": (4, 64)})
    assert len(two) - len(one) < 64 * 64


def test_steps_of_a_loop_share_one_tensor():
    lite = litesmith.convert(words(), quantize="dynamic_int8")
    kernels = [
        value for graph in lite.model.all_graphs() for value in graph.constants() if value.type.dtype.value == "int8"
    ]
    assert len(kernels) < len(lite.model.stored_weights)


@pytest.mark.parametrize("mode", WEIGHT_MODES)
def test_weights_that_are_not_finite_stay_float32(mode):
    model = dense()
    kernel = np.array(model.layers[0].kernel)
    kernel[0, 0] = np.inf
    model.layers[0].kernel.assign(kernel)
    lite = litesmith.convert(model, quantize=mode, verify=False)
    assert "infinities" in lite.model.stored_weights[0].reason


def test_numbers_too_large_for_float16_stay_float32():
    assert as_float16(Constant.of(np.array([7e4], "float32"))) is None
    assert as_float16(Constant.of(np.array([np.nan], "float32"))) is None
    assert as_float16(Constant.of(np.array([6e4], "float32"))) is not None


SHAPES = arrays.array_shapes(min_dims=1, max_dims=4, max_side=5)


@given(st.data())
def test_integers_are_within_half_a_step(data):
    shape = data.draw(SHAPES)
    numbers = data.draw(arrays.arrays("float32", shape, elements=st.floats(-(2.0**100), 2.0**100, width=32)))
    axis = data.draw(st.sampled_from([None, *range(len(shape))]))
    dtype = data.draw(st.sampled_from(list(LARGEST_WEIGHT)))
    made = as_integer_weights(Constant.of(numbers), axis, dtype)
    integers, scales = made.array(), np.array(made.type.quantization.scales)
    assert np.all(scales >= np.finfo("float32").tiny)
    assert len(scales) == (1 if axis is None else shape[axis])
    assert np.all(np.abs(integers.astype(int)) <= LARGEST_WEIGHT[dtype])
    scales = scales.reshape([-1 if place == axis else 1 for place in range(len(shape))])
    assert np.all(np.abs(integers * scales - np.float64(numbers)) <= scales * 0.5001)


def test_verification_knows_the_form_of_a_files_weights(tmp_path):
    model = dense()
    litesmith.convert(model, quantize="dynamic_int8").save(tmp_path / "m.tflite")
    report = litesmith.verify(model, tmp_path / "m.tflite")
    assert report
    assert report.outputs[0].max_rel > 1e-4
    model.layers[0].kernel.assign(-np.array(model.layers[0].kernel))
    assert not litesmith.verify(model, tmp_path / "m.tflite")


def test_other_weights_are_a_finding_all_the_same():
    model = dense()
    with pytest.raises(LitesmithError, match="V101"):
        litesmith.convert(model, quantize="dynamic_int8", rtol=1e-6, atol=0.0)


def test_an_unknown_form_is_an_error():
    with pytest.raises(ValueError, match="a mode is one of float32, float16, weights_int8, dynamic_int8"):
        litesmith.convert(dense(), quantize="int7")


def test_the_summary_tells_of_forms():
    text = litesmith.convert(images(), quantize="dynamic_int8").summary()
    assert "in int8: read by the operator's kernel for int8 weights" in text
    assert "in int8: made float32 once" in text


@given(arrays.arrays("float32", 4, elements=st.floats(2.0**-14, 65024, width=32)))
def test_steps_of_blocks_are_numbers_of_float16_and_of_bfloat16(numbers):
    steps = block_steps(numbers)
    assert steps.dtype == np.float16
    assert not np.any(steps.astype(np.float32).view(np.uint32) & 0xFFFF), "bfloat16 has the upper half only"
    assert np.all(np.abs(steps - np.float64(numbers)) <= np.float64(numbers) * 2**-8)
