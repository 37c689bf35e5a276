import keras
import pytest
from keras import ops

import litesmith
from litesmith.diagnostics.base import LitesmithError


class Body(keras.layers.Layer):
    def __init__(self, function):
        super().__init__()
        self.function, self.built = function, True

    def call(self, x):
        return self.function(x)


def convert(function, sizes=(None, None, 4)):
    inputs = sizes if any(isinstance(size, str) for size in sizes) else keras.InputSpec(shape=sizes)
    return litesmith.convert(Body(function), inputs=inputs, verify=False)


FROZEN = {
    "a long input is cut": (lambda x: x[:, :128] if ops.shape(x)[1] > 128 else x, "input.1"),
    "the smaller one": (lambda x: ops.sum(x) / min(ops.shape(x)[1], 300), "input.1"),
    "of a computed size": (lambda x: x * 2 if x.shape[1] // 2 < 3 else x, "input.1"),
    "beyond both values that are tried": (lambda x: x * 2 if x.shape[1] >= 1024 else x, "input.1"),
    "of the batch": (lambda x: x if x.shape[0] > 1 else x * 2, "batch"),
    "the count of a loop": (lambda x: sum(x[:, i] for i in range(min(4, x.shape[1]))), "input.1"),
    "for what has no form": (
        lambda x: ops.quantile(x, 0.4, axis=-1, keepdims=True, method="hazen") + x if x.shape[1] > 300 else x,
        "input.1",
    ),
    "for what has no form and ends the call": (
        lambda x: ops.norm(x, 2) + x if x.shape[1] > 300 else x,
        "input.1",
    ),
    "of a size from values": (lambda x: ops.sum(x) if x[x > 0].shape[0] > 5 else ops.max(x), "mask"),
    "in the condition of a loop": (
        lambda x: ops.while_loop(
            lambda t: ops.logical_and(ops.shape(t)[1] < 9, ops.max(t) < 50),
            lambda t: (ops.concatenate([t, t[:, :1] + 1], axis=1),),
            (x,),
        ),
        "carried size",
    ),
}


@pytest.mark.parametrize("name", FROZEN)
def test_what_python_decides_by_a_size_is_a_finding_that_names_the_line(name):
    function, size = FROZEN[name]
    with pytest.raises(LitesmithError) as error:
        convert(function)
    (finding,) = error.value.diagnostics
    assert (finding.code, finding.dimension) == ("K201", size)
    assert finding.where.file == __file__


def refuses_long(x):
    if x.shape[1] > 512:
        raise ValueError("too long")
    assert x.shape[1] >= 2
    return x * 2


def chooses_what_is_the_same(x):
    factor = 1.5 if x.shape[1] > 5 else 3 / 2
    return x * factor


@pytest.mark.parametrize("function", [refuses_long, chooses_what_is_the_same])
def test_a_question_that_changes_nothing_or_refuses_a_size_is_none(function):
    convert(function)


def test_a_question_about_sizes_beyond_the_bound_is_none():
    convert(lambda x: x[:, :512] if x.shape[1] > 512 else x, (None, "time<=512", 4))
    with pytest.raises(LitesmithError, match="K201"):
        convert(lambda x: x[:, :512] if x.shape[1] > 512 else x, (None, "time<=513", 4))


def test_questions_about_two_sizes():
    with pytest.raises(LitesmithError, match="K201"):
        convert(lambda x: x if x.shape[1] > x.shape[2] else x * 2, (None, None, None))


def test_what_keras_asks_itself_is_left_to_its_lowerings():
    convert(keras.layers.Conv1D(2, 3, strides=2))
