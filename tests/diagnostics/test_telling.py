"""Which findings count as errors, which are ignored, and how the others are told."""

import warnings

import pytest

from litesmith import LitesmithError
from litesmith.diagnostics.base import FindingWarning, Severity, worst_first
from litesmith.diagnostics.files import CodeWasRead, FileNotFound
from litesmith.diagnostics.keras import UnsupportedOperation
from litesmith.diagnostics.targets import CannotRun, LeftBehind
from litesmith.diagnostics.telling import Ignoring, as_error, attending, attention, attentive, ignoring, tell
from litesmith.diagnostics.verification import NotCompared
from litesmith.ir.source import Source

WARNING = NotCompared("there is no TensorFlow")
OTHER = NotCompared("another reason")
NOTE = CodeWasRead("m.keras", "scale", "x * 2")
ERROR = FileNotFound("x")


def slow(layer):
    return LeftBehind(Source(layer), "cpu", ("CUMSUM",), "it has no such operator", "")


def cannot(layer):
    return CannotRun(Source(layer), "tflm", ("CONV_3D",), "it has no such operator", "")


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("V103", Ignoring("V103")),
        (" v103 ", Ignoring("V103")),
        ("D205@encoder/*", Ignoring("D205", "encoder/*")),
        ("D201@a", Ignoring("D201", "a")),
        ("F115", Ignoring("F115")),
    ],
)
def test_rules_name_a_code_and_layers(text, rule):
    assert ignoring(text) == rule


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("K103", "K103 is an error and cannot be ignored"),
        ("K103@scale", "K103 is an error"),
        ("D101", "D101 is an error"),
        ("V013", "'V013' is no finding's code; did you mean V"),
        ("", "'' is no finding's code"),
        ("D205@", "a pattern of layers follows"),
    ],
)
def test_what_cannot_be_ignored_is_said(text, problem):
    with pytest.raises(ValueError, match=problem):
        ignoring(text)


def test_a_pattern_is_of_whole_paths():
    rule = ignoring("D205@encoder/*")
    assert rule.covers(slow("encoder/block/scan"))
    assert not rule.covers(slow("decoder/encoder/scan"))
    assert not rule.covers(cannot("encoder/scan"))
    assert not ignoring("V103@encoder/*").covers(WARNING)
    assert ignoring("V103@*").covers(WARNING)


def test_findings_are_kept_worst_first():
    with attending(False, ["D205@a"]) as attention:
        kept = attention.kept([NOTE, slow("a"), slow("b"), cannot("a")])
    assert kept == [cannot("a"), slow("b"), NOTE]
    assert attention.ignored == [slow("a")]


def test_strict_makes_errors_of_warnings_and_leaves_the_rest():
    strict = as_error(WARNING)
    assert (strict.severity, strict.to_json()["severity"]) == (Severity.ERROR, "error")
    assert WARNING.severity is Severity.WARNING
    assert as_error(NOTE) is NOTE
    assert as_error(ERROR) is ERROR


def test_told_findings_are_warnings_where_nothing_is_said():
    with pytest.warns(FindingWarning, match="V103") as told:
        tell(WARNING, stacklevel=1)
    assert told[0].filename == __file__


def test_an_ignored_finding_is_not_told():
    with warnings.catch_warnings(), attending(False, "V103") as attention:
        warnings.simplefilter("error")
        tell(WARNING)
        tell(WARNING)
    assert attention.ignored == [WARNING]


def test_strict_raises_all_warnings_at_the_end():
    done = []

    @attentive
    def work(*, strict):
        for finding in (WARNING, OTHER, WARNING):
            tell(finding)
        done.append(strict)

    with pytest.raises(LitesmithError) as raised:
        work(strict=True)
    assert done
    assert raised.value.diagnostics == (WARNING, OTHER)
    assert all(each.severity is Severity.ERROR for each in raised.value.diagnostics)


def test_strict_notes_do_not_stop_the_work():
    with pytest.warns(FindingWarning, match="F115"), attending(True, ()):
        tell(NOTE)


def test_an_error_comes_with_the_warnings_that_count_as_errors():
    @attentive
    def work(*, strict):
        tell(WARNING)
        raise LitesmithError(ERROR)

    with pytest.raises(LitesmithError) as raised:
        work(strict=True)
    assert raised.value.diagnostics == (ERROR, WARNING)


def test_a_function_of_the_public_face_takes_what_is_said_around_it():
    @attentive
    def work(*, strict=False, ignore=()):
        tell(WARNING)
        return attention()

    with attending(False, "V103") as around:
        assert work() is around
        with pytest.raises(LitesmithError):
            work(strict=True)
    assert around.ignored == [WARNING]
    with pytest.warns(FindingWarning):
        work()


def test_an_error_of_several_findings_says_the_worst_first():
    found = [NOTE, slow("a"), UnsupportedOperation(Source("b"), "keras.ops.x"), WARNING, ERROR]
    assert [each.code for each in LitesmithError(found).diagnostics] == ["K101", "F101", "D205", "V103", "F115"]
    assert worst_first([]) == []
