"""Tables of embeddings in fewer bits: what is picked is made real, not the whole table."""

import keras
import numpy as np
import pytest
from keras import layers

import litesmith
from litesmith.flatbuffer.write import to_bytes
from litesmith.ir.builder import building, constant, emit
from litesmith.ir.dims import symbol
from litesmith.ir.graph import Graph, Model
from litesmith.ir.types import DType, TensorType
from litesmith.lite_model import LiteModel
from litesmith.opset.slicing import Gather

RANDOM = np.random.default_rng(0)
ROWS, WIDTH = 500, 32
TABLE = (RANDOM.standard_normal((ROWS, WIDTH)) * np.exp(RANDOM.standard_normal((ROWS, 1)))).astype("float32")
LARGEST = {"weights_int8": 127, "dynamic_int8": 127, "weights_int4": 7, "dynamic_int4": 7}


def embedding(shape, width=WIDTH, mask_zero=False):
    x = keras.Input(shape, dtype="int32")
    model = keras.Model(x, layers.Embedding(ROWS, width, mask_zero=mask_zero, name="table")(x))
    model.get_layer("table").set_weights([TABLE[:, :width]])
    return litesmith.convert(model, verify=False)


def rounded(table, levels):
    """What integers of each row stand for."""
    steps = (np.abs(table).max(-1, keepdims=True) / levels).astype("float32")
    return np.rint(table / steps) * steps


def builtins(lite):
    return [each.operator.builtin for each in lite.graph.operations]


@pytest.mark.parametrize("shape", [(), (7,), (None,), (3, None)])
@pytest.mark.parametrize("mode", LARGEST)
def test_rows_are_those_of_the_rounded_table(mode, shape):
    lite = litesmith.quantize(embedding(shape), mode)
    assert len(lite) < ROWS * WIDTH * (1.7 if LARGEST[mode] == 127 else 1.2)
    assert "EMBEDDING_LOOKUP" in builtins(lite) or builtins(lite).count("GATHER") == 2
    for batch in (1, 3):
        ids = RANDOM.integers(0, ROWS, (batch, *(size or 5 for size in shape)))
        expected = rounded(TABLE, LARGEST[mode])[ids]
        np.testing.assert_allclose(lite.run(ids.astype("int32")), expected, rtol=1e-6, atol=1e-6)


def test_no_table_is_made_real_as_a_whole():
    for mode in LARGEST:
        made = litesmith.quantize(embedding((7,)), mode)
        picked = [each for each in made.graph.operations if each.operator.builtin == "DEQUANTIZE"]
        assert all(each.operands[0].constant is None for each in picked)
        (stored,) = made.model.stored_weights
        assert (stored.layer, stored.reason) == ("table", "made float32 row by row, as rows are picked")


def test_an_odd_width_of_int4_is_made_real_first():
    ids = RANDOM.integers(0, ROWS, (2, 7)).astype("int32")
    lite = litesmith.quantize(embedding((7,), 31), "weights_int4")
    assert "EMBEDDING_LOOKUP" not in builtins(lite)
    np.testing.assert_allclose(lite.run(ids), rounded(TABLE[:, :31], 7)[ids], rtol=1e-6, atol=1e-6)


def test_blocks_of_a_row_have_steps_of_their_own():
    table = (TABLE.reshape(ROWS // 2, 64) * np.repeat([1.0, 20.0], 32)).astype("float32")
    model = table_of(table, DType.INT32)
    ids = RANDOM.integers(0, ROWS // 2, (4, 7)).astype("int32")
    rows, blocks = (
        litesmith.quantize(model, recipe)
        for recipe in ("weights_int4", litesmith.Recipe("weights_int4").int4("gather", block=32))
    )
    expected = table[ids]
    errors = [np.abs(each.run(ids) - expected)[..., :32].max() for each in (rows, blocks)]
    assert errors[1] < errors[0] / 3
    largest = np.abs(expected.reshape(4, 7, 2, 32)).max(-1, keepdims=True)
    assert (np.abs((blocks.run(ids) - expected).reshape(4, 7, 2, 32)) <= 0.51 * largest / 7).all()


def table_of(table, dtype):
    graph = Graph("main")
    ids = graph.add_input(TensorType(dtype, (symbol("batch", 3), 7)), "ids")
    with building(graph):
        graph.outputs = [emit(Gather(), constant(table), ids)]
    return LiteModel(to_bytes(Model([graph])))


@pytest.mark.parametrize("mode", LARGEST)
def test_indices_of_64_bits_pick_the_same(mode):
    lite = litesmith.quantize(table_of(TABLE, DType.INT64), mode)
    ids = RANDOM.integers(0, ROWS, (3, 7))
    np.testing.assert_allclose(lite.run(ids), rounded(TABLE, LARGEST[mode])[ids], rtol=1e-6, atol=1e-6)


def texts(mask_zero):
    keras.utils.set_random_seed(0)
    x = keras.Input((None,), dtype="int32", name="words")
    y = layers.Embedding(ROWS, WIDTH, mask_zero=mask_zero, name="table")(x)
    model = keras.Model(x, layers.Dense(4, name="scores")(layers.GlobalAveragePooling1D(name="pool")(y)))
    model.get_layer("table").set_weights([np.clip(TABLE, -2, 2)])
    return model


@pytest.mark.parametrize("mask_zero", [False, True])
@pytest.mark.parametrize("mode", [*LARGEST, "int8", "int16x8"])
def test_models_of_text_keep_what_they_compute(mode, mask_zero):
    ids = np.random.default_rng(0).integers(1, ROWS, (64, 9)).astype("int32")
    ids[::2, 4:] = 0
    real = litesmith.convert(texts(mask_zero), verify=False)
    made = litesmith.quantize(real, mode, calibration=[ids, ids[:, :4]], ignore="Q102")  # ranges of both lengths
    assert made.model.losses[0].decibels > (15 if "int4" in mode else 30)
    for batch, length in ((1, 9), (3, 4)):
        exact, found = (each.run(ids[:batch, :length]) for each in (real, made))
        assert found.shape == exact.shape
        assert np.abs(found - exact).max() < (0.3 if "int4" in mode else 0.05) * np.abs(exact).max()


@pytest.mark.parametrize("mode", ["int8", "dynamic_int8", "weights_int4"])
def test_what_a_table_loses_is_analyzed(mode):
    ids = RANDOM.integers(0, ROWS, (64, 9)).astype("int32")
    real = litesmith.convert(texts(mask_zero=False), verify=False)
    made = litesmith.quantize(real, mode, calibration=ids)
    found = litesmith.analyze(real, made, ids)
    assert abs(found.simulated - found.measured) < 1.5
    assert found.unknown == ()
    assert "table" in [layer.layer for layer in found.layers]
