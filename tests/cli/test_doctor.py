"""`litesmith doctor`."""

import pytest

from litesmith.environment import checkup


def test_the_environment_of_the_tests_is_sound(command):
    ran = command("doctor")
    assert ran.code == 0
    assert "Keras' backend" in ran.out
    assert "a model was converted and gives what Keras gives" in ran.out


def test_json_has_everything(command):
    data = command("doctor", "--no-trial", "--json").json
    assert data["ok"]
    assert data["backend"] == {"backend": "numpy", "reason": "KERAS_BACKEND says so"}
    assert {package["name"] for package in data["packages"] if package["needed"]} >= {"keras", "ai-edge-litert"}
    assert {"python", "system", "litesmith", "trial", "findings"} <= set(data)


@pytest.mark.parametrize("as_json", [False, True])
def test_what_is_wrong_is_a_negative_finding(command, monkeypatch, as_json):
    monkeypatch.setattr(checkup, "versions", lambda packages: {"keras": "3.15.1", "keras-nightly": "3.16"})
    monkeypatch.setattr(checkup, "run_trial", lambda *_: checkup_failure())
    ran = command("doctor", *(["--json"] if as_json else []))
    assert ran.code == 1
    if as_json:
        assert not ran.json["ok"]
        assert [finding["code"] for finding in ran.json["findings"]] == ["E102", "E201"]
    else:
        assert "error E102: The trial conversion" in ran.err
        assert "warning E201: keras and keras-nightly" in ran.err


def checkup_failure():
    from litesmith.diagnostics.environment import TrialFailed

    return TrialFailed("numpy", "it took more than 1 s")
