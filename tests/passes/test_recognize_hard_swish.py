"""HARD_SWISH as people write it, and what is nearly one."""

import numpy as np
import pytest
from keras import ops

from support import builtins_of, check_function

X = np.linspace(-7, 7, 141, dtype="float32").reshape(3, 47)

FORMS = {
    "as in MobileNetV3": lambda x: x * (ops.relu6(x + 3.0) * (1.0 / 6.0)),
    "divided last": lambda x: x * ops.relu6(x + 3.0) / 6.0,
    "the gate first": lambda x: (ops.relu6(3.0 + x) / 6.0) * x,
    "with a clip": lambda x: x * ops.clip(x + 3, 0, 6) / 6,
    "with maximum and minimum": lambda x: x * ops.minimum(ops.maximum(x + 3, 0.0), 6.0) / 6,
    "with hard_sigmoid": lambda x: x * ops.hard_sigmoid(x),
    "limited to 0..1": lambda x: x * ops.clip(x / 6 + 0.5, 0, 1),
}


@pytest.mark.parametrize("function", FORMS.values(), ids=FORMS)
def test_however_it_is_written(function):
    assert builtins_of(check_function(function, X)) == ["HARD_SWISH"]


NEARLY = {
    "another shift": lambda x: x * ops.relu6(x + 2.5) / 6,
    "another divisor": lambda x: x * ops.relu6(x + 3) / 5,
    "another limit": lambda x: x * ops.clip(x + 3, 0, 5) / 6,
    "another lower limit": lambda x: x * ops.clip(x + 3, 1, 6) / 6,
    "another variable": lambda x: (x + 1) * ops.relu6(x + 3) / 6,
    "a gate for others": lambda x: x * ops.relu6(x + 3) / 6 + ops.relu6(x + 3),
}


@pytest.mark.parametrize("function", NEARLY.values(), ids=NEARLY)
def test_what_is_nearly_one(function):
    assert "HARD_SWISH" not in builtins_of(check_function(function, X))
