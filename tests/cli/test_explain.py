"""`litesmith explain`."""

from litesmith.diagnostics.documentation import documentation, findings


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
    assert set(data) == {"ok", "command", "code", "summary", "why", "example", "fix", "findings"}


def test_a_code_that_does_not_exist_is_a_mistake(command):
    ran = command("explain", "Z999")
    assert ran.code == 2
    assert "K101" in ran.err
