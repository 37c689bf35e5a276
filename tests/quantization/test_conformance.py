"""Every configuration of every layer and operation as integers of 8 and 16 bits, in the runtime, within few steps."""

import numpy as np
import pytest
from cases import table
from cases.measuring import converted

import litesmith
from litesmith.ir.types import DType
from litesmith.quantization.ranges import activations

STEPS = 13
"""Of 255, which what is computed in several operations may be off by."""
LARGEST = 1e3
"""Of inputs: beside larger ones, those of 1 are all 0."""
LEAST_REACH = 1e-20
"""Of outputs: below it they are all 0 to integers, as scales are at least 1e-31."""

COARSE = {
    "layers.AutoContrast": "differences of what is nearly the same",
    "ops.arccosh": "logarithms of what rounds to 0",
    "ops.i0": "grows over many powers of ten",
    "ops.cumprod": "products of many roundings",
    "ops.cdist": "differences of what is nearly the same",
    "ops.pinv": "divides by what rounds to 0",
    "ops.eig": "iterates",
    "ops.fmod": "jumps",
    "ops.image.rgb_to_hsv": "jumps where a color is as near to red from both sides",
    "ops.image.ssim": "differences of what is nearly the same",
    "ops.lstsq": "solves equations one after the other",
    "ops.normalize": "divides by what is nearly 0",
    "ops.sparsemax": "jumps where one more element counts, as Keras computes it",
    "ops.image.elastic_transform": "draws random numbers",
}
"""What 8 bits are too few for, and why."""


def cases():
    """All that are not refused; the first of each layer and operation, and all others after them."""
    return {case.id: case for case in table.CASES if not case.refused}


CASES = cases()


COARSE_CONFIGURATIONS = {
    "layers.Activation(float32[3,5,8], activation='hard_shrink')": "jumps",
    "layers.Activation(float32[3,5,8], activation='sparsemax')": "jumps",
    "layers.LayerNormalization(float32[3,6,8,3])": "divides by deviations of 3 numbers, which may be nearly the same",
}


def is_coarse(case):
    return case.id.partition("(")[0] in COARSE or case.id in COARSE_CONFIGURATIONS


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["int8", "int16x8"])
@pytest.mark.parametrize("name", CASES)
@pytest.mark.filterwarnings("ignore")
def test_integers(name, mode):
    case = CASES[name]
    with np.errstate(all="ignore"):
        _, lite = converted(case, open_sizes=False)
        if lite.has_state or lite.preprocessing is not None:
            pytest.skip("it keeps state, or texts")
        arrays = next(iter(case.samples(False)))
        given = arrays[0] if len(arrays) == 1 else arrays
        inputs = lite.face().arrays(given)
        if not inputs or not any(value.type.dtype is DType.FLOAT32 for value in activations(lite.graph)):
            pytest.skip("no real numbers go in")
        real = lite.run_arrays(inputs)
        if not all(map(is_usual, inputs)) or not all(
            np.isfinite(array).all() for array in real if array.dtype.kind == "f"
        ):
            pytest.skip("its numbers are such that no integers stand for them")
        integer = litesmith.quantize(lite, mode, [given] if len(arrays) == 1 else [arrays]).run_arrays(inputs)
    for own, found in zip(real, integer, strict=True):
        if own.dtype.kind == "f" and own.size and not is_coarse(case):
            reach = max(float(own.max(initial=0)) - float(own.min(initial=0)), LEAST_REACH)
            assert np.abs(own - found).max() <= STEPS / 255 * reach


def is_usual(array):
    return array.dtype.kind != "f" or bool((np.abs(array) <= LARGEST).all())
