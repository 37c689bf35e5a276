"""`litesmith bisect`: with which layer a conversion, or its file, goes wrong."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from litesmith.cli.options import Architecture, Atol, CustomObjects, Debug, Json, Model, Rtol, SignatureName, Timeout
from litesmith.cli.output import NEGATIVE, Output, reporting
from litesmith.frontends.options import RnnForm

if TYPE_CHECKING:
    from litesmith.bisection.result import Bisection
    from litesmith.lite_model import LiteModel


def bisect(
    model: Model,
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FILE]",
            help="The LiteRT model at fault, whoever made it; by default the model is converted.",
            show_default=False,
        ),
    ] = None,
    data: Annotated[
        Path | None, typer.Option(metavar="NPZ", help="Arrays under the inputs' names; by default seeded ones.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FOLDER", help="Where the smallest failing model goes; by default MODEL.bisect."
        ),
    ] = None,
    batch: Annotated[int | None, typer.Option(min=1, help="Fix the batch where the model is converted.")] = None,
    shapes: Annotated[
        list[str] | None,
        typer.Option("--input", metavar="SHAPE", help="Shape of an input with its batch, once per input."),
    ] = None,
    rnn: Annotated[RnnForm, typer.Option(help="Form of recurrent layers where the model is converted.")] = "while",
    quantize: Annotated[
        Literal["float16", "weights_int8", "dynamic_int8"] | None,
        typer.Option(help="Form of the weights where the model is converted."),
    ] = None,
    signature: SignatureName = None,
    atol: Atol = None,
    rtol: Rtol = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Show every layer, not only those around the first that differs.")
    ] = False,
    custom_objects: CustomObjects = None,
    architecture: Architecture = None,
    timeout: Timeout = 300.0,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Find the first layer with which a conversion, or its file, goes wrong; save the smallest model that shows it."""
    with reporting(as_json, debug) as out:
        from litesmith.bisection import bisecting
        from litesmith.cli.models import load_model
        from litesmith.cli.verify import are_swapped
        from litesmith.opening import load

        if file is not None and are_swapped(model, file):
            raise typer.BadParameter(f"the original comes first: litesmith bisect {file} {model}")
        with out.progress("Loading the model"):
            lite = None if file is None else load(file, isolated=True, timeout=timeout)
            meant = None if lite is None else lite.face(signature).signature
            original = load_model(model, custom_objects, architecture, meant).original
            inputs = original.said_inputs(shapes or [])
            arrays = None if data is None else _arrays(lite, data, signature)
        with out.progress("Looking for the first layer that goes wrong"):
            found = bisecting.bisect(
                original, lite, arrays, inputs, batch, rnn, atol, rtol,
                signature=signature, quantize=quantize, timeout=timeout,
            )  # fmt: skip
        _show(out, model, file, found, output or _folder(model), everything)


def _arrays(lite: LiteModel | None, path: Path, signature: str | None) -> Any:
    """The user's arrays, nested as the model takes them; by name where there is no file that says how."""
    from litesmith.cli.arrays import match_inputs, read_arrays
    from litesmith.cli.signatures import chosen_signature

    arrays = read_arrays(path)
    if lite is None:
        return next(iter(arrays.values())) if len(arrays) == 1 else arrays
    return lite.face(signature).inputs.pack(match_inputs(chosen_signature(lite, signature), arrays))


def _folder(model: str) -> Path:
    from litesmith.cli.models import file_beside

    return file_beside(model).with_suffix(".bisect")


def _show(out: Output, model: str, file: Path | None, found: Bisection, folder: Path, everything: bool) -> None:
    from litesmith.report.bisection import bisection_layout

    saved = [str(path) for path in found.smallest.save(folder)] if found.smallest is not None else []
    data = {"command": "bisect", "ok": found.passed, "model": model, "file": None if file is None else str(file)}
    out.result({**data, "saved": saved, **found.to_json()}, bisection_layout(found, saved, everything))
    if not found.passed:
        raise typer.Exit(NEGATIVE)
