"""Targets as data."""

import pytest

from litesmith.diagnostics.base import LitesmithError
from litesmith.flatbuffer.schema import OPERATORS
from litesmith.ir.types import DType
from litesmith.targets.profile import load, names, parse


@pytest.mark.parametrize("name", names())
def test_every_target_that_comes_along_is_sound(name):
    profile = load(name)
    assert profile.title
    assert profile.sources
    assert profile.operators
    assert profile.kind == "runtime" or profile.fallback in names()


@pytest.mark.parametrize("name", names())
def test_rules_are_of_operators_that_there_are(name):
    assert load(name).operators.keys() <= OPERATORS.keys()


def test_one_of_ones_own_builds_on_another(tmp_path):
    (path := tmp_path / "my_board.toml").write_text(
        'title = "My board"\nlike = "tflm"\narena_bytes = "256k"\nweights = "1 MB"\nwithout = ["SOFTMAX"]\n'
        '[operators]\nCONV_2D = { types = ["int8"] }\n'
    )
    profile = load(str(path))
    assert (profile.name, profile.title) == ("my_board", "My board")
    assert (profile.arena_bytes, profile.weights, profile.arena) == (256 * 1024, 10**6, "tflm")
    assert "SOFTMAX" not in profile.operators
    assert profile.operators["CONV_2D"].types == {DType.INT8}
    assert profile.operators["MEAN"] == load("tflm").operators["MEAN"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("static_shape = true", "no key 'static_shape'"),
        ('static_shapes = "yes"', "takes a bool"),
        ('arena_bytes = "some"', "no number of bytes"),
        ('kind = "board"', "one of runtime, delegate"),
        ('types = ["int9"]', "int9"),
        ('[operators]\nADD = { type = ["int8"] }', "operators.ADD has no key 'type'"),
        ('[operators]\nADD = { conditions = ["fine"] }', "no condition 'fine'"),
        ("[operators]\nADD = { axes = [4] }", "axes are the fewest and the most"),
        ('[operators]\nADD = { version = "1" }', "version is a number"),
        ("title = ", "nvalid"),
    ],
)
def test_what_is_wrong_in_a_file_is_said(text, said):
    with pytest.raises(LitesmithError, match=f"D102: mine does not describe a target: .*{said}"):
        parse("mine", text.encode(), "mine")


def test_bytes_that_are_no_text_and_a_file_that_builds_on_itself_are_said(tmp_path, monkeypatch):
    with pytest.raises(LitesmithError, match=r"D102: mine .*decode"):
        parse("mine", b"\xff", "mine")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "loop.toml").write_text('like = "loop.toml"')
    with pytest.raises(LitesmithError, match=r"D102: loop.toml .*like itself"):
        load("loop.toml")


def test_what_runs_beneath_must_be_there():
    with pytest.raises(LitesmithError, match="D101: nothing"):
        parse("mine", b'fallback = "nothing"', "mine")


@pytest.mark.parametrize(("name", "said"), [("tfml", "Did you mean tflm"), ("nowhere.toml", "no such file")])
def test_a_target_that_there_is_not(name, said):
    with pytest.raises(LitesmithError, match=rf"(?s)D101: {name}.*{said}"):
        load(name)
