"""Variances of normalizations in models of integers: 16 bits where they differ much, 8 where they do not."""

import keras
import numpy as np
import pytest
from keras import layers

import litesmith
from litesmith.diagnostics.base import FindingWarning
from litesmith.ir.types import DType

RANDOM = np.random.default_rng(0)
RADII = np.linspace(1, 4, 64)[:, None, None]
ROWS = np.cumsum(RANDOM.standard_normal((64, 6, 16)), -1)
ROWS = ((ROWS - ROWS.mean(-1, keepdims=True)) / ROWS.std(-1, keepdims=True)).astype("float32")
"""Of variance 1."""


def normalizing():
    x = keras.Input((6, 16))
    return litesmith.convert(keras.Model(x, layers.LayerNormalization()(x)))


def types_of(lite):
    return [(each.operator.builtin, each.results[0].type.dtype) for each in lite.graph.operations]


def test_a_variance_that_differs_from_sample_to_sample_has_16_bits():
    made = litesmith.quantize(normalizing(), calibration=(ROWS * RADII).astype("float32"))
    found = types_of(made)
    assert ("MEAN", DType.INT16) in found
    assert not {type for name, type in found if name == "RSQRT"} - {DType.INT16}
    assert made.model.losses[0].decibels > 25


def test_one_that_hardly_differs_has_8():
    made = litesmith.quantize(normalizing(), calibration=ROWS)
    assert {type for _, type in types_of(made)} == {DType.INT8, DType.FLOAT32}


def test_a_root_that_is_steep_stays_real():
    rows = ROWS * np.float32(10.0) ** np.linspace(-3, 0, 64, dtype="float32")[:, None, None]
    with pytest.warns(FindingWarning, match=r"Q101.*RSQRT.*512 points"):
        made = litesmith.quantize(normalizing(), calibration=rows)
    assert ("RSQRT", DType.FLOAT32) in types_of(made)
