"""Small graphs of TensorFlow: SavedModels of functions, SavedModels of TensorFlow 1, and frozen graphs.

`MODELS` by name; a function of TensorFlow 2 returns what is saved, its signatures (None for what it says itself), and
inputs for each; one of TensorFlow 1 is a graph and returns its sides. Runs on Python 3.6 and later.
"""

import os

import numpy as np

FUNCTIONS, SESSIONS = {}, {}


def module(function):
    FUNCTIONS[function.__name__] = function
    return function


def session(function):
    SESSIONS[function.__name__] = function
    return function


def numbers(*shape, seed=0):
    return np.random.RandomState(seed).normal(0, 1, shape).astype("float32")


def spec(tf, shape, name, dtype="float32"):
    return tf.TensorSpec(shape, dtype, name=name)


@module
def two_ways(tf):
    """Two signatures on one weight, one with a fixed batch, one of several results."""

    class Pair(tf.Module):
        def __init__(self):
            super(Pair, self).__init__()
            self.kernel = tf.Variable(numbers(4, 3), name="kernel")
            self.bias = tf.Variable(numbers(3, seed=1), name="bias")

        @tf.function(input_signature=[spec(tf, [None, 4], "x")])
        def encode(self, x):
            code = tf.nn.relu(tf.matmul(x, self.kernel) + self.bias)
            return {"code": code, "length": tf.norm(code, axis=-1)}

        @tf.function(input_signature=[spec(tf, [2, 3], "code"), spec(tf, [], "scale")])
        def decode(self, code, scale):
            return {"x": scale * tf.matmul(code, self.kernel, transpose_b=True)}

    pair = Pair()
    signatures = {"serving_default": pair.encode, "decode": pair.decode}
    given = {
        "serving_default": {"x": numbers(3, 4, seed=2)},
        "decode": {"code": numbers(2, 3, seed=3), "scale": np.float32(2)},
    }
    return pair, signatures, given


@module
def counter(tf):
    """State that stays from call to call."""

    class Counter(tf.Module):
        def __init__(self):
            super(Counter, self).__init__()
            self.total = tf.Variable(numbers(3), name="total")
            self.calls = tf.Variable(5, name="calls")

        @tf.function(input_signature=[spec(tf, [3], "x")])
        def add(self, x):
            self.calls.assign_add(1)
            return {"total": self.total.assign_add(x) * 1.0, "calls": self.calls + 0}

    made = Counter()
    return made, {"add": made.add}, {"add": {"x": numbers(3, seed=1)}}


@module
def loops(tf):
    """A loop that collects, in control flow of TensorFlow, and a branch in it."""

    class Steps(tf.Module):
        def __init__(self):
            super(Steps, self).__init__()
            self.kernel = tf.Variable(numbers(3, 3))

        @tf.function(input_signature=[spec(tf, [2, 4, 3], "x")])
        def run(self, x):
            state, found = tf.zeros([2, 3]), tf.TensorArray(tf.float32, 4)
            for step in tf.range(4):
                state = tf.tanh(tf.matmul(state, self.kernel) + x[:, step])
                if tf.reduce_sum(state) > 0:
                    state = state * 0.5
                found = found.write(step, state)
            return {"state": state, "states": tf.transpose(found.stack(), [1, 0, 2])}

    steps = Steps()
    return steps, {"serving_default": steps.run}, {"serving_default": {"x": numbers(2, 4, 3, seed=4)}}


@module
def table(tf):
    """A hash table of numbers."""

    class Prices(tf.Module):
        def __init__(self):
            super(Prices, self).__init__()
            pairs = tf.lookup.KeyValueTensorInitializer(
                tf.constant([3, 5, 8], tf.int64), tf.constant([0.5, 1.5, 2.5], tf.float32)
            )
            self.table = tf.lookup.StaticHashTable(pairs, -1.0)

        @tf.function(input_signature=[spec(tf, [None], "keys", "int64")])
        def price(self, keys):
            return {"prices": 2.0 * self.table.lookup(keys)}

    prices = Prices()
    given = {"keys": np.array([8, 3, 4, 5], "int64")}
    return prices, {"serving_default": prices.price}, {"serving_default": given}


@module
def vocabulary(tf):
    """Words that are looked up in a file of the model's assets, and read as rows."""

    class Words(tf.Module):
        def __init__(self):
            super(Words, self).__init__()
            path = os.path.join(os.environ.get("TMPDIR", "/tmp"), "words.txt")
            with open(path, "w") as file:
                file.write("one\ntwo\nthree\n")
            columns = (tf.lookup.TextFileIndex.WHOLE_LINE, tf.lookup.TextFileIndex.LINE_NUMBER)
            lines = tf.lookup.TextFileInitializer(path, tf.string, columns[0], tf.int64, columns[1])
            self.table = tf.lookup.StaticHashTable(lines, 3)
            self.rows = tf.Variable(numbers(4, 2))

        @tf.function(input_signature=[spec(tf, [None], "words", "string")])
        def embed(self, words):
            return {"rows": tf.gather(self.rows, self.table.lookup(words))}

        @tf.function(input_signature=[spec(tf, [None], "places", "int64")])
        def rows_of(self, places):
            return {"rows": tf.gather(self.rows, places)}

    words = Words()
    given = {
        "serving_default": {"words": np.array([b"two", b"four", b"one"], object)},
        "rows_of": {"places": np.array([2, 0], "int64")},
    }
    return words, {"serving_default": words.embed, "rows_of": words.rows_of}, given


@module
def texts(tf):
    """Operations on strings, which have no form."""

    class Texts(tf.Module):
        @tf.function(input_signature=[spec(tf, [None], "x")])
        def spell(self, x):
            return {"length": tf.strings.length(tf.strings.join([tf.strings.as_string(x), "!"]))}

    made = Texts()
    return made, {"serving_default": made.spell}, {"serving_default": {"x": numbers(2)}}


@session
def dense_v1(tf):
    """Variables that are references, and names of scopes."""
    x = tf.placeholder(tf.float32, [None, 4], "x")
    with tf.variable_scope("hidden"):
        kernel = tf.get_variable("kernel", [4, 5], initializer=tf.random_normal_initializer(seed=1))
        bias = tf.get_variable("bias", [5], initializer=tf.random_normal_initializer(seed=2))
        h = tf.nn.relu(tf.nn.xw_plus_b(x, kernel, bias))
    with tf.variable_scope("scores"):
        logits = tf.matmul(h, tf.get_variable("kernel", [5, 3], initializer=tf.random_normal_initializer(seed=3)))
    return {"x": x}, {"classes": tf.nn.softmax(logits, name="classes"), "best": tf.argmax(logits, -1, name="best")}


@session
def network_v1(tf):
    """Layers of TensorFlow 1, with dropout and normalization that a placeholder switches."""
    x = tf.placeholder(tf.float32, [None, 8, 8, 3], "x")
    training = tf.placeholder_with_default(False, [], "training")
    small = tf.random_normal_initializer(0, 0.2, seed=1)
    h = tf.layers.conv2d(x, 4, 3, padding="same", kernel_initializer=small)
    h = tf.nn.relu(tf.layers.batch_normalization(h, training=training, moving_mean_initializer=tf.ones_initializer()))
    h = tf.layers.max_pooling2d(h, 2, 2)
    h = tf.layers.dropout(tf.layers.flatten(h), 0.5, training=training)
    h = tf.layers.dense(h, 3, kernel_initializer=small)
    return {"x": x}, {"scores": tf.nn.softmax(h, name="scores")}


@session
def resources_v1(tf):
    """Variables that are resources."""
    x = tf.placeholder(tf.float32, [None, 6], "x")
    with tf.variable_scope("block", use_resource=True):
        kernel = tf.get_variable("kernel", [6, 3], initializer=tf.random_normal_initializer(seed=1))
        moved = tf.get_variable("moved", [3], initializer=tf.random_normal_initializer(seed=2), trainable=False)
    return {"x": x}, {"y": tf.nn.elu(tf.matmul(x, kernel) - moved, name="y")}


@session
def pieces_v1(tf):
    """A variable that is stored in pieces."""
    words = tf.placeholder(tf.int32, [None, 3], "words")
    pieces = tf.fixed_size_partitioner(2)
    with tf.variable_scope("words", partitioner=pieces):
        rows = tf.get_variable("rows", [7, 2], initializer=tf.random_normal_initializer(seed=1))
    found = tf.gather(tf.convert_to_tensor(rows), words)
    return {"words": words}, {"mean": tf.reduce_mean(found, 1, name="mean")}


@session
def recurrent_v1(tf):
    """A loop of TensorFlow 1."""
    x = tf.placeholder(tf.float32, [2, 5, 3], "x")
    cell = tf.nn.rnn_cell.BasicLSTMCell(4)
    steps, state = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)
    return {"x": x}, {"steps": tf.identity(steps, "steps"), "last": tf.identity(state.h, "last")}


@session
def branch_v1(tf):
    """A branch of TensorFlow 1 on a value that the model computes."""
    x = tf.placeholder(tf.float32, [None, 3], "x")
    kernel = tf.get_variable("kernel", [3, 3], initializer=tf.random_normal_initializer(seed=1))
    y = tf.cond(tf.reduce_sum(x) > 0, lambda: tf.matmul(x, kernel), lambda: x * 2.0)
    return {"x": x}, {"y": tf.identity(y, "y")}
