"""`litesmith check`: what becomes of a model on a target."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from litesmith.cli.options import Architecture, CustomObjects, Debug, Json
from litesmith.cli.output import reporting


def check(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL",
            help="A model's file (.keras, .h5, a SavedModel), FILE.py:NAME or package.module:NAME, or a .tflite file.",
            show_default=False,
        ),
    ],
    target: Annotated[
        str,
        typer.Option(
            "--target",
            "-t",
            metavar="TARGET",
            help="Where it is to run, by name or as your own .toml file; litesmith targets shows all.",
        ),
    ] = "cpu",
    batch: Annotated[int | None, typer.Option(min=1, help="Fix the batch.")] = None,
    shapes: Annotated[
        list[str] | None,
        typer.Option("--input", metavar="SHAPE", help="Shape of an input with its batch, once per input."),
    ] = None,
    all_layers: Annotated[
        bool, typer.Option("--all", help="Show every layer, not only those that matter most.")
    ] = False,
    custom_objects: CustomObjects = None,
    architecture: Architecture = None,
    as_json: Json = False,
    sarif: Annotated[bool, typer.Option("--sarif", help="Print the findings as SARIF, for code review tools.")] = False,
    debug: Debug = False,
) -> None:
    """Say what becomes of a model on a target: what runs, what is slow, what cannot run and why, and what it takes."""
    with reporting(as_json or sarif, debug) as out:
        from litesmith.report.assessment import assessment_layout
        from litesmith.report.layout import LAYERS
        from litesmith.targets import profile

        profile.load(target)
        from litesmith import api
        from litesmith.cli.models import load_model
        from litesmith.frontends.open import Kind, identify
        from litesmith.frontends.python_names import is_python_name

        if not is_python_name(model) and identify(Path(model)) is Kind.LITERT:
            with out.progress("Checking"):
                found = api.check(Path(model), target)
        else:
            with out.progress("Loading the model"):
                original = load_model(model, custom_objects, architecture).original
            with out.progress("Checking"):
                found = api.check(original, target, original.said_inputs(shapes or []), batch)
        if sarif:
            from litesmith.report.sarif import sarif_log

            out.raw(sarif_log(found.findings))
        else:
            data = {"command": "check", "ok": found.runs, "model": model, **found.to_json()}
            out.result(data, assessment_layout(found, None if all_layers else LAYERS))
        if not found.runs:
            raise typer.Exit(1)
