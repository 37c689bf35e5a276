"""GELU as people write it, and what is nearly one."""

import math

import numpy as np
import pytest
from keras import ops

from litesmith.passes.recognize_gelu import RecognizeGelu
from support import builtins_of, check_function, check_rewrite

X = np.concatenate([np.random.default_rng(0).standard_normal((3, 60)) * 3, [[-1e4, -9, 0, 9, 1e4]] * 3], 1)
X = X.astype("float32")
ROOT = math.sqrt(2 / math.pi)

EXACT = {
    "as in the paper": lambda x: 0.5 * x * (1 + ops.erf(x / math.sqrt(2))),
    "the factor last": lambda x: x * (ops.erf(x / 1.4142135623) + 1) * 0.5,
    "a cumulative distribution": lambda x: x * (0.5 * (1.0 + ops.erf(x * 0.7071067811865476))),
    "multiplied out": lambda x: x / 2 + x * ops.erf(x * math.sqrt(0.5)) / 2,
}
BY_TANH = {
    "as in the paper": lambda x: 0.5 * x * (1 + ops.tanh(ROOT * (x + 0.044715 * x**3))),
    "with a power": lambda x: 0.5 * x * (1 + ops.tanh(ROOT * (x + 0.044715 * ops.power(x, 3)))),
    "with products": lambda x: x * 0.5 * (1.0 + ops.tanh(x * 0.7978845608 * (1.0 + 0.044715 * x * x))),
    "a cumulative distribution": lambda x: x * (0.5 + 0.5 * ops.tanh(ROOT * x + 0.0356774081 * x * x * x)),
}


@pytest.mark.parametrize("function", EXACT.values(), ids=EXACT)
def test_the_exact_one(function):
    lite = check_function(function, X)
    assert builtins_of(lite) == ["GELU"]
    assert not lite.graph.operations[0].operator.approximate


@pytest.mark.parametrize("function", BY_TANH.values(), ids=BY_TANH)
def test_the_one_by_tanh(function):
    lite = check_function(function, X)
    assert builtins_of(lite) == ["GELU"]
    assert lite.graph.operations[0].operator.approximate


def test_of_what_was_computed_before():
    lite = check_function(lambda x: EXACT["as in the paper"](x * 2.0 + 1.0), X)
    assert builtins_of(lite) == ["MUL", "ADD", "GELU"]


NEARLY = {
    "another slope": lambda x: 0.5 * x * (1 + ops.tanh(0.8 * (x + 0.044715 * x**3))),
    "another cubic term": lambda x: 0.5 * x * (1 + ops.tanh(ROOT * (x + 0.0447 * x**3))),
    "another factor": lambda x: x * (1 + ops.tanh(ROOT * (x + 0.044715 * x**3))),
    "another variable": lambda x: 0.5 * (x + 1) * (1 + ops.tanh(ROOT * (x + 0.044715 * x**3))),
    "erf of something else": lambda x: 0.5 * x * (1 + ops.erf(x / 1.41)),
    "the complement": lambda x: 0.5 * x * (1 - ops.erf(x / math.sqrt(2))),
}


@pytest.mark.parametrize("function", NEARLY.values(), ids=NEARLY)
def test_what_is_nearly_one(function):
    assert "GELU" not in builtins_of(check_function(function, X))


def test_a_curve_that_others_read_stays():
    record = check_rewrite(
        RecognizeGelu(),
        """graph main(%x: float32[batch, 4]) {
          %1 = mul %x, %x : float32[batch, 4]
          %2 = mul %1, const float32[] 0.044715 : float32[batch, 4]
          %3 = add %2, const float32[] 1.0 : float32[batch, 4]
          %4 = mul %3, %x : float32[batch, 4]
          %5 = mul %4, const float32[] 0.7978846 : float32[batch, 4]
          %6 = tanh %5 : float32[batch, 4]
          %7 = add %6, const float32[] 1.0 : float32[batch, 4]
          %8 = mul %7, %x : float32[batch, 4]
          %9 = mul %8, const float32[] 0.5 : float32[batch, 4]
          return %6, %9
        }""",
        None,
    )
    assert len(record.missed) == 1
