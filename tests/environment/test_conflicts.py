"""Versions that do not work together."""

import pytest

from litesmith.environment.conflicts import CONFLICTS, conflicts

SOME = {"": "2.5.0", ">=3": "3.15.1", ">=2": "2.4.0", ">=2.16,<2.17": "2.16.1"}
OTHERS = {">=3": "2.15.0", ">=2": "1.26.4", ">=2.16,<2.17": "2.21.0"}


@pytest.mark.parametrize("conflict", CONFLICTS, ids=lambda conflict: "-".join(conflict.packages))
def test_each_conflict_is_found_where_all_of_it_is_there_and_only_there(conflict, monkeypatch):
    if conflict.setting:
        monkeypatch.setenv(conflict.setting, "1")
    found = {name: SOME[specifier] for name, specifier in conflict.packages.items()}
    said = {name: specifier for name, specifier in conflict.packages.items() if specifier}
    assert conflict.what in [finding.what for finding in conflicts(found)]
    for name in found:
        fewer = {other: version for other, version in found.items() if other != name}
        assert conflict.what not in [finding.what for finding in conflicts(fewer)]
    for name, specifier in said.items():
        assert conflict.what not in [finding.what for finding in conflicts(found | {name: OTHERS[specifier]})]
    if conflict.setting:
        monkeypatch.setenv(conflict.setting, "0")
        assert conflict.what not in [finding.what for finding in conflicts(found)]
    assert conflict.source
    assert conflict.cure.endswith(".")
