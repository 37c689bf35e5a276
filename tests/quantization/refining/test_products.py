"""Operations as rows times a matrix: what the runtime computes, for every form of window."""

import numpy as np
import pytest

from litesmith.flatbuffer.write import to_bytes
from litesmith.ir.builder import building, constant_value, emit
from litesmith.ir.constants import Constant
from litesmith.ir.graph import Graph, Model
from litesmith.ir.types import DType, TensorType
from litesmith.opset.convolution import Conv2D, DepthwiseConv2D, TransposeConv
from litesmith.opset.enums import Padding
from litesmith.opset.matmul import BatchMatmul, FullyConnected
from litesmith.quantization.refining.moments import Moments, lines_of
from litesmith.quantization.refining.products import product_of
from litesmith.runtime.interpreter import Session

SAME = Padding.SAME
CASES = {
    "dense": (FullyConnected(), (6, 5), (4, 5)),
    "dense of more axes": (FullyConnected(keep_num_dims=True), (2, 3, 5), (4, 5)),
    "matrices": (BatchMatmul(), (2, 3, 5), (5, 4)),
    "matrices, transposed": (BatchMatmul(adj_x=True, adj_y=True), (2, 5, 3), (4, 5)),
    "pointwise": (Conv2D(), (2, 3, 4, 5), (6, 1, 1, 5)),
    "windows": (Conv2D(), (2, 6, 7, 3), (4, 3, 2, 3)),
    "windows over edges": (Conv2D(padding=SAME), (2, 6, 7, 3), (4, 3, 4, 3)),
    "strides": (Conv2D(padding=SAME, stride_h=2, stride_w=3), (2, 7, 8, 3), (4, 3, 3, 3)),
    "strides beyond the window": (Conv2D(padding=SAME, stride_h=3, stride_w=2), (1, 7, 8, 3), (4, 1, 1, 3)),
    "dilations": (Conv2D(padding=SAME, dilation_h_factor=2, dilation_w_factor=3), (1, 9, 8, 2), (4, 3, 2, 2)),
    "groups": (Conv2D(padding=SAME), (2, 5, 5, 6), (9, 3, 3, 2)),
    "depthwise": (DepthwiseConv2D(padding=SAME, stride_h=2, stride_w=2), (2, 7, 6, 5), (1, 3, 3, 5)),
    "depthwise, multiplied": (DepthwiseConv2D(depth_multiplier=3), (2, 5, 5, 2), (1, 2, 3, 6)),
    "transposed": (TransposeConv(stride_h=2, stride_w=3), (2, 4, 3, 2), (5, 3, 4, 2)),
    "transposed over edges": (TransposeConv(padding=SAME, stride_h=2, stride_w=2), (2, 4, 3, 2), (5, 3, 4, 2)),
    "transposed, short": (TransposeConv(stride_h=3, stride_w=2), (1, 4, 3, 2), (5, 2, 1, 2)),
}


def built(name):
    operator, shape, weight_shape = CASES[name]
    rng, graph = np.random.default_rng(0), Graph()
    x = graph.add_input(TensorType(DType.FLOAT32, shape), "x")
    weights, bias = (constant_value(Constant.of(rng.standard_normal(s).astype("f"))) for s in (weight_shape, (1,)))
    with building(graph):
        if isinstance(operator, TransposeConv):
            sides = [
                size * step if operator.padding is SAME else (size - 1) * step + max(reach, step)
                for size, step, reach in zip(
                    shape[1:3], (operator.stride_h, operator.stride_w), weight_shape[1:3], strict=True
                )
            ]
            sizes = constant_value(Constant.of(np.array([shape[0], *sides, weight_shape[0]], "int32")))
            result = emit(operator, sizes, weights, x)
        elif isinstance(operator, BatchMatmul):
            result = emit(operator, x, weights)
        else:
            channels = weight_shape[3 if isinstance(operator, DepthwiseConv2D) else 0]
            bias = constant_value(Constant.of(np.zeros(channels, "float32")))
            result = emit(operator, x, weights, bias)
    graph.outputs = [result]
    data = rng.standard_normal(shape).astype("float32")
    return graph, data, Session(to_bytes(Model([graph]))).run([data])[0]


@pytest.mark.parametrize("name", CASES)
def test_rows_times_the_matrix_are_what_the_runtime_computes(name):
    graph, data, expected = built(name)
    (operation,) = graph.operations
    product = product_of(operation)
    weights = operation.operands[product.weight_place].constant.array()
    matrix, rows = product.matrix(weights), product.rows(data)
    groups, channels, size = product.sizes
    assert matrix.shape == (groups, channels, size)
    assert np.array_equal(product.weights(matrix), weights)
    found = np.moveaxis(rows @ matrix.swapaxes(1, 2), 0, 1).reshape(-1, groups * channels)
    assert np.allclose(found, expected.reshape(-1, groups * channels), atol=1e-5)


@pytest.mark.parametrize("name", CASES)
def test_lines_are_parts_of_the_rows_and_all_of_them_have_the_same_sums(name):
    graph, data, _ = built(name)
    product = product_of(graph.operations[0])
    lines = np.arange(product.line_count(data.shape))
    rows = product.rows(data)
    assert rows.shape[1] == len(lines) * product.line_size(data.shape)
    assert np.array_equal(product.rows(data, lines), rows)
    assert product.rows(data, lines[1:2]).shape[1] == product.line_size(data.shape)
    weights = np.random.default_rng(2).standard_normal(product.sizes)
    moments = Moments(product, weights)
    for some in (lines[::2], lines[1::2]):
        moments.add(data, 3 * data, some)
    gram = rows.swapaxes(1, 2) @ rows
    assert moments.count == rows.shape[1]
    assert np.allclose(moments.gram, gram, atol=1e-4)
    assert np.allclose(moments.lag, weights @ (2 * gram), atol=1e-3)
    less = rows - rows.mean(1, keepdims=True)
    assert np.allclose(moments.centred()[0], less.swapaxes(1, 2) @ less, atol=1e-4)
    assert np.allclose(moments.centred()[1], weights @ (2 * less.swapaxes(1, 2) @ less), atol=1e-3)


def test_of_very_many_rows_some_lines_are_drawn():
    product = product_of(built("windows over edges")[0].operations[0])
    shapes = [(4, 200, 200, 3)] * 3
    drawn = list(lines_of(product, shapes, np.random.default_rng(0)))
    assert len(drawn) == 3
    rows = sum(len(lines) for lines in drawn) * product.line_size(shapes[0])
    assert 8192 <= rows < 2 * 8192
    assert not np.array_equal(drawn[0], drawn[1])
    assert [len(lines) for lines in lines_of(product, [(1, 20, 20, 3)], np.random.default_rng(0))] == [20]
