"""Each function of `keras.ops` on each element type that Keras takes: the right type, the right numbers, or a finding.

The functions are found in Keras. Its numpy backend computes some functions of narrow integers in narrower floats, or
in integers, than the others do: a result counts as right that is the one of these integers, of the same numbers as
int32, or as float32.
"""

import keras
import numpy as np
import pytest
from typed_operations import TYPES, arrays_of, computed, declared, names, use_of

import litesmith
from litesmith.diagnostics.base import LitesmithError
from support import _layer_of, _specs

NAMES = list(names())
QUICK = ("uint16", "bfloat16")
"""The types that differ most from those that kernels take; the others are tried in the long run of the tests."""
ROUNDING = {"float16": 2**-10, "bfloat16": 2**-7}
FLOATS_OF_INTEGERS = frozenset(
    {
        *("elu", "erf", "gelu", "glu", "hard_shrink", "hard_tanh", "leaky_relu", "log_sigmoid", "log_softmax", "rsqrt"),
        *("selu", "silu", "sigmoid", "soft_shrink", "sparse_plus", "sparse_sigmoid", "sparsemax", "squareplus", "tanh"),
        *(
            "tanh_shrink",
            "softmax",
            "hard_sigmoid",
            "hard_silu",
            "celu",
            "softplus",
            "softsign",
            "relu6",
            "sigmoid",
            "swish",
        ),
    }
)
"""Activations whose integers stay integers on some backends (and are cut off there), and become floats on JAX."""
NUMBERS_ONLY = frozenset(
    {"heaviside", "hypot", "left_shift", "right_shift", "bitwise_left_shift", "bitwise_right_shift"}
)
"""Functions of numbers, whose results of booleans have another type on each backend, and on numpy another one."""
ROUNDED = frozenset({"binary_crossentropy", "logsumexp"})
"""What the numpy backend computes of bfloat16 in float32 and float64; JAX and Litesmith keep the type."""
CUT_OFF = frozenset({"dot_product_attention", "layer_normalization"})
"""Their weights, between 0 and 1, are cut off to integers on the numpy backend."""
EXCEPTIONS = {"bool": NUMBERS_ONLY | CUT_OFF | {"image.gaussian_blur"}, "bfloat16": ROUNDED}
WIDE = {"int64": {"int64", "int32", "float32"}, "float64": {"float64", "float32"}}
"""Keras demotes 64 bits wherever it computes; what only moves them keeps them in the file, as on torch."""


def test_every_function_has_a_use():
    assert [name for name in NAMES if use_of(name) is None] == []


@pytest.mark.parametrize(
    "dtype", [dtype if dtype in QUICK else pytest.param(dtype, marks=pytest.mark.slow) for dtype in TYPES]
)
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.filterwarnings("ignore")
def test_results_are_those_of_keras(name, dtype):
    shapes, function = use_of(name)
    arrays = arrays_of(shapes, dtype)
    expected = computed(function, arrays)
    is_float = "float" in dtype
    if expected is None or any(array.dtype.kind not in "fiubV" for array in expected):
        return
    if name in EXCEPTIONS.get(dtype, frozenset() if is_float else CUT_OFF):
        return
    try:
        lite = litesmith.convert(layer_of(function), inputs=_specs(arrays, False), verify=False)
    except LitesmithError as error:
        codes = {finding.code for finding in error.diagnostics}
        if codes <= {"K101", "K102"}:
            return
        raise
    found = keras.tree.flatten(lite.run(arrays))
    types = declared(function, arrays) or [array.dtype.name for array in expected]
    wider = [computed(function, [array.astype(kind) for array in arrays]) for kind in ("int32", "float32")]
    for place, array in enumerate(found):
        choices = [given[place] for given in (expected, *wider) if given is not None and len(given) == len(found)]
        allowed = {types[place], expected[place].dtype.name, *WIDE.get(dtype, ())}
        as_float = "float64" in allowed or (name in FLOATS_OF_INTEGERS and not is_float)
        check(np.asarray(array), choices, allowed | ({"float32"} if as_float else set()))


def layer_of(function):
    """A layer that takes tensors of any type as they are."""
    layer = _layer_of(function)
    layer.autocast = False
    return layer


def check(found, choices, types):
    assert found.shape == choices[0].shape
    assert found.dtype.name in types
    coarsest = max(ROUNDING.get(array.dtype.name, 1e-6) for array in (found, *choices))
    apart = [distance(found, array) for array in choices]
    assert min(apart) <= 16 * coarsest, (found.ravel()[:6], [array.ravel()[:6] for array in choices])


def distance(found, expected):
    """The largest difference, relative to the largest number."""
    found, expected = found.astype("float64"), expected.astype("float64")
    finite = np.isfinite(expected)
    if not np.array_equal(found[~finite], expected[~finite], equal_nan=True) or not np.isfinite(found[finite]).all():
        return np.inf
    largest = np.max(np.abs(expected[finite]), initial=0.1)
    return np.max(np.abs(found[finite] - expected[finite]), initial=0.0) / largest
