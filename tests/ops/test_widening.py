"""Element types that kernels do not take."""

import pytest

from litesmith.ir.builder import building
from litesmith.ir.graph import Graph
from litesmith.ir.types import DType, TensorType
from litesmith.ops import math
from litesmith.ops.errors import Unsupported
from litesmith.ops.widening import kernel_dtype
from litesmith.opset.binary import Add, Div, Equal, Maximum


@pytest.mark.parametrize(
    ("operator", "dtype", "expected"),
    [
        (Add, DType.FLOAT32, DType.FLOAT32),
        (Add, DType.INT8, DType.INT32),
        (Add, DType.UINT32, DType.INT64),
        (Add, DType.INT64, DType.INT64),
        (Add, DType.BFLOAT16, DType.FLOAT32),
        (Maximum, DType.INT8, DType.INT8),
        (Equal, DType.BOOL, DType.BOOL),
        (Div, DType.INT16, DType.INT32),
    ],
)
def test_the_cheapest_type_that_holds_all_numbers(operator, dtype, expected):
    assert kernel_dtype(operator, dtype) is expected


def test_no_type_holds_all_numbers():
    with pytest.raises(Unsupported, match="DIV of int64"):
        kernel_dtype(Div, DType.INT64)


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (math.add, ["CAST", "CAST", "ADD", "CAST"]),
        (math.less, ["CAST", "CAST", "LESS"]),
        (math.maximum, ["MAXIMUM"]),
    ],
)
def test_results_have_the_type_of_the_operands(function, expected):
    graph = Graph()
    x, y = (graph.add_input(TensorType(DType.INT8, (3,)), name) for name in "xy")
    with building(graph):
        result = function(x, y)
    assert [operation.operator.builtin for operation in graph.operations] == expected
    assert result.type.dtype is (DType.BOOL if function is math.less else DType.INT8)
