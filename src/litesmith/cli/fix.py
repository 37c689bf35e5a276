"""`litesmith fix`: a model, repaired for a target."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from litesmith.cli.options import Architecture, CustomObjects, Debug, Json, Model
from litesmith.cli.output import NEGATIVE, Output, reporting

if TYPE_CHECKING:
    from litesmith.frontends.original import Original
    from litesmith.repairs.plan import Fixed


def fix(
    model: Model,
    target: Annotated[
        str,
        typer.Option("--target", "-t", metavar="TARGET", help="Where it is to run, by name or as your own .toml file."),
    ] = "cpu",
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Where to write the repaired model; by default MODEL.fixed.keras."),
    ] = None,
    batch: Annotated[int | None, typer.Option(min=1, help="Fix the batch in the model.")] = None,
    shapes: Annotated[
        list[str] | None,
        typer.Option("--input", metavar="SHAPE", help="Fix the sizes of an input, with the batch, once per input."),
    ] = None,
    data: Annotated[
        Path | None, typer.Option("--data", help="Inputs to measure changes on: .npz, .npy; by default seeded ones.")
    ] = None,
    allow_approximate: Annotated[
        bool,
        typer.Option("--allow-approximate", help="Apply repairs that change the outputs too; each says by how much."),
    ] = False,
    fine_tune: Annotated[
        str | None,
        typer.Option(
            "--fine-tune",
            metavar="FILE.py:NAME",
            help="A function that trains the repaired model, where a repair changed its outputs.",
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done; write nothing.")] = False,
    custom_objects: CustomObjects = None,
    architecture: Architecture = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Repair a Keras model so that it runs on a target, prove each repair, and save it as a Keras model."""
    with reporting(as_json, debug) as out:
        file = output or _beside(model)
        if file.suffix != ".keras":
            raise typer.BadParameter("a repaired model is a .keras file", param_hint="--output")
        if fine_tune is not None and not allow_approximate:
            problem = "it trains what approximate repairs changed; say --allow-approximate too"
            raise typer.BadParameter(problem, param_hint="--fine-tune")
        from litesmith.targets.profile import load

        load(target)  # which is quick, and a mistake in it is said before a model is loaded
        if not dry_run:
            from litesmith.runtime.saving import check_writable

            check_writable(file)
        from litesmith.cli.models import load_model

        with out.progress("Loading the model"):
            original = load_model(model, custom_objects, architecture).original
        with out.progress("Repairing"):
            fixed = _fixed(original, target, (batch, shapes or []), data, allow_approximate, fine_tune)
        _finish(out, fixed, model, None if dry_run or not fixed else file)


def _beside(model: str) -> Path:
    from litesmith.cli.models import file_beside

    return file_beside(model).with_suffix(".fixed.keras")


def _fixed(
    original: Original,
    target: str,
    sizes: tuple[int | None, list[str]],
    data: Path | None,
    allow_approximate: bool,
    fine_tune: str | None,
) -> Fixed:
    from litesmith.cli.arrays import read_arrays
    from litesmith.repairs.fixing import fix as repair

    batch, shapes = sizes
    arrays = None if data is None else _nested(original, read_arrays(data))
    inputs = original.said_inputs(shapes)
    return repair(original, target, inputs, batch, arrays, allow_approximate, _function(fine_tune))


def _nested(original: Original, arrays: dict[str, Any]) -> Any:
    """Arrays of a file, nested as the model's inputs."""
    from keras import tree

    from litesmith.frontends.keras.face import model_inputs

    own = model_inputs(original.model)  # type: ignore[attr-defined]
    names = [leaf.name for leaf in tree.flatten(own)]
    if len(names) == len(arrays) == 1:
        return tree.pack_sequence_as(own, list(arrays.values()))
    missing = [name for name in names if name not in arrays]
    if missing:
        problem = f"there is no array for {', '.join(missing)}; there are {', '.join(arrays)}"
        raise typer.BadParameter(problem, param_hint="--data")
    return tree.pack_sequence_as(own, [arrays[name] for name in names])


def _function(said: str | None) -> Callable[[Any], Any] | None:
    if said is None:
        return None
    from litesmith.frontends.python_names import from_python

    function: Callable[[Any], Any] = from_python(said)
    if not callable(function):
        raise typer.BadParameter(f"{said} is not a function", param_hint="--fine-tune")
    return function


def _finish(out: Output, fixed: Fixed, said: str, file: Path | None) -> None:
    """Save what was repaired, and say what was done."""
    from litesmith.report.repairs import repairs_layout

    written: dict[str, str | None] = {"file": None}
    if file is not None:
        fixed.save(file)
        written = {"file": str(file)}
        if fixed.preprocessing is not None:
            beside = file.with_suffix(".preprocessing.json")
            fixed.preprocessing.save(beside)
            written["preprocessing"] = str(beside)
    data = {"command": "fix", "ok": bool(fixed), "model": said, **written, **fixed.to_json()}
    out.result(data, repairs_layout(fixed, None if file is None else str(file)))
    if not fixed:
        raise typer.Exit(NEGATIVE)
