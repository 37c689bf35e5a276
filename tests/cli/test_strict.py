"""`--strict` and `--ignore`: what findings count for."""

import json

import keras
import pytest
from keras import layers

import litesmith
from litesmith import LitesmithError


@pytest.fixture
def slow_file(tmp_path):
    """A model of which XNNPACK leaves two layers to slower kernels."""
    x = keras.Input((4, 6), batch_size=1)
    first = layers.Lambda(lambda y: keras.ops.cumsum(y, axis=1), name="first")(x)
    model = keras.Model(x, layers.Lambda(lambda y: keras.ops.cumsum(y, axis=2), name="second")(first))
    return litesmith.convert(model, verify=False).save(tmp_path / "slow.tflite")


@pytest.fixture
def not_comparable(monkeypatch):
    monkeypatch.setattr("litesmith.verification.conversions.why_not_compared", lambda _: "it cannot be run here")
    monkeypatch.setattr("litesmith.frontends.original.why_not_compared", lambda _: "it cannot be run here")


def codes(findings):
    return [finding["code"] for finding in findings]


def test_check_counts_warnings_as_errors(command, slow_file):
    assert command("check", slow_file).code == 0
    ran = command("check", slow_file, "--strict")
    assert ran.code == 1
    assert ran.out.startswith("runs on")
    assert "error D205" in ran.out
    data = command("check", slow_file, "--strict", "--json").json
    assert (data["ok"], data["runs"]) == (False, True)
    assert {finding["severity"] for finding in data["findings"]} == {"error"}


def test_check_ignores_by_code_and_layer(command, slow_file):
    assert codes(command("check", slow_file, "--json").json["findings"]) == ["D205", "D205"]
    ran = command("check", slow_file, "--strict", "--ignore", "D205")
    assert (ran.code, ran.err) == (0, "2 findings ignored\n")
    assert "D205" not in ran.out
    data = command("check", slow_file, "--ignore", "D205@fir*", "--json").json
    assert [finding["layer"] for finding in data["findings"]] == ["second"]
    assert [finding["layer"] for finding in data["ignored"]] == ["first"]


def test_a_verdict_may_be_ignored(command, keras_file, tmp_path):
    (board := tmp_path / "board.toml").write_text('like = "tflm"\nweights = 100\n')
    ran = command("check", keras_file, "--target", board, "--ignore", "D204", "--ignore", "D206")
    assert ran.code == 0
    assert ran.err == "2 findings ignored\n"


def test_sarif_lists_what_is_ignored_as_suppressed(command, slow_file):
    log = json.loads(command("check", slow_file, "--sarif", "--ignore", "D205@first").out)
    kept, ignored = log["runs"][0]["results"]
    assert "suppressions" not in kept
    assert ignored["suppressions"] == [{"kind": "external"}]
    assert ignored["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == "first"


@pytest.mark.parametrize(
    ("rule", "said"), [("K103", "cannot be ignored"), ("X1", "no finding's code"), ("D205@", "follows the @")]
)
def test_what_cannot_be_ignored_is_a_mistake(command, keras_file, rule, said):
    ran = command("convert", keras_file, "--ignore", rule)
    assert ran.code == 2
    assert said in " ".join(ran.err.replace("│", " ").split())


@pytest.mark.usefixtures("not_comparable")
def test_convert_writes_nothing_where_a_warning_counts_as_an_error(command, keras_file):
    written = keras_file.with_suffix(".tflite")
    ran = command("convert", keras_file, "--strict")
    assert (ran.code, written.exists()) == (1, False)
    assert "error V103" in ran.err
    ran = command("convert", keras_file, "--strict", "--ignore", "V103", "--json")
    assert (ran.code, written.exists()) == (0, True)
    assert codes(ran.json["ignored"]) == ["V103"]
    ran = command("convert", keras_file)
    assert ran.code == 0
    assert "warning V103" in ran.err


@pytest.mark.usefixtures("not_comparable")
def test_the_same_in_python(model):
    with pytest.raises(LitesmithError) as raised:
        litesmith.convert(model, strict=True)
    assert [finding.code for finding in raised.value.diagnostics] == ["V103"]
    litesmith.convert(model, strict=True, ignore=["V103"])
    with pytest.raises(ValueError, match="K101 is an error"):
        litesmith.convert(model, ignore="K101")


def test_check_in_python_is_false_where_a_warning_counts(slow_file):
    found = litesmith.check(slow_file, strict=True)
    assert found.runs
    assert not found
    found = litesmith.check(slow_file, strict=True, ignore=["D205@first", "D205@second"])
    assert found
    assert [each.code for each in found.ignored] == ["D205", "D205"]
