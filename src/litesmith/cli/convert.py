"""`litesmith convert`: a Keras file to a LiteRT file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from litesmith.cli.calibration import Calibration, InferenceType, Pixels, calibration_data
from litesmith.cli.models import file_beside, load_model
from litesmith.cli.options import (
    Architecture,
    Arena,
    Atol,
    CustomObjects,
    Debug,
    Ignore,
    Json,
    Kernels,
    Model,
    Rtol,
    Strict,
    Target,
)
from litesmith.cli.output import Output, reporting
from litesmith.cli.refining import Resume, check_resume, counted
from litesmith.cli.stopwatch import Stopwatch
from litesmith.cli.targets import said_target
from litesmith.frontends.options import RnnForm

if TYPE_CHECKING:
    from litesmith.firmware.sources import Firmware
    from litesmith.frontends.original import Original
    from litesmith.lite_model import LiteModel
    from litesmith.verification.comparison import Report

Mode = Literal["float16", "weights_int8", "dynamic_int8", "weights_int4", "dynamic_int4", "int8", "int16x8"]


def convert(
    model: Model,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Where to write; by default beside the model, ending in .tflite."),
    ] = None,
    board: Target = None,
    arena: Arena = None,
    batch: Annotated[int | None, typer.Option(min=1, help="Fix the batch; by default any batch runs.")] = None,
    shapes: Annotated[
        list[str] | None,
        typer.Option(
            "--input",
            metavar="SHAPE",
            help="Shape of an input with its batch, once per input: '?,224,224,3', 'ids=?,128:int32'.",
        ),
    ] = None,
    signatures: Annotated[
        list[str] | None,
        typer.Option(
            "--signature",
            metavar="NAME=SHAPE",
            help="One of several ways to call, of fixed sizes: 'short=1,64', 'long=1,512'; once per input of each. "
            "Of a SavedModel, the NAME of one that it has.",
        ),
    ] = None,
    outputs: Annotated[
        list[str] | None,
        typer.Option("--output-tensor", metavar="NAME", help="An output of a frozen graph (.pb), once per output."),
    ] = None,
    rnn: Annotated[RnnForm, typer.Option(help="Form of recurrent layers.")] = "while",
    quantize: Annotated[
        Mode | None,
        typer.Option(help="Keep weights in fewer bits, or compute with int8; by default all stays float32."),
    ] = None,
    calibration: Calibration = None,
    pixels: Pixels = None,
    inference_type: InferenceType = "float32",
    resume: Resume = None,
    split_preprocessing: Annotated[
        bool,
        typer.Option(
            "--split-preprocessing",
            help="Leave layers of text to the app: what they know goes beside the file, ending in .preprocessing.json.",
        ),
    ] = False,
    verify: Annotated[bool, typer.Option(help="Compare with the model.")] = True,
    atol: Atol = None,
    rtol: Rtol = None,
    custom_objects: CustomObjects = None,
    architecture: Architecture = None,
    kernels: Kernels = None,
    strict: Strict = False,
    ignore: Ignore = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Convert a model to a LiteRT file of builtin operators, and compare the two."""
    with reporting(as_json, debug, strict, ignore) as out:
        if shapes and any("=" in signature for signature in signatures or ()):
            raise typer.BadParameter("--signature says the shapes of each; leave --input out", param_hint="--signature")
        if signatures and split_preprocessing:
            problem = "a model that is cut has one way to call it; leave --signature out"
            raise typer.BadParameter(problem, param_hint="--split-preprocessing")
        if quantize in (None, "float16") and calibration is not None:
            raise typer.BadParameter("that is for --quantize to integers", param_hint="--calibration")
        if quantize not in ("int8", "int16x8") and inference_type != "float32":
            raise typer.BadParameter("that is for --quantize int8 or int16x8", param_hint="--inference-type")
        data = None if calibration is None else calibration_data(calibration, pixels)
        check_resume(resume, data)
        target = output or file_beside(model)
        said_target(board, arena)
        settings = {
            "batch": batch,
            "rnn": rnn,
            "split_preprocessing": split_preprocessing,
            "quantize": quantize,
            "calibration": data,
            "inference_type": inference_type,
            "resume": resume,
            "target": board,
            "arena": arena,
            "kernels": kernels,
        }
        chosen = signatures[0] if signatures and len(signatures) == 1 and "=" not in signatures[0] else None
        sources = (custom_objects, architecture, chosen, outputs)
        faces = (shapes or [], [] if chosen else signatures or [])
        _convert(out, model, target, faces, sources, settings, (verify, atol, rtol))


def _convert(
    out: Output,
    said: str,
    target: Path,
    faces: tuple[list[str], list[str]],
    sources: tuple[Path | None, str | None, str | None, list[str] | None],
    settings: dict[str, Any],
    verification: tuple[bool, float | None, float | None],
) -> None:
    from litesmith.runtime.saving import check_writable

    check_writable(target)
    watch = Stopwatch(out)
    with watch("load", "Loading the model"):
        loaded = load_model(said, *sources)
        if sources[2] is not None and loaded.backend is not None:
            raise typer.BadParameter(f"{sources[2]!r} is not NAME=SHAPE", param_hint="--signature")
    lite, signatures, is_rounded = _lite(watch, loaded.original, faces, settings, verification)
    report, not_compared = None, None
    if not is_rounded:
        report, not_compared = _compared(out, watch, loaded.original, lite, signatures, verification)
    out.attention.require()
    embedded, in_app = _written(lite, target, settings["target"], settings["arena"])

    from litesmith.report.conversion import Conversion
    from litesmith.report.summary import summarize

    done = Conversion(
        said,
        loaded.bytes,
        loaded.layers,
        str(target),
        summarize(lite),
        loaded.original.framework,
        loaded.backend,
        watch.seconds,
        report,
        in_app,
        () if lite.preprocessing is None else tuple(lite.preprocessing.lines()),
        not_compared,
        embedded,
        tuple(out.attention.kept(lite.findings)),
        is_rounded and verification[0],
    )
    out.result({"command": "convert", **done.to_json()}, done.layout())


def _lite(
    watch: Stopwatch,
    original: Original,
    faces: tuple[list[str], list[str]],
    settings: dict[str, Any],
    verification: tuple[bool, float | None, float | None],
) -> tuple[LiteModel, list[str], bool]:
    """The converted model, its signatures, and whether it was compared already: before its numbers were rounded."""
    with watch("convert", "Converting") as tell:
        from litesmith import api
        from litesmith.quantization.quantizing import asked, plain_mode

        shapes, texts = faces
        signatures = {name: original.said_inputs(each) for name, each in _by_signature(texts).items()} or None
        enabled, atol, rtol = verification
        mode, data = settings["quantize"], settings["calibration"]
        is_rounded = mode is not None and plain_mode(asked(mode, data, settings["inference_type"]), data) is None
        lite = api.convert(
            original,
            original.said_inputs(shapes),
            verify=enabled and is_rounded,
            atol=atol,
            rtol=rtol,
            signatures=signatures,
            progress=counted(tell),
            **settings,
        )
    return lite, list(signatures or ()), is_rounded


def _written(lite: LiteModel, target: Path, board: str | None, arena: str | None) -> tuple[Firmware | None, str | None]:
    """Write the file and what goes beside it: a microcontroller's sources, and what is left to the app."""
    from litesmith import api

    profile = said_target(board, arena)
    embedded = api.embed(lite, target, board, arena) if board is not None and profile and profile.firmware else None
    lite.save(target)
    if lite.preprocessing is None:
        return embedded, None
    in_app = target.with_suffix(".preprocessing.json")
    lite.preprocessing.save(in_app)
    return embedded, str(in_app)


def _compared(
    out: Output,
    watch: Stopwatch,
    original: Original,
    lite: LiteModel,
    signatures: list[str],
    verification: tuple[bool, float | None, float | None],
) -> tuple[Report | None, str | None]:
    """The comparison that was asked for, or why there is none."""
    from litesmith.custom_operators.twin import NotRunnable
    from litesmith.diagnostics.verification import NotCompared
    from litesmith.frontends.original import why_not_compared
    from litesmith.verification.conversions import require_same

    enabled, atol, rtol = verification
    if not enabled:
        return None, None
    reason = why_not_compared(original)
    if reason is None:
        try:
            with watch("verify", f"Comparing with {original.framework}"):
                report = _verified(original, lite, signatures, atol, rtol)
                require_same(report, lite)
            return report, None
        except NotRunnable as problem:
            reason = problem.reason
    out.attention.tell(NotCompared(reason), 1)
    return None, reason


def _by_signature(texts: list[str]) -> dict[str, list[str]]:
    """The shapes of each signature: `short=1,64`, or `short=tokens=1,64` for a named input."""
    found: dict[str, list[str]] = {}
    for text in texts:
        name, separator, shape = text.partition("=")
        if not (separator and name.strip() and shape.strip()):
            raise typer.BadParameter(f"{text!r} is not NAME=SHAPE", param_hint="--signature")
        found.setdefault(name.strip(), []).append(shape)
    return found


def _verified(
    original: Original, lite: LiteModel, signatures: list[str], atol: float | None, rtol: float | None
) -> Report:
    """The comparison of all signatures; outputs go by `signature/output` where there are several."""
    from litesmith import api
    from litesmith.verification.comparison import Report

    if not signatures:
        return api.verify(original, lite, atol=atol, rtol=rtol)
    reports = {name: api.verify(original, lite, atol=atol, rtol=rtol, signature=name) for name in signatures}
    outputs = [
        replace(output, name=f"{name}/{output.name}") for name, each in reports.items() for output in each.outputs
    ]
    return Report(tuple(outputs), sum(each.samples for each in reports.values()), original.framework)
