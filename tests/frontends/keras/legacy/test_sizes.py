"""Sizes that old models compute with: the numbers of TensorFlow, as plain integers."""

import keras
import numpy as np
import pytest

from litesmith.frontends.keras.legacy.functions import FUNCTIONS, NotThisWay, known
from litesmith.frontends.keras.legacy.graph_nodes import operation_of
from litesmith.frontends.keras.legacy.layers import TensorFlowCall
from litesmith.frontends.keras.legacy.size_functions import Sizes, are_sizes, rank, shape, size
from litesmith.frontends.keras.legacy.sizes import Computed, SizedCall, has_sizes
from support import compare_arrays

X = np.zeros((5, 4, 6), "float32")
CASES = [
    ("math.add", (7, 2), {}),
    ("math.subtract", (7, 2), {}),
    ("math.multiply", (Sizes((3, 4)), 2), {}),
    ("math.multiply", (Sizes((3, 4)), Sizes((5, 6))), {}),
    ("math.multiply", (2, Sizes((3, 4))), {}),
    ("math.floordiv", (7, 2), {}),
    ("math.floormod", (7, 4), {}),
    ("math.maximum", (Sizes((3, 8)), 5), {}),
    ("math.minimum", (3, 8), {}),
    ("math.negative", (Sizes((3, 8)),), {}),
    ("stack", ([3, 8, 2],), {}),
    ("concat", ([Sizes((3, 8)), [4]], 0), {}),
    ("split", (Sizes((3, 8, 2, 4)), 2), {}),
    ("split", (Sizes((3, 8, 2)), [1, 2]), {}),
    ("unstack", (Sizes((3, 8)),), {}),
    ("expand_dims", (3, 0), {}),
    ("squeeze", (Sizes((3,)),), {}),
    ("slice", (Sizes((3, 8, 2)), [1], [-1]), {}),
    ("gather", (Sizes((3, 8, 2)), [2, 0]), {}),
    ("gather", (Sizes((3, 8, 2)), 1), {}),
    ("reverse", (Sizes((3, 8, 2)), [0]), {}),
    ("math.reduce_prod", (Sizes((3, 8, 2)),), {}),
    ("math.reduce_sum", (Sizes((3, 8, 2)),), {"keepdims": True}),
    ("math.reduce_max", (Sizes((3, 8, 2)),), {}),
    ("cast", (3, "int64"), {}),
    ("shape", (X,), {}),
    ("size", (X,), {}),
    ("rank", (X,), {}),
]


@pytest.mark.parametrize(
    ("name", "arguments", "options"), CASES, ids=[f"{at} {case[0]}" for at, case in enumerate(CASES)]
)
def test_sizes_are_computed_as_by_tensorflow(name, arguments, options):
    tf = pytest.importorskip("tensorflow")
    home = tf
    for part in name.split("."):
        home = getattr(home, part)
    wanted = home(*arguments, **options)
    found = known(name)(*arguments, **options)
    several = isinstance(wanted, (list, tuple))
    assert all(map(are_sizes, found)) if several else are_sizes(found)
    for one, other in zip(found if several else [found], wanted if several else [wanted], strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("sizes", "item", "wanted"),
    [
        (Sizes((3, 8, 2)), 1, 8),
        (Sizes((3, 8, 2)), [-1], 2),
        (Sizes((3, 8, 2)), {"start": 1, "stop": None, "step": None}, (8, 2)),
        (3, [None], (3,)),
    ],
)
def test_sizes_are_taken_out(sizes, item, wanted):
    found = FUNCTIONS["__operators__.getitem"](sizes, item)
    assert found == wanted
    assert are_sizes(found)


def test_what_is_no_size_is_computed_on_tensors():
    assert isinstance(known("cast")(3, "float32"), np.ndarray)
    np.testing.assert_array_equal(known("math.multiply")(3, X + 1), X + 3)
    np.testing.assert_array_equal(known("stack")([X, X]), [X, X])


def test_a_call_that_takes_sizes_is_a_layer_of_the_tensors_that_they_are_of():
    x = keras.Input((None, 6))
    steps = Computed(known("__operators__.getitem"), Computed(shape, x, {}), {"slice_spec": 1})
    doubled = Computed(known("math.multiply"), steps, {"y": 2})
    reshaped = Computed(known("reshape"), x, {"shape": [-1, doubled, 3]})
    assert doubled.parts() == [doubled]
    assert reshaped.parts() is None
    assert has_sizes([1, {"y": doubled}])
    assert reshaped.tensors() == [x]
    layer = SizedCall(reshaped, "reshaped")
    result = layer(reshaped.tensors())
    assert result.shape == (None, None, 3)
    compare_arrays([keras.Model(x, result)(X)], [X.reshape(5, 8, 3)], rtol=0)


def test_sizes_where_a_tensor_belongs_become_one():
    x = keras.Input((None, 6))
    computed = Computed(shape, x, {})
    result = SizedCall(computed, "sizes")(computed.tensors())
    assert (result.shape, result.dtype) == ((3,), "int32")
    np.testing.assert_array_equal(keras.Model(x, result)(X), [5, 4, 6])


def test_several_results_that_are_sizes_are_several():
    x = keras.Input((None, 6))
    parts = Computed(known("unstack"), Computed(shape, x, {}), {}).parts()
    assert [part.probe(7) for part in parts] == [7, 7, 6]
    assert Computed(size, x, {}).probe(10) == 600
    assert Computed(rank, x, {}).probe(10) == 3


def test_operations_of_graphs_take_sizes():
    name, what = operation_of({"node_def": {"op": "Shape", "attr": {"T": {"type": "DT_FLOAT"}}}})
    assert name == "Shape"
    assert TensorFlowCall(what, "shape").function(X) == (5, 4, 6)
    _, take = operation_of(
        {
            "node_def": {"op": "StridedSlice", "attr": {"shrink_axis_mask": {"i": "1"}}},
            "constants": {1: [1], 2: [2], 3: [1]},
        }
    )
    assert take(what(X)) == 4


def test_a_shape_that_depends_on_values_is_refused():
    with pytest.raises(NotThisWay, match="computes of values"):
        known("reshape")(keras.Input((4,)), keras.Input((), dtype="int32"))
