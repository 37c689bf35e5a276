"""Models that compute with integers of 8 bits: every rule of scales, in the real runtime."""

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keras import layers, ops

import litesmith
from litesmith.flatbuffer.read import read
from litesmith.ir.operator import Fixed, Same
from litesmith.ir.types import DType
from litesmith.quantization.groups import real_results, shared_operands
from litesmith.quantization.measuring import decibels
from litesmith.quantization.recipe import Recipe
from litesmith.quantization.static import Asked
from litesmith.quantization.static import quantized as quantized_on

INT8, INT16 = Recipe("int8"), Recipe("int16x8")
RANDOM = np.random.default_rng(0)


def quantized(lite, data, face="float32", recipe=INT8):
    model = read(bytes(lite))
    made, found = quantized_on(lite, model, data, Asked(recipe, face))
    return made, found, model.losses


def images(*shape):
    return RANDOM.standard_normal(shape).astype("float32")


def network():
    x = keras.Input((16, 16, 3))
    y = layers.Conv2D(8, 3, strides=2, activation="relu", bias_initializer="random_normal")(x)
    y = layers.DepthwiseConv2D(3, activation="relu6", padding="same")(layers.BatchNormalization()(y))
    z = layers.Conv2D(8, 1, activation="sigmoid")(y)
    y = layers.Concatenate()([y, z, layers.Conv2D(4, 3, padding="same", activation="hard_silu")(y)])
    y = layers.Add()([y, y * 0.25])
    return keras.Model(
        x, layers.Dense(5, activation="softmax")(layers.GlobalAveragePooling2D()(layers.MaxPooling2D()(y)))
    )


@pytest.fixture(scope="module")
def lite():
    return litesmith.convert(network())


@pytest.fixture(scope="module")
def made(lite):
    return quantized(lite, images(64, 16, 16, 3))


def test_the_whole_model_computes_with_integers(made):
    integer, found, (loss,) = made
    assert found == []
    floats = [
        operation.operator.builtin
        for operation in integer.graph.operations
        if any(result.type.dtype is DType.FLOAT32 for result in operation.results)
    ]
    assert floats == ["DEQUANTIZE"]
    assert loss.decibels > 33
    assert loss.agreement > 0.9


def test_what_must_share_a_scale_does_and_what_is_fixed_is(made):
    for operation in made[0].graph.operations:
        types = {
            value.type.quantization
            for value in (*operation.operands, *operation.results)
            if value is not None and value.type.dtype is DType.INT8
        }
        scales = operation.operator.scales
        if isinstance(scales, Same):
            assert len(types) == 1, operation
        if isinstance(scales, Fixed):
            assert operation.result.type.quantization.scales == (scales.scale,)


def test_a_sigmoid_that_is_joined_with_others_is_requantized_not_clipped(made):
    (joined,) = (each for each in made[0].graph.operations if each.operator.builtin == "CONCATENATION")
    producers = [operand.producer.operator.builtin for operand in joined.operands]
    assert "QUANTIZE" in producers
    quantization = joined.result.type.quantization
    assert (127 - quantization.zero_points[0]) * quantization.scales[0] > 1 / 256 * 200, "the others reach as far"


@pytest.mark.parametrize(("face", "dtype"), [("int8", "int8"), ("uint8", "uint8"), ("float32", "float32")])
def test_callers_give_and_take_the_type_they_ask_for(lite, face, dtype):
    integer, _, (loss,) = quantized(lite, images(32, 16, 16, 3), face)
    assert {value.type.dtype.value for value in (*integer.graph.inputs, *integer.graph.outputs)} == {dtype}
    assert loss.decibels > 30


def test_any_batch_runs(made):
    assert made[0].run(images(1, 16, 16, 3)).shape == (1, 5)
    assert made[0].run(images(7, 16, 16, 3)).shape == (7, 5)


def sequential(*parts, shape=(8,)):
    return litesmith.convert(keras.Sequential([keras.Input(shape), *parts]), verify=False)


def test_a_channel_of_zeros_and_constant_activations_have_scales():
    dense = layers.Dense(4)
    lite = sequential(dense, layers.Activation("relu"))
    weights = RANDOM.standard_normal((8, 4)).astype("float32")
    weights[:, 1] = 0
    model = keras.Sequential([keras.Input((8,)), layers.Dense(4, activation="relu")])
    model.set_weights([weights, np.array([0, -5, 1, 0], "float32")])
    lite = litesmith.convert(model)
    integer, _, (loss,) = quantized(lite, images(32, 8))
    assert loss.decibels > 35
    integer, _, _ = quantized(lite, np.zeros((4, 8), "float32"))
    assert np.isfinite(integer.run(np.zeros((1, 8), "float32"))).all()


def test_a_bias_that_does_not_fit_into_32_bits_makes_the_scale_of_its_channel_larger():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(2)])
    model.set_weights([np.array([[1e-7, 1]] * 4, "float32"), np.array([5.0, 0.5], "float32")])
    integer, _, _ = quantized(litesmith.convert(model), images(32, 4) * 1e-3)
    found = integer.run(np.zeros((1, 4), "float32"))
    np.testing.assert_allclose(found, [[5.0, 0.5]], atol=0.05)


def test_masks_do_not_take_the_range_of_what_they_leave_out():
    x, mask = keras.Input((6, 8)), keras.Input((6, 6), dtype="bool")
    y = layers.MultiHeadAttention(2, 4)(x, x, attention_mask=mask)
    lite = litesmith.convert(keras.Model([x, mask], y))
    values, seen = images(32, 6, 8), RANDOM.random((32, 6, 6)) < 0.7
    seen[:, :, 0] = True
    _, found, (loss,) = quantized(lite, [values, seen])
    assert loss.decibels > 25, found


def test_a_softmax_of_what_hardly_differs_has_steps_that_microcontrollers_take():
    x = keras.Input((8,))
    lite = litesmith.convert(keras.Model(x, ops.softmax(x * 1e-12)))
    integer, _, _ = quantized(lite, images(16, 8))
    (softmax,) = (each for each in integer.graph.operations if each.operator.builtin == "SOFTMAX")
    assert softmax.operands[0].type.quantization.scales[0] > 2**-26
    np.testing.assert_allclose(integer.run(images(1, 8)), np.full((1, 8), 1 / 8), atol=1 / 256)


def test_a_divisor_that_may_round_to_0_stays_real():
    x = keras.Input((8,))
    divided = x / ops.reshape(ops.abs(x + 3.0), (-1, 8))
    integer, found, _ = quantized(litesmith.convert(keras.Model(x, divided)), images(16, 8))
    assert {left.operation.operator.builtin for left in found} == {"DIV", "ABS", "ADD"}
    assert all("rounded to 0" in left.reason for left in found)
    assert np.isfinite(integer.run(images(16, 8))).all()


@pytest.mark.parametrize("masked", [0.0, 2.0])
def test_a_number_that_masks_is_told_from_others(masked):
    data = images(32, 6, 3) + masked
    data[:16, 3:] = masked
    x = keras.Input((6, 3))
    real = litesmith.convert(keras.Model(x, layers.GRU(8)(layers.Masking(masked)(x))), verify=False)
    expected = real.run(data)
    integer, found, _ = quantized(real, data)
    assert np.abs(integer.run(data) - expected).max() < 0.05
    assert ["NOT_EQUAL" in left.operation.operator.builtin for left in found] == [True] * (masked != 0.0)


def test_what_is_divided_by_is_not_0_where_it_never_was():
    x = keras.Input((8,))
    integer, _, _ = quantized(litesmith.convert(keras.Model(x, ops.softsign(1000 * x))), images(16, 8))
    np.testing.assert_array_equal(integer.run(np.zeros((1, 8), np.float32)), 0)


def test_logarithms_of_a_softmax_that_integers_end_above_stay_real():
    x = keras.Input((8,))
    near, far = (litesmith.convert(keras.Model(x, ops.log_softmax(reach * x))) for reach in (1, 20))
    assert not quantized(near, images(16, 8))[1]
    data = images(16, 8)
    real = far.run(data)
    integer, (left,), _ = quantized(far, data)
    assert "-16" in left.reason
    assert np.abs(integer.run(data) - real).max() < 0.03 * np.ptp(real)


def test_what_has_no_kernel_is_left_and_named():
    x = keras.Input((8,))
    _integer, found, (loss,) = quantized(litesmith.convert(keras.Model(x, layers.Dense(3)(ops.sin(x)))), images(16, 8))
    assert [(left.operation.operator.builtin, left.reason) for left in found] == [
        ("SIN", "it has no kernel for integers of 8 bits")
    ]
    assert loss.decibels > 30


def test_the_mean_of_what_rounding_weights_adds_is_taken_from_the_bias():
    model = keras.Sequential([keras.Input((16,)), layers.Dense(8)])
    x = np.abs(images(256, 16)) + 2
    integer, _, _ = quantized(litesmith.convert(model), x)
    difference = integer.run(x) - model(x)
    assert np.abs(difference.mean(0)).max() < 0.25 * np.abs(difference).max()


@pytest.mark.parametrize(
    "given",
    [
        lambda x: [(part, np.zeros(len(part))) for part in np.split(x, 4)],
        lambda x: lambda: iter(np.split(x, 4)),
        lambda x: (part for part in np.split(x, 4)),
        lambda x: {"x": x},
        lambda x: [[part] for part in np.split(x, 4)],
    ],
    ids=["with labels", "generator function", "generator", "by name", "lists"],
)
def test_data_in_the_forms_that_people_have(given):
    x = images(32, 8)
    lite = litesmith.convert(keras.Sequential([keras.Input((8,), name="x"), layers.Dense(3)]))
    (whole, _, _), (parts, _, _) = quantized(lite, x), quantized(lite, given(x))
    (step,) = whole.graph.operations[-1].operands[0].type.quantization.scales
    np.testing.assert_allclose(parts.run(x), whole.run(x), atol=1.01 * step, rtol=0, err_msg="sums of other parts")


def test_no_data_is_a_mistake():
    lite = litesmith.convert(keras.Sequential([keras.Input((8,)), layers.Dense(3)]))
    with pytest.raises(ValueError, match="not one batch"):
        quantized(lite, [])


OPERATIONS = {
    "relu": ops.relu, "relu6": ops.relu6, "leaky_relu": ops.leaky_relu, "elu": ops.elu, "gelu": ops.gelu,
    "hard_silu": ops.hard_silu, "sigmoid": ops.sigmoid, "tanh": ops.tanh, "softmax": ops.softmax,
    "abs": ops.abs, "exp": lambda x: ops.exp(x / 4), "sqrt": lambda x: ops.sqrt(ops.abs(x)), "silu": ops.silu,
    "add": lambda x: x + x[:, ::-1], "subtract": lambda x: x - 0.5, "multiply": lambda x: x * x[:, ::-1],
    "maximum": lambda x: ops.maximum(x, 0.3), "minimum": lambda x: ops.minimum(x, x[:, ::-1]),
    "mean": lambda x: ops.mean(x, 1), "sum": lambda x: ops.sum(x, 1), "max": lambda x: ops.max(x, 1),
    "transpose": lambda x: ops.transpose(x, (0, 2, 1)), "reshape": lambda x: ops.reshape(x, (-1, 24)),
    "concatenate": lambda x: ops.concatenate([x, ops.tanh(x)], 1),
    "pad": lambda x: ops.pad(x, ((0, 0), (1, 2), (0, 0))),
    "stack": lambda x: ops.stack([x, x * 2], 1), "matmul": lambda x: ops.matmul(x, ops.transpose(x, (0, 2, 1))),
    "where": lambda x: ops.where(x > 0, x, x / 2), "square": ops.square, "negative": ops.negative,
}  # fmt: skip


@pytest.mark.parametrize("name", OPERATIONS)
def test_each_operation_is_within_few_steps_of_its_range(name):
    x = keras.Input((6, 4))
    lite = litesmith.convert(keras.Model(x, OPERATIONS[name](x)))
    values = images(64, 6, 4)
    _integer, found, (loss,) = quantized(lite, values)
    assert found == []
    assert loss.decibels > 30, loss


@pytest.mark.parametrize("name", [name for name in OPERATIONS if name != "where"])  # compares, in 8 bits only
def test_16_bits_are_finer(name):
    x = keras.Input((6, 4))
    lite = litesmith.convert(keras.Model(x, OPERATIONS[name](x)))
    _integer, found, (loss,) = quantized(lite, images(64, 6, 4), recipe=INT16)
    assert found == []
    assert loss.decibels > 60, loss


@given(
    channels=st.integers(1, 5),
    kernel=st.integers(1, 3),
    strides=st.integers(1, 2),
    scale=st.floats(-20, 20),
    shift=st.floats(-2, 2),
)
def test_convolutions_of_any_range(channels, kernel, strides, scale, shift):
    keras.utils.set_random_seed(0)
    x = keras.Input((7, 6, 2))
    model = keras.Model(x, layers.Conv2D(channels, kernel, strides, bias_initializer="random_normal")(x))
    values = (images(32, 7, 6, 2) + np.float32(shift)) * np.float32(2**scale)
    _integer, _, (loss,) = quantized(litesmith.convert(model, verify=False), values)
    assert loss.decibels > 28


def test_signal_over_noise():
    assert decibels(np.ones(4), np.ones(4)) == np.inf
    assert decibels(np.ones(4), np.ones(4) * 1.1) == pytest.approx(20)


def test_only_real_numbers_share_scales():
    lite = sequential(layers.Embedding(10, 4), shape=(3,))
    for operation in lite.graph.operations:
        assert all(
            value.type.dtype is DType.FLOAT32 for value in (*shared_operands(operation), *real_results(operation))
        )
