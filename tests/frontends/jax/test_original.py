"""Functions of JAX arrays, converted by themselves."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import litesmith
from litesmith.diagnostics.base import LitesmithError
from litesmith.frontends.original import original_of
from litesmith.verification.comparison import compare

RANDOM = np.random.default_rng(0)
WEIGHTS = jnp.asarray(RANDOM.standard_normal((8, 4)), jnp.float32)


def dense(x):
    return jnp.tanh(x @ WEIGHTS)


def of_two(a, b):
    return {"sum": a + b, "parts": [a, (b * 2,)]}


def types(lite, signature="serving_default", side="inputs"):
    return {name: str(type) for name, type in lite.signatures[signature][side].items()}


def test_a_function_of_one_array():
    lite = litesmith.convert(dense, inputs=(None, 8))
    x = RANDOM.standard_normal((5, 8)).astype("float32")
    np.testing.assert_allclose(lite.run(x), dense(x), rtol=1e-5, atol=1e-6)
    assert types(lite) == {"x": "float32[batch, 8]"}


def test_a_list_of_inputs_are_the_arguments_in_order():
    lite = litesmith.convert(of_two, inputs=[(None, "time<=9", 3), (None, "time", 3)])
    assert types(lite) == {"a": "float32[batch, time, 3]", "b": "float32[batch, time, 3]"}
    found = lite.run([np.ones((2, 5, 3)), np.full((2, 5, 3), 3.0)])
    assert found["sum"].shape == (2, 5, 3)
    assert np.all(found["parts"][1][0] == 6)
    assert isinstance(found["parts"][1], tuple)


def test_a_dictionary_holds_arguments_by_name():
    lite = litesmith.convert(of_two, inputs={"b": (3,), "a": (3,)})
    assert np.all(lite.run({"a": np.ones(3), "b": np.zeros(3)})["parts"][0] == 1)


def test_a_dictionary_of_other_names_is_one_argument():
    lite = litesmith.convert(lambda pair: pair["u"] * pair["v"], inputs={"u": (3,), "v": "3:int32"})
    assert types(lite)["v"] == "int32[3]"
    assert np.all(lite.run({"u": np.full(3, 2.0), "v": np.full(3, 3)}) == 6)


def test_what_is_of_a_class_of_the_users_comes_as_a_list():
    class Pair(NamedTuple):
        less: jax.Array
        more: jax.Array

    assert len(litesmith.convert(lambda x: Pair(x - 1, x + 1), inputs=(3,)).run(np.zeros(3))) == 2


def test_arrays_of_64_bits_are_what_jax_makes_of_them():
    lite = litesmith.convert(lambda ids: WEIGHTS[ids], inputs=np.arange(3))
    assert types(lite) == {"ids": "int32[batch]"}


def test_several_signatures_share_weights():
    many = litesmith.convert(dense, signatures={"one": (1, 8), "many": (None, 8), "two": (of_two, [(3,), (3,)])})
    assert set(many.signatures) == {"one", "many", "two"}
    assert types(many, "two") == {"a": "float32[3]", "b": "float32[3]"}
    assert bytes(many).count(np.asarray(WEIGHTS).T.tobytes()) == 1


def test_the_converted_file_is_compared_with_the_function():
    lite = litesmith.convert(dense, inputs=(None, 8))
    assert litesmith.verify(dense, lite)
    assert not compare(original_of(lambda x: dense(x) * 1.01), lite)


def refused(function, inputs):
    with pytest.raises(LitesmithError) as raised:
        litesmith.convert(function, inputs=inputs)
    (finding,) = raised.value.diagnostics
    return finding


def test_a_function_needs_inputs():
    assert refused(dense, None).code == "P101"


def test_an_if_on_values_names_its_line():
    def branches(x):
        return x if x[0] > 0 else -x

    finding = refused(branches, (None,))
    assert finding.code == "P103"
    assert (finding.where.file, finding.where.line) == (__file__, branches.__code__.co_firstlineno + 1)


def test_what_has_no_form_names_its_line():
    def calls_back(x):
        y = x + 1
        return jax.pure_callback(np.sin, y, y)

    finding = refused(calls_back, (3,))
    assert finding.code == "P102"
    assert finding.where.line == calls_back.__code__.co_firstlineno + 2


def test_an_object_that_cannot_be_called_is_no_model():
    assert refused([1], (3,)).code == "K303"
