"""`litesmith embed`: C and C++ sources of a LiteRT file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from litesmith.cli.options import Arena, Debug, File, Json
from litesmith.cli.output import reporting
from litesmith.cli.targets import said_target


def embed(
    file: File,
    target: Annotated[
        str,
        typer.Option("--target", "-t", metavar="TARGET", help="The microcontroller, by name or as your own .toml."),
    ] = "tflm",
    arena: Arena = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FOLDER", help="Folder to write to; by default the file's."),
    ] = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Write what a microcontroller's program needs of a LiteRT file: a C array, and a resolver of its operators."""
    with reporting(as_json, debug) as out:
        said_target(target, arena)
        from rich.text import Text

        from litesmith import api
        from litesmith.report.firmware import firmware_lines

        with out.progress("Checking"):
            made = api.embed(file, (output or file.parent) / file.name, target, arena)
        data = {"command": "embed", "file": str(file), **made.to_json()}
        out.result(data, Text("\n".join(firmware_lines(made))))
