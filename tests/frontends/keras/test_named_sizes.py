"""Sizes that the caller names and bounds, from `convert` to the file and to its calls."""

import keras
import numpy as np
import pytest
from keras import layers, ops

import litesmith
from litesmith import LitesmithError
from support import check_converts


def tokens_and_mask():
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    mask = keras.Input((None,), name="mask")
    return keras.Model([tokens, mask], layers.Embedding(40, 4)(tokens) * mask[..., None])


BOUNDED = {"tokens": (1, "time<=50"), "mask": (1, "time")}


class Limited(keras.layers.Layer):
    """Refuses more than 12 steps, and has a position for each of those."""

    def build(self, shape):
        self.table = self.add_weight(shape=(12, 3))

    def call(self, x):
        if x.shape[1] > 12:
            raise ValueError("at most 12 steps")
        return x + self.table[: ops.shape(x)[1]]


def test_a_bound_keeps_to_what_the_model_can_take():
    with pytest.raises(LitesmithError, match="at most 12 steps"):
        litesmith.convert(keras.Sequential([Limited()]), inputs=(None, None, 3))
    model = keras.Sequential([Limited()])
    lite = litesmith.convert(model, inputs=(None, "time<=12", 3))
    for time in (1, 5, 12):
        x = np.random.default_rng(time).random((2, time, 3), "float32")
        np.testing.assert_array_equal(lite.run(x), np.asarray(model(x)))


@pytest.mark.parametrize("most", [2, 3, 4, 7, 150])
def test_any_bound_can_be_followed(most):
    x = keras.Input((None, 4), name="x")
    check_converts(keras.Model(x, layers.LSTM(3)(x)), convert={"inputs": (None, f"time<={most}", 4)})


def test_several_bounded_sizes():
    class Frames(keras.layers.Layer):
        """All frames of all videos, one after the other."""

        def call(self, videos):
            return ops.reshape(videos, (-1, *ops.shape(videos)[2:]))

    model = keras.Sequential([Frames(), layers.Conv2D(3, 1)])
    check_converts(model, convert={"inputs": (None, "a<=3", "b<=4", "c<=5", 2)})


def test_larger_sizes_are_refused_with_the_bound(tmp_path):
    lite = litesmith.convert(tokens_and_mask(), inputs=BOUNDED)
    again = litesmith.load(lite.save(tmp_path / "m.tflite"))
    for each in (lite, again):
        assert each.run([np.zeros((1, 50), "int32"), np.ones((1, 50))]).shape == (1, 50, 4)
        with pytest.raises(ValueError, match="'tokens' has time<=50, not 51"):
            each.run([np.zeros((1, 51), "int32"), np.ones((1, 51))])


def test_sizes_of_one_name_must_be_equal():
    lite = litesmith.convert(tokens_and_mask(), inputs=BOUNDED)
    with pytest.raises(ValueError, match="'mask': 'time' is one size in all inputs, not 7 and 8"):
        lite.run([np.zeros((1, 7), "int32"), np.ones((1, 8))])


def test_the_summary_shows_names_and_bounds():
    lite = litesmith.convert(tokens_and_mask(), inputs=BOUNDED)
    assert str(lite.summary()).count("(1, time<=50)") == 2


def test_the_file_is_dynamic_all_the_same():
    sizes = litesmith.convert(tokens_and_mask(), inputs=BOUNDED).signatures["serving_default"]["inputs"]
    assert [str(size) for size in sizes["tokens"].shape] == ["1", "time"]


def test_one_name_is_one_size_where_the_model_compares_them():
    a, b = keras.Input((None, 2), name="a"), keras.Input((None, 2), name="b")
    model = keras.Model([a, b], ops.concatenate([a, b], axis=-1))
    check_converts(model, convert={"inputs": {"a": (None, "time", 2), "b": (None, "time", 2)}})


@pytest.mark.parametrize(
    ("shape", "problem"),
    [
        ((1, "time<=1", 3), "write the number"),
        ((1, "time < 5", 3), "not the name of a size"),
        ((1, "time", "features"), "which is always 3"),
    ],
)
def test_what_is_no_bound_is_said(shape, problem):
    model = keras.Sequential([keras.Input((None, 3), name="x"), layers.Dense(2)])
    with pytest.raises(LitesmithError, match=problem):
        litesmith.convert(model, inputs=shape)


def test_a_size_read_as_a_number_is_called_by_its_name():
    x = keras.Input((None, 3), name="x")
    model = keras.Model(x, layers.Lambda(lambda t: t * float(int(t.shape[1])))(x))
    with pytest.raises(LitesmithError, match="frames"):
        litesmith.convert(model, inputs=(None, "frames", 3))
