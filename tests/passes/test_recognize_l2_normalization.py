"""Division by the norm, and the smallest norm that the kernel knows."""

import numpy as np
import pytest
from keras import ops

from litesmith.passes.recognize_l2_normalization import RecognizeL2Normalization
from support import builtins_of, check_function, check_rewrite

X = np.random.default_rng(0).standard_normal((3, 8)).astype("float32")
X[1] *= 1e-7
X[2] = 0


def squares(x):
    return ops.sum(ops.square(x), axis=-1, keepdims=True)


FORMS = {
    "rsqrt": lambda x: x * ops.rsqrt(ops.maximum(squares(x), 1e-12)),
    "over the root": lambda x: x / ops.sqrt(ops.maximum(squares(x), 1e-12)),
    "over the limited root": lambda x: x / ops.maximum(ops.sqrt(squares(x)), 1e-6),
    "of products": lambda x: x / ops.sqrt(ops.maximum(ops.sum(x * x, axis=1, keepdims=True), 1e-12)),
}


@pytest.mark.parametrize("function", FORMS.values(), ids=FORMS)
def test_however_it_is_written(function):
    assert builtins_of(check_function(function, X)) == ["L2_NORMALIZATION"]


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x / ops.sqrt(ops.maximum(squares(x), 1e-6)),
        lambda x: x / ops.maximum(ops.sqrt(squares(x)), 1e-12),
        lambda x: x / ops.sqrt(squares(x) + 1e-12),
        lambda x: (x + 1) / ops.sqrt(ops.maximum(squares(x), 1e-12)),
        lambda x: x / ops.sqrt(ops.maximum(ops.sum(ops.square(x), axis=0, keepdims=True), 1e-12)),
        lambda x: ops.normalize(x, axis=-1),
    ],
)
def test_what_is_not_exactly_that(function):
    assert "L2_NORMALIZATION" not in builtins_of(check_function(function, X))


def test_another_smallest_norm_is_said():
    record = check_rewrite(
        RecognizeL2Normalization(),
        """graph main(%x: float32[3, 4]) {
          %1 = square %x : float32[3, 4]
          %2 = sum(keep_dims=True) %1, const int32[1] [1] : float32[3, 1]
          %3 = maximum %2, const float32[] 1e-06 : float32[3, 1]
          %4 = sqrt %3 : float32[3, 1]
          %5 = div %x, %4 : float32[3, 4]
          return %5
        }""",
        None,
    )
    ((missed, _),) = record.missed.items()
    assert "1e-6 at least, this for 0.001" in missed.reason
