"""Every layer of the table under the dtype policies of Keras: public types and numbers."""

import keras
import numpy as np
import policies
import pytest
from cases import table
from keras import tree

import litesmith

QUICK = ("mixed_float16", "bfloat16")
"""The policies whose types are furthest from float32; one case of each layer runs, the others in the long run."""
BACKEND = keras.backend.backend()
LAYERS = [case for case in table.CASES if case.is_layer and not case.refused and not case.backends]
FIRST = {case.name: case for case in reversed(LAYERS)}


def refused_by_keras(case, name):
    """What Keras has no computation for: windows of bfloat16, and orthogonal weights of float16 on numpy."""
    if case.name == "layers.STFTSpectrogram":
        return name.endswith("bfloat16")
    if case.name == "layers.TimeDistributed":  # of a convolution that is a float32 layer, on tensors of another type
        return name in ("float16", "bfloat16") and "Conv" in case.id
    return False


def is_undefined(case, name):
    """Where 1e-12 is 0 in float16, so that Keras divides 0 by 0, which float32 does not."""
    return case.id == "layers.UnitNormalization(zeros)" and name.endswith("float16") and "b" not in name


def types_of(case, want, declared):
    """The types that an output may have.

    On numpy some functions return wider floats than Keras says, or float32 in place of float64: both will do.
    """
    is_narrowed = "sparsemax" in case.id  # which makes float32 of its argument, and float64 of everything
    return {want.dtype.name, declared, *(["float32"] if is_narrowed else [])}


CASES = [
    pytest.param(case, name, id=f"{name} {case.id}", marks=[] if is_quick else pytest.mark.slow)
    for name in policies.POLICIES
    for case in LAYERS
    if not refused_by_keras(case, name) and not is_undefined(case, name)
    for is_quick in [name in QUICK and FIRST[case.name] is case]
]


@pytest.mark.parametrize(("case", "name"), CASES)
def test_types_and_numbers_are_those_of_keras(case, name):
    arrays = policies.arrays_of(case, name)
    given = arrays[0] if len(arrays) == 1 else arrays
    try:
        model = policies.model_of(case, name, arrays)
    except TypeError as error:
        if "float16 is unsupported in linalg" in str(error):
            pytest.skip("numpy makes no orthogonal weights of float16")
        raise
    expected = policies.computed(model, given)
    lite = litesmith.convert(model, verify=False)
    found = [np.asarray(leaf) for leaf in tree.flatten(lite.run(given))]
    declared = [tensor.dtype for tensor in tree.flatten(model.outputs)]
    assert len(found) == len(expected)
    allowed = max(case.bound, policies.ROUNDINGS * policies.coarsest(model, name))
    for got, want, dtype in zip(found, expected, declared, strict=True):
        assert got.shape == want.shape
        assert got.dtype.name in types_of(case, want, dtype)
        assert policies.distance(want, got) <= allowed
