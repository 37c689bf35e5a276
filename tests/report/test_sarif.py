"""Findings as SARIF."""

from litesmith.diagnostics.files import FileNotFound
from litesmith.diagnostics.keras import UnsupportedOperation
from litesmith.ir.source import Source
from litesmith.report.sarif import sarif_log


def results(*findings):
    return sarif_log(findings)["runs"][0]["results"]


def test_an_expression_of_the_users_code_is_a_region_with_its_text(tmp_path):
    (path := tmp_path / "layers.py").write_text("    return keras.ops.erf(x) + 1\n")
    (result,) = results(UnsupportedOperation(Source("act", "ops.erf", str(path), 1, (11, 27)), "keras.ops.erf"))
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": str(path)}
    assert place["region"] == {
        "startLine": 1,
        "startColumn": 12,
        "endColumn": 28,
        "snippet": {"text": "keras.ops.erf(x)"},
    }


def test_a_line_that_is_gone_is_a_region_without_text():
    (result,) = results(UnsupportedOperation(Source("act", "ops.erf", "<stdin>", 3, (1, 2)), "keras.ops.erf"))
    assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 3}


def test_a_finding_without_a_place_has_no_location():
    assert "locations" not in results(FileNotFound("x"))[0]
    assert sarif_log([])["runs"][0]["columnKind"] == "unicodeCodePoints"
