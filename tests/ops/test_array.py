import numpy as np
import pytest

from litesmith.ir.builder import building, constant
from litesmith.ir.dims import maximum, minimum, same_shape, symbol
from litesmith.ir.graph import Graph
from litesmith.ir.types import DType, TensorType
from litesmith.ops import array
from litesmith.ops.errors import Unsupported
from litesmith.passes.base import Record
from litesmith.passes.fold_constants import FoldConstants

BATCH, TIME = symbol("batch", 3), symbol("time", 131)


@pytest.fixture
def graph():
    graph = Graph("main")
    with building(graph):
        yield graph


def operators(graph):
    return [operation.operator.builtin for operation in graph.operations]


def float_input(graph, *shape):
    return graph.add_input(TensorType(DType.FLOAT32, shape), "x")


@pytest.mark.parametrize(
    "key",
    [
        [slice(None), slice(0, 5)],
        [slice(None), slice(None, 9)],
        [slice(0, None), slice(-5, None)],
    ],
)
def test_a_slice_of_everything_is_the_tensor_itself(graph, key):
    x = float_input(graph, BATCH, 5)
    assert array.strided_slice(x, key) is x


@pytest.mark.parametrize(
    ("item", "size"),
    [
        (slice(1, None), TIME - 1),
        (slice(None, -1), TIME - 1),
        (slice(-3, None), minimum(TIME, 3)),
        (slice(1, -1), maximum(TIME - 2, 0)),
        (slice(None, None, -1), TIME),
        (slice(None, 0, -1), TIME - 1),
        (slice(-TIME // 2, None), TIME - (TIME - -(-TIME // 2))),
    ],
)
def test_sizes_of_slices_of_a_dynamic_axis(graph, item, size):
    x = float_input(graph, BATCH, TIME)
    assert same_shape(array.strided_slice(x, [slice(None), item]).type.shape, (BATCH, size))


def test_one_dynamic_size_needs_no_arithmetic(graph):
    array.reshape(float_input(graph, BATCH, 4, 6), (BATCH, 24))
    assert operators(graph) == ["RESHAPE"]


def test_equal_parts_of_known_size_are_a_split(graph):
    array.split(float_input(graph, BATCH, 6), [2, 2, 2], 1)
    assert operators(graph) == ["SPLIT"]


@pytest.mark.parametrize("dtype", [DType.BOOL, DType.FLOAT16])
def test_stack_of_types_that_pack_does_not_take(graph, dtype):
    x = graph.add_input(TensorType(dtype, (BATCH, 4)), "x")
    assert array.stack([x, x], 1).type.shape == (BATCH, 2, 4)
    assert "PACK" not in operators(graph)


def test_joined_numbers_are_no_sizes(graph):
    """What is known of sizes is whole numbers, which take the place of the result."""
    values = [constant(np.float32([0.25, 1.5])), constant(np.float32([2.75]))]
    graph.outputs = [array.reshape(array.concatenate(values), (1, 3))]
    assert FoldConstants().run(graph, Record()) == 1
    assert graph.outputs[0].constant.array().tolist() == [[0.25, 1.5, 2.75]]


def test_an_axis_of_dynamic_size_cannot_be_taken_apart(graph):
    with pytest.raises(Unsupported, match="dynamic size time"):
        array.unstack(float_input(graph, BATCH, TIME), 1)


def test_every_axis_has_bounds(graph):
    """XNNPACK takes no slice with fewer, which would cost a way out of the delegate and back."""
    array.strided_slice(float_input(graph, BATCH, 8, 8, 3), [slice(None), slice(1, None)])
    (operation,) = graph.operations
    assert [operand.type.shape for operand in operation.operands[1:]] == [(4,), (4,), (4,)]
