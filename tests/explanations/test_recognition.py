"""Pasted errors are recognised, whatever stands around them."""

import importlib
import pkgutil
import re
import shlex

import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st

import litesmith
import pasted_errors
from litesmith.cli.main import app
from litesmith.explanations.pattern import PLACEHOLDER, Pattern
from litesmith.explanations.recognition import families, patterns, recognised

PASTED = {
    found.name: importlib.import_module(f"pasted_errors.{found.name}").PASTED
    for found in pkgutil.iter_modules(pasted_errors.__path__)
}
TEXTS = {name: text for family in PASTED.values() for name, text in family.items()}
NAMED = pytest.mark.parametrize("pattern", patterns(), ids=lambda pattern: pattern.name)


def names(text):
    return [match.pattern.name for match in recognised(text)]


def test_each_family_has_its_pasted_texts_and_no_name_is_used_twice():
    said = {family: [pattern.name for pattern in members] for family, members in families().items()}
    assert said == {family: list(texts) for family, texts in PASTED.items()}
    assert len(TEXTS) == len(patterns()) > 70


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_is_recognised_by_its_pattern_and_by_no_other_cause(name):
    found = recognised(TEXTS[name])
    assert found[0].pattern.name == name
    assert all(other.pattern.wraps for other in found[1:])


@NAMED
def test_every_wording_is_recognised(pattern):
    for text in pattern.texts:
        assert names(PLACEHOLDER.sub("x1", text))[0] == pattern.name


@NAMED
def test_cause_and_cure_are_sentences_and_name_what_every_wording_has(pattern):
    fields = [set(PLACEHOLDER.findall(text)) for text in pattern.texts]
    assert set(re.findall(r"\{(\w+)\}", pattern.cause + pattern.cure)) <= set.intersection(*fields)
    assert pattern.cause.endswith(".")
    assert pattern.cure.endswith(".")
    assert pattern.instead
    assert pattern.source


@NAMED
def test_what_litesmith_offers_exists(pattern):
    commands = typer.main.get_command(app).commands
    for line in pattern.instead:
        if not line.startswith("litesmith "):
            for name in re.findall(r"litesmith\.(\w+)", line):
                assert name in litesmith.__all__
            compile(line, "instead", "exec")
            continue
        words = shlex.split(line, comments=True)
        parameters = commands[words[1]].params
        options = {option for each in parameters for option in each.opts}
        assert {word for word in words if word.startswith("-")} <= options
        commands[words[1]].make_context(words[1], list(words[2:]), resilient_parsing=False)


NOISE = st.lists(
    st.sampled_from(
        [
            "2026-11-21 19:40:30.123456: I tensorflow/core/platform/cpu_feature_guard.cc:210] This binary is optimized",
            "W0000 00:00:1732181.123456   12345 tf_tfl_flatbuffer_helpers.cc:392] Ignored output_format.",
            "Traceback (most recent call last):",
            '  File "/usr/lib/python3.11/site-packages/tensorflow/lite/python/convert.py", line 212, in wrapper',
            "    raise converter_error from None",
            '%12 = "tf.AddV2"(%10, %11) {device = ""} : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32> '
            'loc(callsite("a(b"("convert.py":12:3) at fused["x", "y)"]))',
            "func.func @main(%arg0: tensor<?x4xf32> {tf_saved_model.index_path = [\"x\"]}) {",
            "<unknown>:0: note: loc(fused[\"StatefulPartitionedCall:\", \"x\"]): called from",
            "\x1b[32mINFO\x1b[0m done",
            "",
        ]
    ),
    max_size=200,
)  # fmt: skip


@settings(deadline=None, max_examples=40)
@given(st.sampled_from(sorted(TEXTS)), NOISE, NOISE, st.integers(20, 200), st.randoms())
def test_noise_colours_and_line_wraps_do_not_matter(name, before, after, width, random):
    text = TEXTS[name]
    wrapped = "\n".join(text[start : start + width] for start in range(0, len(text), width))
    places = sorted(random.sample(range(len(wrapped) + 1), 3), reverse=True)
    for place in places:
        wrapped = wrapped[:place] + random.choice(["\x1b[31m", "\x1b[0m", "\x1b[1;31m", "\x1b[K"]) + wrapped[place:]
    assert names("\n".join([*before, wrapped, *after]))[0] == name


@settings(deadline=None, max_examples=40)
@given(
    st.sampled_from(sorted(TEXTS)), st.sampled_from(["> ", "│ ", "ERROR:absl:", "W0000 00:00:1.5 12 a/b.cc:3] ", "\t"])
)
def test_prefixes_of_lines_do_not_matter(name, prefix):
    assert names("\n".join(prefix + line for line in TEXTS[name].splitlines()))[0] == name


@settings(deadline=None, max_examples=40)
@given(st.lists(st.sampled_from(sorted(TEXTS)), min_size=2, max_size=6, unique=True))
def test_the_first_error_that_wraps_no_other_is_the_cause(chosen):
    wraps = {pattern.name for pattern in patterns() if pattern.wraps}
    found = names("\n\n".join(TEXTS[name] for name in chosen))
    assert found[0] == next((name for name in chosen if name not in wraps), chosen[0])
    assert set(chosen) <= set(found)


@settings(deadline=None, max_examples=200)
@given(st.text())
def test_any_text_can_be_asked_for(text):
    assert names(text) == []


def test_long_text_is_read_quickly_even_where_nothing_ends():
    assert names('loc(callsite("' * 3000 + "error " * 50_000) == []


def test_what_placeholders_stand_for_is_collected_once():
    ops = ["Eig", "Erfinv", "Eig"]
    text = "\n".join(f"loc(\"x\"): error: 'tf.{op}' op is neither a custom op nor a flex op" for op in ops)
    (found,) = recognised(text)
    assert found.details == {"op": "Eig, Erfinv"}


def test_a_pattern_begins_and_ends_with_words():
    pattern = Pattern("x", "x", ("<a> is wrong",), "", "", (), "")
    with pytest.raises(ValueError, match="not with a placeholder"):
        _ = pattern.expressions
