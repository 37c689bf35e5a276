"""What is said of element types that are computed in others."""

import json

import keras
import numpy as np
import pytest
from keras import layers, ops

import litesmith
from litesmith.ir.element_types import ComputedType, OtherOutput, note_output, noting_types
from litesmith.ir.types import DType
from litesmith.report.summary import summarize


def converted(function, dtype):
    x = keras.Input((4,), dtype=dtype, name="x")
    return litesmith.convert(keras.Model(x, layers.Lambda(function, dtype=dtype, name="y")(x)), verify=False)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float16"])
def test_layers_of_lower_precision_are_named(policy):
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3), layers.Dense(2, dtype=policy, name="y")])
    (note,) = litesmith.convert(model).model.computed_types
    assert note == ComputedType(policy.removeprefix("mixed_"), "float32", ("y",))


def test_integers_are_named_with_the_type_that_they_become():
    x = keras.Input((4,), dtype="int8", name="x")
    lite = litesmith.convert(keras.Model(x, ops.add(x, x)), verify=False)
    assert [(note.dtype, note.computed_in) for note in lite.model.computed_types] == [("int8", "int32")]


@pytest.mark.parametrize("function", [lambda x: ops.tanh(x) * 2, lambda x: ops.cast(x > 0, "int32"), ops.argmax])
def test_nothing_is_said_of_what_kernels_take(function):
    lite = converted(function, "float32")
    assert (lite.model.computed_types, lite.model.other_outputs) == ((), ())
    assert "other types" not in lite.summary()
    assert not {"computed_types", "other_outputs"} & summarize(lite).to_json().keys()


def test_moving_16_bits_is_no_computation_of_the_app_s():
    assert converted(lambda x: x, "float16").model.computed_types == ()


@pytest.mark.parametrize(
    ("declared", "found", "is_told"),
    [("float64", DType.FLOAT32, True), ("int64", DType.INT32, True), ("int32", DType.INT64, False),
     ("float32", DType.INT32, False), ("float16", DType.FLOAT16, False)],
)  # fmt: skip
def test_outputs_of_fewer_bits_than_declared_are_told(declared, found, is_told):
    with noting_types() as noted:
        note_output("y", declared, found)
    assert list(noted.outputs) == ([OtherOutput("y", declared, found.value)] if is_told else [])


def test_the_output_of_a_model_with_fewer_bits_is_told():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(2, dtype="float64", name="y")])
    lite = litesmith.convert(model)
    dtype = np.asarray(model(np.ones((1, 4), "float32"))).dtype.name
    assert lite.graph.outputs[0].type.dtype.value == dtype
    assert len(lite.model.other_outputs) == (dtype == "float32")


def test_summaries_say_it_as_text_and_data():
    lite = litesmith.convert(
        keras.Sequential([keras.Input((4,)), *(layers.Dense(3, dtype="mixed_float16", name=name) for name in "abcde")])
    )
    summary = summarize(lite)
    assert "computed in other types: float16 in float32 (a, b, c, d, e); inputs and outputs keep theirs" in str(summary)
    assert "float16 in float32 (a, b, c, 2 other layers)" in summary.types_lines(3)[0]
    assert json.loads(json.dumps(summary.to_json()))["computed_types"] == [
        {"dtype": "float16", "computed_in": "float32", "layers": list("abcde")}
    ]
