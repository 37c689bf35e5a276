"""`litesmith kernels`: C++ code for the kernels of custom operators."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from litesmith.cli.options import CustomObjects, Debug, Json
from litesmith.cli.output import reporting


def kernels(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL",
            help="A .tflite file with custom operators, or a function decorated with litesmith.custom_op: "
            "FILE.py:NAME or package.module:NAME.",
            show_default=False,
        ),
    ],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FOLDER", help="Folder to write to; it is made.")],
    shapes: Annotated[
        list[str] | None,
        typer.Option("--input", metavar="SHAPE", help="Of a function: the shape of each tensor in order: '?,64', '5'."),
    ] = None,
    options: Annotated[
        list[str] | None,
        typer.Option("--option", metavar="NAME=VALUE", help="Of a function: an option, once per option: stride=2."),
    ] = None,
    custom_objects: CustomObjects = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Write C++ kernels of custom operators with their tests, for LiteRT and for LiteRT for Microcontrollers."""
    with reporting(as_json, debug) as out:
        from rich.text import Text

        from litesmith.custom_operators.writing import write_kernels
        from litesmith.frontends.backends import use_backend
        from litesmith.frontends.python_names import is_python_name
        from litesmith.frontends.shape_text import nested_inputs

        if (shapes or options) and not is_python_name(model):
            problem = "a file says what its operators take; leave it out"
            raise typer.BadParameter(problem, param_hint="--input" if shapes else "--option")
        said = dict(map(_option, options or ())) or None
        inputs = nested_inputs(shapes or ())
        with out.progress("Writing"):
            use_backend()
            written = write_kernels(model, output, inputs, said, custom_objects)
        out.result({"command": "kernels", "model": model, **written.to_json()}, Text(str(written)))


def _option(text: str) -> tuple[str, Any]:
    """The name and value of `stride=2`; values are JSON, or text as it stands."""
    name, separator, value = text.partition("=")
    if not (separator and name.isidentifier()):
        raise typer.BadParameter(f"{text!r} is not NAME=VALUE", param_hint="--option")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, {"True": True, "False": False, "None": None}.get(value, value)
