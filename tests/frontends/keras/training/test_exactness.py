"""Integers of single operators: evaluated beside the runtime, where not one may differ."""

import keras
import numpy as np
import pytest

from litesmith.flatbuffer.write import to_bytes
from litesmith.frontends.keras.training.graph import Evaluation
from litesmith.frontends.keras.training.tables import tables
from litesmith.ir.builder import constant_value
from litesmith.ir.constants import Constant
from litesmith.ir.graph import Graph, Model, Operation
from litesmith.ir.source import Source
from litesmith.ir.types import DType, Quantization, TensorType
from litesmith.opset.binary import Add, Mul, Sub
from litesmith.opset.conversion import Quantize
from litesmith.opset.convolution import Conv2D
from litesmith.opset.enums import Activation, Padding
from litesmith.opset.pooling import AveragePool2D
from litesmith.opset.reduction import Mean, Sum
from litesmith.runtime.interpreter import Session

SHAPE = (2, 16, 16, 8)


def integers(shape, steps, dtype=DType.INT8):
    scale, zero = steps
    return TensorType(dtype, shape, Quantization((float(np.float32(scale)),), (zero,)))


def constant(array, quantization=None, dtype=None):
    found = Constant.of(np.asarray(array))
    if quantization is None:
        return constant_value(found)
    return constant_value(found.map(lambda own: own, TensorType(dtype, found.type.shape, quantization), ("test",)))


def compared(operator, operands, result, inputs):
    """What the runtime and the evaluation make of one operator."""
    graph = Graph()
    values = [graph.add_input(each, f"x{place}") if isinstance(each, TensorType) else each for place, each in operands]
    operation = Operation(operator, values, [result], Source())
    graph.insert(operation)
    graph.outputs.append(operation.result)
    (own,) = Session(to_bytes(Model([graph]))).run(inputs)
    (found,) = Evaluation(graph, tables(graph))([each.astype(np.float32) for each in inputs], {})
    return own, np.asarray(keras.ops.convert_to_numpy(found))


def images(shape=SHAPE, dtype=np.int8, seed=0):
    limits = np.iinfo(dtype)
    return np.random.default_rng(seed).integers(limits.min, limits.max, shape, endpoint=True).astype(dtype)


@pytest.mark.parametrize("operator", [Add(), Sub(), Mul(), Add(Activation.RELU)])
@pytest.mark.parametrize(
    "steps", [((0.04, 3), (0.07, -9), (0.09, 5)), ((0.5, 1), (0.25, 7), (1.0, -3)), ((0.5, 0), (0.002, 4), (0.6, 1))]
)
def test_two_operands(operator, steps):
    left, right, made = (integers(SHAPE, each) for each in steps)
    own, found = compared(operator, [(0, left), (1, right)], made, [images(), images(seed=1)])
    np.testing.assert_array_equal(own, found)


@pytest.mark.parametrize("operator", [Mean(), Sum()])
@pytest.mark.parametrize("steps", [((0.05, 7), (0.02, -5)), ((0.5, -13), (0.125, 6)), ((0.25, -128), (0.25, 3))])
def test_reduced(operator, steps):
    axes = (0, integers(SHAPE, steps[0])), (1, constant(np.array([1, 2], np.int32)))
    scale = steps[1] if isinstance(operator, Mean) else (steps[1][0] * 32, steps[1][1])
    own, found = compared(operator, axes, integers((2, 8), scale), [images(seed=2)])
    np.testing.assert_array_equal(own, found)


def test_a_mean_of_sixteen_bits():
    x, axis = integers((4, 96, 48), (0.001, 0), DType.INT16), constant(np.array([2], np.int32))
    made = integers((4, 96), (0.00013, 0), DType.INT16)
    own, found = compared(Mean(), [(0, x), (1, axis)], made, [images((4, 96, 48), np.int16)])
    assert np.mean(own != found) < 0.02  # more bits than float32 has
    assert np.abs(own - found).max() <= 1


@pytest.mark.parametrize("zero", [2, -3])
def test_halves_of_a_convolution_are_rounded_before_the_zero_point(zero):
    image, made = integers((2, 8, 8, 4), (0.5, 1)), integers((2, 8, 8, 6), (1.0, zero))
    rng = np.random.default_rng(0)
    kernel = constant(
        rng.integers(-9, 9, (6, 1, 1, 4)).astype(np.int8), Quantization((0.03125,) * 6, (0,) * 6, 0), DType.INT8
    )
    bias = constant(rng.integers(-99, 99, 6).astype(np.int32), Quantization((0.015625,) * 6, (0,) * 6, 0), DType.INT32)
    operator = Conv2D(padding=Padding.VALID, stride_w=1, stride_h=1)
    own, found = compared(operator, [(0, image), (1, kernel), (2, bias)], made, [images((2, 8, 8, 4))])
    np.testing.assert_array_equal(own, found)


@pytest.mark.parametrize("zero", [0, -5])
def test_an_average_pool(zero):
    operator = AveragePool2D(padding=Padding.VALID, stride_w=2, stride_h=2, filter_width=2, filter_height=2)
    own, found = compared(
        operator, [(0, integers(SHAPE, (0.1, zero)))], integers((2, 8, 8, 8), (0.1, zero)), [images()]
    )
    np.testing.assert_array_equal(own, found)


@pytest.mark.parametrize(("before", "behind"), [(DType.INT8, DType.INT16), (DType.INT16, DType.INT8)])
def test_other_integers(before, behind):
    x, made = (integers(SHAPE, (0.0123 if dtype is DType.INT8 else 0.0001, 0), dtype) for dtype in (before, behind))
    own, found = compared(Quantize(), [(0, x)], made, [images(dtype=before.numpy)])
    np.testing.assert_array_equal(own, found)
