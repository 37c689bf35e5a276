"""Requirements of installed packages."""

import sys

import pytest

from litesmith.environment.conflicts import conflicts
from litesmith.environment.requirements import unmet_requirements


@pytest.fixture
def distribution(tmp_path, monkeypatch):
    """A function that installs a distribution `name` that says what it needs."""

    def install(name, version, *needs):
        folder = tmp_path / f"{name}-{version}.dist-info"
        folder.mkdir()
        lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *needs]
        (folder / "METADATA").write_text("\n".join(lines) + "\n")

    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    return install


def test_needs_that_are_not_met_are_findings(distribution):
    distribution("old_part", "0.9")
    distribution(
        "whole_thing",
        "1.0",
        "Requires-Python: >=3.99",
        "Requires-Dist: old_part>=0.10",
        "Requires-Dist: absent_part",
        "Requires-Dist: old_part<1",
        "Requires-Dist: absent_extra; extra == 'more'",
        "Requires-Dist: absent_there; sys_platform == 'nowhere'",
    )
    said = [finding.message() for finding in unmet_requirements(["whole_thing"])]
    assert said[0].startswith("whole_thing needs Python >=3.99, and 3.")
    assert said[1:] == [
        "whole_thing needs old_part>=0.10, and 0.9 is here.",
        "whole_thing needs absent_part, and it is missing.",
    ]


def test_a_nightly_build_serves_as_well(distribution):
    distribution("wants_runtime", "1.0", "Requires-Dist: ai-edge-litert>=2.2")
    assert list(unmet_requirements(["wants_runtime"])) == []


def test_what_is_not_installed_needs_nothing():
    assert list(unmet_requirements(["no_such_thing_anywhere"])) == []


def test_where_requirements_cannot_be_read_it_is_said(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    (finding,) = unmet_requirements(["keras"])
    assert list(conflicts({"keras": "3.15.1", "keras-nightly": "3.16"})) == []
    assert finding.message() == "keras needs packaging, and it is missing."
