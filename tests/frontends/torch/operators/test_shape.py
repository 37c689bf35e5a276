"""Shapes, indices, and what is written at them."""

import numpy as np
import pytest

from litesmith.ops.errors import Unsupported
from torch_support import check_torch, floats, import_torch, imported_operators

import torch  # isort: skip
import torch.nn.functional as F  # isort: skip

X, Y = floats(3, 4, 5), floats(3, 4, 5, seed=1)
IMAGE = floats(2, 4, 6, 6)
PLACES = torch.tensor([[0, 2], [1, 3]])
RANDOM = np.random.default_rng(0)
INDEX = torch.as_tensor(RANDOM.integers(0, 4, (3, 4, 5)))
INTEGERS = torch.as_tensor(RANDOM.integers(-7, 8, (3, 4, 5)))


def reshaped(x):
    return [
        *(x.reshape(x.shape[0], -1), x.view(-1, 5), x.flatten(1), x.flatten(), x.unflatten(2, (1, 5))),
        *(x.unsqueeze(1), x[:, None].squeeze(1), x[:, :1].squeeze(1), x.view(x.size(0) * 2, -1), x.view_as(x)),
    ]


def moved(x):
    return [
        *(x.permute(2, 0, 1), x.transpose(1, 2), x.mT, x.movedim(0, -1), x.swapaxes(0, 1), x[0].t()),
        *(x.flip(1), x.roll(1, 1), x.roll((1, 2), (1, 2)), x.rot90(1, (1, 2)), x.fliplr(), x.roll(2)),
    ]


def repeated(x):
    return [
        *(x[:, None].expand(-1, 2, -1, -1), x.repeat(1, 2, 1), x.tile((2,)), x.repeat_interleave(2, 1)),
        x.repeat_interleave(torch.tensor([1, 2, 0, 3]), 1),
        *torch.broadcast_tensors(x, torch.ones(5)),
    ]


def taken_apart(x):
    return [*x.split(3, 1), *x.chunk(2, 2), *x.unbind(1), *x.split([1, 3], 1), *torch.tensor_split(x, 3, 2)]


def sliced(x):
    return [
        *(x[0], x[-1], x[:, 1:3], x[..., ::2], x[:, -2:], x[:, None, 1], x[:, -3:-1], x[-2:], x[:-1], x[1:]),
        *(x.narrow(1, 1, 2), x.select(2, 3), x.unfold(1, 2, 1), x.unfold(2, 3, 2), x[:, : x.shape[0] // 2]),
    ]


def indexed(x):
    return [
        *(x[:, [0, 2]], x[:, PLACES], x[:, PLACES, PLACES], x[[0, 1], [1, 2]], x[[0, 1], :, [1, 2]]),
        *(x[:2, torch.tensor([1, 0])], x.index_select(1, torch.tensor([2, 0, 1])), torch.take(x, PLACES)),
    ]


def of_true_places(x):
    return [x[x > 0], x.masked_select(x < 0), x.nonzero(), *torch.where(x > 0), x[x[:, 0, 0] > 0]]


@pytest.mark.parametrize("function", [reshaped, moved, repeated, taken_apart, sliced, indexed, of_true_places])
def test_elements_elsewhere(function):
    check_torch(function, X)


def test_tensors_are_joined():
    check_torch(
        lambda x, y: [torch.cat([x, y], 1), torch.stack([x, y], 1), torch.hstack([x, y]), torch.cat([x, y.double()])],
        X,
        Y,
    )


def test_elements_are_gathered_and_scattered():
    def function(x, index, y):
        return [
            *(x.gather(1, index[:, :2]), x.scatter(1, index[:, :1], y)),
            *(x.scatter_add(1, index, y), x.scatter(1, index, 2.5), x.scatter_reduce(1, index, y, "amax")),
        ]

    check_torch(function, X, INDEX, Y, rtol=2e-6)


def test_elements_are_gathered_as_numpy_does_it():
    check_torch(lambda x, index: [torch.take_along_dim(x, index[:, :1], 1), x.take_along_dim(-index, 1)], X, INDEX)


def test_elements_are_written():
    rows = torch.tensor([0, 2])

    def function(x):
        whole, some, added = x.clone(), x.clone(), x.clone()
        whole[:, rows] = 1.5
        some[torch.tensor([0, 1]), torch.tensor([1, 2])] = some[0, :2].clone()
        added[:, 1] += 1
        return [
            *(whole, some, added, x.index_put((rows * 0, rows * 0 + 1), x[0, :2], accumulate=True)),
            *(x.index_add(1, rows, x[:, :2]), x.index_copy(1, rows, x[:, :2]), x.index_fill(1, rows, 9.0)),
            *(torch.slice_scatter(x, x[:, :2] * 2, 1, 1, 3), torch.select_scatter(x, x[:, 0], 1, 2)),
            x.masked_scatter(x > 0, torch.arange(200.0)),
        ]

    check_torch(function, X, rtol=2e-6)


def test_triangles_and_diagonals():
    check_torch(
        lambda x: [
            *(x.tril(), x.triu(1), x.diagonal(0, 1, 2), torch.diag_embed(x[:, 0]), torch.diag_embed(x[:, 0], 1)),
            *(torch.diag(x[0, 0]), torch.trace(x[0])),
        ],
        X,
    )


def test_tensors_are_made():
    def function(x):
        n = x.shape[0]
        return [
            *(torch.zeros(n, 2), torch.ones_like(x), torch.full((n,), 2.5), torch.arange(n), torch.arange(0, n, 2)),
            *(torch.eye(n), x.new_zeros(n, 1), torch.arange(n, dtype=torch.float32) / 2, torch.linspace(0, 1, 5)),
            *torch.meshgrid(torch.arange(n), torch.arange(3), indexing="ij"),
        ]

    check_torch(function, X)


def test_sizes_are_computed_with():
    check_torch(
        lambda x: [x * x.shape[0], x / x.shape[0], x.sum() / x.numel(), x * (x.shape[0] ** 0.5), x + x.size(0) // 2], X
    )


def test_numbers_of_a_tensor():
    check_torch(lambda x: x * x.sum().item(), X)


def test_pixels_are_shuffled():
    check_torch(lambda x: [F.pixel_shuffle(x, 2), F.pixel_unshuffle(x, 2), F.channel_shuffle(x, 2)], IMAGE)


def test_bags_of_embeddings():
    table, begins = floats(5, 3), torch.tensor([0, 2, 2, 5])
    modes = ("mean", "sum", "max")
    ids = torch.as_tensor([0, 2, 1, 3, 3, 0, 1])
    check_torch(lambda x: [F.embedding_bag(x, table, begins, mode=mode) for mode in modes], ids, dynamic=None)


def test_whether_an_axis_of_open_size_is_dropped_cannot_be_said():
    with pytest.raises(Unsupported, match="open size"):
        import_torch(lambda x: [x.squeeze()], X)


def test_embeddings_are_one_gather():
    graph = check_torch(lambda ids: F.embedding(ids, torch.ones(8, 3).cumsum(0)), torch.as_tensor([[1, 2], [0, 7]]))
    assert imported_operators(graph) == ["GATHER"]
