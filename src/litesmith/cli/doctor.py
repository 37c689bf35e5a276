"""`litesmith doctor`: the environment."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from litesmith.cli.options import Debug, Ignore, Json, Strict, Timeout
from litesmith.cli.output import NEGATIVE, reporting

if TYPE_CHECKING:
    from rich.table import Table

    from litesmith.environment.checkup import Checkup

SECONDS = 300.0


def doctor(
    trial: Annotated[bool, typer.Option(help="Convert a small model, in a process of its own.")] = True,
    timeout: Timeout = SECONDS,
    strict: Strict = False,
    ignore: Ignore = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Look at Python, Keras, its backend, the runtime and other frameworks, and convert a small model."""
    with reporting(as_json, debug, strict, ignore) as out:
        with out.progress("Looking"):
            from litesmith.environment.checkup import doctor as examine

            checkup = examine(trial, timeout)
        data = {"command": "doctor", **checkup.to_json()}
        checkup = replace(checkup, findings=tuple(out.attention.kept(checkup.findings)))
        for finding in checkup.findings:
            out.tell(finding)
        if as_json and not checkup:
            out.findings((), data)
        else:
            out.result(data, _layout(checkup))
        if not checkup:
            raise typer.Exit(NEGATIVE)


def _layout(checkup: Checkup) -> Table:
    from rich.table import Table

    table = Table.grid(padding=(0, 3, 0, 0))
    for row in checkup.rows():
        table.add_row(*row)
    return table
