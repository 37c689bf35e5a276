"""Losses as outputs of models, against Keras."""

import inspect

import keras
import numpy as np
import pytest
from keras import losses, ops

from support import check_function

RNG = np.random.default_rng(9)
LOGITS = (RNG.normal(size=(4, 5)) * 3).astype("float32")
PROBABILITIES = (1 / (1 + np.exp(-LOGITS))).astype("float32")
MARKS = (RNG.random((4, 5)) < 0.4).astype("float32")
SHARES = (RNG.random((4, 5)) + 0.1).astype("float32")
CLASSES = np.array([0, 4, 2, 2], "int32")


@pytest.mark.parametrize("targets", [MARKS, SHARES / 2])
def test_binary_crossentropy(targets):
    check_function(lambda t, p: ops.binary_crossentropy(t, p), targets, PROBABILITIES)
    check_function(lambda t, x: ops.binary_crossentropy(t, x, from_logits=True), targets, LOGITS)


def test_binary_crossentropy_at_the_edges():
    certain = np.array([[0, 1, 0, 1, 0.5]] * 4, "float32")
    check_function(lambda t, p: ops.binary_crossentropy(t, p), MARKS, certain)
    # What Keras computes of large logits is as coarse as float32 near 1; here it is exact up to the limit.
    large = np.array([[-100, 100, -12, 12, 0]] * 4, "float32")
    check_function(lambda t, x: ops.binary_crossentropy(t, x, from_logits=True), MARKS, large, rtol=2e-3)


@pytest.mark.parametrize("axis", [-1, 1, 2])
@pytest.mark.parametrize("from_logits", [False, True])
def test_categorical_crossentropy(axis, from_logits):
    x = RNG.normal(size=(3, 4, 5)).astype("float32")
    targets, output = np.abs(x[::-1]), x if from_logits else np.abs(x) + 0.01
    options = {"from_logits": from_logits, "axis": axis}
    check_function(lambda t, o: ops.categorical_crossentropy(t, o, **options), targets, output)


@pytest.mark.parametrize("from_logits", [False, True])
@pytest.mark.parametrize("classes", [CLASSES, CLASSES[:, None], CLASSES.astype("uint8"), CLASSES.astype("float32")])
def test_sparse_categorical_crossentropy(from_logits, classes):
    output = LOGITS if from_logits else PROBABILITIES
    check_function(lambda t, o: ops.sparse_categorical_crossentropy(t, o, from_logits=from_logits), classes, output)


def test_a_certain_class():
    certain = np.array([[1, 0, 0], [0, 0, 1]], "float32")
    check_function(lambda t, o: ops.sparse_categorical_crossentropy(t, o), np.array([0, 1], "int32"), certain)


ON_CLASSES = {"SparseCategoricalCrossentropy", "CategoricalGeneralizedCrossEntropy"}
ON_LABELS = {"CTC", "Circle"}
ELEMENTWISE = [
    name
    for name, member in sorted(vars(losses).items())
    if inspect.isclass(member) and issubclass(member, losses.Loss) and member is not losses.Loss
    if name not in ON_CLASSES | ON_LABELS
]


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_every_loss(name):
    loss = getattr(losses, name)()
    targets = MARKS if "inary" in name or "inge" in name else SHARES / SHARES.sum(-1, keepdims=True)
    check_function(lambda t, p: loss(t, p), targets.astype("float32"), PROBABILITIES)


@pytest.mark.parametrize("name", ["BinaryCrossentropy", "CategoricalCrossentropy", "BinaryFocalCrossentropy"])
def test_losses_of_logits(name):
    loss = getattr(losses, name)(from_logits=True, label_smoothing=0.1, reduction=None)
    check_function(lambda t, x: loss(t, x), MARKS, LOGITS)


@pytest.mark.parametrize("ignored", [None, 2])
def test_losses_of_classes(ignored):
    loss = losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=ignored, reduction=None)
    check_function(lambda t, x: loss(t, x), CLASSES, LOGITS)


def test_generalized_crossentropy():
    loss = losses.CategoricalGeneralizedCrossEntropy(q=0.7, reduction=None)
    check_function(lambda t, p: loss(t, p), CLASSES, PROBABILITIES)


def test_circle_loss():
    loss = losses.Circle(reduction=None)
    normal = LOGITS / np.linalg.norm(LOGITS, axis=1, keepdims=True)
    check_function(lambda t, x: loss(t, x), CLASSES, normal)


def test_losses_with_weights():
    loss = losses.MeanSquaredError()
    check_function(lambda t, x, w: loss(t, x, sample_weight=w), MARKS, LOGITS, np.array([1, 0, 2, 1], "float32"))


def test_a_model_that_returns_its_own_loss():
    class Scored(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.dense = keras.layers.Dense(5)

        def build(self, shape):
            self.dense.build((None, 5))

        def call(self, x, t):
            logits = self.dense(x)
            return logits, keras.losses.sparse_categorical_crossentropy(t, logits, from_logits=True)

    layer = Scored()
    layer.build(None)
    check_function(lambda x, t: list(layer(x, t)), LOGITS, CLASSES)


FUNCTIONS = {
    name: member
    for room in (losses, keras.metrics)
    for name, member in sorted(vars(room).items())
    if inspect.isfunction(member) and name not in ("get", "serialize", "deserialize", "ctc")
}
"""The functions of losses and metrics; CTC has tests of its own."""

CHANCES = (PROBABILITIES / PROBABILITIES.sum(1, keepdims=True)).astype("float32")
ONE_HOT = np.eye(5, dtype="float32")[CLASSES]
MASKS = [np.abs(RNG.normal(size=(3, 4, 4, 2))).astype("float32") for _ in range(2)]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_of_losses_and_metrics(name):
    function = FUNCTIONS[name]
    if name == "categorical_generalized_cross_entropy":
        check_function(lambda t, p: function(t, p, q=0.5), CLASSES, CHANCES)
    elif name in ("dice", "tversky"):
        check_function(function, *MASKS)
    else:
        check_function(function, CLASSES if name == "circle" or "sparse" in name else ONE_HOT, CHANCES)
