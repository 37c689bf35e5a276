import numpy as np
import pytest

from litesmith.ir.builder import building, constant, emit
from litesmith.ir.dims import symbol
from litesmith.ir.graph import Graph
from litesmith.ir.types import DType, TensorType
from litesmith.ops import creation, indexing, ordering
from litesmith.ops.array import cast, reshape, slice_axis, stack
from litesmith.ops.errors import Unsupported
from litesmith.opset.reduction import ArgMax


@pytest.fixture
def graph():
    graph = Graph("main")
    with building(graph):
        yield graph


def operators(graph):
    return [operation.operator.builtin for operation in graph.operations]


def test_what_is_known_to_hold_no_negative_number(graph):
    x = graph.add_input(TensorType(DType.FLOAT32, (symbol("batch", 3), 4)), "x")
    ids = graph.add_input(TensorType(DType.INT32, (4,)), "ids")
    narrow = graph.add_input(TensorType(DType.UINT8, (4,)), "narrow")
    best = emit(ArgMax(), x, constant(1))
    order = ordering.argsort(x)
    known = [best, order, narrow, cast(narrow, DType.INT32), constant([0, 3]), creation.count_up(0, x.type.shape[0])]
    known += [reshape(best, (-1, 1)), slice_axis(best, 0, 1, None), stack([best, best])]
    assert all(map(indexing.is_non_negative, known))
    unknown = [ids, constant([1, -1]), cast(x, DType.INT32), stack([ids, constant([0, 1, 2, 3])])]
    assert not any(map(indexing.is_non_negative, unknown))


@pytest.mark.parametrize("index", [[0, 2], [0, -1]])
def test_constant_indices_are_put_right_before_the_model_runs(graph, index):
    x = graph.add_input(TensorType(DType.FLOAT32, (5, 4)), "x")
    indexing.gather(x, index)
    assert operators(graph) == ["GATHER"]
    used = graph.operations[0].operands[1].constant.array()
    np.testing.assert_array_equal(used, np.asarray(index) % 5)


def test_index_tuples_become_one_index_of_the_merged_axes(graph):
    x = graph.add_input(TensorType(DType.FLOAT32, (2, 5, 4)), "x")
    indexing.get_item(x, (slice(None), [0, 1], [3, -1]))
    assert operators(graph) == ["RESHAPE", "GATHER"]
    np.testing.assert_array_equal(graph.operations[1].operands[1].constant.array(), [3, 7])


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ((0, 0, 0), "3 indices for a tensor with 2 axes"),
        ((7,), "axis 7"),
    ],
)
def test_keys_that_do_not_fit(graph, key, reason):
    x = graph.add_input(TensorType(DType.FLOAT32, (5, 4)), "x")
    with pytest.raises(Unsupported, match=reason):
        indexing.get_item(x, key)
