"""A model's inputs and outputs keep their names, order and nesting, however they are given."""

import keras
import numpy as np
import pytest
from keras import layers

import litesmith
from litesmith.diagnostics.base import LitesmithError
from support import check_converts


def _two_inputs(nest):
    a, b = keras.Input((3,), name="zebra"), keras.Input((2,), name="apple")
    left, right = layers.Dense(4, name="left")(a), layers.Dense(5, name="right")(b)
    return keras.Model(nest(a, b), nest(left, right))


NESTS = {
    "list": lambda a, b: [a, b],
    "tuple": lambda a, b: (a, b),
    "dictionary": lambda a, b: {"z": a, "a": b},
    "nested": lambda a, b: {"outer": [a, {"inner": b}]},
}


@pytest.mark.parametrize("nest", NESTS.values(), ids=NESTS)
def test_nesting_is_kept(nest):
    model = _two_inputs(nest)
    lite = check_converts(model)
    found = lite.run(nest(np.ones((2, 3)), np.ones((2, 2))))
    expected = model(nest(np.ones((2, 3), "float32"), np.ones((2, 2), "float32")))
    keras.tree.assert_same_structure(found, keras.tree.map_structure(np.asarray, expected))


@pytest.mark.parametrize("nest", NESTS.values(), ids=NESTS)
def test_nesting_survives_the_file(nest, tmp_path):
    lite = litesmith.convert(_two_inputs(nest))
    again = litesmith.load(lite.save(tmp_path / "m.tflite"))
    keras.tree.assert_same_structure(
        again.run(nest(np.ones((2, 3)), np.ones((2, 2)))), lite.run(nest(np.ones((2, 3)), np.ones((2, 2))))
    )


def test_lists_keep_keras_order_and_names():
    face = litesmith.convert(_two_inputs(NESTS["list"])).signatures["serving_default"]
    assert list(face["inputs"]) == ["zebra", "apple"]
    assert list(face["outputs"]) == ["left", "right"]


def test_dictionaries_are_called_by_their_keys():
    face = litesmith.convert(_two_inputs(NESTS["dictionary"])).signatures["serving_default"]
    assert set(face["inputs"]) == {"z", "a"}
    assert set(face["outputs"]) == {"z", "a"}


def test_lists_may_be_given_by_name():
    lite = litesmith.convert(_two_inputs(NESTS["list"]))
    by_name = lite.run({"apple": np.ones((1, 2)), "zebra": np.zeros((1, 3))})
    in_order = lite.run([np.zeros((1, 3)), np.ones((1, 2))])
    np.testing.assert_array_equal(by_name[1], in_order[1])


def test_an_output_that_is_an_input_and_an_output_that_comes_twice():
    x = keras.Input((3,), name="x")
    y = layers.Dense(2, name="y")(x)
    check_converts(keras.Model(x, [y, y, x]))


@pytest.mark.parametrize(
    ("inputs", "batch", "expected"),
    [
        (None, None, "32, 3"),
        ((None, 3), None, "batch, 3"),
        ("?,3", None, "batch, 3"),
        ((1, 3), None, "1, 3"),
        (None, 1, "1, 3"),
        (np.zeros((8, 3), "float32"), None, "32, 3"),
    ],
)
def test_a_batch_that_keras_took_from_data_is_what_the_caller_says(inputs, batch, expected):
    model = keras.Sequential([layers.Dense(2)])
    model.build((32, 3))
    lite = litesmith.convert(model, inputs=inputs, batch=batch, ignore="K308")
    assert [str(type) for type in lite.signatures["serving_default"]["inputs"].values()] == [f"float32[{expected}]"]


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__(name="mine")
        self.dense = layers.Dense(2, activation="relu")

    def call(self, x, training=False):
        return {"scores": self.dense(x), "same": x}


def test_a_subclassed_model_that_was_called_knows_its_input():
    model = Subclassed()
    model(np.ones((7, 3), "float32"))
    face = check_converts(model).signatures["serving_default"]
    assert list(face["outputs"]) == ["same", "scores"] or set(face["outputs"]) == {"same", "scores"}


class Tokens(keras.Model):
    """Its call tells Keras the shapes of its inputs, and not their types."""

    def __init__(self):
        super().__init__(name="tokens")
        self.table = layers.Embedding(9, 4)

    def call(self, inputs):
        return self.table(inputs["tokens"]) * inputs["scale"][:, None, None]


@pytest.mark.parametrize("steps", [None, 8])
def test_a_caller_knows_more_than_one_call_of_a_model_told(steps):
    model = Tokens()
    given = {"tokens": np.ones((2, 5), "int32"), "scale": np.ones(2, "float32")}
    model(given)
    specs = {"scale": keras.InputSpec(shape=(None,)), "tokens": keras.InputSpec(shape=(None, steps), dtype="int32")}
    lite = litesmith.convert(model, inputs=specs)
    shown = {name: str(type) for name, type in lite.signatures["serving_default"]["inputs"].items()}
    assert shown == {"scale": "float32[batch]", "tokens": f"int32[batch, {steps or 'tokens.1'}]"}
    np.testing.assert_array_equal(lite.run(given | {"tokens": np.ones((2, 8), "int32")}).shape, (2, 8, 4))


@pytest.mark.parametrize("inputs", [(None, 3), keras.InputSpec(shape=(None, 3)), np.zeros((9, 3), "float32"), "?,3"])
def test_a_model_that_was_never_called_needs_inputs(inputs):
    with pytest.raises(LitesmithError, match=r"K301.*never built"):
        litesmith.convert(Subclassed())
    lite = litesmith.convert(Subclassed(), inputs=inputs)
    assert str(next(iter(lite.signatures["serving_default"]["inputs"].values()))) == "float32[batch, 3]"


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ((None, 4), "1 given for 2 inputs"),
        ([(None, 4), (None, 2)], r"shape \(None, 4\) for input 'zebra', which has shape \(None, 3\)"),
        ([(None, 3), (None, 2), (None, 2)], "3 given for 2 inputs"),
        ([(None, 3), (None, 2, 1)], r"shape \(None, 2, 1\) for input 'apple'"),
        ([np.zeros((1, 3), "int32"), (None, 2)], None),
        (
            [keras.InputSpec(shape=(None, 3), dtype="int32"), (None, 2)],
            "type int32 for input 'zebra', which is float32",
        ),
        (["what else", (None, 2)], "'what else' is not a shape"),
        (["apple=?,3", (None, 2)], "'apple=\\?,3' for the input 'zebra'"),
        ({"zebra": (None, 3), "aple": (None, 2)}, "there is no input 'aple'"),
        ({"zebra": (None, 3)}, "there is nothing for 'apple'"),
    ],
)
def test_inputs_that_do_not_fit_are_said(inputs, message):
    if message is None:
        litesmith.convert(_two_inputs(NESTS["list"]), inputs=inputs)
        return
    with pytest.raises(LitesmithError, match=message):
        litesmith.convert(_two_inputs(NESTS["list"]), inputs=inputs)


@pytest.mark.parametrize(
    ("nest", "given"),
    [("list", {"apple": (None, 2), "zebra": (4, 3)}), ("dictionary", {"a": (None, 2), "z": (4, 3)})],
)
def test_inputs_may_be_given_by_name(nest, given):
    face = litesmith.convert(_two_inputs(NESTS[nest]), inputs=given).signatures["serving_default"]
    assert {str(type) for type in face["inputs"].values()} == {"float32[batch, 2]", "float32[4, 3]"}


def test_a_shape_as_text_may_have_names_and_a_type():
    class Shifted(keras.Model):
        def call(self, ids):
            return ids + 1

    lite = litesmith.convert(Shifted(), inputs="2,time<=9:int32")
    assert str(lite.signatures["serving_default"]["inputs"]["input"]) == "int32[2, time]"
    with pytest.raises(ValueError, match="time<=9, not 10"):
        lite.run(np.zeros((2, 10)))


def test_inputs_are_described_as_the_data_of_a_file_is():
    with pytest.raises(LitesmithError, match=r"The model takes 'zebra' float32\(None, 3\), 'apple' float32"):
        litesmith.convert(_two_inputs(NESTS["list"]), inputs=(None, 3))


def test_inputs_fix_sizes_that_the_model_leaves_open():
    x = keras.Input((None, 4), name="x")
    model = keras.Model(x, layers.Dense(2)(x))
    assert str(litesmith.convert(model).signatures["serving_default"]["inputs"]["x"]) == "float32[batch, x.1, 4]"
    fixed = litesmith.convert(model, inputs=(None, 9, 4))
    assert str(fixed.signatures["serving_default"]["inputs"]["x"]) == "float32[batch, 9, 4]"


SPEC = keras.InputSpec(shape=(None, 2), name="spec")
ROW = (None, 2)


@pytest.mark.parametrize(
    ("inputs", "names"),
    [
        (ROW, ["input"]),
        (SPEC, ["spec"]),
        ([ROW, ROW], ["input_0", "input_1"]),
        ([SPEC, ROW], ["spec", "input_1"]),
        ({"b": ROW, "a": SPEC}, ["a", "b"]),
        ({"views": [ROW, ROW], "more": {"depth": ROW}}, ["depth", "views_0", "views_1"]),
    ],
)
def test_inputs_of_a_model_that_was_never_called_have_the_callers_names(inputs, names):
    class Summing(keras.Model):
        def call(self, x):
            return sum(keras.tree.flatten(x))

    face = litesmith.convert(Summing(), inputs=inputs).signatures["serving_default"]
    assert list(face["inputs"]) == names


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, r"type dict(.|\n)*one model at a time"),
        (None, r"None(.|\n)*return model"),
        (keras.Sequential, r"type type(.|\n)*an object of it"),
        (np.ones(3), r"numpy.ndarray(.|\n)*keras.Model"),
    ],
)
def test_what_is_no_model_is_refused(given, said):
    with pytest.raises(LitesmithError, match=rf"K303.*{said}"):
        litesmith.convert(given)
