"""Functions of TensorFlow, as old files call them, compute what TensorFlow computes."""

import functools
import json

import numpy as np
import pytest

from litesmith.frontends.keras.legacy import size_functions  # noqa: F401 (registers functions)
from litesmith.frontends.keras.legacy.functions import BINARY, REDUCTIONS, UNARY, NotThisWay, known
from litesmith.frontends.keras.legacy.graph_nodes import operation_of

tf = pytest.importorskip("tensorflow")

RANDOM = np.random.default_rng(0)
X = RANDOM.uniform(0.1, 0.9, (2, 4, 6)).astype("float32")
SIGNED = RANDOM.normal(0, 3, (2, 4, 6)).astype("float32")
IMAGE = RANDOM.random((2, 4, 6, 8)).astype("float32")
ODD = np.float32([-2.5, -1.5, -0.5, 0.0, 0.5, 1.5, 2.5, np.inf, -np.inf])
ROW = X[:, 2]
INDICES = np.int32([2, 0, 1])


def names(table):
    """Names that TensorFlow itself has."""
    listed = [name for text in table.values() for name in text.split()]
    return [name for name in listed if not name.startswith(("keras", "__"))]


def of_tensorflow(name):
    home = tf if hasattr(tf, name.partition(".")[0]) else tf.compat.v1
    return functools.reduce(getattr, name.split("."), home)


def check(name, *arguments, **options):
    wanted = of_tensorflow(name)(*arguments, **options)
    found = known(name)(*arguments, **options)
    assert len(tf.nest.flatten(wanted)) == len(list(_flat(found)))
    for one, other in zip(_flat(found), tf.nest.flatten(wanted), strict=True):
        assert np.shape(one) == other.shape
        np.testing.assert_allclose(np.asarray(one), other.numpy(), rtol=2e-6, atol=2e-6)


def _flat(found):
    return [each for item in found for each in _flat(item)] if isinstance(found, (list, tuple)) else [found]


@pytest.mark.parametrize("name", names(UNARY))
def test_of_one_argument(name):
    values = X > 0.5 if "logical" in name else X
    check(name, values)
    if name not in ("math.asin", "asin", "math.acos", "acos", "math.logical_not", "logical_not"):
        with np.errstate(all="ignore"):
            check(name, SIGNED[0] if "round" not in name else ODD)


@pytest.mark.parametrize("name", names(BINARY))
def test_of_two_arguments(name):
    if "logical" in name:
        check(name, X > 0.5, y=SIGNED > 0)
        return
    check(name, X, y=np.abs(SIGNED) if "pow" in name else SIGNED)
    check(name, X, y=0.5)


@pytest.mark.parametrize("name", names(REDUCTIONS))
@pytest.mark.parametrize("options", [{}, {"axis": 1}, {"axis": [0, -1], "keepdims": True}])
def test_of_axes(name, options):
    check(name, X > 0.5 if name.rpartition("_")[2] in ("any", "all") else X, **options)


CASES = [
    ("reshape", (X,), {"shape": [-1, 3]}),
    ("transpose", (X,), {"perm": [0, 2, 1]}),
    ("transpose", (X,), {}),
    ("concat", ([X, SIGNED],), {"axis": -1}),
    ("stack", ([X, SIGNED],), {"axis": 1}),
    ("unstack", (X,), {"axis": 1}),
    ("split", (X,), {"num_or_size_splits": 2, "axis": 1}),
    ("split", (X,), {"num_or_size_splits": [1, -1, 2], "axis": 2}),
    ("expand_dims", (X,), {"axis": -1}),
    ("squeeze", (X[:, :1],), {"axis": [1]}),
    ("tile", (X,), {"multiples": [1, 2, 1]}),
    ("repeat", (X,), {"repeats": 2, "axis": 1}),
    ("pad", (X,), {"paddings": [[0, 0], [1, 2], [0, 1]], "constant_values": 3}),
    ("pad", (X,), {"paddings": [[0, 0], [1, 2], [0, 1]], "mode": "REFLECT"}),
    ("pad", (X,), {"paddings": [[0, 0], [1, 2], [0, 1]], "mode": "SYMMETRIC"}),
    ("reverse", (X,), {"axis": [1]}),
    ("roll", (X,), {"shift": 2, "axis": 1}),
    ("broadcast_to", (X[:, :1],), {"shape": [2, 4, 6]}),
    ("gather", (X,), {"indices": INDICES, "axis": 1}),
    ("gather", (X[0],), {"indices": [1, 0]}),
    ("slice", (X,), {"begin": [0, 1, 2], "size": [-1, 2, 3]}),
    ("one_hot", (INDICES,), {"depth": 4}),
    ("one_hot", (INDICES,), {"depth": 4, "axis": 0}),
    ("clip_by_value", (SIGNED,), {"clip_value_min": -1.0, "clip_value_max": 2.0}),
    ("cast", (SIGNED,), {"dtype": "int32"}),
    ("where", (X > 0.5,), {"x": X, "y": SIGNED}),
    ("math.argmax", (X,), {"axis": 1}),
    ("math.argmin", (X,), {}),
    ("math.cumsum", (X,), {"axis": 1}),
    ("math.top_k", (X,), {"k": 2}),
    ("math.add_n", ([X, SIGNED, X],), {}),
    ("math.atan2", (X,), {"x": SIGNED}),
    ("math.squared_difference", (X, 0.5), {}),
    ("math.divide_no_nan", (X, np.where(X > 0.5, X, 0)), {}),
    ("math.l2_normalize", (SIGNED,), {"axis": -1}),
    ("math.l2_normalize", (SIGNED * 0,), {"axis": [1, 2]}),
    ("math.softplus", (SIGNED,), {}),
    ("linalg.matmul", (X, SIGNED), {"transpose_b": True}),
    ("linalg.matmul", (X, SIGNED), {"transpose_a": True}),
    ("nn.relu", (SIGNED,), {}),
    ("nn.leaky_relu", (SIGNED,), {}),
    ("nn.leaky_relu", (SIGNED,), {"alpha": 0.3}),
    ("nn.silu", (SIGNED,), {}),
    ("nn.silu", (SIGNED,), {"beta": 1.5}),
    ("nn.gelu", (SIGNED,), {}),
    ("nn.gelu", (SIGNED,), {"approximate": True}),
    ("nn.softmax", (SIGNED,), {"axis": 1}),
    ("nn.log_softmax", (SIGNED,), {}),
    ("nn.bias_add", (X, X[0, 0]), {}),
    ("nn.embedding_lookup", (X[0],), {"ids": INDICES}),
    ("nn.depth_to_space", (IMAGE,), {"block_size": 2}),
    ("nn.space_to_depth", (IMAGE,), {"block_size": 2}),
    ("nn.max_pool2d", (IMAGE,), {"ksize": 2, "strides": [1, 2, 2, 1], "padding": "SAME"}),
    ("nn.avg_pool2d", (IMAGE,), {"ksize": [3, 2], "strides": 1, "padding": "SAME"}),
    ("image.resize", (IMAGE,), {"size": [7, 3]}),
    ("image.resize", (IMAGE,), {"size": [8, 3], "method": "nearest"}),
    ("image.flip_left_right", (IMAGE,), {}),
    ("image.flip_up_down", (IMAGE,), {}),
    ("image.crop_to_bounding_box", (IMAGE, 1, 2, 3, 2), {}),
    ("image.central_crop", (IMAGE,), {"central_fraction": 0.6}),
    ("image.rgb_to_grayscale", (IMAGE[..., :3],), {}),
    ("image.per_image_standardization", (IMAGE,), {}),
    ("image.per_image_standardization", (np.ones_like(IMAGE),), {}),
    (
        "image.extract_patches",
        (IMAGE,),
        {"sizes": [1, 2, 3, 1], "strides": [1, 1, 2, 1], "rates": [1, 1, 1, 1], "padding": "VALID"},
    ),
    ("nn.lrn", (IMAGE,), {"depth_radius": 2, "bias": 2.0, "alpha": 0.1, "beta": 0.75}),
    ("nn.local_response_normalization", (IMAGE,), {}),
    ("nn.moments", (X,), {"axes": [0, 1], "keepdims": True}),
    ("nn.crelu", (SIGNED,), {}),
    ("norm", (SIGNED,), {"axis": 1, "keepdims": True}),
    ("linalg.norm", (SIGNED,), {}),
    ("linalg.norm", (SIGNED,), {"ord": 1, "axis": -1}),
    ("clip_by_norm", (SIGNED, 2.0), {}),
    ("clip_by_norm", (SIGNED, 2.0), {"axes": [-1]}),
    ("math.reduce_euclidean_norm", (SIGNED,), {"axis": [1, 2]}),
    ("tensordot", (X, X[0, 0]), {"axes": 1}),
    ("tensordot", (X, SIGNED), {"axes": [[0, 1], [0, 1]]}),
    ("math.cumsum", (X,), {"axis": 1, "exclusive": True}),
    ("math.cumsum", (X,), {"axis": -1, "reverse": True}),
    ("math.cumsum", (X,), {"axis": 1, "reverse": True, "exclusive": True}),
    ("math.cumprod", (X,), {"axis": 1, "exclusive": True}),
    ("sort", (SIGNED,), {}),
    ("sort", (SIGNED,), {"axis": 1, "direction": "DESCENDING"}),
    ("argsort", (SIGNED,), {"axis": 1}),
    ("argsort", (SIGNED,), {"direction": "DESCENDING"}),
    ("strided_slice", (X, [0, 1, 0], [2, 3, 6], [1, 1, 2]), {}),
    ("sequence_mask", (INDICES,), {"maxlen": 4}),
    ("sequence_mask", (INDICES, 3), {"dtype": "float32"}),
    ("eye", (3,), {}),
    ("eye", (3,), {"num_columns": 5}),
    ("linspace", (0.0, 1.0, 7), {}),
    ("meshgrid", (ROW[0], INDICES.astype("float32")), {}),
    ("meshgrid", (ROW[0], INDICES.astype("float32")), {"indexing": "ij"}),
    ("linalg.diag_part", (X,), {}),
    ("linalg.band_part", (X, 1, 2), {}),
    ("linalg.band_part", (X, -1, 0), {}),
    ("zeros", ([2, 3],), {}),
    ("ones", ([2, 3],), {"dtype": "int32"}),
    ("fill", ([2, 3], 4.5), {}),
    ("fill", ([2, 3], 4), {}),
    ("range", (5,), {}),
    ("range", (1, 9, 3), {}),
    ("range", (4.0,), {}),
    ("zeros_like", (X,), {}),
    ("ones_like", (X,), {}),
    ("identity", (X,), {}),
]


@pytest.mark.parametrize(
    ("name", "arguments", "options"), CASES, ids=[f"{at} {case[0]}" for at, case in enumerate(CASES)]
)
def test_as_descriptions_call_them(name, arguments, options):
    check(name, *arguments, **options)


def test_arguments_without_a_form_are_refused():
    for name, arguments, options in [
        ("image.resize_bilinear", (IMAGE,), {"size": [3, 3]}),
        ("gather", (X,), {"indices": INDICES, "batch_dims": 1}),
        ("where", (X > 0.5,), {}),
        ("image.resize", (IMAGE,), {"size": [3, 3], "method": "area"}),
        ("linalg.matmul", (X, SIGNED), {"adjoint_a": True}),
        ("math.abs", (X,), {"frobnicate": 1}),
        ("zeros", ([1 << 20, 1 << 20],), {}),
        ("norm", (X,), {"ord": np.inf}),
        ("strided_slice", (X, [0], [1]), {"begin_mask": 1}),
    ]:
        with pytest.raises(NotThisWay):
            known(name)(*arguments, **options)


@pytest.mark.parametrize(
    ("op", "attributes", "constants", "expected"),
    [
        (
            "StridedSlice",
            {"begin_mask": {"i": "1"}, "end_mask": {"i": "3"}},
            {1: [0, 1], 2: [0, 0], 3: [1, 2]},
            X[:, 1::2],
        ),
        (
            "StridedSlice",
            {"shrink_axis_mask": {"i": "2"}, "end_mask": {"i": "1"}},
            {1: [0, 2], 2: [0, 3], 3: [1, 1]},
            X[:, 2],
        ),
        ("Mean", {"keep_dims": {"b": True}}, {1: [1]}, X.mean(1, keepdims=True)),
        ("RealDiv", {}, {0: 2.0}, 2.0 / X),
        ("Cast", {"DstT": {"type": "DT_INT32"}}, {}, X.astype("int32")),
        ("LeakyRelu", {"alpha": {"f": 0.25}}, {}, X),
        ("GatherV2", {}, {1: [1, 0], 2: 2}, X[..., [1, 0]]),
    ],
)
def test_operations_of_graphs(op, attributes, constants, expected):
    node = {"name": "node", "op": op, "attr": attributes}
    for described in (node, json.dumps(node)):
        name, call = operation_of(
            {"node_def": described, "constants": {str(key): value for key, value in constants.items()}}
        )
        assert name == op
        np.testing.assert_allclose(np.asarray(call(X)), expected, rtol=1e-6)
