"""Resolvers beside the methods that tflite-micro has (0.dev20261023: `micro_mutable_op_resolver.h`)."""

import pytest

from litesmith.firmware.resolver import method, resolver_header
from litesmith.targets.profile import load

NAMES = """
    Abs Add AddN ArgMax ArgMin AssignVariable AveragePool2D BatchMatMul BatchToSpaceNd BroadcastArgs BroadcastTo
    CallOnce Cast Ceil Concatenation Conv2D Cos CumSum DepthToSpace DepthwiseConv2D Dequantize Div DynamicUpdateSlice
    EmbeddingLookup Elu Equal Exp ExpandDims Fill Floor FloorDiv FloorMod FullyConnected Gather GatherNd Greater
    GreaterEqual HardSwish If L2Normalization L2Pool2D LeakyRelu Less LessEqual Log LogicalAnd LogicalNot LogicalOr
    Logistic LogSoftmax Maximum MaxPool2D MirrorPad Mean Minimum Mul Neg NotEqual Pack Pad PadV2 Prelu Quantize
    ReadVariable ReduceAll ReduceMax ReduceMin Relu Relu6 Reshape ResizeBilinear ResizeNearestNeighbor ReverseV2 Round
    Rsqrt SelectV2 Shape Sin Slice Softmax SpaceToBatchNd SpaceToDepth Split SplitV Squeeze Sqrt Square
    SquaredDifference StridedSlice Sub Sum Svdf Tanh TransposeConv Transpose Unpack UnidirectionalSequenceLSTM VarHandle
    While ZerosLike
"""


def test_every_operator_of_the_target_has_its_method_and_every_method_its_operator():
    assert {method(name) for name in load("tflm").operators} == {f"Add{name}" for name in NAMES.split()}


def test_the_resolver_has_just_the_operators():
    text = resolver_header("of a model", "my_model", ["ADD", "CONV_2D"], 0)
    assert "using MyModelResolver = tflite::MicroMutableOpResolver<2>;" in text
    assert "inline TfLiteStatus AddMyModelOperators(MyModelResolver& resolver) {" in text
    assert [line.strip() for line in text.splitlines() if "resolver." in line and "Add" in line] == [
        "TF_LITE_ENSURE_STATUS(resolver.AddAdd());",
        "TF_LITE_ENSURE_STATUS(resolver.AddConv2D());",
    ]
    assert "ResourceVariables" not in text


@pytest.mark.parametrize("count", [1, 3])
def test_variables_are_counted_where_there_are_any(count):
    assert f"constexpr int kMResourceVariables = {count};" in resolver_header("of a model", "m", ["ADD"], count)


def test_kernels_of_custom_operators_are_given_to_the_function():
    text = resolver_header("of a model", "m", ["ADD", "CUSTOM my.Fir"], 0)
    assert "AddMOperators(MResolver& resolver, const TFLMRegistration* my_Fir) {" in text
    assert 'TF_LITE_ENSURE_STATUS(resolver.AddCustom("my.Fir", my_Fir));' in text
