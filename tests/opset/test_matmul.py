"""What products of matrices take."""

import pytest

from litesmith.ir.graph import Value
from litesmith.ir.operator import TypeRule
from litesmith.ir.types import DType, Quantization, TensorType
from litesmith.opset.matmul import FullyConnected

SCALES = Quantization((0.5, 0.25, 1.0), (0, 0, 0))


def result(rows: str, weights: str, scales: Quantization | None = None) -> TensorType:
    operands = [Value(TensorType(DType(rows), (2, 4))), Value(TensorType(DType(weights), (3, 4), scales)), None]
    (type,) = FullyConnected().infer(*operands)
    return type


@pytest.mark.parametrize(
    ("rows", "weights", "scales"),
    [("float32", "float32", None), ("float32", "int8", SCALES), ("float32", "int4", SCALES), ("int16", "int8", SCALES)],
)
def test_rows_of_floats_take_weights_of_floats_or_integers_with_scales(rows, weights, scales):
    assert result(rows, weights, scales) == TensorType(DType(rows), (2, 3))


@pytest.mark.parametrize(("rows", "weights"), [("float32", "int8"), ("float32", "int32"), ("int32", "float32")])
def test_weights_of_another_type_need_scales(rows, weights):
    with pytest.raises(TypeRule, match="different element types"):
        result(rows, weights)
