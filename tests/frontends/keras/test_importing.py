"""Sizes that are read as numbers, of which the two runs of an import must not agree."""

import inspect

import keras
import numpy as np
import pytest
from keras import layers, ops

import litesmith
from litesmith.diagnostics.base import LitesmithError
from litesmith.diagnostics.keras import CannotCall, DiffersEachTime, SizeReadAsNumber
from support import check_converts

X = np.random.default_rng(0).standard_normal((2, 5, 4)).astype("float32")


class Layer(layers.Layer):
    def compute_output_shape(self, shape):
        return shape


class ArangeOfNumpy(Layer):
    def call(self, x):
        places = np.arange(x.shape[1], dtype="float32")
        return x * ops.reshape(places, (-1, 1))


class LoopOverTime(Layer):
    def call(self, x):
        total = ops.zeros_like(x[:, 0])
        for step in range(ops.shape(x)[1]):
            total = total + x[:, step]
        return x + ops.expand_dims(total, 1)


class FloatOfSize(Layer):
    def call(self, x):
        return x * float(1 / ops.shape(x)[1])


class BranchOnSize(Layer):
    def call(self, x):
        return x * 2.0 if ops.shape(x)[1] > 150 else x


READING = [ArangeOfNumpy, LoopOverTime, FloatOfSize, BranchOnSize]


def model_of(layer):
    inputs = keras.Input((None, 4), name="signal")
    return keras.Model(inputs, layer(name="reader")(inputs))


@pytest.mark.parametrize("layer", READING)
def test_size_read_as_a_number_is_a_finding_with_layer_and_line(layer):
    with pytest.raises(LitesmithError) as raised:
        litesmith.convert(model_of(layer))
    (finding,) = raised.value.diagnostics
    assert isinstance(finding, SizeReadAsNumber)
    assert finding.dimension == "signal.1"
    assert finding.code == "K201"
    assert "signal.1" in finding.message()
    assert finding.source.layer == "reader"
    lines, first = inspect.getsourcelines(layer)
    assert finding.source.file == __file__
    assert finding.source.line in range(first, first + len(lines))


@pytest.mark.parametrize("layer", READING)
def test_a_size_given_with_inputs_makes_it_convert(layer):
    check_converts(model_of(layer), X, X[:1], convert={"inputs": (None, 5, 4)})


def test_a_batch_read_as_a_number_converts_when_it_is_pinned():
    class LoopOverBatch(Layer):
        def call(self, x):
            return ops.stack([x[i] * i for i in range(ops.shape(x)[0])])

    inputs = keras.Input((3, 4))
    model = keras.Model(inputs, LoopOverBatch()(inputs))
    with pytest.raises(LitesmithError, match="K201"):
        litesmith.convert(model)
    check_converts(model, X[:, :3], convert={"batch": 2})


def test_iterating_over_a_dynamic_axis_is_a_finding():
    class Iterates(Layer):
        def call(self, x):
            return ops.stack(list(x))

    with pytest.raises(LitesmithError, match="dynamic size"):
        litesmith.convert(model_of(Iterates))


def test_sizes_computed_with_operations_are_no_finding():
    class Places(Layer):
        def call(self, x):
            places = ops.cast(ops.arange(ops.shape(x)[1]), "float32")
            return x * ops.reshape(places, (-1, 1)) / ops.cast(ops.shape(x)[1], "float32")

    check_converts(model_of(Places), X, X[:1, :3])


def test_a_model_that_is_not_the_same_each_time_is_no_size_read_as_a_number():
    class Noisy(Layer):
        def call(self, x):
            return x + np.random.default_rng().standard_normal(4).astype("float32")

    with pytest.raises(LitesmithError) as raised:
        litesmith.convert(model_of(Noisy), verify=False)
    (finding,) = raised.value.diagnostics
    assert isinstance(finding, DiffersEachTime)
    assert (finding.code, finding.source.layer, finding.source.file) == ("K202", "reader", __file__)


class Misspelt(keras.Model):
    def call(self, x):
        return self.dens(x)


class OtherKeys(keras.Model):
    def call(self, x):
        return x["image"] * 2.0


@pytest.mark.parametrize(
    ("model", "inputs", "message"),
    [
        (Misspelt(), (None, 3), "float32(3, 3): 'Misspelt' object has no attribute 'dens'"),
        (OtherKeys(), {"img": (None, 3)}, "float32(3, 3): KeyError: image"),
        (keras.Sequential([layers.Conv2D(2, 3)]), (None, 8, 8), "float32(3, 8, 8): Input 0 with name 'None' of layer"),
    ],
)
def test_a_model_that_keras_cannot_call_is_said_with_what_it_was_called_on(model, inputs, message):
    with pytest.raises(LitesmithError) as raised:
        litesmith.convert(model, inputs=inputs)
    (finding,) = raised.value.diagnostics
    assert isinstance(finding, CannotCall)
    assert finding.code == "K306"
    assert finding.message().startswith(f"Keras cannot call the model on {message}")
    if not isinstance(model, keras.Sequential):
        assert (finding.source.file, finding.source.line) == (__file__, inspect.getsourcelines(type(model).call)[1] + 1)


def test_a_model_that_keras_cannot_be_compared_with_is_said_as_well():
    """Here the batch of one that the comparison begins with."""

    class Pairs(layers.Layer):
        def call(self, x):
            return ops.reshape(x, (ops.shape(x)[0] // 2, 8))

        def compute_output_shape(self, shape):
            return None, 8

    inputs = keras.Input((4,))
    with pytest.raises(
        LitesmithError, match=r"K306: Keras cannot call the model on float32\(1, 4\): cannot .*"
    ) as raised:
        litesmith.convert(keras.Model(inputs, Pairs()(inputs)))
    assert "verify=False" in raised.value.diagnostics[0].hint()


def test_a_class_that_does_not_call_super_is_told():
    class Forgetful(keras.Model):
        def __init__(self):
            pass

    with pytest.raises(LitesmithError, match=r"K307: Forgetful\.__init__ does not call super"):
        litesmith.convert(Forgetful(), inputs=(None, 3))


class Several(keras.Model):
    """A model of two arguments, and one that it can do without."""

    def __init__(self):
        super().__init__()
        self.image, self.size = layers.Dense(3), layers.Dense(3)

    def call(self, image, size, scale=None, training=False):
        total = self.image(image) + self.size(size)
        return total if scale is None else total * scale


GIVEN = {"image": X[:, 0], "size": X[:, 0, :2]}


@pytest.mark.parametrize("called", [False, True])
def test_a_model_of_several_arguments_takes_them_by_name(called):
    model = Several()
    if called:
        model(**GIVEN)
    with pytest.raises(LitesmithError, match=r"K301.*several arguments \('image', 'size'\)"):
        litesmith.convert(model)
    lite = check_converts(model, GIVEN, convert={"inputs": {"image": (None, 4), "size": (None, 2)}})
    assert list(lite.signatures["serving_default"]["inputs"]) == ["image", "size"]
    assert litesmith.verify(model, lite)


def test_an_argument_that_the_model_can_do_without_may_be_given():
    given = {**GIVEN, "scale": np.float32([[2.0], [3.0]])}
    shapes = {"image": (None, 4), "size": (None, 2), "scale": (None, 1)}
    check_converts(Several(), given, convert={"inputs": shapes})


def test_layers_that_a_class_did_not_build_are_built():
    class BuildsItself(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(3)

        def build(self, shape):
            self.built = True

        def call(self, x):
            return self.dense(x)

    model = BuildsItself()
    model.build((None, 4))
    check_converts(model, X[:, 0], convert={"inputs": (None, 4)})
    assert model.dense.built
