"""Calls of one session, in any order and of any size."""

import numpy as np
import pytest

from litesmith.flatbuffer.write import to_bytes
from litesmith.ir.graph import Model, Signature
from litesmith.opset.parse import parse_graph
from litesmith.runtime.interpreter import Session

DOUBLE = """graph double(%x: float32[batch, 2]) {
  %1 = mul %x, const float32[] 2.0 : float32[batch, 2]
  return %1
}"""
SQUARE = """graph square(%x: float32[batch, 2]) {
  %1 = mul %x, %x : float32[batch, 2]
  return %1
}"""


@pytest.fixture
def session():
    double, square = parse_graph(DOUBLE), parse_graph(SQUARE)
    signatures = [Signature("double", double, ("x",), ("y",)), Signature("square", square, ("x",), ("y",))]
    return Session(to_bytes(Model([double, square], signatures)))


def test_signatures_and_the_first_graph_take_turns_at_any_size(session):
    calls = {None: 2, "double": 2, "square": 3}
    for number, signature in enumerate([None, "square", None, "double", None, "square", "double", None, None]):
        x = np.full((1 + number % 3, 2), 3, np.float32)
        if signature is None:
            (found,) = session.run([x])
        else:
            found = session.run_signature(signature, {"x": x})["y"]
        np.testing.assert_array_equal(found, x * calls[signature])


def test_the_first_graph_is_resized_back_after_its_signature_ran(session):
    small, large = np.ones((1, 2), np.float32), np.ones((5, 2), np.float32)
    for _ in range(2):
        assert session.run([small])[0].shape == (1, 2)
        assert session.run_signature("double", {"x": large})["y"].shape == (5, 2)
