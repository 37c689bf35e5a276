"""What variables hold at first, and what blocks are written into, where the file need not hold it."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import ops

import litesmith
from litesmith.ir.graph import Model
from litesmith.lite_model import LiteModel
from litesmith.opset.parse import parse_graph
from litesmith.passes.base import Record
from litesmith.passes.fill_uniform_states import FillUniformStates, is_uniform
from litesmith.runtime.interpreter import Session
from support import builtins_of

PLACES = 64 * 1024


class Adding(keras.layers.Layer):
    """Adds to what it keeps, which is the same number everywhere at first."""

    def __init__(self, first, dtype="float32"):
        super().__init__()
        self.kept = self.add_weight(
            shape=(PLACES,), dtype=dtype, initializer=keras.initializers.Constant(first), trainable=False, name="kept"
        )

    def call(self, x):
        self.kept.assign(self.kept + x)
        return self.kept[:4] + x


@pytest.mark.parametrize(("first", "dtype"), [(0, "float32"), (2.5, "float32"), (-7, "int32")])
def test_states_begin_with_the_number_and_reset_brings_it_back(first, dtype):
    x = keras.Input((), batch_size=1, dtype=dtype)
    lite = litesmith.convert(keras.Model(x, Adding(first, dtype)(x)), verify=False)
    assert len(bytes(lite)) < PLACES
    assert builtins_of(lite).count("FILL") == 2
    one = np.ones(1, dtype)
    for each in (lite, LiteModel(bytes(lite)), LiteModel(bytes(lite), isolated=True)):
        (held,) = each.first_state.values()
        np.testing.assert_array_equal(held, np.full(PLACES, first, dtype))
        for _ in range(2):
            for count in (1, 2, 3):
                np.testing.assert_array_equal(each.run(one), np.full(4, first + count + 1, dtype))
            each.reset()
    np.testing.assert_array_equal(Session(bytes(lite), delegates=False).run([one])[0], np.full(4, first + 2, dtype))


def test_states_of_several_numbers_stay_in_the_file():
    x = keras.Input((), batch_size=1)
    layer = Adding(0)
    model = keras.Model(x, layer(x))
    layer.kept.assign(ops.arange(PLACES, dtype="float32"))
    lite = litesmith.convert(model)
    assert len(bytes(lite)) > 4 * PLACES
    assert "FILL" not in builtins_of(lite)
    np.testing.assert_array_equal(*lite.first_state.values(), np.arange(PLACES))


@pytest.mark.parametrize(
    ("elements", "uniform"),
    [([0.0, -0.0], False), ([-0.0, -0.0], True), ([np.nan, np.nan], True), ([1.0, 2.0], False), ([7], True)],
)
def test_uniform_is_of_the_same_bits(elements, uniform):
    assert is_uniform(np.array(elements, "float32")) is uniform


def test_weights_are_not_evaluated():
    text = (
        "graph main(%x: float32[1, 65536]) {\n"
        "  %1 = add %x, const float32[1, 65536] 2.0 : float32[1, 65536]\n  return %1\n}"
    )
    graph = parse_graph(text)
    (constant,) = [operand.constant for operand in graph.operations[0].operands if operand.is_constant]
    constant._load = None
    assert FillUniformStates().run(Model([graph]).main, Record()) == 0
