"""`litesmith quantize`: a model in fewer bits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from litesmith.cli.calibration import Calibration, InferenceType, Pixels, calibration_data
from litesmith.cli.measures import measure
from litesmith.cli.options import Architecture, CustomObjects, Debug, Ignore, Json, Strict
from litesmith.cli.output import Output, reporting
from litesmith.cli.refining import Resume, check_resume, counted
from litesmith.cli.stopwatch import Stopwatch

if TYPE_CHECKING:
    from litesmith.lite_model import LiteModel
    from litesmith.quantization.analysis.result import Analysis
    from litesmith.quantization.judging import Measure
    from litesmith.quantization.recipe import Recipe
    from litesmith.quantization.search.result import Found
    from litesmith.report.quantized import Judged

AUTO = "auto"
MOST_TRIED = 12
ModelOrFile = Annotated[
    str,
    typer.Argument(
        metavar="MODEL",
        help="A float32 LiteRT model (.tflite), whoever made it, or what `convert` takes: .keras, .h5, module:NAME.",
        show_default=False,
    ),
]


def quantize(
    model: ModelOrFile,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Where to write; by default NAME.MODE.tflite beside the model."),
    ] = None,
    mode: Annotated[
        str | None,
        typer.Option(
            "--mode", "-m", metavar="MODE", help="int8 (by default), auto, or another form; a wrong one lists them all."
        ),
    ] = None,
    recipe: Annotated[
        Path | None, typer.Option("--recipe", metavar="FILE.toml", help="Which parts become what, in place of --mode.")
    ] = None,
    calibration: Calibration = None,
    pixels: Pixels = None,
    inference_type: InferenceType = "float32",
    resume: Resume = None,
    max_drop: Annotated[
        str | None, typer.Option(metavar="DROP", help="How far the measure of --eval may fall: 0.5% or 0.005.")
    ] = None,
    evaluate: Annotated[
        str | None,
        typer.Option(
            "--eval",
            metavar="MODULE:FUNCTION",
            help="What judges a model: function(lite) -> number, higher for better; FILE.py:FUNCTION works too.",
        ),
    ] = None,
    analyze: Annotated[
        bool, typer.Option("--analyze", help="Show what each layer adds to the error, why, and what helps.")
    ] = False,
    goal: Annotated[
        Literal["size", "latency", "ram"], typer.Option(help="What --mode auto makes least within the budget.")
    ] = "size",
    min_decibels: Annotated[
        float | None,
        typer.Option("--min-decibels", metavar="DB", help="Outputs over the error, at least, for auto."),
    ] = None,
    max_evaluations: Annotated[
        int, typer.Option("--max-evaluations", min=1, metavar="N", help="How many recipes auto tries at most.")
    ] = MOST_TRIED,
    jobs: Annotated[int, typer.Option("--jobs", metavar="N", help="Processes that try recipes (needs joblib).")] = 1,
    save_recipe: Annotated[
        Path | None, typer.Option("--save-recipe", metavar="FILE.toml", help="Where the recipe that was used goes.")
    ] = None,
    batch: Annotated[int | None, typer.Option(min=1, help="Fix the batch, where the model is converted.")] = None,
    shapes: Annotated[
        list[str] | None,
        typer.Option("--input", metavar="SHAPE", help="Shape of an input, where the model is converted."),
    ] = None,
    verify: Annotated[bool, typer.Option(help="Compare with the model, before numbers are rounded.")] = True,
    custom_objects: CustomObjects = None,
    architecture: Architecture = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Show every set of channels that was changed, and every refined weight.")
    ] = False,
    strict: Strict = False,
    ignore: Ignore = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Put a model into fewer bits: its weights, or all that it computes with; say what that costs."""
    with reporting(as_json, debug, strict, ignore) as out:
        from litesmith.runtime.saving import check_writable

        data = None if calibration is None else calibration_data(calibration, pixels)
        chosen = _recipe(mode, recipe, data, inference_type)
        allowed, judging = _drop(max_drop, evaluate, chosen), measure(evaluate)
        check_resume(resume, data, is_searched=chosen is None)
        _check_options(analyze and data is None, chosen is None, (goal, min_decibels, max_evaluations, jobs))
        target = output or _beside(model, mode or (recipe.stem if recipe else "int8"))
        for path in (target, save_recipe):
            if path is not None:
                check_writable(path)
        watch = Stopwatch(out)
        opening = (shapes or [], batch, verify, custom_objects, architecture)
        real, framework = _opened(watch, model, opening)
        found = before = None
        if chosen is None:
            budget = (allowed, judging, min_decibels, goal, max_evaluations, jobs)
            made, chosen, found = _searched(watch, real, data, inference_type, budget)
        else:
            before = _measured(watch, judging, real)
            made = _quantized(watch, real, chosen, data, inference_type, resume)
        after = None if before is None else _measured(watch, judging, made)
        judged = _judged(judging, before, after, allowed)
        analysis = _analyzed(watch, real, made, data) if analyze else None
        out.attention.require()
        made.save(target)
        if save_recipe is not None:
            chosen.save(save_recipe)
        _show(out, watch, (model, target, str(chosen)), made, len(real), (framework, judged, analysis, found, verbose))


def _recipe(mode: str | None, recipe: Path | None, data: Any, inference_type: str) -> Recipe | None:
    """What was asked for; None where it is to be searched."""
    from litesmith.quantization.quantizing import asked

    if mode is not None and recipe is not None:
        raise typer.BadParameter("a recipe has its own mode; leave one out", param_hint="--mode, --recipe")
    if mode == AUTO:
        return None
    try:
        return asked(recipe or mode or "int8", data, inference_type)
    except ValueError as problem:
        raise typer.BadParameter(str(problem), param_hint="--mode, --calibration, --inference-type") from None


def _check_options(lacks_data: bool, is_searched: bool, searching: tuple[Any, ...]) -> None:
    """Raise for options that mean nothing beside the others, before anything is done."""
    if lacks_data:
        raise typer.BadParameter("it is measured on data; say --calibration", param_hint="--analyze")
    if not is_searched and searching != ("size", None, MOST_TRIED, 1):
        hint = "--goal, --min-decibels, --max-evaluations, --jobs"
        raise typer.BadParameter("that is for --mode auto", param_hint=hint)


def _beside(model: str, mode: str) -> Path:
    from litesmith.cli.models import file_beside

    return file_beside(model).with_suffix(f".{mode}.tflite")


def _opened(watch: Stopwatch, model: str, opening: Any) -> tuple[LiteModel, str | None]:
    """The real model, and what it was compared with."""
    from litesmith.frontends.open import Kind, identify
    from litesmith.frontends.python_names import is_python_name
    from litesmith.opening import load

    shapes, batch, verify, custom_objects, architecture = opening
    if not is_python_name(model) and identify(Path(model), "a model") is Kind.LITERT:
        if shapes or batch is not None or custom_objects is not None or architecture is not None:
            problem = "a converted model is quantized as it is"
            raise typer.BadParameter(problem, param_hint="--input, --batch, --custom-objects, --architecture")
        with watch("loaded", "Loading the model"):
            return load(model), None
    from litesmith import api
    from litesmith.cli.models import load_model

    with watch("loaded", "Loading the model"):
        original = load_model(model, custom_objects, architecture).original
    with watch("converted", "Converting"):
        lite = api.convert(original, original.said_inputs(shapes), batch, verify=verify)
    return lite, original.framework if verify else None


def _quantized(
    watch: Stopwatch, real: LiteModel, recipe: Recipe, data: Any, inference_type: str, resume: Path | None
) -> LiteModel:
    from litesmith.quantization import quantizing

    with watch("quantized", "Quantizing") as tell:
        return quantizing.quantize(real, recipe, data, inference_type, counted(tell), resume)


def _searched(
    watch: Stopwatch, real: LiteModel, data: Any, inference_type: str, said: Any
) -> tuple[LiteModel, Recipe, Found]:
    """The best model within the budget, and all that was tried; Q143 where there is none."""
    from litesmith.quantization.search.budget import Budget
    from litesmith.quantization.search.searching import require, search

    max_drop, measure, min_decibels, goal, most, jobs = said
    try:
        budget = Budget(max_drop, measure, min_decibels, goal, most, jobs)
    except ValueError as problem:
        raise typer.BadParameter(str(problem), param_hint="--max-drop, --jobs") from None
    with watch("searched", "Trying recipes") as tell:
        told = counted(tell, "tried at most")
        found = search(real, data, budget, inference_type=inference_type, progress=told)
    model = require(found)
    assert found.recipe is not None
    return model, found.recipe, found


def _analyzed(watch: Stopwatch, real: LiteModel, made: LiteModel, data: Any) -> Analysis:
    from litesmith.quantization.analysis import analyzing

    with watch("analyzed", "Measuring layers") as tell:
        return analyzing.analyze(real, made, data, progress=tell)


def _drop(said: str | None, evaluate: str | None, recipe: Recipe | None) -> float | None:
    """By how much the measure may fall, from `0.5%` or `0.005`."""
    if said is None:
        return None
    if evaluate is None and recipe is not None:
        raise typer.BadParameter("what judges the model is said by --eval", param_hint="--max-drop")
    try:
        drop = float(said.removesuffix("%")) / (100 if said.endswith("%") else 1)
    except ValueError:
        drop = -1.0
    if not 0 <= drop < float("inf"):
        raise typer.BadParameter(f"{said!r} is no drop, such as 0.5% or 0.005", param_hint="--max-drop")
    return drop


def _measured(watch: Stopwatch, measure: Measure | None, lite: LiteModel) -> float | None:
    """What the measure says; None without one."""
    if measure is None:
        return None
    with watch("judged", "Judging"):
        return measure(lite)


def _judged(measure: Measure | None, before: float | None, after: float | None, allowed: float | None) -> Judged | None:
    """What a measure said; Q141 where it fell too far."""
    from litesmith.diagnostics.base import LitesmithError
    from litesmith.diagnostics.quantization_search import DropsTooMuch
    from litesmith.report.quantized import Judged

    if measure is None or before is None or after is None:
        return None
    if allowed is not None and before - after > allowed:
        raise LitesmithError(DropsTooMuch(measure.name, before, after, allowed))
    return Judged(measure.name, before, after, allowed)


def _show(
    out: Output, watch: Stopwatch, said: tuple[str, Path, str], made: LiteModel, real_bytes: int, known: Any
) -> None:
    from litesmith.report.quantized import Quantized
    from litesmith.report.summary import summarize

    model, target, recipe = said
    done = Quantized(model, str(target), recipe, summarize(made), real_bytes, watch.seconds, *known)
    out.result({"command": "quantize", **done.to_json()}, done.layout())
