"""What networks are made of: convolutions, pooling, normalization, attention, resizing."""

import pytest

from torch_support import check_torch, floats, imported_operators

import torch  # isort: skip
import torch.nn.functional as F  # isort: skip

IMAGE, ROWS = floats(2, 3, 8, 8), floats(3, 4, 5)


def convolutions(x):
    return [
        F.conv2d(x, floats(6, 3, 3, 3), floats(6), padding=1),
        F.conv2d(x, floats(6, 3, 3, 3), None, stride=2, padding=1),
        F.conv2d(x, floats(6, 1, 3, 3), None, padding="same", groups=3, dilation=2),
        F.conv2d(x, floats(6, 3, 2, 5), None, padding=(0, 2), stride=(1, 3)),
        F.conv1d(x[:, :, 0], floats(6, 3, 3), None, padding=1),
        F.conv3d(x[:, None], floats(6, 1, 3, 3, 3), None, padding=1),
    ]


def transposed_convolutions(x):
    return [
        F.conv_transpose2d(x, floats(3, 6, 3, 3), floats(6), stride=2, padding=1, output_padding=1),
        F.conv_transpose2d(x, floats(3, 2, 3, 3), None, stride=2, groups=3),
        F.conv_transpose2d(x, floats(3, 6, 2, 2), None, stride=3, padding=1),
        F.conv_transpose1d(x[:, :, 0], floats(3, 6, 4), None, stride=2, padding=1, dilation=2),
    ]


def pooling(x):
    return [
        *(F.max_pool2d(x, 3, 2, 1), F.max_pool2d(x, 3, 2, 1, ceil_mode=True), F.max_pool2d(x, 2, dilation=2)),
        *(F.max_pool2d(x, 3, 2, 1, return_indices=True), F.avg_pool2d(x, 3, 2, 1)),
        F.avg_pool2d(x, 3, 2, 1, ceil_mode=True, count_include_pad=False),
        *(F.avg_pool2d(x, 3, 2, 1, ceil_mode=True), F.avg_pool2d(x, 2), F.avg_pool2d(x, 2, divisor_override=3)),
        *(F.max_pool1d(x[:, :, 0], 3, 1, 1), F.avg_pool3d(x[:, None], (3, 2, 2)), F.lp_pool2d(x, 2, 2)),
    ]


def adaptive_pooling(x):
    return [
        *(F.adaptive_avg_pool2d(x, (3, 5)), F.adaptive_avg_pool2d(x, 1), F.adaptive_max_pool2d(x, (3, 5))),
        F.adaptive_avg_pool1d(x[:, :, 0], 4),
    ]


def normalization(x):
    weight, bias = floats(3), floats(3, seed=1)
    return [
        F.batch_norm(x, weight, weight.abs(), weight, bias),
        F.layer_norm(x, (8,), floats(8), floats(8)),
        F.layer_norm(x, (8, 8)),
        F.group_norm(x, 3, weight, bias),
        F.instance_norm(x, weight=weight, bias=bias),
        F.rms_norm(x, (8,), floats(8)),
        F.local_response_norm(x, 2),
    ]


def nearest(x):
    return [
        *(F.interpolate(x, scale_factor=2), F.interpolate(x, scale_factor=1.7), F.interpolate(x, size=(5, 11))),
        *(F.interpolate(x, size=(11, 5), mode="nearest-exact"), F.interpolate(x[:, :, 0], scale_factor=3)),
    ]


def between(x):
    return [
        *(F.interpolate(x, scale_factor=2, mode="bilinear"), F.interpolate(x, size=(11, 5), mode="bilinear")),
        F.interpolate(x, size=(11, 5), mode="bilinear", align_corners=True),
        F.interpolate(x, scale_factor=1.7, mode="bilinear"),
        F.interpolate(x[:, :, 0], scale_factor=2, mode="linear"),
        F.interpolate(x[:, None], size=(4, 3, 9), mode="trilinear"),
        F.interpolate(x, scale_factor=1.5, mode="bicubic"),
        F.interpolate(x, size=(5, 11), mode="bicubic", align_corners=True),
        F.interpolate(x, size=(5, 3), mode="bilinear", antialias=True),
        F.interpolate(x, size=(5, 3), mode="bicubic", antialias=True),
    ]


def padding(x):
    return [
        *(F.pad(x, (1, 2, 2, 1), mode="reflect"), F.pad(x, (1, 2, 2, 1), mode="circular")),
        *(F.pad(x, (1, -2, 2, -1), value=2.5), F.pad(x, (1, 2, 0, 1), mode="replicate")),
    ]


def windows(x):
    columns = F.unfold(x, 3, padding=1, stride=2)
    return [columns, F.fold(columns, (8, 8), 3, padding=1, stride=2)]


@pytest.mark.parametrize(
    "function",
    [
        *(convolutions, transposed_convolutions, pooling, adaptive_pooling, normalization),
        *(nearest, between, padding, windows),
    ],
)
def test_of_images(function):
    check_torch(function, IMAGE, rtol=2e-6)


def test_of_images_of_open_sizes():
    def function(x):
        return [
            F.conv2d(x, floats(6, 3, 3, 3), floats(6), padding=1, stride=2),
            F.max_pool2d(x, 2),
            F.adaptive_avg_pool2d(x, (3, 5)),
            F.interpolate(x, scale_factor=2, mode="bilinear"),
            F.interpolate(x, scale_factor=0.5),
            F.interpolate(x, size=(5, 7), mode="bicubic"),
            F.pad(x, (1, 2, 2, 1), mode="reflect"),
            F.layer_norm(x.permute(0, 2, 3, 1), (3,)),
        ]

    check_torch(function, IMAGE, dynamic=(0, 2, 3), rtol=2e-5)  # places in the kernel of RESIZE_BILINEAR are float32


@pytest.mark.parametrize(
    "options", [{}, {"mode": "nearest"}, {"padding_mode": "border"}, {"padding_mode": "reflection"}]
)
@pytest.mark.parametrize("align_corners", [True, False])
def test_images_seen_at_a_grid(options, align_corners):
    grid = torch.tanh(floats(2, 4, 5, 2)) * 1.3
    check_torch(
        lambda x, at: F.grid_sample(x, at, align_corners=align_corners, **options), IMAGE, grid, dynamic=None, rtol=2e-6
    )


def test_of_rows_of_open_length():
    def function(x):
        return [F.max_pool1d(x, 3, 2, 1), F.max_pool1d(x, 2), F.adaptive_avg_pool1d(x, 4), F.conv1d(x, floats(2, 4, 3))]

    check_torch(function, floats(3, 4, 8), dynamic=(0, 2))


def test_attention():
    mask = torch.tensor([[True, True, False, True]] * 3 + [[False] * 4])
    bias = torch.where(mask, 0.0, -float("inf"))[:3]

    def function(x):
        return [
            F.scaled_dot_product_attention(x, x, x),
            F.scaled_dot_product_attention(x, x, x, is_causal=True),
            F.scaled_dot_product_attention(x, x, x, attn_mask=mask),
            F.scaled_dot_product_attention(x[:, :3], x, x, attn_mask=bias, scale=0.3),
        ]

    check_torch(function, ROWS, rtol=2e-6)


def test_attention_of_open_length_is_few_operators():
    graph = check_torch(lambda x: F.scaled_dot_product_attention(x, x, x), floats(2, 2, 4, 8), dynamic=(0, 2))
    assert imported_operators(graph) == ["MUL", "BATCH_MATMUL", "SOFTMAX", "BATCH_MATMUL"]
