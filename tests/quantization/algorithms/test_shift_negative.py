"""Channels are moved to where the range of their tensor is used best."""

import numpy as np
import pytest

from litesmith.ir.builder import constant, emit
from litesmith.ir.copying import copy_model
from litesmith.opset.binary import Add
from litesmith.opset.convolution import Conv2D, DepthwiseConv2D
from litesmith.opset.elementwise import HardSwish, Relu
from litesmith.opset.enums import Activation, Padding
from litesmith.quantization.algorithms.shift_negative import center
from litesmith.quantization.integers import quantize_integers
from litesmith.quantization.measuring import decibels
from litesmith.quantization.ranges import observe
from random_graphs import dense, model_of, results

RANDOM = np.random.default_rng(0)
VALUES = RANDOM.standard_normal((128, 6, 6, 8)).astype("float32")
OFFSETS = np.linspace(-12, 12, 8)


def weights(*shape):
    return (RANDOM.standard_normal(shape) / np.sqrt(8)).astype(np.float32)


def pointwise(value, bias, activation=Activation.NONE):
    operator = Conv2D(Padding.SAME, fused_activation_function=activation)
    return emit(operator, value, constant(weights(8, 1, 1, 8)), constant(np.asarray(bias, np.float32)))


def read(value, offsets=OFFSETS, kernel=1, padding=Padding.SAME):
    """A filter whose own bias takes back what its input is off 0 by."""
    filter = weights(8, kernel, kernel, 8)
    bias = -np.sum(filter * offsets, (1, 2, 3)).astype(np.float32)
    return emit(Conv2D(padding), value, constant(filter), constant(bias))


def centered(model):
    copy = copy_model(model)
    return copy, center(copy, observe(copy, [[VALUES]]))


def loss(model, reference):
    made = copy_model(model)
    quantize_integers(made, observe(made, [[VALUES]]))
    return decibels(results(reference, VALUES)[0], results(made, VALUES)[0])


NETWORKS = {
    "between convolutions": lambda x: read(pointwise(x, OFFSETS)),
    "through a sum": lambda x: read(emit(Add(), pointwise(x, OFFSETS), pointwise(x, OFFSETS)), 2 * OFFSETS),
    "before a filter without padding": lambda x: read(pointwise(x, OFFSETS), kernel=3, padding=Padding.VALID),
    "behind a rectifier that does nothing": lambda x: read(pointwise(x, OFFSETS + 20, Activation.RELU), OFFSETS + 20),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_channels_are_centered(name):
    model = model_of(NETWORKS[name], 6, 6, 8)
    copy, changes = centered(model)
    assert changes
    np.testing.assert_allclose(results(copy, VALUES)[0], results(model, VALUES)[0], atol=1e-4)
    assert loss(copy, model) > loss(model, model) + 3


def padded(x):
    bias = constant(np.zeros(8, np.float32))
    return emit(DepthwiseConv2D(Padding.SAME), pointwise(x, OFFSETS), constant(weights(1, 3, 3, 8)), bias)


@pytest.mark.parametrize(
    "build",
    [
        padded,
        lambda x: read(pointwise(x, OFFSETS), kernel=3),
        lambda x: read(emit(Relu(), pointwise(x, OFFSETS))),
        lambda x: read(emit(HardSwish(), pointwise(x, OFFSETS))),
        lambda x: pointwise(x, OFFSETS),
        lambda x: read(pointwise(x, 0 * OFFSETS)),
    ],
    ids=["padded", "padded too", "rectified", "swish", "an output", "centered already"],
)
def test_nothing_is_moved_that_would_not_be_the_same_or_is_not_worth_it(build):
    assert centered(model_of(build, 6, 6, 8))[1] == []


def test_a_dense_layer_without_a_bias_gets_one():
    model = model_of(lambda x: dense(pointwise(x, OFFSETS), RANDOM.standard_normal((3, 8))), 6, 6, 8)
    reader = model.main.operations[-1]
    model.main.set_operands(reader, reader.operands[:2])
    copy, changes = centered(model)
    assert changes
    assert len(copy.main.operations[-1].operands) == 3
    np.testing.assert_allclose(results(copy, VALUES)[0], results(model, VALUES)[0], atol=1e-4)
