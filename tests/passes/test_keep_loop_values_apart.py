"""What other passes leave of a loop's body never returns an input at another place."""

import numpy as np
import pytest

from litesmith.flatbuffer.write import to_bytes
from litesmith.opset.parse import parse_model
from litesmith.passes.pipeline import optimize
from litesmith.runtime.interpreter import Session

FIBONACCI = """
graph cond(%i: int32[], %x: {type}, %y: {type}) {{
  %1 = less %i, const int32[] 5 : bool[]
  return %1
}}

graph body(%i: int32[], %x: {type}, %y: {type}) {{
  %1 = add %i, const int32[] 1 : int32[]
  %2 = {identity} : {type}
  %3 = {sum} %x, %y : {type}
  return %1, %2, %3
}}

graph main(%x: {type}, %y: {type}) {{
  %1, %2, %3 = while(cond=@cond, body=@body) const int32[] 0, %x, %y : int32[], {type}, {type}
  return %2, %3
}}"""
IDENTITIES = [
    "mul %y, const float32[] 1.0",
    "reshape %y, const int32[1] [4]",
    "concatenation %y",
    "transpose %y, const int32[1] [0]",
    "cast(in_data_type=FLOAT32, out_data_type=FLOAT32) %y",
    "broadcast_to %y, const int32[1] [4]",
]


def check_fibonacci(type, identity, sum, add):
    """Every step gives a value the place of the other one."""
    model = parse_model(FIBONACCI.format(type=type, identity=identity, sum=sum))
    optimize(model)
    dtype = model.main.inputs[0].type.dtype.numpy
    given = x, y = np.array([0, 1, 2, 5]).astype(dtype), np.array([1, 1, 0, 3]).astype(dtype)
    for _ in range(5):
        x, y = y, add(x, y)
    for delegates in (True, False):
        for found, expected in zip(Session(to_bytes(model), delegates=delegates).run(given), (x, y), strict=True):
            np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("identity", IDENTITIES)
def test_values_change_places_after_an_identity_between_them_is_removed(identity):
    check_fibonacci("float32[4]", identity, "add", np.add)


@pytest.mark.parametrize(
    ("dtype", "sum", "add"),
    [("int32", "add", np.add), ("bool", "logical_or", np.logical_or), ("int8", "maximum", np.maximum)],
)
def test_values_of_every_type_change_places(dtype, sum, add):
    check_fibonacci(f"{dtype}[4]", "reshape %y, const int32[1] [4]", sum, add)
