"""`litesmith explain`: what a finding means."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from litesmith.cli.options import Debug, Json
from litesmith.cli.output import reporting


def explain(
    code: Annotated[str, typer.Argument(metavar="CODE", help="A finding's code, such as K101.", show_default=False)],
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Say what a finding means, why it matters, and how to fix it."""
    with reporting(as_json, debug) as out:
        from litesmith.diagnostics.documentation import documentation, findings

        known = findings()
        if code.upper() not in known:
            raise typer.BadParameter(f"there is no finding {code}; there are {', '.join(known)}", param_hint="CODE")

        from rich.console import Group
        from rich.text import Text

        said = documentation(known[code.upper()])
        sections = {"Why it matters": said.why, "Example": said.example, "How to fix": said.fix}
        lines = [Text.assemble((f"{title}: ", "bold"), text) for title, text in sections.items()]
        title = Text.assemble((f"{code.upper()}: ", "bold"), said.summary)
        out.result({"command": "explain", "code": code.upper(), **asdict(said)}, Group(title, *lines))
