"""One line of what a framework says."""

import keras
import pytest

from litesmith.diagnostics.quoting import named, quoted


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Too bad.", "Too bad"),
        ("", "ValueError"),
        ("\n\n  First.\nSecond.", "First"),
        ("Exception encountered when calling Dense.call().\n\n\x1b[1mToo small\x1b[0m\n\nArguments", "Too small"),
        ("Could not locate class 'A'. Full object config: {'a': 1}", "Could not locate class 'A'"),
        ("Layer A was not built.\n\nException encountered: Unknown argument: 3", "Unknown argument: 3"),
        ("x" * 400, "x" * 297 + "..."),
    ],
)
def test_the_line_that_tells_is_taken(text, line):
    assert quoted(ValueError(text)) == line


@pytest.mark.parametrize(
    "text", ["image", "Exception encountered when calling A.call().\n\n\x1b[1mimage\x1b[0m\n\nArguments"]
)
def test_a_missing_key_is_said_to_be_one(text):
    assert quoted(KeyError(text)) == "KeyError: image"


def test_keras_own_error_of_a_layer_is_told_without_its_wrapping():
    class Odd(keras.layers.Layer):
        def call(self, inputs):
            raise ValueError("This is odd.")

    with pytest.raises(ValueError) as raised:
        Odd()(keras.ops.ones((1, 4)))
    assert "Exception encountered when calling" in str(raised.value)
    assert quoted(raised.value) == "This is odd"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (KeyError("labels"), "KeyError: labels"),
        (ValueError("no such thing."), "ValueError: no such thing"),
        (RuntimeError(), "RuntimeError"),
    ],
)
def test_the_name_of_an_error_is_said_once(error, said):
    assert named(error) == said
