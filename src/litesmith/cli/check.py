"""`litesmith check`: what becomes of a model on a target."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from litesmith.cli.options import Architecture, Arena, CustomObjects, Debug, Ignore, Json, Strict
from litesmith.cli.output import NEGATIVE, Output, exit_code, reporting
from litesmith.cli.targets import said_target
from litesmith.frontends.options import RnnForm

if TYPE_CHECKING:
    from litesmith.targets.assessment import Assessment


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
    arena: Arena = None,
    batch: Annotated[int | None, typer.Option(min=1, help="Fix the batch.")] = None,
    shapes: Annotated[
        list[str] | None,
        typer.Option("--input", metavar="SHAPE", help="Shape of an input with its batch, once per input."),
    ] = None,
    rnn: Annotated[RnnForm, typer.Option(help="Form of recurrent layers.")] = "while",
    signature: Annotated[
        str | None, typer.Option("--signature", metavar="NAME", help="Of a SavedModel, which way to call it.")
    ] = None,
    outputs: Annotated[
        list[str] | None,
        typer.Option("--output-tensor", metavar="NAME", help="An output of a frozen graph (.pb), once per output."),
    ] = None,
    all_layers: Annotated[
        bool, typer.Option("--all", help="Show every layer, not only those that matter most.")
    ] = False,
    custom_objects: CustomObjects = None,
    architecture: Architecture = None,
    strict: Strict = False,
    ignore: Ignore = None,
    as_json: Json = False,
    sarif: Annotated[bool, typer.Option("--sarif", help="Print the findings as SARIF, for code review tools.")] = False,
    debug: Debug = False,
) -> None:
    """Say what becomes of a model on a target: what runs, what is slow, what cannot run and why, and what it takes."""
    if as_json and sarif:
        raise typer.BadParameter("both are one object on the output stream; leave one out", param_hint="--sarif")
    with reporting(as_json or sarif, debug, strict, ignore) as out:
        from litesmith.diagnostics.base import LitesmithError
        from litesmith.report.assessment import assessment_layout
        from litesmith.report.layout import LAYERS
        from litesmith.report.sarif import sarif_log

        sources = (custom_objects, architecture, signature, outputs)
        try:
            found = _checked(out, model, (target, arena), batch, shapes, rnn, sources)
            out.attention.require()
        except LitesmithError as error:
            if not sarif:
                raise
            out.raw(sarif_log(error.diagnostics, out.attention.ignored))
            raise typer.Exit(exit_code(error.diagnostics)) from None
        if sarif:
            out.raw(sarif_log([*out.told, *found.findings], out.attention.ignored))
        else:
            data = {"command": "check", "ok": bool(found), "model": model, **found.to_json()}
            out.result(data, assessment_layout(found, None if all_layers else LAYERS))
        if not found:
            raise typer.Exit(NEGATIVE)


def _checked(
    out: Output,
    model: str,
    where: tuple[str, str | None],
    batch: int | None,
    shapes: list[str] | None,
    rnn: str,
    sources: tuple[Path | None, str | None, str | None, list[str] | None],
) -> Assessment:
    target, arena = where
    said_target(target, arena)
    from litesmith import api
    from litesmith.cli.models import load_model
    from litesmith.frontends.open import Kind, identify
    from litesmith.frontends.python_names import is_python_name

    if not is_python_name(model) and identify(Path(model)) is Kind.LITERT:
        if batch is not None or shapes or rnn != "while" or any(sources):
            problem = "a converted model is checked as it is; say its sizes and form when it is converted"
            raise typer.BadParameter(problem, param_hint="MODEL")
        with out.progress("Checking"):
            return api.check(Path(model), target, arena=arena)
    with out.progress("Loading the model"):
        original = load_model(model, *sources).original
    with out.progress("Checking"):
        return api.check(original, target, original.said_inputs(shapes or []), batch, rnn, arena=arena)
