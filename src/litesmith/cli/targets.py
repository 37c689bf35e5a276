"""Targets of the commands, and `litesmith targets`: where models can be checked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from litesmith.cli.options import Debug, Json
from litesmith.cli.output import reporting

if TYPE_CHECKING:
    from litesmith.targets.profile import Profile


def targets(as_json: Json = False, debug: Debug = False) -> None:
    """List the targets that `check` knows, and what its rules stand on."""
    with reporting(as_json, debug) as out:
        from litesmith.report.assessment import targets_layout
        from litesmith.targets import profile

        profiles = [profile.load(name) for name in profile.names()]
        listed = [{"name": each.name, "title": each.title, "sources": each.sources} for each in profiles]
        out.result({"command": "targets", "targets": listed}, targets_layout(profiles))


def said_target(name: str | None, arena: str | None) -> Profile | None:
    """The target that was named; quick, so that a mistake in it is said before a model is loaded."""
    if name is None:
        if arena is not None:
            raise typer.BadParameter("it is memory of a target; say --target too", param_hint="--arena")
        return None
    from litesmith.targets import profile

    found = profile.load(name)
    try:
        return profile.with_arena(found, arena)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--arena") from None
