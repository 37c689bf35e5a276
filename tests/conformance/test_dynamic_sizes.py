"""Sizes that stay open: several of them at once, of 1 and more, and sizes that the model computes from values."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops

import litesmith
from litesmith.diagnostics.base import LitesmithError
from support import builtins_of, check_converts

SIZES = [(1, 1), (2, 5), (7, 3), (6, 1)]
SERIES, GRID, IMAGE, FIRST = (None, None, 4), (None, None, None), (None, None, None, 3), (None, 3, None, None)


class Body(keras.layers.Layer):
    def __init__(self, function):
        super().__init__()
        self.function, self.built = function, True

    def call(self, tensors):
        return self.function(*tensors)


def check_sizes(function, *shapes, sizes=SIZES, dtype="float32", **options):
    """`check_converts` of a function for inputs whose open sizes, the batch of 2 left out, become `sizes` in turn."""
    random = np.random.default_rng(0)
    specs = [keras.InputSpec(shape=shape, dtype=dtype) for shape in shapes]
    runs = []
    for chosen in sizes:
        taken = [[2, *chosen] for _ in shapes]
        filled = [
            tuple(rest.pop(0) if size is None else size for size in shape)
            for shape, rest in zip(shapes, taken, strict=True)
        ]
        runs.append([(random.standard_normal(shape) * 4).astype(dtype) for shape in filled])
    return check_converts(Body(function), *runs, convert={"inputs": specs}, **options)


def number(x):
    """A whole number of 1 and more, from values."""
    return ops.cast(ops.max(ops.abs(x[0])), "int32") + 1


GRIDS = {
    "cumprod": lambda x: ops.cumprod(x, axis=1),
    "cumprod of the last axis": lambda x: ops.cumprod(x, axis=-1),
    "sparsemax": lambda x: ops.cast(ops.sparsemax(x, 1), "float32"),
    "diagonal": lambda x: ops.diagonal(x, 0, 1, 2),
    "diagonal above": lambda x: ops.diagonal(x, 1, 1, 2),
    "diagonal below": lambda x: ops.diagonal(x, -3, 1, 2),
    "diag": lambda x: ops.diag(x[0], -1),
    "trace": lambda x: ops.trace(x, 1, 1, 2),
    "triu": lambda x: ops.triu(x, ops.shape(x)[1] - 2),
    "tri": lambda x: ops.tri(ops.shape(x)[1], ops.shape(x)[2], ops.shape(x)[1] - 1),
    "pad with zeros": lambda x: ops.pad(x, [(0, 0), (ops.shape(x)[2], 1), (0, 2)]),
    "repeat": lambda x: ops.repeat(x, ops.shape(x)[2], axis=1),
    "repeat by a size of some": lambda x: ops.repeat(x[:, :, :1], [ops.shape(x)[1]], axis=2),
    "repeat with counts": lambda x: ops.repeat(x, ops.arange(ops.shape(x)[1]), axis=1),
    "roll": lambda x: ops.roll(x, (ops.shape(x)[2] - 1, -7), (1, 2)),
    "split": lambda x: ops.split(x, [1, 3], axis=1),
    "array_split": lambda x: ops.array_split(x, 3, axis=2),
    "top_k": lambda x: ops.top_k(x, ops.shape(x)[2] // 2 + 1)[0],
    "sort": lambda x: (ops.sort(x, axis=1), ops.cast(ops.argsort(x, axis=2), "int32")),
    "mask": lambda x: x[x > 0],
    "einsum": lambda x: ops.einsum("bij,bkj->bik", x, ops.concatenate([x, x], axis=1)),
    "correlate": lambda x: ops.correlate(x[0, :, 0], x[0, 0, :], "same"),
    "associative_scan": lambda x: ops.cast(ops.associative_scan(ops.add, x, axis=1), "float32"),
    "linspace": lambda x: ops.linspace(0.0, 2.0, ops.shape(x)[1]),
    "normalization": lambda x: (x - ops.mean(x, (1, 2), keepdims=True)) / (ops.std(x, (1, 2), keepdims=True) + 1),
    "flip": lambda x: ops.flip(x, (1, 2)),
    "meshgrid": lambda x: ops.meshgrid(x[0, :, 0], x[0, 0]),
    "arange": lambda x: ops.arange(ops.shape(x)[1] - 1, -1, -1),
    "arange of fractions": lambda x: ops.arange(0, ops.shape(x)[1], 0.5),
}


@pytest.mark.parametrize("name", GRIDS)
def test_two_open_axes(name):
    check_sizes(GRIDS[name], GRID)


@pytest.mark.parametrize("mode", ["edge", "wrap", "reflect", "symmetric"])
def test_padding_with_copies_of_more_elements_than_there_are(mode):
    check_sizes(lambda x: ops.pad(x, [(0, 0), (ops.shape(x)[2], 3), (2, 0)], mode), GRID)


@pytest.mark.parametrize("places", [2, 3, 4])
@pytest.mark.parametrize("pool", [ops.adaptive_average_pool, ops.adaptive_max_pool])
def test_adaptive_pooling_of_open_sizes_smaller_and_larger_than_the_result(pool, places):
    check_sizes(lambda x: pool(x, (places, 2)), IMAGE)
    check_sizes(lambda x: pool(x, places), SERIES)


def test_adaptive_pooling_of_channels_first():
    check_sizes(lambda x: ops.adaptive_average_pool(x, 3, data_format="channels_first"), FIRST)


@pytest.mark.parametrize("options", [{}, {"stride": 2, "padding": 1}])
def test_windows_folded_to_an_open_size(options):
    def function(x):
        windows = ops.unfold(x, (3, 2), **options)
        return ops.fold(windows, (ops.shape(x)[2], ops.shape(x)[3]), (3, 2), **options)

    check_sizes(function, FIRST, sizes=[(4, 5), (7, 3), (3, 8)])


def test_associative_scan_of_nested_values_backwards():
    def combine(a, b):
        return {"sum": a["sum"] + b["sum"], "most": ops.maximum(a["most"], b["most"])}

    def function(x):
        found = ops.associative_scan(combine, {"sum": x, "most": x[:, :, :1]}, axis=1, reverse=True)
        return ops.cast(found["sum"], "float32"), ops.cast(found["most"], "float32")

    check_sizes(function, SERIES)


def test_rounds_over_an_open_axis_are_few():
    lite = check_sizes(lambda x: ops.cumprod(x, axis=1), SERIES)
    assert builtins_of(lite).count("WHILE") == 1


FROM_VALUES = {
    "zeros": lambda x: ops.zeros((number(x), 2)),
    "full": lambda x: ops.full((2, number(x)), ops.max(x)),
    "eye": lambda x: ops.eye(number(x)),
    "arange": lambda x: ops.arange(number(x)),
    "arange with a step": lambda x: ops.arange(1 - number(x), 7, 1 + number(x) // 2),
    "arange of floats": lambda x: ops.arange(0.0, ops.max(ops.abs(x)), 0.375),
    "linspace": lambda x: ops.linspace(0.0, 1.0, number(x)),
    "reshape": lambda x: ops.reshape(ops.tile(x, (number(x), 1, 1)), (number(x), 2, -1)),
    "tile": lambda x: ops.tile(x, (1, number(x), 1)),
    "tile by a vector": lambda x: ops.tile(x, ops.stack([1, number(x), 2])),
    "broadcast_to": lambda x: ops.broadcast_to(x[:, None], (2, number(x), ops.shape(x)[1], 4)),
    "one_hot": lambda x: ops.one_hot(ops.cast(ops.abs(x[0, :, 0]), "int32"), number(x)),
    "top_k": lambda x: ops.top_k(ops.reshape(x, (-1,)), ops.minimum(number(x), 4))[0],
    "slice": lambda x: ops.slice(x, (0, 0, ops.cast(x[0, 0, 0] > 0, "int32")), (2, ops.shape(x)[1], number(x) // 4)),
    "slice with bounds": lambda x: x[:, : number(x), number(x) - 2 :],
    "slice in steps": lambda x: x[:, number(x) // 2 :: -2],
    "roll": lambda x: ops.roll(x, number(x), 1),
    "pad": lambda x: ops.pad(x, ((0, 0), (number(x), 1), (0, number(x)))),
    "pad by a tensor": lambda x: ops.pad(x, ops.stack([[0, 0], [1, number(x)], [number(x), 0]])),
    "repeat": lambda x: ops.repeat(x, number(x), axis=1),
    "repeat with counts": lambda x: ops.repeat(x, ops.cast(ops.abs(x[0, :, 0]), "int32"), axis=1),
    "split": lambda x: ops.split(x, [1, number(x)], axis=1),
    "segments": lambda x: ops.segment_sum(x[0], ops.arange(ops.shape(x)[1]) // 2, number(x) + 4),
    "used twice": lambda x: ops.ones((number(x), 3)) @ ops.ones((3, number(x))),
}


@pytest.mark.parametrize("name", FROM_VALUES)
def test_sizes_from_values(name):
    check_sizes(FROM_VALUES[name], SERIES)


BOUNDS = [-9, -5, -2, 0, 1, 3, 5, 9]
SLICES = {
    "up to": lambda x, n: x[:, :n],
    "from": lambda x, n: x[:, n:],
    "between": lambda x, n: x[:, n : n + 2, 1],
    "batch": lambda x, n: x[:n, ..., None, ::-1],
    "back from": lambda x, n: x[:, n::-1],
    "back to": lambda x, n: x[:, :n:-2],
    "in steps": lambda x, n: x[:, n::3] * 2,
}


@pytest.mark.parametrize("name", SLICES)
def test_slices_with_computed_bounds_are_those_of_python(name):
    x = np.random.default_rng(0).standard_normal((3, 5, 6)).astype("float32")
    function = SLICES[name]
    specs = [keras.InputSpec(shape=(None, None, 6)), keras.InputSpec(shape=(1,), dtype="int32")]
    runs = [[x, np.array([bound], "int32")] for bound in BOUNDS]
    check_converts(Body(lambda x, n: function(x, n[0])), *runs, convert={"inputs": specs})


def test_a_size_from_values_is_known_inside_of_a_loop_and_behind_it():
    def function(x):
        n = number(x)
        total = ops.fori_loop(0, 3, lambda i, s: s + ops.sum(ops.ones((n, 2))), 0.0)
        return total, ops.zeros((n,))

    check_sizes(function, SERIES)


def test_two_inputs_of_different_lengths():
    def function(x, y):
        scores = ops.einsum("bik,bjk->bij", x, y[:, :, :4])
        return ops.softmax(scores) @ y, ops.concatenate([x, y[:, :, :4]], axis=1)

    random = np.random.default_rng(0)
    runs = [
        [random.standard_normal((2, m, 4)).astype("float32"), random.standard_normal((2, n, 5)).astype("float32")]
        for m, n in [(1, 4), (6, 1), (3, 3)]
    ]
    specs = [keras.InputSpec(shape=(None, None, 4)), keras.InputSpec(shape=(None, None, 5))]
    lite = check_converts(Body(function), *runs, convert={"inputs": specs})
    assert len({str(value.type.shape[1]) for value in lite.graph.inputs}) == 2


@settings(max_examples=6, deadline=None, derandomize=True)
@given(
    st.lists(st.sampled_from(sorted(GRIDS.keys() - {"mask", "split", "array_split", "sort"})), min_size=1, max_size=2),
    st.integers(1, 9),
    st.integers(1, 9),
)
def test_random_sizes(names, rows, columns):
    """One file takes every size: it was converted without knowing them."""
    for name in names:
        check_sizes(GRIDS[name], GRID, sizes=[(rows, columns), (columns, rows)])


def test_sizes_that_fit_for_few_inputs_only_are_said():
    """A batch beside a third of it: the same for one, not for four."""
    inputs = keras.Input((1,))
    third = keras.layers.Conv1D(2, 3, strides=3, padding="same")(ops.expand_dims(inputs, 0))
    with pytest.raises(LitesmithError, match=r"K102: keras\.ops\.subtract: .* fit each other for few inputs only"):
        litesmith.convert(keras.Model(inputs, inputs - third))
