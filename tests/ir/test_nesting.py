"""Structures of tensors keep their form through a file."""

import keras
import pytest
from hypothesis import given
from hypothesis import strategies as st

from litesmith.ir.nesting import Nesting, flat_nesting, nesting_of

leaves = st.integers(0, 99)
structures = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3),
        st.tuples(inner, inner),
        st.dictionaries(st.sampled_from("abcd"), inner, min_size=2, max_size=3),
    ),
    max_leaves=6,
)


@given(structures)
def test_flattening_gives_the_leaves_in_keras_order_and_packing_puts_them_back(structure):
    nesting = nesting_of(structure)
    assert nesting.flatten(structure) == keras.tree.flatten(structure)
    assert nesting.pack(nesting.flatten(structure)) == structure


@given(structures)
def test_json_keeps_lists_tuples_and_dictionaries_apart(structure):
    nesting = nesting_of(structure)
    assert Nesting.from_json(nesting.to_json()) == nesting


@pytest.mark.parametrize(
    ("given_structure", "message"),
    [
        ({"a": 1}, "keys 'a', 'b'"),
        ([1, 2], "dictionary"),
        ({"a": 1, "b": [2]}, r"\['b'\] must be a list or tuple of 2"),
    ],
)
def test_another_nesting_is_refused_with_the_place(given_structure, message):
    with pytest.raises(ValueError, match=message):
        nesting_of({"a": 0, "b": [0, 0]}).flatten(given_structure)


def test_lists_and_tuples_count_as_the_same_for_inputs():
    assert nesting_of([0, 0]).flatten((5, 6)) == [5, 6]


def test_files_of_others_have_flat_nesting():
    assert flat_nesting(1).is_leaf
    assert flat_nesting(2).flatten([7, 8]) == [7, 8]
