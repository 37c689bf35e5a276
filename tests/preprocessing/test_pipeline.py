"""The half in the app: called, written, read and told."""

import json

import numpy as np
import pytest

import litesmith
from litesmith.diagnostics.base import LitesmithError
from litesmith.ir.nesting import Nesting
from litesmith.preprocessing.pipeline import Given, Placed, Preprocessing
from litesmith.preprocessing.steps import HashedCrossing, Lookup, TextVectorization

WORDS = TextVectorization(Lookup(("the", "fox"), 1, ""), "lower", "whitespace", None, 4)
HALF = Preprocessing(
    (Given("text", "string", (None, 1)), Given("age", "int32", (None, 1)), Given("size", "float32", (None, 2))),
    Nesting({"text": 1, "age": 0, "size": 2}),
    (
        Placed("words", "words", WORDS, ("text",), (None, 4)),
        Placed("cross", "cross", HashedCrossing(5), ("text", "age"), (None, 1)),
    ),
    ("size", "words", "cross"),
)
SINGLE = Preprocessing((Given("text", "string", (None,)),), Nesting(0), HALF.placed[:1], ("words",))


def test_it_gives_the_files_inputs_by_name():
    half = Preprocessing(HALF.given, Nesting([0, 1, 2]), HALF.placed, HALF.needed)
    given = [[["The fox"], [b"fox"]], [[1], [2]], np.ones((2, 2))]
    found = half(given)
    assert list(found) == ["size", "words", "cross"]
    assert found["words"].tolist() == [[2, 3, 0, 0], [3, 0, 0, 0]]
    assert found["cross"].shape == (2, 1)
    by_name = half(dict(zip(("text", "age", "size"), given, strict=True)))
    assert all(np.array_equal(by_name[name], found[name]) for name in found)


def test_an_axis_of_one_may_be_left_out():
    assert HALF.given[0].array(["a", "b"]).shape == (2, 1)
    with pytest.raises(ValueError, match=r"input 'size' has shape \(None, 2\), not \(3,\)"):
        HALF.given[2].array([1, 2, 3])


@pytest.mark.parametrize("given", [[1, 2], [None]])
def test_what_is_no_text_is_refused(given):
    with pytest.raises(TypeError, match="is no string"):
        SINGLE(given)


def test_it_is_written_and_read_again(tmp_path):
    path = HALF.save(tmp_path / "half.json")
    assert litesmith.load_preprocessing(path) == HALF
    data = json.loads(path.read_text(encoding="utf-8"))
    assert data["steps"][0]["step"]["lookup"]["vocabulary"] == ["the", "fox"]
    assert data["outputs"] == ["size", "words", "cross"]


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"format": "other", "version": 1}', '{"format": "litesmith preprocessing", "version": 2}']
)
def test_files_of_other_content(text, tmp_path):
    path = tmp_path / "other.json"
    path.write_text(text)
    with pytest.raises(LitesmithError, match="F108"):
        litesmith.load_preprocessing(path)


def test_a_missing_file(tmp_path):
    with pytest.raises(LitesmithError, match="F101"):
        litesmith.load_preprocessing(tmp_path / "none.json")


def test_it_says_what_stays_in_the_app():
    assert str(SINGLE).splitlines() == [
        "'text' -> TextVectorization 'words': lower case, split at whitespace, "
        "look up in 2 tokens (others are 1), cut or fill to 4",
        "  gives 'words', int64(?, 4)",
    ]
