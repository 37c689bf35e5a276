"""Inputs that a model can take, the same every time."""

import numpy as np
import pytest
from keras import Input, Model, layers, ops

import litesmith
from litesmith.ir.named_size import NamedSize
from litesmith.verification.samples import samples
from support import converted


def graph_of(function, *inputs):
    tensors = [Input(shape, dtype=dtype) for shape, dtype in inputs]
    return litesmith.convert(Model(tensors, function(*tensors)), verify=False).graph


def test_seeds_decide():
    graph = graph_of(lambda x: x * 2.0, ((5,), "float32"))
    first, again, other = (samples(graph, 3, seed)[0] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("batch", [1, 3])
def test_batch_and_open_sizes(batch):
    graph = graph_of(lambda x, y: [ops.sum(x, 1), y], ((None, 3), "float32"), ((2,), "bool"))
    first, second = samples(graph, batch, seed=0, size=11)
    assert first.shape == (batch, 11, 3)
    assert first.dtype == np.float32
    assert second.shape == (batch, 2)
    assert second.dtype == np.bool_


def test_several_open_sizes_take_turns():
    graph = graph_of(lambda x: ops.sum(x, 1), ((None, None, 3), "float32"))
    assert samples(graph, 2, seed=0, size=(5, 7))[0].shape == (2, 5, 7, 3)


def test_sizes_of_one_name_are_equal_and_within_their_bound():
    graph = graph_of(lambda x, y: [ops.sum(x, 1), y], ((None, 3), "float32"), ((None, None), "float32"))
    time, width = NamedSize("time", 6), NamedSize("width")
    first, second = samples(graph, 2, 0, (11, 13), [(None, time, None), (None, width, time)])
    assert first.shape == (2, 6, 3)
    assert second.shape == (2, 13, 6)


@pytest.mark.parametrize(
    "function",
    [
        layers.Embedding(7, 3),
        lambda x: layers.Embedding(7, 3)(ops.reshape(x, (-1, 10, 100))),
        lambda x: ops.one_hot(x, 7),
        lambda x: ops.take(np.arange(7.0), ops.maximum(x, 2)),
    ],
)
def test_integers_stay_within_the_tables_they_index(function):
    ids = samples(graph_of(function, ((1000,), "int32")), 1, seed=0)[0]
    assert ids.min() >= 0
    assert ids.max() == 6


def test_integers_that_index_nothing_are_larger():
    ids = samples(graph_of(lambda x: x + 1, ((1000,), "int32")), 1, seed=0)[0]
    assert ids.max() > 1000


@pytest.mark.parametrize(
    "function",
    [
        lambda place: ops.slice(np.arange(30.0).reshape(10, 3), (place, 1), (4, 2)),
        lambda place: ops.slice_update(ops.zeros((2, 10)), (0, place), ops.ones((1, 4))),
        lambda place: ops.slice_update(ops.zeros((10,)), (place + 0,), ops.ones((4,))),
    ],
)
def test_blocks_begin_where_they_fit(function):
    graph = converted(function, np.int32(0)).graph
    places = [int(samples(graph, 1, seed)[0]) for seed in range(60)]
    assert (min(places), max(places)) == (0, 6)
