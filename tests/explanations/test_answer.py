"""`litesmith.explain`."""

import pytest

import litesmith
from litesmith.diagnostics.documentation import documentation, findings
from litesmith.explanations.reading import cleaned, main_line


def test_codes_are_explained_as_the_finding_documents_itself():
    for code, finding in findings().items():
        answer = litesmith.explain(f" {code.lower()}\n")
        said = documentation(finding)
        assert (answer.code, answer.summary, answer.fix) == (code, said.summary, said.fix)
        assert str(answer).startswith(f"{code}: {said.summary}\nWhy it matters: ")


def test_an_unknown_code_is_a_value_error():
    with pytest.raises(ValueError, match="no finding Z999; there are B101"):
        litesmith.explain("Z999")


@pytest.mark.parametrize(
    "text",
    [
        "error K103: The layer's Energy.call could not be followed: numpy.mean was called on a tensor\n   in energy",
        "\x1b[1;31merror\x1b[0m \x1b[1mK103\x1b[0m: The layer's call",
        "litesmith.diagnostics.base.LitesmithError: K103: The layer's Energy.call",
        "K103: The layer's Energy.call could not be followed",
    ],
)
def test_litesmiths_own_output_is_explained_too(text):
    assert litesmith.explain(text).code == "K103"


def test_an_error_text_is_answered_with_its_own_names():
    answer = litesmith.explain("error: 'tf.Eig' op is neither a custom op nor a flex op")
    assert answer.name == "operation-without-builtin"
    assert answer.details == {"op": "Eig"}
    assert "Eig" in answer.cause
    assert answer.instead[0].startswith("litesmith convert ")
    assert str(answer).startswith(
        "TensorFlow's converter says: 'tf.Eig' op is neither a custom op nor a flex op\nCause: "
    )


def test_names_with_braces_are_only_names():
    assert "{x}" in litesmith.explain("'tf.{x}' op is neither a custom op nor a flex op").cause


def test_what_is_not_known_is_said_plainly():
    with pytest.raises(litesmith.LitesmithError) as raised:
        litesmith.explain("Traceback:\n  File x\nValueError: the moon is full\n")
    (finding,) = raised.value.diagnostics
    assert finding.code == "T101"
    assert "ValueError: the moon is full" in finding.message()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\nloc(callsite(\"x\" at \"y\")): error: first\nerror: second", "first"),
        ("Traceback\nKeyError: 'a'\nDuring handling\nmine.OwnError: b\nin the end", "mine.OwnError: b"),
        ("hello\nworld\n\n", "world"),
        ("", ""),
    ],
)  # fmt: skip
def test_the_line_that_counts(text, line):
    assert main_line(cleaned(text)) == line
