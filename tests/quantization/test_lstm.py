"""The LSTM operator in integers: its steps, its scales, and the file that holds it."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers

import litesmith
from litesmith.flatbuffer.read import read
from litesmith.flatbuffer.write import to_bytes
from litesmith.ir.copying import copy_model
from litesmith.ir.types import DType
from litesmith.quantization import lstm
from litesmith.runtime.interpreter import Session

RANDOM = np.random.default_rng(0)


def fused(units=5, steps=7, features=3, **options):
    model = keras.Sequential([keras.Input((steps, features)), layers.LSTM(units, return_sequences=True, **options)])
    return litesmith.convert(model, rnn="fused", verify=False)


def operator_of(model):
    (found,) = filter(lstm.is_lstm, model.main.operations)
    return found


@given(units=st.integers(1, 9), steps=st.integers(1, 9), features=st.integers(1, 5), batch=st.integers(1, 4))
@settings(max_examples=8, deadline=None, derandomize=True)
def test_the_steps_are_those_of_the_operator(units, steps, features, batch):
    lite = fused(units, steps, features)
    x = RANDOM.standard_normal((batch, steps, features)).astype("float32")
    start = np.zeros((batch, units), "float32")
    outputs = [h for h, _ in lstm.steps(operator_of(lite.model), x, start, start)]
    np.testing.assert_allclose(np.stack(outputs, 1), Session(bytes(lite)).run([x])[0], rtol=1e-5, atol=1e-6)


@given(low=st.floats(-60, 0), high=st.floats(0, 60))
def test_the_scale_of_a_cell_state_is_the_least_power_of_two_that_holds_it(low, high):
    (scale,), (zero,) = (lambda found: (found.scales, found.zero_points))(lstm.power_of_two(low, high))
    assert zero == 0
    assert float(np.log2(scale)).is_integer()
    reach = max(-low, high)
    assert reach <= scale * 2**15
    assert scale == 2.0**-15 or reach > scale * 2**14


def test_a_file_keeps_what_the_operator_says_of_its_inside():
    lite = fused()
    given = RANDOM.standard_normal((32, 7, 3)).astype("float32")
    integer = litesmith.quantize(lite, "int8", given)
    again = read(bytes(integer))
    inside = operator_of(again).intermediates
    assert [type.dtype for type in inside] == [DType.INT16] * 4 + [DType.INT8]
    assert inside[4].quantization == operator_of(again).result.type.quantization
    assert operator_of(copy_model(again)).intermediates == inside
    np.testing.assert_array_equal(Session(to_bytes(again)).run([given])[0], Session(bytes(integer)).run([given])[0])


def test_a_bias_that_does_not_fit_into_32_bits_makes_the_scale_of_its_kernel_larger():
    lite = fused()
    operation = operator_of(lite.model)
    kernel, bias = operation.operands[lstm.KERNELS[0]], operation.operands[lstm.BIASES[0]]
    kernel.constant = kernel.constant.times(np.float32(1e-9))
    bias.constant = bias.constant.map(lambda elements: elements + 3, bias.type, "more")
    scales = lstm.power_of_two(-1, 1)
    lstm.make_integer(operation, lite.model.main, scales, scales)
    made = operation.operands[lstm.BIASES[0]].constant
    assert made.array().max() < 2**31 - 1
    np.testing.assert_allclose(made.array() * made.type.quantization.scales[0], 3, rtol=1e-6)


def without(operation, *places):
    for place in places:
        operation.graph.rewire(operation, place, None)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda each: without(each, lstm.KERNELS[0]), "fewer than four gates"),
        (lambda each: each.graph.rewire(each, 16, each.operands[5]), "projection"),
        (lambda each: each.graph.rewire(each, 5, each.operands[0]), "computed by the model"),
        (lambda each: setattr(each, "operator", type(each.operator)(cell_clip=1.0)), "clipped"),
    ],
)
def test_what_has_no_form_of_integers_says_why(change, reason):
    operation = operator_of(fused().model)
    assert lstm.is_plain(operation)
    change(operation)
    assert reason in lstm.why_not(operation)
    assert not lstm.is_plain(operation)
