"""One case of every layer and operation of Keras as integers of 8 and 16 bits, in the runtime, within few steps."""

import numpy as np
import pytest
from cases import table
from cases.measuring import converted

import litesmith
from litesmith.ir.types import DType
from litesmith.quantization.ranges import activations

STEPS = 13
"""Of 255, which what is computed in several operations may be off by."""

COARSE = {
    "layers.MelSpectrogram": "logarithms of what rounds to 0",
    "layers.STFTSpectrogram": "logarithms of what rounds to 0",
    "ops.arccosh": "logarithms of what rounds to 0",
    "ops.i0": "grows over many powers of ten",
    "ops.cumprod": "products of many roundings",
    "ops.cdist": "differences of what is nearly the same",
    "ops.pinv": "divides by what rounds to 0",
    "ops.sigmoid": "inputs of 1e9 beside those of 1",
    "ops.silu": "inputs of 1e9 beside those of 1",
    "ops.clip": "inputs of 1e9 beside those of 1",
    "ops.nan_to_num": "infinities, which no integer stands for",
    "ops.image.elastic_transform": "draws random numbers",
}
"""What 8 bits are too few for, and why."""


def first_cases():
    cases = {}
    for case in table.CASES:
        if not case.refused:
            cases.setdefault(case.id.partition("(")[0], case)
    return cases


CASES = first_cases()


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["int8", "int16x8"])
@pytest.mark.parametrize("name", CASES)
@pytest.mark.filterwarnings("ignore")
def test_integers(name, mode):
    with np.errstate(all="ignore"):
        _, lite = converted(CASES[name], open_sizes=False)
        if lite.has_state or lite.preprocessing is not None:
            pytest.skip("it keeps state, or texts")
        arrays = next(iter(CASES[name].samples(False)))
        given = arrays[0] if len(arrays) == 1 else arrays
        inputs = lite.face().arrays(given)
        if not inputs or not any(value.type.dtype is DType.FLOAT32 for value in activations(lite.graph)):
            pytest.skip("no real numbers go in")
        real = lite.run_arrays(inputs)
        integer = litesmith.quantize(lite, mode, [given] if len(arrays) == 1 else [arrays]).run_arrays(inputs)
    for own, found in zip(real, integer, strict=True):
        if own.dtype.kind == "f" and own.size and name not in COARSE:
            reach = max(float(own.max(initial=0)) - float(own.min(initial=0)), 1e-30)
            assert np.abs(own - found).max() <= STEPS / 255 * reach
