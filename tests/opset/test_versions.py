"""The lowest version that each use of an operator may have, as the runtime's own rules say.

The rules are those of LiteRT's `op_version.cc`; a file with a higher version than needed does
not load on older runtimes.
"""

import pytest

from litesmith.ir.types import DType, Quantization, TensorType
from litesmith.opset import binary, conversion, convolution, elementwise, joining, matmul, reduction, shaping, slicing
from litesmith.opset.enums import Activation

SCALE = Quantization((0.5,), (0,))
PER_AXIS = Quantization((0.5, 0.25), (0, 0))


def t(dtype, *shape, quantization=None):
    return TensorType(DType(dtype), shape, quantization)


F4 = t("float32", 1, 8, 8, 2)
Q4 = t("int8", 1, 8, 8, 2, quantization=SCALE)
FILTER = t("float32", 2, 3, 3, 2)
BIAS = t("float32", 2)
ROW = t("float32", 1, 4)
WEIGHTS = t("float32", 3, 4)

CASES = [
    (convolution.Conv2D(), (F4, FILTER, BIAS), 1),
    (convolution.Conv2D(), (F4, t("float32", 2, 3, 3, 1), BIAS), 6),
    (convolution.Conv2D(), (Q4, t("int8", 2, 3, 3, 2), BIAS), 3),
    (convolution.Conv2D(), (Q4, t("int4", 2, 3, 3, 2), BIAS), 7),
    (convolution.Conv2D(), (F4, t("int8", 2, 3, 3, 2, quantization=SCALE), BIAS), 2),
    (convolution.Conv2D(), (F4, t("int8", 2, 3, 3, 2, quantization=PER_AXIS), BIAS), 5),
    (convolution.Conv2D(), (t("int16", 1, 8, 8, 2), t("int8", 2, 3, 3, 2), BIAS), 4),
    (convolution.Conv2D(quantized_bias_type=DType.INT32), (t("int16", 1, 8, 8, 2), t("int8", 2, 3, 3, 2), BIAS), 8),
    (convolution.DepthwiseConv2D(), (F4, t("float32", 1, 3, 3, 2), BIAS), 1),
    (convolution.DepthwiseConv2D(dilation_w_factor=2), (F4, t("float32", 1, 3, 3, 2), BIAS), 2),
    (convolution.DepthwiseConv2D(), (Q4, t("int8", 1, 3, 3, 2), BIAS), 3),
    (convolution.TransposeConv(), (t("int32", 4), FILTER, F4), 1),
    (convolution.TransposeConv(), (t("int32", 4), FILTER, F4, BIAS), 3),
    (convolution.TransposeConv(fused_activation_function=Activation.RELU), (t("int32", 4), FILTER, F4, BIAS), 4),
    (matmul.FullyConnected(), (ROW, WEIGHTS, BIAS), 1),
    (matmul.FullyConnected(), (ROW, WEIGHTS), 6),
    (matmul.FullyConnected(keep_num_dims=True), (ROW, WEIGHTS, BIAS), 5),
    (matmul.FullyConnected(), (t("int8", 1, 4), t("int8", 3, 4), BIAS), 4),
    (matmul.FullyConnected(), (ROW, t("int8", 2, 4, quantization=PER_AXIS), BIAS), 12),
    (matmul.FullyConnected(), (ROW, t("int2", 3, 4), BIAS), 14),
    (matmul.BatchMatmul(), (ROW, WEIGHTS), 1),
    (matmul.BatchMatmul(), (t("int8", 1, 4), t("int8", 4, 3)), 2),
    (binary.Add(), (ROW, ROW), 1),
    (binary.Add(), (t("int64", 1), t("int64", 1)), 4),
    (binary.Add(), (t("int16", 1), t("int16", 1)), 5),
    (binary.Add(), (t("int8", 1, quantization=SCALE), t("int8", 1, quantization=SCALE)), 2),
    (binary.Sub(), (t("float32", 1, 1, 1, 1, 2), t("float32", 2)), 3),
    (binary.Sub(), (t("float32", 1, 1, 1, 1, 2), t("float32", 1, 1, 1, 1, 2)), 1),
    (binary.Mul(), (t("int64", 1), t("int64", 1)), 5),
    (binary.Div(), (t("float32", 1, 1, 1, 1, 2), t("float32", 2)), 2),
    (binary.Maximum(), (t("float32", 1, 1, 1, 1, 2), t("float32", 2)), 3),
    (binary.Maximum(), (t("int16", 1), t("int16", 1)), 4),
    (binary.Equal(), (t("string", 1), t("string", 1)), 3),
    (binary.FloorDiv(), (ROW, ROW), 2),
    (binary.FloorDiv(), (t("int32", 1), t("int32", 1)), 1),
    (elementwise.Abs(), (t("int32", 1),), 5),
    (elementwise.Rsqrt(), (ROW,), 1),
    (elementwise.Gelu(), (ROW,), 1),
    (elementwise.Logistic(), (t("int8", 1, quantization=SCALE),), 2),
    (elementwise.FakeQuant(narrow_range=True), (ROW,), 2),
    (reduction.Mean(), (ROW, t("int32", 1)), 1),
    (reduction.Mean(), (t("int8", 1, 4, quantization=SCALE), t("int32", 1)), 2),
    (reduction.ArgMax(), (t("bool", 1, 4), t("int32")), 3),
    (shaping.Transpose(), (t("bool", 1, 4), t("int32", 2)), 3),
    (shaping.Transpose(), (t("float32", 1, 1, 1, 1, 4), t("int32", 5)), 4),
    (shaping.Transpose(), (t("float32", *[1] * 6), t("int32", 6)), 6),
    (shaping.Transpose(), (t("float32", *[1] * 7), t("int32", 7)), 8),
    (shaping.BroadcastTo(), (ROW, t("int32", 2)), 2),
    (slicing.StridedSlice(), (ROW, t("int32", 2), t("int32", 2), t("int32", 2)), 1),
    (slicing.StridedSlice(), (t("bool", 1, 4), t("int32", 2), t("int32", 2), t("int32", 2)), 3),
    (slicing.Slice(), (t("float32", 1, 1, 1, 1, 4), t("int32", 5), t("int32", 5)), 5),
    (slicing.Gather(batch_dims=1), (ROW, t("int32", 1)), 5),
    (slicing.Gather(), (ROW, t("int32", 1)), 1),
    (slicing.Pad(), (t("float32", *[1] * 5), t("int32", 5, 2)), 4),
    (slicing.PadV2(), (t("bool", 1), t("int32", 1, 2), t("bool")), 5),
    (joining.Fill(), (t("int32", 1), t("bool")), 2),
    (joining.Range(), (t("int64"), t("int64"), t("int64")), 2),
    (joining.Pack(), (t("uint32", 1),), 4),
    (joining.Unpack(), (t("bool", 1),), 3),
    (joining.Split(), (t("int32"), t("int32", 4)), 3),
]


@pytest.mark.parametrize(("operator", "operands", "version"), CASES, ids=lambda value: str(value)[:40])
def test_the_version_is_the_lowest_that_the_types_allow(operator, operands, version):
    results = [operands[0]]
    assert operator.version(operands, results) == version


@pytest.mark.parametrize(
    ("source", "target", "version"),
    [
        ("float32", "int32", 1),
        ("uint32", "float32", 2),
        ("float32", "int8", 3),
        ("float16", "float32", 5),
        ("float64", "float32", 5),
        ("int4", "float32", 6),
    ],
)
def test_casts_go_by_both_types(source, target, version):
    assert conversion.Cast().version([t(source, 1)], [t(target, 1)]) == version
