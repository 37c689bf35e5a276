"""`litesmith explain`."""

import io

from litesmith.diagnostics.documentation import documentation, findings

FLEX = "loc(\"a\"): error: 'tf.Eig' op is neither a custom op nor a flex op"


def test_every_finding_can_be_explained(command):
    for code, finding in findings().items():
        ran = command("explain", code)
        said = documentation(finding)
        assert (ran.code, ran.err) == (0, "")
        assert ran.out.startswith(f"{code}: {said.summary}")
        assert all(text in ran.out for text in (said.why, said.example, said.fix))


def test_json_has_the_sections(command):
    data = command("explain", "k101", "--json").json
    assert data["code"] == "K101"
    assert set(data) == {"ok", "command", "code", "summary", "why", "example", "fix", "page", "findings"}
    assert data["page"] == "docs/findings/K101.md"


def test_a_code_that_does_not_exist_is_a_mistake(command):
    ran = command("explain", "Z999")
    assert ran.code == 2
    assert "K101" in ran.err


def test_a_pasted_error_is_explained(command):
    ran = command("explain", FLEX)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("TensorFlow's converter says: 'tf.Eig' op is neither a custom op nor a flex op\nCause: ")
    assert "\nWith Litesmith:\n  litesmith convert model.keras" in ran.out


def test_a_log_is_read_from_the_input_stream(command, monkeypatch):
    monkeypatch.setattr("litesmith.cli.explain.standard_input", lambda: io.StringIO(f"much noise\n{FLEX}\n").read())
    data = command("explain", "-", "--json").json
    assert (data["name"], data["details"]) == ("operation-without-builtin", {"op": "Eig"})
    keys = "name said_by words details cause cure instead others"
    assert set(data) == {"ok", "command", "findings", *keys.split()}


def test_what_is_not_known_is_a_negative_finding(command):
    ran = command("explain", "ValueError: the moon is full")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("error T101: This error is not one that Litesmith knows: ValueError: the moon is full")
    assert command("explain", "the moon is full", "--json").json["findings"][0]["code"] == "T101"
