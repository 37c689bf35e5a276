"""Following models: what inference does not need is left out, and what has no form is told with its place."""

import inspect

import keras
import numpy as np
import pytest
from keras import layers, ops

import litesmith
from litesmith.diagnostics.base import LitesmithError
from litesmith.diagnostics.internal import LoweringFailed
from litesmith.diagnostics.keras import OwnLoweringFailed, UnsupportedArgument, UntraceableLayer
from litesmith.frontends.keras import registry
from litesmith.ops import math
from support import builtins_of, check_converts


def model_of(layer, shape=(4,)):
    inputs = keras.Input(shape)
    return keras.Model(inputs, layer(inputs))


def findings_of(model, **options):
    with pytest.raises(LitesmithError) as raised:
        litesmith.convert(model, **options)
    return raised.value.diagnostics


def line_of(function, text):
    """The number of the line of a function that holds the text."""
    lines, first = inspect.getsourcelines(function)
    (line,) = (first + place for place, line in enumerate(lines) if text in line)
    return line


class Penalised(layers.Layer):
    def call(self, x):
        self.add_loss([1e-3 * ops.mean(ops.square(x)), ops.sum(x)])
        return ops.tanh(x)


def test_losses_are_left_out():
    assert builtins_of(check_converts(model_of(Penalised()))) == ["TANH"]


def test_losses_that_have_no_form_are_no_finding():
    class Odd(layers.Layer):
        def call(self, x):
            self.add_loss(ops.linalg.det(ops.matmul(ops.transpose(x), x)))
            return ops.tanh(x)

    assert builtins_of(check_converts(model_of(Odd()))) == ["TANH"]


class Measured(keras.Model):
    """An endpoint that keeps metrics in its `call`, as Keras' guide shows it."""

    def __init__(self, metric, returns_result=False):
        super().__init__()
        self.dense = layers.Dense(4, activation="sigmoid")
        self.metric = metric
        self.returns_result = returns_result

    def call(self, x):
        y = self.dense(x)
        self.metric.update_state(ops.cast(x > 0, "float32"), y)
        return y * self.metric.result() if self.returns_result else y


class WithNumpy(keras.metrics.Metric):
    def __init__(self):
        super().__init__()
        self.seen = self.add_variable((), "zeros", name="seen")

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.seen.assign(np.mean(y_pred))

    def result(self):
        return self.seen + 0.0


@pytest.mark.parametrize(
    "metric", [keras.metrics.MeanSquaredError, keras.metrics.AUC, keras.metrics.F1Score, WithNumpy]
)
def test_metrics_in_call_are_left_out(metric):
    lite = check_converts(Measured(metric()), convert={"inputs": (None, 4)})
    assert builtins_of(lite) == ["FULLY_CONNECTED", "LOGISTIC"]


def test_the_result_of_a_metric_that_cannot_be_followed_is_a_finding():
    (finding,) = findings_of(Measured(WithNumpy(), returns_result=True), inputs=(None, 4))
    assert isinstance(finding, UntraceableLayer)
    assert finding.message().startswith("The layer's WithNumpy.update_state could not be followed: numpy")
    assert finding.source.line == line_of(WithNumpy.update_state, "np.mean")


@pytest.mark.parametrize("axes", [9, 11])
def test_tensors_of_too_many_axes_are_a_finding_with_layer_and_line(axes):
    class Deep(layers.Layer):
        def call(self, x):
            x = ops.reshape(x, (-1, *[1] * (axes - 2), 4))
            return ops.sum(x * 2.0, axis=1)

    (finding,) = findings_of(model_of(Deep(name="deep")))
    assert isinstance(finding, UnsupportedArgument)
    assert finding.message() == f"keras.ops.reshape: a tensor of {axes} axes, where LiteRT takes 8 at most."
    assert (finding.source.layer, finding.source.line) == ("deep", line_of(Deep.call, "ops.reshape"))


def test_an_input_of_too_many_axes_is_a_finding():
    x = keras.Input((1,) * 8, name="deep")
    (finding,) = findings_of(keras.Model(x, layers.ReLU()(x)))
    assert finding.message() == "keras.Input: 'deep' has 9 axes, where LiteRT takes 8 at most."


class Doubling(layers.Layer):
    def call(self, x):
        return x * 2.0


@pytest.fixture
def lowered_by():
    """Registers a function as the lowering of `Doubling` for one test."""
    yield lambda function: litesmith.lowers(Doubling)(function)
    registry._by_class.pop(Doubling, None)


def fails_itself(layer, x):
    return x.no_such_thing


def fails_inside(layer, x):
    return math.add(x, "two")


@pytest.mark.parametrize(("function", "text"), [(fails_itself, "no_such_thing"), (fails_inside, "math.add")])
def test_a_lowering_of_the_user_that_fails_is_the_users(lowered_by, function, text):
    lowered_by(function)
    (finding,) = findings_of(model_of(Doubling(name="twice")))
    assert isinstance(finding, OwnLoweringFailed)
    assert (finding.code, finding.bad_input) == ("K104", True)
    assert finding.message().startswith("The lowering that was registered for Doubling failed: ")
    assert (finding.source.layer, finding.source.file) == ("twice", __file__)
    assert finding.source.line == line_of(function, text)


def test_a_lowering_of_the_user_that_takes_other_arguments_is_shown_with_its_definition(lowered_by):
    def takes_too_few(layer):
        return layer

    lowered_by(takes_too_few)
    (finding,) = findings_of(model_of(Doubling()))
    assert isinstance(finding, OwnLoweringFailed)
    assert (finding.source.file, finding.source.line) == (__file__, line_of(takes_too_few, "def"))


@pytest.mark.parametrize("result", [None, "text", [None], np.ones(4, "float32")])
def test_a_lowering_of_the_user_that_returns_no_value_is_the_users(lowered_by, result):
    lowered_by(lambda layer, x: result)
    finding = findings_of(model_of(Doubling()))[0]
    assert isinstance(finding, OwnLoweringFailed)
    assert "in place of a value of the graph" in finding.message()


def test_a_lowering_of_our_own_that_fails_is_our_bug(monkeypatch):
    model = model_of(layers.ReLU())
    monkeypatch.setattr("litesmith.frontends.keras.tracing.layer_lowering", lambda layer: math.add)  # of a layer: fails
    finding = findings_of(model)[-1]
    assert isinstance(finding, LoweringFailed)
    assert (finding.code, finding.bad_input) == ("X101", False)


@pytest.mark.parametrize("seed", [None, "generator"])
def test_random_numbers_of_fixed_sizes_are_not_drawn_at_conversion(seed):
    class Noisy(layers.Layer):
        def __init__(self):
            super().__init__()
            self.seed = keras.random.SeedGenerator(1) if seed == "generator" else seed

        def call(self, x):
            return x + keras.random.normal((4,), seed=self.seed)

    lite = litesmith.convert(model_of(Noisy()))
    assert "RANDOM_STANDARD_NORMAL" in [operation.operator.builtin for operation in lite.graph.operations]


def test_random_numbers_that_only_training_draws_are_no_finding():
    class Noisy(layers.Layer):
        def call(self, x, training=False):
            noise = keras.random.normal((4,))
            return x + noise if training else ops.tanh(x)

    check_converts(model_of(Noisy()))


@pytest.mark.parametrize("mode", ["int8", "int4", "float8"])
def test_layers_that_keras_quantized_convert(mode):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((8,)), layers.Dense(8, activation="relu"), layers.Dense(4)])
    model.quantize(mode)
    check_converts(model)
