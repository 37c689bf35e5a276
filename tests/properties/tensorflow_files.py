"""Writes files of TensorFlow's converter into the folder that is given: run in a process of its own."""

import os
import sys
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["KERAS_BACKEND"] = "tensorflow"

import numpy as np
import tensorflow as tf

PLAIN = ["network", "recurrence", "loops", "branch", "words", "shapes", "assorted"]
RANDOM = np.random.default_rng(0)


def weights(*shape):
    return tf.constant(RANDOM.standard_normal(shape).astype("float32"))


KERNEL, DEPTHWISE = weights(3, 3, 3, 8), weights(3, 3, 8, 1)
WIDE, NARROW = weights(8, 64), weights(64, 4)
RECURRENT = weights(4, 6), weights(6, 6)


def function(*specs):
    def decorate(body):
        return tf.function(body, input_signature=[tf.TensorSpec(shape, dtype) for shape, dtype in specs])

    return decorate


@function(((None, 8, 8, 3), tf.float32))
def network(x):
    h = tf.nn.relu6(tf.nn.conv2d(x, KERNEL, 1, "SAME") + 0.5)
    h = tf.nn.relu(tf.nn.depthwise_conv2d(h, DEPTHWISE, [1, 2, 2, 1], "SAME"))
    h = tf.reduce_mean(h, [1, 2])
    return tf.nn.softmax(tf.matmul(tf.nn.tanh(tf.matmul(h, WIDE)), NARROW))


@function(((2, 5, 4), tf.float32))
def recurrence(x):
    """A loop over time, in control flow of TensorFlow."""
    inner, outer = RECURRENT
    outputs = tf.TensorArray(tf.float32, 5, element_shape=(2, 6))
    _, state, outputs = tf.while_loop(
        lambda t, state, outputs: t < 5,
        lambda t, state, outputs: step(t, tf.tanh(x[:, t] @ inner + state @ outer), outputs),
        (0, tf.zeros((2, 6)), outputs),
    )
    return {"state": state, "outputs": outputs.stack()}


def step(t, state, outputs):
    return t + 1, state, outputs.write(t, state)


@function(((None, 3), tf.float32))
def loops(x):
    """A loop in a loop, and a graph that grows."""
    inner = lambda i, v: tf.while_loop(lambda j, w: j < i, lambda j, w: (j + 1, w * 2), (0, v))[1]  # noqa: E731
    _, total = tf.while_loop(lambda i, v: i < 3, lambda i, v: (i + 1, inner(i, v) + 1), (0, x))
    growing = tf.TensorShape([None, 3])
    _, grown = tf.while_loop(
        lambda i, v: i < 2, lambda i, v: (i + 1, tf.concat([v, v], 0)), (0, x), (tf.TensorShape([]), growing)
    )
    return total, grown


@function(((None, 4), tf.float32))
def inverted(x):
    """What neither LiteRT nor Select TF have an operator for."""
    return tf.math.erfinv(tf.tanh(x)) * 2


@function(((None, 4, 4), tf.float32))
def decomposed(x):
    """What only Select TF has an operator for."""
    return tf.linalg.cholesky(tf.matmul(x, x, transpose_b=True)) * 2


@function(((3,), tf.float32), ((), tf.bool))
def branch(x, flag):
    return tf.cond(flag, lambda: x * 2 + 1, lambda: tf.reverse(x, [0]))


@function(((None,), tf.string), ((None,), tf.int32))
def words(texts, places):
    return tf.gather(texts, places)


@function(((None, None), tf.float32))
def shapes(x):
    """Sizes computed while it runs."""
    size = tf.shape(x)
    return tf.reshape(tf.tile(x, [1, 2]), (size[0] * 2, size[1])), tf.range(size[1]), tf.transpose(x)[1:, :-1]


@function(((None, 6), tf.float32))
def assorted(x):
    values, places = tf.math.top_k(x, 3)
    one, two, three = tf.split(x, [1, 2, 3], 1)
    outputs = [values, places, tf.concat([three, one], 1), tf.cumsum(x, 1), tf.one_hot(places, 6), tf.argmax(x, 1)]
    return [*outputs, tf.where(x > 0, x, tf.exp(x)), tf.pad(two, [[0, 0], [1, 2]]), tf.math.floormod(places, 2)]


class Doubling(tf.Module):
    """Two signatures on one weight."""

    def __init__(self):
        super().__init__()
        self.weight = tf.Variable(weights(6, 6))

    @tf.function(input_signature=[tf.TensorSpec((None, 6), tf.float32)])
    def encode(self, x):
        return {"code": tf.matmul(x, self.weight)}

    @tf.function(input_signature=[tf.TensorSpec((None, 6), tf.float32)])
    def decode(self, code):
        return {"x": tf.matmul(code, self.weight, transpose_b=True)}


class Counter(tf.Module):
    """State that stays from call to call."""

    def __init__(self):
        super().__init__()
        self.count = tf.Variable(tf.zeros((2,)))

    @tf.function(input_signature=[tf.TensorSpec((2,), tf.float32)])
    def add(self, x):
        return {"sum": self.count.assign_add(x) * 1.0}


def examples():
    for seed in range(4):
        yield [np.random.default_rng(seed).standard_normal((1, 8, 8, 3)).astype("float32")]


def converter(body):
    return tf.lite.TFLiteConverter.from_concrete_functions([body.get_concrete_function()], body)


def quantized(*, inputs=None, sixteen=False):
    made = converter(network)
    made.optimizations = [tf.lite.Optimize.DEFAULT]
    made.representative_dataset = examples
    if sixteen:
        made.target_spec.supported_ops = [tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8]
    else:
        made.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    if inputs:
        made.inference_input_type = made.inference_output_type = inputs
    return made.convert()


def dynamic_range(types=()):
    made = converter(network)
    made.optimizations = [tf.lite.Optimize.DEFAULT]
    made.target_spec.supported_types = list(types)
    return made.convert()


def signatures(folder):
    module = Doubling()
    names = {"encode": module.encode, "decode": module.decode}
    tf.saved_model.save(module, folder, {name: f.get_concrete_function() for name, f in names.items()})
    return tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=list(names)).convert()


def counter(folder):
    module = Counter()
    tf.saved_model.save(module, folder, module.add.get_concrete_function())
    made = tf.lite.TFLiteConverter.from_saved_model(folder)
    made.experimental_enable_resource_variables = True
    return made.convert()


def recurrent():
    """An LSTM as one operator, which the converter makes of Keras' layer."""
    layers = [tf.keras.Input((6, 4), batch_size=1), tf.keras.layers.LSTM(5, return_sequences=True)]
    return tf.lite.TFLiteConverter.from_keras_model(tf.keras.Sequential(layers)).convert()


def select_tf():
    made = converter(decomposed)
    made.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS, tf.lite.OpsSet.SELECT_TF_OPS]
    return made.convert()


def custom():
    made = converter(inverted)
    made.allow_custom_ops = True
    return made.convert()


def main(folder):
    plain = [network, recurrence, loops, branch, words, shapes, assorted]
    files = {name: converter(body).convert() for name, body in zip(PLAIN, plain, strict=True)}
    files["int8"] = quantized(inputs=tf.int8)
    files["int8 with float inputs"] = quantized()
    files["int16"] = quantized(sixteen=True)
    files["dynamic range"] = dynamic_range()
    files["float16 weights"] = dynamic_range([tf.float16])
    files["signatures"] = signatures(str(folder / "saved"))
    files["counter"] = counter(str(folder / "counter"))
    files["lstm"] = recurrent()
    files["select tf"] = select_tf()
    files["custom"] = custom()
    for name, content in files.items():
        (folder / f"{name}.tflite").write_bytes(content)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
