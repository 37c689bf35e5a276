"""Recipes: what they select, what becomes of it, and their two written forms."""

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keras import layers

import litesmith
from litesmith import LitesmithError, Recipe
from litesmith.flatbuffer.write import to_bytes
from litesmith.ir.types import DType
from litesmith.quantization.forms import FORMS
from litesmith.quantization.recipe import INT4

RANDOM = np.random.default_rng(0)
ROWS = RANDOM.standard_normal((64, 64)).astype("float32")


def network():
    keras.utils.set_random_seed(0)
    x = keras.Input((64,))
    y = layers.Dense(64, activation="relu", name="first")(x)
    y = layers.Dense(64, activation="relu", name="second")(y)
    return keras.Model(x, layers.Dense(64, activation="softmax", name="head")(y))


@pytest.fixture(scope="module")
def lite():
    return litesmith.convert(network())


def types_of(lite):
    """The element types of activations and weights of each layer's dense operation."""
    return {
        operation.source.layer: (operation.result.type.dtype.value, operation.operands[1].type.dtype.value)
        for operation in lite.graph.operations
        if operation.operator.builtin == "FULLY_CONNECTED"
    }


def test_parts_become_what_the_recipe_says(lite):
    recipe = Recipe("int8").keep_float("head*").int16("second").int4("first")
    made = litesmith.quantize(lite, recipe, ROWS)
    assert types_of(made) == {"first": ("int8", "int4"), "second": ("int16", "int8"), "head": ("float32", "float32")}


def test_each_border_is_crossed_once(lite):
    made = litesmith.quantize(lite, Recipe("int8").int16("second"), ROWS)
    crossings = [each for each in made.graph.operations if each.operator.builtin in ("QUANTIZE", "DEQUANTIZE")]
    names = [(each.operands[0].type.dtype, each.result.type.dtype) for each in crossings]
    assert names == [
        (DType.FLOAT32, DType.INT8),
        (DType.INT8, DType.INT16),
        (DType.INT16, DType.INT8),
        (DType.INT8, DType.FLOAT32),
    ]


@pytest.mark.parametrize(
    ("pattern", "selected"),
    [
        ("head", {"head"}),
        ("HEAD", {"head"}),
        ("hea?", {"head"}),
        ("fully_connected", {"first", "second", "head"}),
        ("first/fully_connected", {"first"}),
        ("[s]eco*", {"second"}),
    ],
)
def test_patterns_fit_layers_and_operators(lite, pattern, selected):
    made = litesmith.quantize(lite, Recipe("int8").keep_float(pattern, "softmax"), ROWS)
    assert {layer for layer, types in types_of(made).items() if types[0] == "float32"} == selected


class Encoder(layers.Layer):
    """A layer of the user's own with others in it."""

    def __init__(self, name):
        super().__init__(name=name)
        self.dense, self.other = layers.Dense(64, name="dense"), layers.Dense(64, name="wide")

    def call(self, x):
        return self.other(self.dense(x))


@pytest.fixture(scope="module", params=["in memory", "from its file"])
def encoder(request, tmp_path_factory):
    x = keras.Input((64,))
    y = layers.Dense(64, activation="relu", name="dense")(Encoder("block")(x))
    made = litesmith.convert(keras.Model(x, layers.LayerNormalization(name="norm")(y)))
    if request.param == "in memory":
        return made
    return litesmith.load(made.save(tmp_path_factory.mktemp("files") / "model.tflite"))


@pytest.mark.parametrize(
    ("pattern", "selected"),
    [
        ("Dense", {"dense", "block/dense", "block/wide"}),
        ("dense", {"dense"}),
        ("Enc*", {"block/dense", "block/wide"}),
        ("encoder", None),
        ("LayerNormalization", {"norm"}),
    ],
)
def test_patterns_fit_classes_as_they_are_written(encoder, pattern, selected):
    graphs = [encoder.graph]
    if selected is None:
        with pytest.raises(LitesmithError, match="Q105"):
            Recipe("int8").keep_float(pattern).check(graphs)
        return
    recipe = Recipe("int8").keep_float(pattern)
    recipe.check(graphs)
    real = {each.source.layer for each in encoder.graph.operations if not recipe.form_of(each).computes_integers}
    assert real == selected


def test_folded_layers_are_of_the_class_that_they_are_folded_into():
    network = keras.Sequential([keras.Input((4, 4, 3)), layers.Conv2D(4, 3), layers.BatchNormalization()])
    (convolution,) = litesmith.convert(network).graph.operations
    assert convolution.source.classes == ("Conv2D",)


def test_where_classes_are_not_known_that_is_said(lite, tmp_path):
    lite.save(tmp_path / "model.tflite")
    read = litesmith.load(tmp_path / "model.tflite")
    read.model.metadata.clear()
    other = litesmith.LiteModel(to_bytes(read.model))
    with pytest.raises(LitesmithError, match=r"Q105.*'Dense'.*classes are not known"):
        litesmith.quantize(other, Recipe("int8").keep_float("Dense"), ROWS)


def test_the_last_rule_that_fits_counts(lite):
    made = litesmith.quantize(lite, Recipe("int8").keep_float("*").int8("first"), ROWS)
    assert types_of(made)["first"] == ("int8", "int8")
    assert types_of(made)["head"] == ("float32", "float32")


def test_blocks_of_int4_are_read_by_the_kernel(lite):
    made = litesmith.quantize(lite, Recipe("weights_int8").int4("first", block=32))
    (dense,) = (each for each in made.graph.operations if each.source.layer == "first")
    quantization = dense.operands[1].type.quantization
    assert (quantization.block_size, len(quantization.scales)) == (32, 64 * 2)
    assert np.abs(made.run(ROWS) - lite.run(ROWS)).max() < 0.1


def test_rows_that_are_not_whole_blocks_have_one_scale(lite):
    made = litesmith.quantize(lite, Recipe("weights_int8").int4("first", block=96))
    (dense,) = (each for each in made.graph.operations if each.source.layer == "first")
    assert dense.operands[1].type.quantization.block_size == 0
    assert np.abs(made.run(ROWS) - lite.run(ROWS)).max() < 0.1


def test_a_pattern_that_fits_nothing_is_a_mistake(lite):
    with pytest.raises(LitesmithError, match=r"Q105.*'haed'.*\n.*'head'"):
        litesmith.quantize(lite, Recipe("int8").keep_float("haed"), ROWS)


MODES = st.sampled_from([*FORMS, INT4])
PATTERNS = st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1), min_size=1)


@given(st.sampled_from(list(FORMS)), st.lists(st.tuples(MODES, PATTERNS, st.sampled_from([0, 32, 128]))))
def test_a_recipe_survives_toml(mode, rules):
    recipe = Recipe(mode)
    for form, patterns, block in rules:
        recipe = recipe.use(form, *patterns, block=block if form in (INT4, "dynamic_int4") else 0)
    assert Recipe.from_toml(recipe.to_toml()) == recipe


SETTINGS_AS_SAID = [
    "  observer = percentile",
    "  equalize = False",
    "  rounding = nearest",
    "  awq = False",
    "  rotate = True",
]


def test_settings_survive_toml_and_are_printed():
    recipe = Recipe("int8", observer="percentile", equalize=False, rounding="nearest", awq=False, rotate=True)
    recipe = recipe.keep_float("head")
    assert Recipe.from_toml(recipe.to_toml()) == recipe
    assert str(recipe).splitlines()[1:6] == SETTINGS_AS_SAID


def test_a_recipe_is_read_from_a_file_and_printed(lite, tmp_path):
    recipe = Recipe("int8").keep_float("head").int4("first", block=32)
    recipe.save(tmp_path / "recipe.toml")
    assert str(recipe) == "int8\n  head: float32\n  first: int4 weights in blocks of 32"
    made = litesmith.quantize(lite, tmp_path / "recipe.toml", ROWS)
    assert bytes(made) == bytes(litesmith.quantize(lite, recipe, ROWS))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("mode = ", "Invalid value"),
        ('mod = "int8"', "no 'mod' here"),
        ('mode = "int9"', "a mode is one of"),
        ('[[rule]]\nselect = ["a"]', "has select"),
        ('[[rule]]\nselect = []\nmode = "int8"', "selects layers by patterns"),
        ('[[rule]]\nselect = "a"\nmode = "int4"\nblock = 5', "multiple of 32"),
        ('[[rule]]\nselect = "a"\nmode = "int8"\nblock = 32', "for int4 weights"),
        ("rule = 3", "not iterable"),
        ('observer = "kl"', "an observer is one of"),
        ('rounding = "up"', "rounding is one of"),
        ("equalize = 3", "true or false"),
        ("awq = 1", "true or false"),
        ('rotate = "x"', "true or false"),
    ],
)
def test_what_is_no_recipe_is_a_mistake(text, said):
    with pytest.raises(LitesmithError, match=rf"(?s)Q106.*{said}"):
        Recipe.from_toml(text)


def test_a_file_that_is_not_there_is_a_mistake(tmp_path):
    with pytest.raises(LitesmithError, match=r"F101.*no file"):
        Recipe.load(tmp_path / "recipe.toml")


@pytest.mark.parametrize("mode", FORMS)
def test_only_integers_need_data(mode):
    assert Recipe(mode).needs_data == (mode in ("int8", "int16x8"))
    assert Recipe(mode).int8("head").needs_data
