import pytest
from keras import Sequential, layers

from litesmith.passes.fold_subsampling import FoldSubsampling
from support import check_converts, check_rewrite, operators_after, text_graph


def subsampled(pool="average_pool_2d", window=1, stride=2, kernel=1, own_stride=1, activation="NONE", padding="VALID"):
    """A pool of an image of 9 x 8 in front of a convolution."""
    height, width = (9 - window) // stride + 1, (8 - window) // stride + 1
    if padding == "SAME":
        height, width = -(-9 // stride), -(-8 // stride)
    rows, columns = (height - kernel) // own_stride + 1, (width - kernel) // own_stride + 1
    options = f"padding={padding}, stride_w={stride}, stride_h={stride}, filter_width={window}, filter_height={window}"
    return text_graph(
        f"{pool}({options}, fused_activation_function={activation}) %x : float32[batch, {height}, {width}, 2]",
        f"conv_2d(stride_w={own_stride}, stride_h={own_stride}) %1, const float32[3, {kernel}, {kernel}, 2],"
        f" const float32[3] : float32[batch, {rows}, {columns}, 3]",
        inputs="%x: float32[batch, 9, 8, 2]",
    )


@pytest.mark.parametrize("pool", ["average_pool_2d", "max_pool_2d"])
@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_pools_of_one_place_fold(pool, padding, stride):
    assert operators_after(FoldSubsampling(), subsampled(pool, stride=stride, padding=padding)) == ["CONV_2D"]


@pytest.mark.parametrize("other", [{"window": 2}, {"kernel": 2}, {"own_stride": 2}, {"activation": "RELU"}])
def test_others_do_not(other):
    check_rewrite(FoldSubsampling(), subsampled(**other), None)


@pytest.mark.parametrize("size", [8, 9, None])
def test_models_compute_the_same(size):
    image = layers.Input((size, size, 3))
    lite = check_converts(Sequential([image, layers.AveragePooling2D(1, 2), layers.Conv2D(4, 1)]))
    assert [operation.operator.builtin for operation in lite.graph.operations] == ["CONV_2D"]
