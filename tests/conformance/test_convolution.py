"""Convolution layers, compared with Keras in the runtime."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from support import builtins_of, check_converts, check_function, check_layer

RANDOM = np.random.default_rng(0)
SPATIAL = {1: (13,), 2: (11, 14), 3: (10, 11, 12)}
CONV = {1: layers.Conv1D, 2: layers.Conv2D, 3: layers.Conv3D}
DEPTHWISE = {1: layers.DepthwiseConv1D, 2: layers.DepthwiseConv2D}
TRANSPOSE = {1: layers.Conv1DTranspose, 2: layers.Conv2DTranspose, 3: layers.Conv3DTranspose}
SEPARABLE = {1: layers.SeparableConv1D, 2: layers.SeparableConv2D}
MOVES = [{}, {"strides": 2}, {"strides": 3}, {"dilation_rate": 2}, {"dilation_rate": 3}]


def numbers(*shape):
    return RANDOM.standard_normal(shape).astype("float32")


def move_id(move):
    return "".join(f"{name} {value}" for name, value in move.items())


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("move", MOVES, ids=move_id)
@pytest.mark.parametrize("window", [1, 3, 4])
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_conv(rank, window, move, padding):
    check_layer(CONV[rank](4, window, padding=padding, **move), (*SPATIAL[rank], 3))


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("move", MOVES, ids=move_id)
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_grouped_conv(rank, move, padding):
    check_layer(CONV[rank](6, 3, padding=padding, groups=2, **move), (*SPATIAL[rank], 4))


@pytest.mark.parametrize("move", MOVES, ids=move_id)
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_conv_with_a_group_for_each_channel(rank, move):
    check_layer(CONV[rank](8, 3, padding="same", groups=4, **move), (*SPATIAL[rank], 4))


@pytest.mark.parametrize("move", MOVES, ids=move_id)
@pytest.mark.parametrize("window", [1, 2, 3])
def test_causal_conv(window, move):
    check_layer(layers.Conv1D(4, window, padding="causal", **move), (11, 3))


@pytest.mark.parametrize("multiplier", [1, 3])
@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("move", MOVES, ids=move_id)
@pytest.mark.parametrize("window", [2, 3])
@pytest.mark.parametrize("rank", [1, 2])
def test_depthwise_conv(rank, window, move, padding, multiplier):
    check_layer(DEPTHWISE[rank](window, padding=padding, depth_multiplier=multiplier, **move), (*SPATIAL[rank], 3))


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("move", MOVES, ids=move_id)
@pytest.mark.parametrize("rank", [1, 2])
def test_separable_conv(rank, move, padding):
    check_layer(SEPARABLE[rank](5, 3, padding=padding, depth_multiplier=2, **move), (*SPATIAL[rank], 3))


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(
    "options",
    [
        {"kernel_size": (5, 1), "strides": (1, 3)},
        {"kernel_size": (2, 7), "strides": (2, 1)},
        {"kernel_size": (3, 2), "dilation_rate": (1, 4)},
        {"kernel_size": (2, 3), "dilation_rate": (3, 1)},
        {"kernel_size": (1, 1), "strides": (2, 3)},
        {"kernel_size": (1, 3), "strides": (5, 4)},
    ],
)
def test_conv_with_another_window_along_each_axis(options, padding):
    check_layer(layers.Conv2D(4, padding=padding, **options), (9, 12, 3))
    check_layer(layers.DepthwiseConv2D(padding=padding, **options), (9, 12, 3))


@pytest.mark.parametrize("padding", ["valid", "same"])
def test_stride_together_with_dilation(padding):
    kernel = numbers(3, 3, 3, 4)
    check_function(lambda x: ops.conv(x, kernel, (2, 3), padding, dilation_rate=(2, 3)), numbers(2, 9, 12, 3))


@pytest.mark.parametrize("padding", ["valid", "same"])
def test_3d_conv_with_another_window_along_each_axis(padding):
    check_layer(layers.Conv3D(4, (1, 2, 3), strides=(3, 2, 1), padding=padding), (7, 8, 9, 3))
    check_layer(layers.Conv3D(4, (3, 1, 2), dilation_rate=(1, 4, 2), padding=padding), (7, 8, 9, 3))


def test_window_larger_than_the_image():
    check_layer(layers.Conv2D(4, 7, padding="same"), (3, 2, 3))
    check_layer(layers.Conv2D(4, 9, strides=2, padding="same"), (4, 4, 3))
    check_layer(layers.DepthwiseConv2D(7, padding="same", dilation_rate=2), (3, 5, 3))


@pytest.mark.parametrize("options", [{}, {"use_bias": False}, {"activation": "relu"}, {"strides": 2}, {"groups": 3}])
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_channels_first(rank, options):
    layer = CONV[rank](6, 3, padding="same", data_format="channels_first", **options)
    check_layer(layer, (3, *SPATIAL[rank]), rtol=2e-5)


@pytest.mark.parametrize("layer", [layers.DepthwiseConv2D(3), layers.SeparableConv2D(5, 3)])
def test_channels_first_of_channelwise_filters(layer):
    config = {**layer.get_config(), "data_format": "channels_first"}
    check_layer(type(layer).from_config(config), (3, 9, 12))


def test_bias_is_added():
    check_layer(layers.Conv2D(4, 3, bias_initializer="normal"), (9, 12, 3))
    check_layer(layers.Conv3D(4, 3, bias_initializer="normal"), (7, 8, 9, 3))


@pytest.mark.parametrize("dynamic", [(None, None, 3), (None, 12, 3), (9, None, 3)])
@pytest.mark.parametrize("options", [{}, {"strides": 2}, {"dilation_rate": 2}, {"strides": 2, "padding": "valid"}])
@pytest.mark.parametrize("layer", [layers.Conv2D, layers.DepthwiseConv2D])
def test_dynamic_sizes(layer, options, dynamic):
    arguments = {"padding": "same", "kernel_size": 3, **options}
    if layer is layers.Conv2D:
        arguments["filters"] = 4
    model = keras.Sequential([keras.Input(dynamic), layer(**arguments)])
    lite = check_converts(model, numbers(1, 9, 12, 3), numbers(3, dynamic[0] or 14, dynamic[1] or 7, 3))
    assert "SHAPE" not in builtins_of(lite)


@pytest.mark.parametrize("padding", ["valid", "same", "causal"])
def test_dynamic_time(padding):
    model = keras.Sequential([keras.Input((None, 3)), layers.Conv1D(4, 3, padding=padding, strides=2)])
    lite = check_converts(model, numbers(1, 9, 3), numbers(3, 14, 3))
    assert "SHAPE" not in builtins_of(lite)


def test_convolution_over_a_dynamic_axis_takes_its_bias_and_activation():
    layer = layers.Conv1D(4, 3, bias_initializer="normal", activation="relu")
    lite = check_converts(keras.Sequential([keras.Input((None, 3)), layer]), numbers(1, 9, 3), numbers(3, 14, 3))
    assert builtins_of(lite) == ["EXPAND_DIMS", "CONV_2D", "SQUEEZE"]


def test_dynamic_volume():
    model = keras.Sequential([keras.Input((None, None, None, 3)), layers.Conv3D(4, 3, padding="same", strides=2)])
    check_converts(model, numbers(1, 5, 6, 7, 3), numbers(2, 8, 5, 4, 3))


def test_filter_computed_by_the_model():
    check_function(ops.conv, numbers(3, 9, 12, 3), numbers(3, 3, 3, 4), dynamic_batch=False)
    check_function(lambda x, k: ops.conv(x, k, 2, "same"), numbers(3, 9, 3), numbers(3, 3, 4), dynamic_batch=False)
    check_function(ops.depthwise_conv, numbers(3, 9, 12, 3), numbers(3, 3, 3, 2), dynamic_batch=False)
    check_function(lambda x, k: ops.conv(x, k), numbers(1, 9, 12, 4), numbers(3, 3, 2, 4), dynamic_batch=False)


def test_half_precision_is_computed_in_single():
    check_layer(layers.Conv2D(4, 3, dtype="float16"), (9, 12, 3), dtype="float16", rtol=2e-3)


def test_one_operator_for_a_layer_of_channels_last():
    assert builtins_of(check_layer(layers.Conv2D(4, 3, use_bias=False), (9, 12, 3))) == ["CONV_2D"]
    assert builtins_of(check_layer(layers.DepthwiseConv2D(3, use_bias=False), (9, 12, 3))) == ["DEPTHWISE_CONV_2D"]
    assert builtins_of(check_layer(layers.Conv2D(6, 3, groups=3, use_bias=False), (9, 12, 3))) == ["DEPTHWISE_CONV_2D"]
    assert builtins_of(check_layer(layers.Conv3D(4, 3, use_bias=False), (7, 8, 9, 3))) == ["CONV_3D"]


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("window", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_conv_transpose(rank, window, stride, padding):
    check_layer(TRANSPOSE[rank](4, window, strides=stride, padding=padding), (*(4, 5, 3)[:rank], 3))


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("more", [0, 1, 2])
@pytest.mark.parametrize("window", [2, 3, 6])
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_conv_transpose_with_output_padding(rank, window, more, padding):
    layer = TRANSPOSE[rank](4, window, strides=3, padding=padding, output_padding=more)
    check_layer(layer, (*(4, 5, 3)[:rank], 3))


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("window", [2, 3])
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_conv_transpose_with_dilation(rank, window, padding):
    check_layer(TRANSPOSE[rank](4, window, dilation_rate=3, padding=padding), (*(4, 5, 3)[:rank], 3))


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(
    "options",
    [
        {"kernel_size": (3, 4), "strides": (1, 2)},
        {"kernel_size": (3, 4), "strides": (2, 1)},
        {"kernel_size": (5, 3), "strides": (3, 2)},
        {"kernel_size": (1, 1), "strides": (4, 4)},
        {"kernel_size": (2, 7), "strides": (4, 4)},
        {"kernel_size": (3, 3), "strides": (2, 2), "use_bias": False, "activation": "relu"},
        {"kernel_size": (3, 3), "strides": (2, 2), "output_padding": (0, 1), "bias_initializer": "normal"},
    ],
)
def test_conv_transpose_with_another_move_along_each_axis(options, padding):
    check_layer(layers.Conv2DTranspose(4, padding=padding, **options), (4, 5, 3))


def test_conv_transpose_with_strides_and_dilation():
    kernel = numbers(3, 2, 4, 3)
    for padding in ("valid", "same"):
        check_function(
            lambda x, padding=padding: ops.conv_transpose(x, kernel, (2, 3), padding, dilation_rate=(3, 2)),
            numbers(2, 4, 5, 3),
        )


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_conv_transpose_of_channels_first(rank):
    layer = TRANSPOSE[rank](4, 3, strides=2, padding="same", data_format="channels_first")
    check_layer(layer, (3, *(4, 5, 3)[:rank]))


def test_conv_transpose_by_a_filter_computed_by_the_model():
    for stride in (1, 2):
        check_function(
            lambda x, k, stride=stride: ops.conv_transpose(x, k, stride, "same"),
            numbers(3, 4, 5, 3),
            numbers(3, 3, 4, 3),
            dynamic_batch=False,
        )


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("window", [2, 3, 4, 5])
@pytest.mark.parametrize("stride", [1, 2])
def test_conv_transpose_of_dynamic_sizes_needs_no_arithmetic_on_sizes(window, stride, padding):
    layer = layers.Conv2DTranspose(4, window, strides=stride, padding=padding)
    model = keras.Sequential([keras.Input((None, None, 3)), layer])
    lite = check_converts(model, numbers(1, 4, 5, 3), numbers(3, 7, 2, 3))
    assert "SHAPE" not in builtins_of(lite)


@pytest.mark.parametrize(
    ("window", "operators"), [(2, ["CONV_2D", "DEPTH_TO_SPACE"]), (3, ["PAD", "CONV_2D", "DEPTH_TO_SPACE"])]
)
def test_conv_transpose_is_a_convolution_whose_channels_are_interleaved(window, operators):
    options = {"bias_initializer": "normal", "activation": "relu", "padding": "same", "strides": 2}
    assert builtins_of(check_layer(layers.Conv2DTranspose(4, window, **options), (4, 5, 3))) == operators


def test_1d_conv_transpose_needs_no_depth_to_space():
    options = {"bias_initializer": "normal", "activation": "relu", "padding": "same", "strides": 2}
    lite = check_layer(layers.Conv1DTranspose(4, 2, **options), (4, 3))
    assert builtins_of(lite) == ["RESHAPE", "CONV_2D", "RESHAPE"]


def test_window_of_a_multiple_of_the_stride_reads_no_zeros():
    options = {"bias_initializer": "normal", "activation": "relu", "padding": "same", "strides": 2}
    lite = check_layer(layers.Conv2DTranspose(4, 4, **options), (4, 5, 3))
    assert builtins_of(lite) == ["PAD", "CONV_2D", "DEPTH_TO_SPACE", "STRIDED_SLICE"]
    (filter,) = [op.operands[1] for op in lite.graph.operations if op.operator.builtin == "CONV_2D"]
    assert filter.type.shape == (16, 2, 2, 3)
