"""Models that do not run where they should, and do after their repairs, which are proven."""

import keras
import numpy as np
import pytest
from keras import layers, ops

import litesmith
from litesmith.diagnostics.base import LitesmithError
from litesmith.frontends.keras.repairs.repair import Repair, Repaired, repairs

RANDOM = np.random.default_rng(0)


def board(folder, text):
    file = folder / "board.toml"
    file.write_text(text)
    return str(file)


def applied(fixed):
    return [step.repair for step in fixed.steps if step.state == "applied"]


def outputs(model, *inputs):
    return np.asarray(model(*inputs))


def same(fixed, model, *inputs):
    np.testing.assert_allclose(outputs(fixed.model, *inputs), outputs(model, *inputs), rtol=1e-5, atol=1e-6)


def test_a_model_that_runs_is_left_as_it_is():
    model = keras.Sequential([layers.Input((4,)), layers.Dense(3)])
    fixed = litesmith.fix(model)
    assert fixed
    assert not fixed.changed
    assert fixed.model is model
    assert fixed.verification
    assert "nothing to repair" in str(fixed)


def test_loops_are_written_out_for_a_target_without_loops():
    model = keras.Sequential([layers.Input((6, 8)), layers.LSTM(5), layers.Dense(3)])
    assert not all(layer.fate.value == "runs" for layer in litesmith.check(model, "gpu").layers)
    fixed = litesmith.fix(model, "gpu")
    assert applied(fixed) == ["unrolled_loops"]
    assert all(layer.fate.value == "runs" for layer in fixed.after.layers)
    assert (fixed.change.same, fixed.verification.passed) == (True, True)
    assert not model.layers[0].unroll, "the model that was given is not changed"
    same(fixed, model, RANDOM.standard_normal((3, 6, 8)).astype("float32"))


def test_sequences_of_any_length_get_the_length_that_is_said():
    model = keras.Sequential([layers.Input((None, 8)), layers.LSTM(5), layers.Dense(3)])
    left = litesmith.fix(model, "tflm")
    assert not left
    assert {"M104", "D203"} <= {finding.code for finding in left.findings}
    fixed = litesmith.fix(model, "tflm", inputs=(1, 12, 8))
    assert fixed
    assert applied(fixed) == ["fixed_sizes"]
    assert fixed.model.input_shape == (1, 12, 8)
    same(fixed, model, RANDOM.standard_normal((1, 12, 8)).astype("float32"))


def test_images_of_any_size_get_the_size_that_is_said():
    x = keras.Input((None, None, 3))
    model = keras.Model(x, layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3)(x)))
    fixed = litesmith.fix(model, "tflm", inputs=(1, 16, 20, 3))
    assert fixed
    assert fixed.model.input_shape == (1, 16, 20, 3)


@keras.saving.register_keras_serializable()
class Spectrum(layers.Layer):
    """Eigenvalues inside attention, as people paste it."""

    def call(self, x):
        scores = ops.softmax(ops.matmul(x, ops.transpose(x, (0, 2, 1))))
        values, vectors = ops.linalg.eigh((scores + ops.transpose(scores, (0, 2, 1))) / 2)
        back = ops.matmul(vectors * ops.expand_dims(values, 1), ops.transpose(vectors, (0, 2, 1)))
        return ops.matmul(back, x)

    def compute_output_spec(self, x):
        return keras.KerasTensor(x.shape, x.dtype)


def test_eigenvalues_inside_attention_end_in_a_verified_model():
    x = keras.Input((4, 8))
    model = keras.Model(x, layers.Dense(2)(Spectrum()(x)))
    fixed = litesmith.fix(model)
    assert fixed
    assert applied(fixed) == ["python_code"]
    assert fixed.verification.passed


def test_python_code_becomes_operations_that_a_file_holds(tmp_path):
    class Around(layers.Layer):
        def call(self, x):
            return ops.sin(x) * ops.erfinv(ops.tanh(x) / 2)

    x = keras.Input((4,))
    model = keras.Model(x, layers.Lambda(lambda v: v * 2 + 1)(Around()(layers.Dense(3)(x))))
    fixed = litesmith.fix(model)
    assert fixed
    assert applied(fixed) == ["python_code"]
    opened = keras.models.load_model(fixed.save(tmp_path / "fixed.keras"))
    given = RANDOM.standard_normal((3, 4)).astype("float32")
    np.testing.assert_allclose(outputs(opened, given), outputs(model, given), rtol=1e-6)


def test_a_layer_that_does_something_else_in_training_stays_what_it_is():
    class Dropping(layers.Layer):
        def call(self, x, training=False):
            return ops.zeros_like(x) if training else x

    x = keras.Input((4,))
    model = keras.Model(x, layers.Lambda(lambda v: v * 2)(Dropping(name="dropping")(x)))
    fixed = litesmith.fix(model)
    assert applied(fixed) == ["python_code"]
    assert [type(layer).__name__ for layer in fixed.model.layers if layer.name == "dropping"] == ["Dropping"]
    assert not fixed.model(np.ones((1, 4), "float32"), training=True).any()


def test_classes_that_only_call_layers_are_followed():
    class Mine(keras.Model):
        def __init__(self):
            super().__init__()
            self.first, self.second = layers.Dense(4), layers.GRU(3)

        def call(self, x):
            return self.second(self.first(x) * 2)

    model = Mine()
    given = RANDOM.standard_normal((1, 5, 2)).astype("float32")
    model(given)
    fixed = litesmith.fix(model, "gpu", inputs=(1, 5, 2))
    assert applied(fixed) == ["fixed_sizes", "unrolled_loops"]
    same(fixed, model, given)


def test_a_class_that_reads_its_own_weights_is_not_repaired():
    class Mine(keras.Model):
        def build(self, shape):
            self.scale = self.add_weight(shape=(shape[-1],))

        def call(self, x):
            return x * self.scale

    model = Mine()
    model(np.zeros((1, 3), "float32"))
    with pytest.raises(LitesmithError, match="M101"):
        litesmith.fix(model, "tflm", inputs=(1, 3))


def attending(**kwargs):
    x = keras.Input((64, 32))
    return keras.Model(x, layers.MultiHeadAttention(4, 8)(x, x, **kwargs))


@pytest.mark.parametrize("causal", [False, True])
def test_attention_that_overflows_the_arena_goes_by_parts(tmp_path, causal):
    model = attending(use_causal_mask=causal)
    arena = litesmith.check(model, "tflm").arena
    fixed = litesmith.fix(model, board(tmp_path, f'like = "tflm"\narena_bytes = {int(arena * 0.9)}\n'))
    assert fixed
    assert applied(fixed) == ["attention_in_parts"]
    assert fixed.after.arena < 0.9 * arena
    same(fixed, model, RANDOM.standard_normal((2, 64, 32)).astype("float32"))


def gelu_network():
    x = keras.Input((8, 8, 3))
    y = layers.LayerNormalization()(layers.Conv2D(8, 3, activation="mish")(x))
    return keras.Model(x, layers.Dense(4)(layers.GlobalAveragePooling2D()(y)))


def test_what_changes_the_outputs_is_proposed_and_not_done():
    model = gelu_network()
    fixed = litesmith.fix(model, "edgetpu")
    assert not fixed.changed
    assert fixed.model is model
    (step,) = fixed.steps
    assert (step.repair, step.exact, step.state) == ("simpler_activations", False, "not allowed")
    assert 1e-4 < step.change.max_rel < 2
    assert "M102" in {finding.code for finding in fixed.findings}


def test_what_changes_the_outputs_is_done_where_that_is_allowed_and_measured():
    model = gelu_network()
    data = RANDOM.standard_normal((16, 8, 8, 3)).astype("float32")
    fixed = litesmith.fix(model, "edgetpu", data=data, allow_approximate=True)
    assert "simpler_activations" in applied(fixed)
    own, new = outputs(model, data), outputs(fixed.model, data)
    assert fixed.change.max_abs == pytest.approx(np.abs(own - new).max(), rel=1e-5)
    assert not fixed.change.same
    assert not fixed.fine_tuned


def test_normalization_is_fixed_by_the_data_for_a_chip_without_roots(tmp_path):
    target = board(tmp_path, 'like = "edgetpu"\nwithout = ["RSQRT"]\n')
    x = keras.Input((8, 8, 3))
    norm = layers.LayerNormalization(gamma_initializer="random_normal", beta_initializer="random_normal")
    model = keras.Model(x, layers.Conv2D(2, 1)(norm(layers.Conv2D(8, 3, activation="relu")(x))))
    data = RANDOM.standard_normal((32, 8, 8, 3)).astype("float32")
    assert applied(litesmith.fix(model, target, allow_approximate=True)) == []
    fixed = litesmith.fix(model, target, data=data, allow_approximate=True)
    assert applied(fixed) == ["fixed_normalizations"]
    (left,) = (layer for layer in fixed.model.layers if isinstance(layer, layers.BatchNormalization))
    seen = outputs(keras.Model(model.input, model.layers[1].output), data).reshape(-1, 8)
    np.testing.assert_allclose(np.asarray(left.moving_mean), seen.mean(), rtol=1e-4)
    np.testing.assert_allclose(np.asarray(left.moving_variance), seen.var(axis=1).mean(), rtol=1e-3)
    assert all(layer.fate.value == "runs" for layer in fixed.after.layers)


def test_a_function_of_the_users_trains_what_was_changed():
    trained = []

    def recover(model):
        model.layers[-1].set_weights([weights * 0 for weights in model.layers[-1].get_weights()])
        trained.append(model)

    model = gelu_network()
    fixed = litesmith.fix(model, "edgetpu", allow_approximate=True, fine_tune=recover)
    assert trained == [fixed.model]
    assert fixed.fine_tuned
    np.testing.assert_array_equal(fixed.lite.run(np.ones((1, 8, 8, 3), "float32")), np.zeros((1, 4)))


def test_a_function_that_fails_is_a_mistake():
    def wrong(model):
        raise ValueError("no data")

    with pytest.raises(LitesmithError, match=r"M105.*no data"):
        litesmith.fix(gelu_network(), "edgetpu", allow_approximate=True, fine_tune=wrong)


def test_exact_repairs_need_no_training():
    model = keras.Sequential([layers.Input((6, 8)), layers.LSTM(5)])
    fixed = litesmith.fix(model, "gpu", allow_approximate=True, fine_tune=lambda model: pytest.fail("called"))
    assert applied(fixed) == ["unrolled_loops"]


def test_texts_are_left_to_the_app():
    x = keras.Input((1,), dtype="string")
    numbers = layers.StringLookup(vocabulary=["cat", "dog"])(x)
    model = keras.Model(x, layers.Dense(2)(layers.Flatten()(layers.Embedding(4, 3)(numbers))))
    fixed = litesmith.fix(model, "tflm")
    assert fixed
    assert applied(fixed) == ["texts_in_the_app"]
    assert fixed.before is None
    found = fixed.model(fixed.preprocessing([["dog"]]))
    np.testing.assert_allclose(found, fixed.lite.run(fixed.preprocessing([["dog"]])), rtol=1e-5)


def test_a_target_says_which_repairs_are_made_for_it(tmp_path):
    model = keras.Sequential([layers.Input((6, 8)), layers.LSTM(5)])
    assert not litesmith.fix(model, board(tmp_path, 'like = "gpu"\nrepairs = ["fixed_sizes"]\n')).changed
    assert litesmith.fix(model, board(tmp_path, 'like = "gpu"\nrepairs = ["unrolled_loops"]\n')).changed
    with pytest.raises(LitesmithError, match=r"D102.*there is no repair 'unroll'"):
        litesmith.fix(model, board(tmp_path, 'like = "gpu"\nrepairs = ["unroll"]\n'))


def test_what_no_repair_helps_is_said():
    model = keras.Sequential([layers.Input((4,)), layers.Dense(3), layers.Activation("sparsemax", name="sparse")])
    fixed = litesmith.fix(model, "tflm")
    assert not fixed
    codes = [finding.code for finding in fixed.findings]
    assert codes[:2] == ["M102", "M104"]
    assert "D201" in codes
    assert litesmith.fix(model, "tflm", allow_approximate=True)


def test_a_repair_that_is_called_exact_and_is_not_is_left_out(monkeypatch):
    from litesmith.frontends.keras.repairs.rebuilding import rebuilt, twin

    class Wrong(Repair):
        name = "wrong"

        def candidates(self, model, trouble):
            def change(layer, path):
                return (
                    None
                    if path != "lstm_here"
                    else lambda x, **kwargs: twin(layer, {"unroll": True})(x, **kwargs) * 1.01
                )

            yield Repaired(rebuilt(model, change), ("lstm_here",), "a mistake")

    model = keras.Sequential([layers.Input((6, 8)), layers.LSTM(5, name="lstm_here")])
    monkeypatch.setattr("litesmith.frontends.keras.repairs.repair.repairs", lambda: (Wrong(),))
    fixed = litesmith.fix(model, "gpu")
    assert [(step.repair, step.state) for step in fixed.steps] == [("wrong", "not the same")]
    assert not fixed.changed
    assert "M103" in {finding.code for finding in fixed.findings}


def test_every_repair_is_found_and_named_once():
    assert [repair.name for repair in repairs()] == [
        "texts_in_the_app",
        "fixed_sizes",
        "python_code",
        "unrolled_loops",
        "attention_in_parts",
        "simpler_activations",
        "fixed_normalizations",
    ]


def test_the_plan_is_data():
    model = keras.Sequential([layers.Input((6, 8)), layers.LSTM(5)])
    plan = litesmith.fix(model, "gpu").to_json()
    assert (plan["runs"], plan["changed"]) == (True, True)
    assert plan["steps"][0]["layers"] == (model.layers[0].name,)
    assert plan["steps"][0]["change"]["same"] is True
    assert plan["before"]["bytes"] != plan["after"]["bytes"]


def test_graphs_of_other_frameworks_have_no_layers_to_repair():
    with pytest.raises(LitesmithError, match="M101"):
        litesmith.fix(lambda x: x + 1, "tflm")


def test_files_are_keras_files(tmp_path):
    fixed = litesmith.fix(keras.Sequential([layers.Input((4,)), layers.Dense(3)]))
    with pytest.raises(ValueError, match=r"a repaired model is a \.keras file"):
        fixed.save(tmp_path / "fixed.h5")
