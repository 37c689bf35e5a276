"""What findings about Keras models advise."""

import pytest

from litesmith.diagnostics.keras import UntraceableLayer
from litesmith.ir.source import Source


@pytest.fixture
def line(tmp_path):
    """A place in the user's code that says this."""

    def write(text):
        (tmp_path / "layers.py").write_text(f"\n{text}\n")
        return Source("noise", file=str(tmp_path / "layers.py"), line=2)

    return write


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("return x + tf.random.normal(tf.shape(x))", "a TensorFlow function was called on a tensor of the model"),
        ("return self.noise(x)", "the TensorFlow operation RandomStandardNormal has no LiteRT form"),
    ],
)
def test_random_numbers_of_a_framework_are_drawn_with_keras_random(line, text, error):
    hint = UntraceableLayer(line(text), "Noise", error).hint()
    assert "keras.random.SeedGenerator" in hint
    assert "if training:" in hint


def test_other_functions_of_a_framework_have_one_in_keras_ops(line):
    hint = UntraceableLayer(line("return tf.sin(x)"), "Sin", "a TensorFlow function was called").hint()
    assert "random" not in hint
    assert "keras.ops" in hint
