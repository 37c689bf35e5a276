"""Bytecode of every CPython from 3.6 to 3.13, made by these Pythons themselves (`make_lambdas.py`), as expressions."""

import base64
import contextlib
import json
import marshal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litesmith.frontends.bytecode.decoding import CannotDecode, decode
from litesmith.frontends.bytecode.expressions import text

STORED = json.loads((Path(__file__).parent / "lambdas.json").read_text())
TEXTS = {
    "double": "lambda x: x * 2",
    "polynomial": "lambda x: (-(x ** 2) + (3 * x)) - 1.5",
    "item": "lambda x: x[:, 0]",
    "slices": "lambda x: x[:, 1:-1, ::2]",
    "a slice": "lambda x: x[1:]",
    "new axis": "lambda x: x[..., None]",
    "backend": "lambda x: K.mean(x, axis=1)",
    "keywords": "lambda x: tf.reduce_sum(x, axis=[1, 2], keepdims=True)",
    "method": "lambda x: tf.math.l2_normalize(x, -1)",
    "two inputs": "lambda xs: (xs[0] * xs[1]) + K.exp(xs[0] / 2)",
    "comparison": "lambda x: K.cast(x > 0.5, 'float32')",
    "sizes": "lambda x: K.reshape(x, (-1, K.int_shape(x)[1] * 2))",
    "get_shape": "lambda x: x.get_shape().as_list()[-1] * x",
    "list": "lambda x: tf.transpose(x, [0, 2, 1])",
    "long list": "lambda x: tf.tile(x, [1, 2, 3])",
    "constants": "lambda x: (x * 6.28) + np.sqrt(64.0)",
    "plus": "lambda x: +x",
    "large number": "lambda x: x + 12345678901234567890",
    "default": "lambda x, factor: x * factor",
    "matrix": "lambda x: x @ x",
    "pairs": "lambda x: tf.nn.relu(x[:, :2]) - abs(x[:, 2:])",
    "several lines": "lambda x: tensorflow.concat([(x * 2.0) + 1, (x * 2.0) - 1], axis=-1)",
    "import": "lambda x, size: tensorflow.image.resize(x, size)",
    "in place": "lambda x: ((x + 1) * 2) / 4",
}
REFUSED = ("a branch", "a loop", "a function", "spread")


def code(version, name):
    return base64.b64decode(STORED[version][name])


def test_the_bytecode_of_eight_versions_is_there():
    assert sorted(STORED, key=lambda version: int(version.partition(".")[2])) == [
        f"3.{minor}" for minor in range(6, 14)
    ]


@pytest.mark.parametrize("version", STORED)
@pytest.mark.parametrize("name", TEXTS)
def test_a_function_is_the_expression_that_was_written(version, name):
    assert str(decode(code(version, name))) == TEXTS[name]


@pytest.mark.parametrize("version", STORED)
def test_values_from_around_stand_for_free_variables(version):
    # A closure's values are in the order of `co_freevars`, which is that of the alphabet.
    assert str(decode(code(version, "closure"), [-1, 0.5])) == "lambda x: K.sum(x * 0.5, axis=-1)"
    with pytest.raises(CannotDecode, match="from around the function"):
        decode(code(version, "closure"))


@pytest.mark.parametrize("version", STORED)
@pytest.mark.parametrize("name", REFUSED)
def test_more_than_an_expression_is_refused(version, name):
    with pytest.raises(CannotDecode):
        decode(code(version, name))


def test_any_number_of_arguments_is_noted():
    for version in STORED:
        with pytest.raises(CannotDecode):
            decode(code(version, "any arguments"))


def test_what_is_no_code_is_refused():
    for data in (b"", b"\xe3", marshal.dumps([1, 2]), marshal.dumps("x"), b"not marshalled", bytes(1000)):
        with pytest.raises(CannotDecode):
            decode(data)


def test_a_shared_part_that_would_fill_the_memory_is_cut():
    body = "\n".join("    x = x + x" for _ in range(60))
    found = {}
    exec(f"def doubled(x):\n{body}\n    return x\n", found)
    assert len(text(decode(marshal.dumps(found["doubled"].__code__)).expression)) < 1000


def test_what_is_nested_too_deep_is_refused():
    function = eval("lambda x: " + "-" * 1000 + "x")
    with pytest.raises(CannotDecode, match="deeper"):
        decode(marshal.dumps(function.__code__))


@given(st.data())
def test_changed_bytes_are_refused_or_mean_something(data):
    """Never another error, and never a run of the code."""
    whole = bytearray(code(data.draw(st.sampled_from(sorted(STORED))), data.draw(st.sampled_from(sorted(TEXTS)))))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(whole) - 1))
        whole[place : place + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=3))
        if not whole:
            break
    with contextlib.suppress(CannotDecode):
        assert isinstance(str(decode(bytes(whole), [1.0, 2])), str)
