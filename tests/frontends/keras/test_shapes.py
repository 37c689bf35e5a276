"""Shapes of inputs as text."""

import keras
import pytest
from keras import layers

from litesmith import LitesmithError
from litesmith.frontends.keras.shapes import input_specs


def two_inputs():
    a, b = keras.Input((None, 2), name="a"), keras.Input((3,), dtype="int32", name="b")
    return keras.Model([a, b], [layers.Dense(1)(a), layers.Embedding(5, 2)(b)])


def shapes(specs):
    return [tuple(spec.sizes) for spec in specs]


def test_no_texts_leave_the_models_own_shapes():
    assert input_specs(two_inputs(), []) is None


def test_one_text_is_one_spec_and_several_are_a_list_in_order():
    assert tuple(input_specs(two_inputs(), ["?,224,224,3"]).sizes) == (None, 224, 224, 3)
    assert shapes(input_specs(two_inputs(), ["?,7,2", "None,3"])) == [(None, 7, 2), (None, 3)]


@pytest.mark.parametrize("text", ["2,?,3", "(2, None, 3)", "2,-1,3", " 2 , ? , 3 "])
def test_unknown_sizes_have_several_spellings(text):
    assert tuple(input_specs(two_inputs(), [text]).sizes) == (2, None, 3)


def test_named_texts_come_in_any_order_and_others_keep_their_own_shape():
    assert shapes(input_specs(two_inputs(), ["b=4,3", "a=4,7,2"])) == [(4, 7, 2), (4, 3)]
    assert shapes(input_specs(two_inputs(), ["b=4,3"])) == [(None, None, 2), (4, 3)]


def test_a_model_that_says_nothing_of_its_inputs_takes_them_as_they_are_named():
    specs = input_specs(keras.Sequential([layers.Dense(2)]), ["b=?,3", "a=?,2:int32"])
    assert {name: (tuple(spec.sizes), spec.dtype) for name, spec in specs.items()} == {
        "b": ((None, 3), None),
        "a": ((None, 2), "int32"),
    }


def test_an_element_type_may_follow():
    assert input_specs(two_inputs(), ["?,3:int64"]).dtype == "int64"


def test_a_scalar_has_no_sizes():
    assert tuple(input_specs(two_inputs(), ["()"]).sizes) == ()


@pytest.mark.parametrize("text", ["a b", "2;3", "2,3.5", "2,3:", "c=2,3"])
def test_other_texts_are_a_mistake(text):
    with pytest.raises(LitesmithError, match="K302"):
        input_specs(two_inputs(), [text])


def test_sizes_may_have_names_and_bounds():
    assert shapes(input_specs(two_inputs(), ["b=batch,3", "a=batch, time<=512 ,2"])) == [
        ("batch", "time<=512", 2),
        ("batch", 3),
    ]
