"""`litesmith verify`: whether a LiteRT file computes what its original does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from litesmith.cli.options import (
    Architecture,
    Atol,
    CustomObjects,
    Debug,
    File,
    Ignore,
    Json,
    Kernels,
    Model,
    Rtol,
    SignatureName,
    Strict,
    Timeout,
)
from litesmith.cli.output import NEGATIVE, Output, reporting

if TYPE_CHECKING:
    from litesmith.frontends.original import Original
    from litesmith.lite_model import LiteModel
    from litesmith.verification.comparison import Report


def verify(
    model: Model,
    file: File,
    data: Annotated[
        Path | None, typer.Option(metavar="NPZ", help="Arrays under the inputs' names; by default seeded ones.")
    ] = None,
    signature: SignatureName = None,
    atol: Atol = None,
    rtol: Rtol = None,
    custom_objects: CustomObjects = None,
    architecture: Architecture = None,
    preprocessing: Annotated[
        Path | None,
        typer.Option(metavar="JSON", help="What was left to the app by `convert --split-preprocessing`."),
    ] = None,
    timeout: Timeout = 300.0,
    kernels: Kernels = None,
    strict: Strict = False,
    ignore: Ignore = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Compare a LiteRT file with the model it was made from, output by output."""
    with reporting(as_json, debug, strict, ignore) as out:
        from litesmith.opening import load
        from litesmith.preprocessing.pipeline import load_preprocessing

        if are_swapped(model, file):
            raise typer.BadParameter(f"the original comes first: litesmith verify {file} {model}")
        with out.progress("Loading the model"):
            lite = load(file, isolated=True, timeout=timeout, kernels=kernels)
            if preprocessing is not None:
                if data is not None:
                    raise typer.BadParameter("texts are made for it; leave --data out", param_hint="--data")
                lite.preprocessing = load_preprocessing(preprocessing)
            inputs = _inputs(lite, data, signature)

            from litesmith.cli.models import load_model

            meant = signature or lite.face().signature
            original = load_model(model, custom_objects, architecture, meant).original
        with out.progress("Comparing"):
            report = _compare(original, lite, inputs, atol, rtol, signature)
        _show(out, model, file, report)


def are_swapped(model: str, file: Path) -> bool:
    """Whether the LiteRT file stands where the original belongs, and the other way around."""
    from litesmith.diagnostics.base import LitesmithError
    from litesmith.frontends.open import Kind, identify

    try:
        return identify(Path(model)) is Kind.LITERT and identify(file) is not Kind.LITERT
    except LitesmithError:
        return False


def _inputs(lite: LiteModel, path: Path | None, signature: str | None) -> Any:
    """The user's arrays, nested as the model takes them; None without any."""
    from litesmith.cli.arrays import match_inputs, read_arrays
    from litesmith.cli.signatures import chosen_signature

    chosen = chosen_signature(lite, signature)
    return None if path is None else lite.face(signature).inputs.pack(match_inputs(chosen, read_arrays(path)))


def _compare(
    original: Original, lite: LiteModel, inputs: Any, atol: float | None, rtol: float | None, signature: str | None
) -> Report:
    """The comparison; where Keras does not take what the file takes, the two do not belong together."""
    from litesmith import api
    from litesmith.diagnostics.base import LitesmithError
    from litesmith.diagnostics.quoting import quoted
    from litesmith.diagnostics.verification import FacesDiffer
    from litesmith.frontends.keras.running import CallFailed

    try:
        return api.verify(original, lite, inputs, atol, rtol, signature=signature)
    except CallFailed as failure:
        raise LitesmithError(FacesDiffer(quoted(failure.__cause__ or failure))) from failure
    except LitesmithError:
        raise
    except Exception as error:
        raise LitesmithError(FacesDiffer(quoted(error))) from error


def _show(out: Output, model: str, file: Path, report: Report) -> None:
    from litesmith.diagnostics.verification import OutputsDiffer
    from litesmith.report.comparison import comparison_layout

    data = {"command": "verify", "model": model, "file": str(file), **report.to_json()}
    if report.passed:
        out.result(data, comparison_layout(report))
        return
    out.findings(
        [
            OutputsDiffer(output.name, output.max_abs, output.allowed, output.problem, False, report.framework)
            for output in report.outputs
            if not output.passed
        ],
        data,
    )
    raise typer.Exit(NEGATIVE)
