"""Layers of categories against Keras: numbers become operators, texts are left to the app.

Layers that Keras computes in TensorFlow are taken by their stand-ins, which compute as those do
(`tests/preprocessing/test_steps.py`).
"""

import keras
import numpy as np
import pytest
from keras import layers

import litesmith
from litesmith.diagnostics.base import LitesmithError
from litesmith.frontends.keras import stand_ins
from litesmith.frontends.keras.preprocessing_state import step_of
from litesmith.frontends.keras.running import run_keras
from support import builtins_of, check_converts, check_layer, compare_arrays

RNG = np.random.default_rng(23)
BOUNDS = [-1.0, 0.0, 0.5, 2.0]
SCALARS = [np.nan, np.inf, -np.inf, 0.0, -0.0, 0.5, 2.0, 1.9999999, -1.0, 3.4e38]
NUMBERS = np.array([10, 20, -30, -7, 0, 5, 2**40, 123456789012345678, -(2**63), 2**63 - 1, -9, 100])
VOCABULARIES = {
    "one": [7],
    "small": [10, 20, -30],
    "long": RNG.choice(5000, 700, replace=False).tolist(),
    "wide": [int(x) for x in np.unique(RNG.integers(-(2**62), 2**62, 37))][::-1] + [10, -(2**63), 2**63 - 1],
}


@pytest.mark.parametrize("shape", [(5,), (1,), (None,), (5, 4), ()], ids=str)
@pytest.mark.parametrize("mode", ["int", "one_hot", "multi_hot", "count"])
def test_discretization(mode, shape):
    check_layer(layers.Discretization(BOUNDS, output_mode=mode), shape)


def test_ranges_at_their_ends():
    model = keras.Sequential([keras.Input((len(SCALARS),)), layers.Discretization(BOUNDS)])
    check_converts(model, np.array([SCALARS, SCALARS[::-1]], "float32"))


@pytest.mark.parametrize("given", [None, np.ones((1, 1))], ids=["without", "with"])
def test_ranges_that_were_learned(given):
    layer = layers.Discretization(num_bins=4)
    if given is None:
        with pytest.raises(LitesmithError, match="has no boundaries"):
            litesmith.convert(keras.Sequential([keras.Input((2,)), layer]), verify=False)
        return
    layer.bin_boundaries = BOUNDS
    check_layer(layer, (3,))


@pytest.mark.parametrize("shape", [(5,), (1,), (None,), ()], ids=str)
@pytest.mark.parametrize("mode", ["one_hot", "multi_hot", "count"])
def test_category_encoding(mode, shape):
    check_layer(layers.CategoryEncoding(6, output_mode=mode), shape, dtype="int32")


def test_categories_that_count_by_weights():
    x, weights = keras.Input((5,), dtype="int32"), keras.Input((5,))
    check_converts(keras.Model([x, weights], layers.CategoryEncoding(6, output_mode="count")(x, count_weights=weights)))


def tokens(vocabulary, shape=(3, 8)):
    """Known and unknown ones."""
    known = np.array(vocabulary)
    near = np.concatenate([known, known + (known < 2**62), NUMBERS])
    return RNG.choice(near, shape)


def check_tokens(layer, *given):
    """Against what the layer is known to do: Keras' numpy backend makes int32 of int64."""
    inputs = [keras.Input((*x.shape[1:-1], None) if x.ndim > 1 else (), dtype=x.dtype.name) for x in given]
    outputs = layer(inputs if len(inputs) > 1 else inputs[0])
    lite = litesmith.convert(keras.Model(inputs, outputs), verify=False)
    for arrays in (given, [x[:1] for x in given]):
        compare_arrays([step_of(layer)(*arrays)], [lite.run(list(arrays))])
    return lite


@pytest.mark.parametrize("name", VOCABULARIES)
@pytest.mark.parametrize("options", [{}, {"num_oov_indices": 3}, {"mask_token": 10, "num_oov_indices": 2}], ids=str)
def test_integer_lookup(name, options):
    vocabulary = [token for token in VOCABULARIES[name] if token != options.get("mask_token")]
    check_tokens(stand_ins.IntegerLookup(vocabulary=vocabulary, **options), tokens(vocabulary))


@pytest.mark.parametrize("options", [{}, {"mask_token": 0}, {"num_oov_indices": 4}], ids=str)
@pytest.mark.parametrize("mode", ["one_hot", "multi_hot", "count", "tf_idf"])
def test_integer_lookup_as_vectors(mode, options):
    weights = {"idf_weights": [0.1, 0.2, 0.7]} if mode == "tf_idf" else {}
    layer = stand_ins.IntegerLookup(vocabulary=[10, 20, -30], output_mode=mode, **options, **weights)
    check_tokens(layer, tokens([10, 20, -30, 0]))


def test_lookups_of_many_axes_and_of_one():
    for shape in ((3,), (3, 1), (3, 2, 4)):
        layer = stand_ins.IntegerLookup(vocabulary=[10, 20, -30], output_mode="one_hot")
        given = tokens([10, 20, -30], shape)
        x = keras.Input(shape[1:], dtype="int64")
        lite = litesmith.convert(keras.Model(x, layer(x)), verify=False)
        compare_arrays([step_of(layer)(given)], [lite.run(given)])


def test_vectors_as_long_as_they_may_become():
    layer = stand_ins.IntegerLookup(
        vocabulary=[10, 20], output_mode="tf_idf", idf_weights=[0.5, 2.0], max_tokens=7, pad_to_max_tokens=True
    )
    assert check_tokens(layer, tokens([10, 20])).run(np.array([[10]])).shape == (1, 7)


def test_unknown_tokens_end_the_call_where_none_are_allowed():
    layer = stand_ins.IntegerLookup(vocabulary=[10, 20], num_oov_indices=0)
    lite = check_tokens(layer, np.array([[10, 20, 10]]))
    with pytest.raises(LitesmithError, match="R104"):
        lite.run(np.array([[10, 11]]))


def test_tables_are_looked_up_at_once_and_others_by_halves():
    near, wide = (stand_ins.IntegerLookup(vocabulary=VOCABULARIES[name]) for name in ("long", "wide"))
    assert builtins_of(check_tokens(near, tokens([1]))).count("GATHER") == 1
    assert builtins_of(check_tokens(wide, tokens([1]))).count("GATHER") == 6 + 2


@pytest.mark.parametrize("mask", [None, 0])
def test_tokens_of_indices(mask):
    layer = layers_inverted([10, 20, -30], mask)
    x = keras.Input((None,), dtype="int64")
    lite = litesmith.convert(keras.Model(x, layer(x)), verify=False)
    start = [-1] if mask is None else [0, -1]
    expected = [*start, 10, 20, -30]
    indices = np.array([[*range(len(expected)), -1, 99, -(2**63), 2**63 - 1]])
    assert lite.run(indices).tolist() == [[*expected, -1, -1, -1, -1]]


def layers_inverted(vocabulary, mask):
    return stand_ins.IntegerLookup(vocabulary=vocabulary, invert=True, mask_token=mask, oov_token=-1)


def test_texts_of_indices():
    layer = stand_ins.StringLookup(vocabulary=["a", "größer"], invert=True, oov_token="[UNK]")
    x = keras.Input((None,), dtype="int64")
    lite = litesmith.convert(keras.Model(x, layer(x)), verify=False)
    found = lite.run(np.array([[1, 2, 0, 9]]))
    assert [text.decode() for text in found.reshape(-1)] == ["a", "größer", "[UNK]", "[UNK]"]


@pytest.mark.parametrize("dtype", ["int32", "int64"])
@pytest.mark.parametrize("options", [{}, {"mask_value": 10}, {"output_mode": "one_hot"}], ids=str)
def test_hashing(options, dtype):
    given = NUMBERS.astype(dtype)
    digits = [sign * 10**k + off for k in range(18 if dtype == "int64" else 9) for off in (0, -1) for sign in (1, -1)]
    check_tokens(stand_ins.Hashing(num_bins=1009, **options), np.array([*given, *digits], dtype)[None])


@pytest.mark.parametrize("mode", ["multi_hot", "count"])
def test_hashing_of_samples(mode):
    check_tokens(stand_ins.Hashing(num_bins=7, output_mode=mode), RNG.integers(-50, 50, (3, 9)).astype("int32"))


def test_hashing_of_floats():
    x = keras.Input((4,))
    given = np.array([[1.0, -2.9, 1e9, 0.2]], "float32")
    check_converts(keras.Model(x, stand_ins.Hashing(num_bins=97)(x)), given)


@pytest.mark.parametrize("mode", ["int", "one_hot"])
def test_hashed_crossing(mode):
    integers = RNG.integers(-(2**31), 2**31, 12).astype("int32")
    check_tokens(stand_ins.HashedCrossing(num_bins=31, output_mode=mode), NUMBERS, integers)


def test_salted_hashes_are_left_to_the_app():
    x = keras.Input((3,), dtype="int64", name="x")
    model = keras.Model(x, layers.Embedding(9, 2)(stand_ins.Hashing(num_bins=9, salt=3, name="hash")(x)))
    with pytest.raises(LitesmithError, match=r"K102.*SipHash.*split_preprocessing=True"):
        litesmith.convert(model)
    lite = litesmith.convert(model, split_preprocessing=True)
    given = NUMBERS[:6].reshape(2, 3) // 2
    np.testing.assert_allclose(lite.run(given), run_keras(model, given))
    assert list(lite.signatures["serving_default"]["inputs"]) == ["hash"]


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: stand_ins.IntegerLookup(vocabulary=[1], output_mode="count", sparse=True), "no sparse tensors"),
        (lambda: stand_ins.IntegerLookup(), "has no vocabulary"),
    ],
)
def test_what_does_not_convert(make, reason):
    x = keras.Input((2,), dtype="int64")
    layer = make()
    layer.compute_output_spec = lambda inputs: keras.KerasTensor((None, 2), "int64")
    with pytest.raises(LitesmithError, match=reason):
        litesmith.convert(keras.Model(x, layer(x)), verify=False)
