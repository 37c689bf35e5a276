"""Operators written out for targets that lack them compute what they stand for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keras import Input, Model, layers, ops

from litesmith.flatbuffer.write import to_bytes
from litesmith.frontends.options import Options
from litesmith.frontends.original import original_of
from litesmith.lite_model import LiteModel
from litesmith.opset.unmodeled import operator_name
from litesmith.passes.decompose_for_target import DECOMPOSITIONS, DecomposeForTarget, decomposable
from litesmith.passes.pipeline import PIPELINE, optimize, pipeline_for
from litesmith.verification.comparison import compare

FORMS = {
    "GELU": lambda x: ops.concatenate([ops.gelu(x, approximate=True), ops.gelu(x, approximate=False)], -1),
    "HARD_SWISH": ops.hard_silu,
    "LEAKY_RELU": ops.leaky_relu,
    "PRELU": layers.PReLU(alpha_initializer="random_normal"),
    "ELU": ops.elu,
    "SQUARE": ops.square,
    "NEG": ops.negative,
    "SIGN": lambda x: ops.sign(ops.round(x)),
    "SQUARED_DIFFERENCE": lambda x: ops.square(x - 2 * ops.flip(x, 1)),
    "RSQRT": lambda x: ops.rsqrt(ops.abs(x) + 0.01),
    "LOG_SOFTMAX": ops.log_softmax,
    "CONV_3D": layers.Conv3D(3, 2),
}
"""Something of Keras that becomes each operator."""

EVERYTHING = frozenset(kind.builtin for kind in DECOMPOSITIONS) | frozenset(
    need for each in DECOMPOSITIONS.values() for need in each.needs
)


def lowered(model, operators=None):
    """The model for a target that has these operators, or for any."""
    original = original_of(model)
    imported = original.import_graphs(None, None, Options(), None)
    optimize(imported.model, PIPELINE if operators is None else pipeline_for(operators), check=True)
    return original, LiteModel(to_bytes(imported.model), imported.model)


def names(lite):
    return {operator_name(operation) for graph in lite.model.all_graphs() for operation in graph.operations}


def test_every_decomposition_has_a_form():
    assert FORMS.keys() == decomposable()


@pytest.mark.parametrize("name", FORMS)
def test_what_is_lacking_is_made_of_what_there_is(name):
    shape = (4, 5, 6, 2) if name == "CONV_3D" else (6, 4)
    x = Input(shape)
    model = Model(x, FORMS[name](x))
    original, plain = lowered(model)
    assert name in names(plain)
    decomposition = next(each for kind, each in DECOMPOSITIONS.items() if kind.builtin == name)
    original, written = lowered(model, EVERYTHING - {name})
    made = names(written)
    assert name not in made
    assert made - names(plain) <= decomposition.needs
    assert decomposition.needs.isdisjoint({name})
    report = compare(original, written)
    assert report, report


def test_what_is_lacking_is_made_of_what_can_be_made():
    """GELU takes SQUARE, which the target lacks too, and which is MUL."""
    x = Input((4,))
    original, written = lowered(Model(x, ops.gelu(x)), EVERYTHING - {"GELU", "SQUARE"})
    assert names(written).isdisjoint({"GELU", "SQUARE"})
    assert compare(original, written)


def test_what_cannot_be_made_stays():
    x = Input((4,))
    _, written = lowered(Model(x, ops.gelu(x)), EVERYTHING - {"GELU", "TANH", "DIV"})
    assert "GELU" in names(written)


def test_a_target_that_has_all_takes_the_passes_as_they_are():
    assert pipeline_for(EVERYTHING) is PIPELINE
    assert DecomposeForTarget().lacking <= decomposable()


@given(
    kernel=st.tuples(*[st.integers(1, 3)] * 3),
    strides=st.sampled_from([(1, 1, 1), (2, 1, 1), (1, 2, 2), (2, 2, 2), (3, 1, 2)]),
    dilation=st.sampled_from([1, 2]),
    padding=st.sampled_from(["valid", "same"]),
    activation=st.sampled_from([None, "relu"]),
    bias=st.booleans(),
    depth=st.integers(5, 7),
)
def test_convolutions_of_volumes(kernel, strides, dilation, padding, activation, bias, depth):
    if dilation > 1 and max(strides) > 1:
        strides = (1, 1, 1)
    x = Input((depth, 6, 5, 2))
    y = layers.Conv3D(
        3, kernel, strides, padding, dilation_rate=dilation, activation=activation, use_bias=bias,
        bias_initializer="random_normal",
    )(x)  # fmt: skip
    original, written = lowered(Model(x, y), EVERYTHING - {"CONV_3D"})
    assert "CONV_3D" not in names(written)
    assert compare(original, written)


def test_edges_stay_what_they_are():
    x = Input((5,))
    model = Model(x, [ops.elu(x), ops.leaky_relu(x), ops.gelu(x), ops.hard_silu(x)])
    _, written = lowered(model, EVERYTHING - {"ELU", "LEAKY_RELU", "GELU", "HARD_SWISH"})
    given_values = np.array([[-1e6, -50.0, 0.0, 50.0, 1e6]], np.float32)
    for own, found in zip(model(given_values), written.run(given_values), strict=True):
        np.testing.assert_allclose(found, np.asarray(own), rtol=1e-6, atol=1e-6)
