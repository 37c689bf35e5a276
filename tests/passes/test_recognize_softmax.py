"""A softmax as people write it, and what is nearly one."""

import numpy as np
import pytest
from keras import ops

from litesmith.passes.recognize_softmax import RecognizeSoftmax
from support import builtins_of, check_function, check_rewrite

X = (np.random.default_rng(0).standard_normal((3, 2, 8)) * 30).astype("float32")


def softmax(x, axis=-1):
    shifted = ops.exp(x - ops.max(x, axis=axis, keepdims=True))
    return shifted / ops.sum(shifted, axis=axis, keepdims=True)


@pytest.mark.parametrize("axis", [-1, 2])
def test_it_is_one_operator(axis):
    assert builtins_of(check_function(lambda x: softmax(x, axis), X)) == ["SOFTMAX"]


def test_along_another_axis_it_stays():
    assert "SOFTMAX" not in builtins_of(check_function(lambda x: softmax(x, 1), X))


def test_one_that_overflows_stays():
    record = check_rewrite(
        RecognizeSoftmax(),
        """graph main(%x: float32[3, 4]) {
          %1 = exp %x : float32[3, 4]
          %2 = sum(keep_dims=True) %1, const int32[1] [1] : float32[3, 1]
          %3 = div %1, %2 : float32[3, 4]
          return %3
        }""",
        None,
    )
    ((missed, _),) = record.missed.items()
    assert "overflows" in missed.reason
