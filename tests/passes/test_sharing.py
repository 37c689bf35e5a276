"""Weights that several operations read are scaled for all of them alike, or for none."""

import keras
import numpy as np
import pytest
from keras import layers

import litesmith
from support import builtins_of, check_converts


def kernels(lite):
    """The different filters of products."""
    found = [op for graph in lite.model.all_graphs() for op in graph.operations]
    return {op.operands[1].constant.key for op in found if op.operator.builtin == "FULLY_CONNECTED"}


@pytest.mark.parametrize("alike", [True, False])
def test_a_scale_is_folded_where_all_uses_have_it(alike):
    shared = layers.Dense(7)
    x, y = keras.Input((5,), name="x"), keras.Input((5,), name="y")
    model = keras.Model([x, y], [shared(x * 3.0), shared(y * 3.0 if alike else y)])
    lite = check_converts(model)
    assert len(kernels(lite)) == 1
    assert builtins_of(lite).count("MUL") == (0 if alike else 1)


@pytest.mark.parametrize("alike", [True, False])
def test_signatures_count(alike):
    class Model(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(7)
            self.dense.build((None, 5))
            self.built = True

        def one(self, x):
            return self.dense(x * 3.0)

        def other(self, x):
            return self.dense(x) * (1.0 if alike else 2.0)

    model = Model()
    second = model.one if alike else model.other
    lite = litesmith.convert(model, signatures={"one": (model.one, (None, 5)), "other": (second, (None, 5))})
    assert len(kernels(lite)) == 1
    assert builtins_of(lite).count("MUL") == (0 if alike else 2)


def test_normalization_behind_a_layer_of_its_own_disappears():
    x = keras.Input((5,), name="x")
    lite = check_converts(keras.Model(x, layers.BatchNormalization()(layers.Dense(4)(layers.Rescaling(0.5)(x)))))
    assert builtins_of(lite) == ["FULLY_CONNECTED"]


def test_a_table_that_is_multiplied_with_as_well_is_stored_once():
    class Tied(layers.Layer):
        def build(self, shape):
            self.table = layers.Embedding(300, 16)
            self.table.build()

        def call(self, ids):
            return keras.ops.matmul(self.table(ids) * 4.0, keras.ops.transpose(self.table.embeddings)) * 0.5

    lite = litesmith.convert(Tied(), inputs="?,3:int32")
    assert len(lite) < 1.3 * 4 * 300 * 16
    assert np.shape(lite.run(np.zeros((2, 3), "int32"))) == (2, 3, 300)
