"""Every finding has a code of its own and says what, why, for example, and what to do."""

import json
import re
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

import litesmith
from litesmith import LitesmithError
from litesmith.diagnostics.base import Diagnostic, Severity
from litesmith.diagnostics.documentation import documentation, findings
from litesmith.diagnostics.files import FileNotFound, UnknownClasses
from litesmith.diagnostics.verification import OutputsDiffer

FINDINGS = findings()
FAMILIES = {
    "backends": "B",
    "bisection": "V",
    "environment": "E",
    "explanations": "T",
    "files": "F",
    "internal": "X",
    "keras": "K",
    "lowering": "L",
    "quantization": "Q",
    "repairs": "M",
    "runtime": "R",
    "targets": "D",
    "verification": "V",
}


@pytest.mark.parametrize("code", FINDINGS)
def test_a_code_is_a_letter_of_its_family_and_three_digits(code):
    assert re.fullmatch(r"[A-Z]\d{3}", code)
    assert code == FINDINGS[code].code
    assert code[0] == FAMILIES.get(FINDINGS[code].__module__.rpartition(".")[2], code[0])


def test_two_findings_cannot_share_a_code():
    with pytest.raises(ValueError, match="F101 is the code of FileNotFound already"):

        class Another(Diagnostic, code="F101"):
            pass


@pytest.mark.parametrize("code", FINDINGS)
def test_a_finding_is_documented(code):
    said = documentation(FINDINGS[code])
    for text in (said.summary, said.why, said.example, said.fix):
        assert text.endswith(".")
        assert len(text) > 15


def test_a_finding_without_documentation_is_noticed():
    class Silent:
        """It says nothing."""

    with pytest.raises(ValueError, match="Why it matters, Example, How to fix"):
        documentation(Silent)


@pytest.mark.parametrize("code", FINDINGS)
def test_a_finding_has_its_own_words_for_what_and_for_what_to_do(code):
    assert FINDINGS[code].message is not Diagnostic.message
    assert FINDINGS[code].hint is not Diagnostic.hint


def test_a_finding_as_json_is_plain_data():
    data = UnknownClasses("model.keras", ("Scale", "Shift")).to_json()
    assert json.loads(json.dumps(data)) == data
    assert data["details"] == {"path": "model.keras", "names": ["Scale", "Shift"], "stub": ""}
    assert (data["code"], data["severity"]) == ("F106", "error")


def test_an_error_is_plain_text_with_all_findings():
    error = LitesmithError([FileNotFound("a.keras"), OutputsDiffer("y", 0.5, 0.1)])
    assert str(error).startswith("F101: There is no file at a.keras.\n  ")
    assert "\n\nV101: Output 'y' differs from Keras by 0.5, where 0.1 is allowed." in str(error)
    assert "\x1b" not in str(error)


def test_only_what_the_user_handed_in_is_bad_input():
    errors = {code: cls for code, cls in FINDINGS.items() if cls.severity is Severity.ERROR}
    assert all(cls.bad_input for code, cls in errors.items() if code[0] in "BF")
    assert [code for code, cls in FINDINGS.items() if code[0] in "RX" and cls.bad_input] == ["R106"]  # a library
    assert not FINDINGS["K101"].bad_input
    assert FINDINGS["K301"].bad_input
    others = FINDINGS.keys() - errors.keys()
    notes = {f"L10{number}" for number in range(1, 9)}
    about_data = {f"Q2{number:02}" for number in range(1, 12)}
    quiet = (
        "C103 C105 D205 D206 D207 E201 F115 F132 F134 K308 M102 M103 Q101 Q102 Q107 Q109 Q121 Q146 Q147 V103 V104 V105 "
    )
    quiet += "V205 V206"
    assert others - notes - about_data == set(quiet.split())


class Untraceable(layers.Layer):
    def call(self, inputs):
        return np.abs(inputs)


def test_findings_about_a_model_name_the_layer_and_the_line():
    inputs = keras.Input((4,))
    inner = keras.Sequential([keras.Input((4,)), Untraceable(name="odd")], name="block")
    model = keras.Model(inputs, inner(inputs))
    with pytest.raises(LitesmithError) as raised:
        litesmith.convert(model)
    finding = raised.value.diagnostics[0]
    assert finding.where.layer == "block/odd"
    assert finding.where.file == __file__
    assert "np.abs(inputs)" in Path(__file__).read_text().splitlines()[finding.where.line - 1]
    data = finding.to_json()
    assert (data["layer"], data["file"], data["line"]) == ("block/odd", __file__, finding.where.line)
