"""What a conversion did otherwise than the model says it."""

import math

import keras
import numpy as np
import pytest
from keras import layers

import litesmith
from litesmith.diagnostics.lowering import WrittenOut
from litesmith.ir.element_types import OtherOutput
from litesmith.ir.source import Source
from litesmith.report.deviations import deviations, written_out_lines


def converted(layer, size=6, **options):
    x = keras.Input((size,), name="x")
    return litesmith.convert(keras.Model(x, layer(x)), verify=False, **options)


def told(lite):
    return [(finding.code, finding.where.layer if finding.where else None) for finding in lite.findings]


def of_code(lite, code):
    return [finding for finding in lite.findings if finding.code == code]


def test_a_model_that_is_as_it_was_written_has_no_findings():
    assert converted(layers.Dense(3, activation="gelu", name="d")).findings == ()


def test_an_operation_without_an_operator_is_written_out_with_its_bound_and_line():
    lite = converted(layers.Lambda(lambda x: keras.ops.erf(x), name="act"))
    (found,) = lite.findings
    assert (found.code, found.where.layer, found.where.file) == ("L101", "act", __file__)
    assert found.message().startswith("keras.ops.erf is computed by 11 MUL, 10 ADD, MAXIMUM and 3 other kinds")
    assert found.message().endswith(": within 5e-7 of its value everywhere.")


def test_a_part_of_an_operation_is_named():
    other = WrittenOut(Source("a"), "ops.betainc", "log_gamma", ("MUL",), "within 2e-6")
    assert other.message() == "keras.ops.betainc (for its log_gamma) is computed by MUL: within 2e-6."


def test_exact_decompositions_say_so():
    found = WrittenOut(Source("a"), "ops.lcm", "least_common_multiple", ("MUL", "2 ADD"), "")
    assert found.message().endswith("is computed by MUL, 2 ADD: the result is exact.")


def test_element_types_that_are_computed_in_others_are_findings_of_each_layer():
    lite = converted(layers.Dense(3, dtype="float16", name="half"))
    assert ("L102", "half") in told(lite)
    assert "float16 is computed in float32" in of_code(lite, "L102")[0].message()


@pytest.mark.parametrize(("form", "words"), [("unroll", "written out step by step"), ("fused", "one operator")])
def test_loops_in_another_form(form, words):
    x = keras.Input((4, 3), name="x")
    lite = litesmith.convert(keras.Model(x, layers.LSTM(2, name="r")(x)), verify=False, rnn=form)
    (found,) = of_code(lite, "L104")
    assert found.where.layer == "r"
    assert words in found.message()


def test_a_loop_that_stays_a_loop_is_none():
    x = keras.Input((4, 3), name="x")
    lite = litesmith.convert(keras.Model(x, layers.LSTM(2, name="r")(x)), verify=False)
    assert not of_code(lite, "L104")


def test_weights_in_fewer_bits():
    lite = converted(layers.Dense(512, name="d"), size=512, quantize="float16")
    (found,) = of_code(lite, "L105")
    assert (found.where.layer, found.form) == ("d", "float16")


def test_numbers_that_the_runtime_draws():
    class Noise(layers.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.seed = keras.random.SeedGenerator(1)

        def call(self, x):
            return x + keras.random.normal(keras.ops.shape(x), seed=self.seed)

    assert ("L107", "noise") in told(converted(Noise(name="noise")))


def test_what_is_left_to_the_app():
    words = keras.Input((1,), dtype="string", name="words")
    ids = layers.StringLookup(vocabulary=["a", "b"], name="ids")(words)
    model = keras.Model(words, layers.Embedding(4, 2)(ids))
    lite = litesmith.convert(model, split_preprocessing=True, verify=False)
    (found,) = of_code(lite, "L108")
    assert "'ids'" in found.message()


def test_a_file_that_was_read_knows_what_its_operators_show(tmp_path):
    path = converted(layers.Lambda(lambda x: keras.ops.erf(x), name="act")).save(tmp_path / "m.tflite")
    assert litesmith.load(path).findings == ()


def test_lines_name_few_layers():
    found = [WrittenOut(Source(f"a{i}"), "ops.erf", "erf", ("MUL",), "within 5e-7") for i in range(5)]
    (line,) = written_out_lines(found, 2)
    assert line == "keras.ops.erf is computed by MUL: within 5e-7 (a0, a1, 3 other layers)"


def test_check_says_which_layers_are_rewritten():
    found = litesmith.check(converted(layers.Lambda(lambda x: keras.ops.erf(x), name="act")))
    (layer,) = found.layers
    assert (layer.layer, layer.fate.value) == ("act", "runs, rewritten")
    assert layer.changes == (found.findings[0].message(),)
    assert "1 of 1 layers are rewritten" in " ".join(str(found).split())
    assert found.to_json()["layers"][0]["changes"] == layer.changes
    assert not litesmith.check(converted(layers.Dense(3, name="d"))).layers[0].changes


def test_notes_of_a_bound_are_true():
    lite = converted(layers.Lambda(lambda x: keras.ops.erf(x), name="act"))
    x = np.linspace(-5, 5, 6 * 500, dtype="float32").reshape(-1, 6)
    expected = np.vectorize(math.erf)(x.astype("float64"))
    assert np.max(np.abs(lite.run(x) - expected) / np.maximum(np.abs(expected), 1e-30)) < 5e-7


def test_outputs_of_fewer_bits():
    """What the model says of its outputs and what the backend computes differ on some backends only (JAX: int64)."""
    model = converted(layers.Dense(3, name="d")).model
    model.other_outputs = (OtherOutput("y", "int64", "int32"),)
    (found,) = deviations(model)
    assert found.code == "L103"
    assert found.message() == "The output 'y' is int32, where the model says int64."


def test_layers_that_came_through_a_framework():
    """Which takes Keras on that framework: here the operators say that they came so."""
    model = converted(layers.Dense(3, name="d")).model
    for operation in model.main.operations:
        operation.source = operation.source.doing("jax.lax.dot_general")
    (found,) = deviations(model)
    assert (found.code, found.where.layer, found.framework) == ("L106", "d", "JAX")
