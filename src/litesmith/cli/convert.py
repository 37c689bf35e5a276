"""`litesmith convert`: a Keras file to a LiteRT file."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from litesmith.cli.options import Atol, CustomObjects, Debug, Json, Model, Rtol
from litesmith.cli.output import Output, reporting

RnnForm = Literal["while", "fused", "unroll"]


def convert(
    model: Model,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Where to write; by default beside the model, ending in .tflite."),
    ] = None,
    batch: Annotated[int | None, typer.Option(min=1, help="Fix the batch; by default any batch runs.")] = None,
    shapes: Annotated[
        list[str] | None,
        typer.Option(
            "--input",
            metavar="SHAPE",
            help="Shape of an input with its batch, once per input: '?,224,224,3', 'ids=?,128:int32'.",
        ),
    ] = None,
    rnn: Annotated[RnnForm, typer.Option(help="Form of recurrent layers.")] = "while",
    verify: Annotated[bool, typer.Option(help="Compare with the Keras model.")] = True,
    atol: Atol = None,
    rtol: Rtol = None,
    custom_objects: CustomObjects = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Convert a Keras model to a LiteRT file of builtin operators, and compare the two."""
    with reporting(as_json, debug) as out:
        target = output or model.parent / f"{model.stem}.tflite"
        settings = {"batch": batch, "rnn": rnn}
        _convert(out, model, target, shapes or [], custom_objects, settings, (verify, atol, rtol))


def _convert(
    out: Output,
    path: Path,
    target: Path,
    shapes: list[str],
    custom_objects: Path | None,
    settings: dict[str, Any],
    verification: tuple[bool, float | None, float | None],
) -> None:
    from litesmith.runtime.saving import check_writable

    check_writable(target)
    watch = Stopwatch(out)
    with watch("load", "Loading Keras and the model"):
        from litesmith.cli.models import load_model

        model, backend = load_model(path, custom_objects)
    with watch("convert", "Converting"):
        from litesmith import api
        from litesmith.frontends.keras.shapes import input_specs

        lite = api.convert(model, input_specs(model, shapes), verify=False, **settings)
    report = None
    enabled, atol, rtol = verification
    if enabled:
        with watch("verify", "Comparing with Keras"):
            report = api.verify(model, lite, atol=atol, rtol=rtol)
            api.require_same(report)
    lite.save(target)

    from litesmith.report.conversion import Conversion
    from litesmith.report.summary import summarize

    layers = sum(1 for _ in model._flatten_layers(include_self=False))
    done = Conversion(
        str(path), path.stat().st_size, layers, str(target), summarize(lite), backend, watch.seconds, report
    )
    out.result({"command": "convert", **done.to_json()}, done.layout())


class Stopwatch:
    """Shows and times the steps of a command.

    Attributes:
        seconds: of each step, by name.
    """

    def __init__(self, out: Output) -> None:
        self.out = out
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, step: str, doing: str) -> Iterator[None]:
        start = time.perf_counter()
        with self.out.progress(doing):
            yield
        self.seconds[step] = time.perf_counter() - start
