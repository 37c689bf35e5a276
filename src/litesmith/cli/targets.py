"""`litesmith targets`: where models can be checked for."""

from __future__ import annotations

from litesmith.cli.options import Debug, Json
from litesmith.cli.output import reporting


def targets(as_json: Json = False, debug: Debug = False) -> None:
    """List the targets that `check` knows, and what its rules stand on."""
    with reporting(as_json, debug) as out:
        from litesmith.report.assessment import targets_layout
        from litesmith.targets import profile

        profiles = [profile.load(name) for name in profile.names()]
        listed = [{"name": each.name, "title": each.title, "sources": each.sources} for each in profiles]
        out.result({"command": "targets", "targets": listed}, targets_layout(profiles))
