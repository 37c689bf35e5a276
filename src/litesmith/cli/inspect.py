"""`litesmith inspect`: what a LiteRT file holds."""

from __future__ import annotations

from typing import Annotated

import typer

from litesmith.cli.options import Debug, File, Json
from litesmith.cli.output import reporting


def inspect(
    file: File,
    all_layers: Annotated[bool, typer.Option("--all", help="Show every layer, not only the largest.")] = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Show the signatures, operators and layer sizes of a LiteRT file, whoever made it."""
    with reporting(as_json, debug) as out:
        with out.progress("Reading"):
            from litesmith.opening import load
            from litesmith.report.layout import LAYERS, summary_layout
            from litesmith.report.summary import summarize

            summary = summarize(load(file, isolated=True))
        data = {"command": "inspect", "file": str(file), **summary.to_json()}
        out.result(data, summary_layout(summary, None if all_layers else LAYERS))
