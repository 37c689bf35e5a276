"""`litesmith check-data`: whether data is fit to calibrate a model with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from litesmith.cli.calibration import Pixels, calibration_data
from litesmith.cli.options import Architecture, CustomObjects, Debug, Ignore, Json, Strict
from litesmith.cli.output import NEGATIVE, reporting


def check_data(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL",
            help="What `convert` takes (.keras, .h5, module:NAME), which says most, or a float32 .tflite file.",
            show_default=False,
        ),
    ],
    data: Annotated[
        Path,
        typer.Option("--data", "-d", metavar="DATA", help="The calibration data: .npz, .npy, or a folder of images."),
    ],
    probe: Annotated[
        Path | None,
        typer.Option(metavar="DATA", help="A held-out batch of real inputs, on which the cost of ranges is predicted."),
    ] = None,
    pixels: Pixels = None,
    custom_objects: CustomObjects = None,
    architecture: Architecture = None,
    strict: Strict = False,
    ignore: Ignore = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Check calibration data before it is trusted: noise, another scale, one class, zeros, too few samples."""
    with reporting(as_json, debug, strict, ignore) as out:
        from litesmith.quantization.data_checks.checking import check_calibration
        from litesmith.report.calibration_data import data_layout

        given = calibration_data(data, pixels)
        held_out = None if probe is None else calibration_data(probe, pixels)
        with out.progress("Loading the model"):
            loaded = _loaded(model, custom_objects, architecture)
        with out.progress("Running the data through the model"):
            report = check_calibration(loaded, given, held_out)
        described = {"command": "check-data", "model": model, "data": str(data), **report.to_json()}
        if report:
            for finding in report.findings:
                out.tell(finding)
            out.result(described, data_layout(report, findings=False))
            return
        if not as_json:
            out.result({}, data_layout(report, findings=False))
        out.findings(report.findings, described)
        raise typer.Exit(NEGATIVE)


def _loaded(model: str, custom_objects: Path | None, architecture: str | None) -> Any:
    """A converted model from its file, or what can be converted."""
    from litesmith.cli.models import load_model
    from litesmith.frontends.open import Kind, identify
    from litesmith.frontends.python_names import is_python_name
    from litesmith.opening import load

    if not is_python_name(model) and identify(Path(model), "a model") is Kind.LITERT:
        return load(model)
    return load_model(model, custom_objects, architecture).original
