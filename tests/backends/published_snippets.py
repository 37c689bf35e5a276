"""Programs as people published them, with `tf.lite` imported from here: each does what its author wanted."""

import warnings

import keras
import numpy as np
import pytest
from keras import layers

from litesmith.compat import lite
from support import compare_arrays

if keras.backend.backend() != "tensorflow":
    pytest.skip("they are written for Keras on TensorFlow", allow_module_level=True)

import tensorflow as tf

RANDOM = np.random.default_rng(0)


def result(content, *inputs):
    """What LiteRT computes, as people run it."""
    interpreter = lite.Interpreter(model_content=content)
    for detail, array in zip(interpreter.get_input_details(), inputs, strict=True):
        interpreter.resize_tensor_input(detail["index"], array.shape)
    interpreter.allocate_tensors()
    for detail, array in zip(interpreter.get_input_details(), inputs, strict=True):
        interpreter.set_tensor(detail["index"], array)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])


def check(model, content, *inputs):
    compare_arrays([np.asarray(model(*inputs))], [result(content, *inputs)], rtol=1e-4, atol=1e-5)


def numbers(*shape):
    return RANDOM.standard_normal(shape).astype("float32")


def test_a_classifier_exported_as_a_saved_model(tmp_path):
    """The original saves with `save_format="tf"`, which Keras 3 calls `export`."""
    model = keras.Sequential(
        [layers.Input((10,)), layers.Dense(16, activation="relu"), layers.Dense(3), layers.Softmax()]
    )
    model.export(str(tmp_path / "saved"), verbose=False)
    converter = lite.TFLiteConverter.from_saved_model(str(tmp_path / "saved"))
    check(model, converter.convert(), numbers(2, 10))


@pytest.mark.parametrize("optimize", list(lite.Optimize)[:3])
def test_dynamic_range_quantization(optimize):
    model = keras.Sequential([layers.Input((64,)), layers.Dense(64, activation="relu"), layers.Dense(10)])
    converter = lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [optimize]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", lite.NoEffect)
        content = converter.convert()
    x = numbers(1, 64)
    assert len(content) < 15_000
    np.testing.assert_allclose(result(content, x), np.asarray(model(x)), atol=0.05)


class WithWeight(layers.Layer):
    def __init__(self, units=32, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        self.w = self.add_weight(shape=(input_shape[-1], self.units), initializer="random_normal", trainable=True)
        self.b = self.add_weight(shape=(self.units,), initializer="random_normal", trainable=True)

    def call(self, inputs):
        return tf.experimental.numpy.tanh(tf.matmul(inputs, self.w) + self.b)


class Ones(layers.Layer):
    def call(self, x):
        return tf.math.sigmoid(tf.matmul(x, tf.ones([x.shape[-1], 4])))


class Sine(layers.Layer):
    def call(self, x):
        return tf.math.sin(x)


class Whitened(layers.Layer):
    """Attention on inputs that are decorrelated by the eigenvectors of their covariance."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.attention = layers.Attention()

    def call(self, x):
        covariance = tf.matmul(x, x, transpose_a=True) / tf.cast(tf.shape(x)[1], x.dtype)
        values, vectors = tf.linalg.eigh(covariance + 0.1 * tf.eye(x.shape[-1]))
        whitening = tf.matmul(vectors / tf.sqrt(values)[:, None, :], vectors, transpose_b=True)
        white = tf.matmul(x, whitening)
        return self.attention([white, white])


@pytest.mark.parametrize(
    ("body", "shape"),
    [
        ([WithWeight(8)], (6,)),
        ([Ones()], (6,)),
        ([layers.Dense(4), Sine()], (6,)),
        ([layers.Lambda(lambda x: x * 2)], (6,)),
        ([layers.Dense(4, activation="selu")], (6,)),
        ([Whitened()], (7, 4)),
        ([layers.LSTM(8)], (None, 32)),
    ],
    ids=["add_weight", "ones", "sin", "Lambda", "selu", "eigh", "LSTM"],
)
def test_layers_that_do_not_convert_elsewhere(body, shape):
    model = keras.Sequential([layers.Input(shape), *body])
    content = lite.TFLiteConverter.from_keras_model(model).convert()
    for batch, length in ((1, 5), (3, 9)):
        check(model, content, numbers(batch, *(length if size is None else size for size in shape)))


def test_a_converter_that_is_tried_again():
    model = keras.Sequential([layers.Input((None, 4)), layers.LSTM(3, return_sequences=True)])
    converter = lite.TFLiteConverter.from_keras_model(model)
    try:
        content = converter.convert()
    except ValueError:
        converter.target_spec.supported_ops = [lite.OpsSet.TFLITE_BUILTINS, lite.OpsSet.SELECT_TF_OPS]
        converter._experimental_lower_tensor_list_ops = False
        content = converter.convert()
    check(model, content, numbers(2, 6, 4))


def test_an_h5_file_with_an_activation_of_the_users(tmp_path):
    def mish(x):
        return x * tf.math.tanh(tf.math.softplus(x))

    model = keras.Sequential([layers.Input((6,)), layers.Dense(4, activation=mish)])
    model.save(str(tmp_path / "model.h5"))
    with keras.utils.custom_object_scope({"mish": mish}):
        loaded = keras.models.load_model(str(tmp_path / "model.h5"), compile=False)
    check(model, lite.TFLiteConverter.from_keras_model(loaded).convert(), numbers(2, 6))
    converter = lite.TFLiteConverter.from_keras_model_file(tmp_path / "model.h5", custom_objects={"mish": mish})
    check(model, converter.convert(), numbers(2, 6))


def test_a_concrete_function():
    weights = tf.Variable(numbers(6, 4))

    @tf.function(input_signature=[tf.TensorSpec([None, 6], tf.float32)])
    def predict(x):
        return tf.nn.softmax(tf.matmul(x, weights))

    converter = lite.TFLiteConverter.from_concrete_functions([predict.get_concrete_function()], predict)
    check(predict, converter.convert(), numbers(2, 6))
