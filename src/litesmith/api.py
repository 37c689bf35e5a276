"""What the public functions do, each a screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from litesmith.conversion import converted
from litesmith.diagnostics.base import Diagnostic, LitesmithError
from litesmith.diagnostics.targets import BatchFixed, NoSources
from litesmith.diagnostics.telling import attention, attentive, tell
from litesmith.diagnostics.verification import NotCompared
from litesmith.firmware.sources import Firmware, firmware
from litesmith.frontends.inputs import BatchWhereOpen
from litesmith.frontends.open import Kind, identify
from litesmith.frontends.options import Options
from litesmith.frontends.original import why_not_compared
from litesmith.ir.source import Source
from litesmith.lite_model import LiteModel
from litesmith.opening import load, open_model
from litesmith.quantization.quantizing import asked, by_recipe, face_of, plain_mode
from litesmith.quantization.recipe import Recipe
from litesmith.quantization.refining.refining import Progress
from litesmith.quantization.search.budget import AUTO, Budget
from litesmith.quantization.search.searching import require, search
from litesmith.quantization.static import Asked
from litesmith.runtime.kernels import Kernels
from litesmith.targets.assessment import Assessment, assess, assess_file
from litesmith.targets.profile import Profile, names, with_arena
from litesmith.targets.profile import load as load_target
from litesmith.verification.comparison import Report
from litesmith.verification.conversions import check_tolerances, compare_signatures, compared
from litesmith.verification.input_order import in_models_order


@attentive
def convert(
    model: Any,
    inputs: Any = None,
    batch: int | None = None,
    rnn: str = "while",
    verify: bool = True,
    atol: float | None = None,
    rtol: float | None = None,
    custom_objects: Mapping[str, Any] | str | Path | None = None,
    signatures: Mapping[str, Any] | None = None,
    split_preprocessing: bool = False,
    signature: str | None = None,
    outputs: Sequence[str] | None = None,
    architecture: Any = None,
    quantize: Recipe | str | Path | None = None,
    target: str | None = None,
    arena: int | str | None = None,
    kernels: Kernels = None,
    calibration: Any = None,
    inference_type: str = "float32",
    budget: Budget | None = None,
    progress: Progress | None = None,
    resume: str | Path | None = None,
    *,
    strict: bool = False,  # noqa: ARG001 (`attentive` reads it)
    ignore: str | Sequence[str] = (),  # noqa: ARG001
) -> LiteModel:
    """Convert a model to a LiteRT model of builtin operators.

    Args:
        model: a live Keras model (any backend), a function of JAX or TensorFlow, or a path: of a `.keras` or `.h5`
            file, of a TensorFlow SavedModel, or of a frozen graph (`.pb`).
        inputs: shapes, `keras.InputSpec`s or example arrays, nested like the model's inputs.
            Arrays give their sizes without the batch. A size may be a name, with a bound or without:
            `(1, "time<=512")`. By default what the model says. The batch that a shape says, None for any, counts
            also where the model has one of its own.
        batch: pins the batch; by default one file runs at any batch, or that of the model.
        rnn: recurrent layers as `"while"` loops, as `"fused"` operators, or `"unroll"`ed.
        verify: compare with the Keras model on seeded inputs, and raise if the outputs differ.
        atol, rtol: what differs by at most `atol + rtol * largest output` is the same.
        custom_objects: classes and functions by name that a model's file uses, besides those
            registered with `keras.saving.register_keras_serializable`; or the Python file that defines them.
        signatures: several ways to call, by name, which share weights and state: inputs of the model
            (as `inputs`), or a pair of a layer or method of it and its inputs, `(model.decode, {"token": (1, 1)})`.
        split_preprocessing: layers of texts, which LiteRT cannot compute, are left to the app: the result's
            `preprocessing` does what they did, and what they returned are the file's inputs.
        signature: which way to call a SavedModel is converted; by default `"serving_default"`.
        outputs: the names of a frozen graph's tensors that are its outputs, whose inputs are the keys of `inputs`;
            by default what nothing in the graph reads.
        architecture: the model that a file's weights belong to: a Keras model, a function that returns one,
            `"module:function"`, or the path of a file with what `model.to_json()` returned.
        quantize: a mode, a `Recipe`, or the path of a `.toml` file with one. Weights alone: `"float16"`,
            `"weights_int8"`, `"weights_int4"`; `"dynamic_int8"`, `"dynamic_int4"`, whose products are of integers where
            the runtime has a kernel for that. Weights and activations: `"int8"`, `"int16x8"`. By default: float32.
        target: where the file is to run, as for `check`: what does not run there is refused. Where sizes must be known
            there, a batch that is open becomes 1. `embed` writes a microcontroller's sources.
        arena: bytes that the target has for values, such as `"256k"`.
        kernels: the shared library, or several, with kernels of the model's custom operators (see `custom_op`).
            Without it the comparison runs the functions in place of these operators, and says so (V105).
        calibration, inference_type: as for `quantize`. What is compared with the model is the file before its numbers
            become integers, or int4, or what a recipe says; what that changes much is said (Q102).
        budget: for `quantize="auto"`, which tries recipes as `search` does: how good the file must be, what is made
            least, and how much is tried; Q143 where nothing keeps within it.
        progress, resume: as for `quantize`, and `progress` as for `search` where recipes are tried.
        strict: warnings count as errors.
        ignore: findings that are left out, by code, and by layer where that is said: `"V103"`, `"D205@encoder/*"`.
            Warnings, notes, and what a target has against the model; an error is never ignored.

    Raises:
        LitesmithError: with everything that stands in the way, or both numbers of an output that differs.
    """
    if signatures is not None and (inputs is not None or not signatures):
        raise ValueError("signatures= says the inputs of each, and names at least one; leave inputs= out")
    if signatures is not None and split_preprocessing:
        raise ValueError("split_preprocessing= cuts a model with one way to call it; leave signatures= out")
    settings = Options(rnn, split_preprocessing)
    recipe = None if quantize == AUTO else asked(quantize, calibration, inference_type)
    if budget is not None and quantize != AUTO:
        raise ValueError(f'budget= is for quantize="{AUTO}"')
    if signature is not None and signatures is not None:
        raise ValueError("signatures= names all that are converted; leave signature= out")
    check_tolerances(atol, rtol)
    profile = _target(target, arena)
    original = open_model(model, custom_objects, signature, outputs, architecture)
    if (signature or outputs) and not (original.framework == "TensorFlow" and isinstance(model, (str, Path))):
        raise ValueError("signature= and outputs= say which part of a file of TensorFlow is meant; leave them out")
    batch = _batch_for(profile, batch)
    plain = plain_mode(recipe, calibration)
    lite, imported = converted(original, inputs, batch, settings, signatures, plain, profile)
    lite = lite.with_kernels(kernels)
    if quantize is not None and plain is None:
        if verify:
            compare_signatures(imported, lite, atol, rtol)
        verify = False
        if recipe is None:
            lite = require(search(lite, calibration, budget, inference_type=inference_type, progress=progress))
        else:
            lite = by_recipe(lite, lite.model, calibration, Asked(recipe, face_of(inference_type), progress, resume))
    if profile is not None:
        _require_runs(assess(lite.model, len(bytes(lite)), profile, _notes(profile, batch)))
    if verify:
        compare_signatures(imported, lite, atol, rtol)
    return lite


@attentive
def check(
    model: Any,
    target: str = "cpu",
    inputs: Any = None,
    batch: int | None = None,
    rnn: str = "while",
    custom_objects: Mapping[str, Any] | str | Path | None = None,
    signature: str | None = None,
    outputs: Sequence[str] | None = None,
    architecture: Any = None,
    arena: int | str | None = None,
    *,
    strict: bool = False,  # noqa: ARG001 (`attentive` reads it)
    ignore: str | Sequence[str] = (),  # noqa: ARG001
) -> Assessment:
    """What becomes of a model on a target, layer by layer: what runs, what is slow, what cannot, and what it takes.

    Args:
        model: as for `convert`, trained or not; or a converted one: a `LiteModel`, or the path of a `.tflite` file.
        target: the name of one that comes with Litesmith, or the path of a `.toml` file that describes another.
        inputs, batch, rnn, custom_objects, signature, outputs, architecture: as for `convert`. Where the target needs
            sizes that are known, a batch that is open is taken to be 1.
        arena: bytes that the target has for values, such as `"256k"`.
        strict, ignore: as for `convert`.

    Returns:
        An assessment that is true where the model runs, and where `strict` is said, without warnings.

    Raises:
        LitesmithError: with everything that stands in the way of a conversion, or D1.. for a target that there is not.
    """
    profile, settings = with_arena(load_target(target), arena), Options(rnn)
    if isinstance(model, (str, Path)) and identify(Path(model)) is Kind.LITERT:
        model = load(model)
    if isinstance(model, LiteModel):
        of_a_conversion = (inputs, batch, custom_objects, signature, outputs, architecture)
        if rnn != "while" or any(said is not None for said in of_a_conversion):
            raise ValueError("a converted model is checked as it is; say its sizes and form when it is converted")
        return assess_file(bytes(model), model.model, profile, model.findings).heeding(attention())
    original = open_model(model, custom_objects, signature, outputs, architecture)
    batch = _batch_for(profile, batch)
    lite, imported = converted(original, inputs, batch, settings, None, profile=profile)
    notes = (*_notes(profile, batch), *lite.findings)
    return assess(imported.model, len(bytes(lite)), profile, notes).heeding(attention())


def embed(
    lite: LiteModel | str | Path, path: str | Path, target: str = "tflm", arena: int | str | None = None
) -> Firmware:
    """Write what a microcontroller's program needs of a converted model beside where its file is, or would be.

    A C array of its bytes, and a resolver of just its operators.

    Args:
        lite: the converted model, or the path of a `.tflite` file, whoever made it.
        path: of the `.tflite` file, which itself is not written: it says the folder, and what things are called.
        target: what the microcontroller is, as for `check`; what does not run there is refused.
        arena: bytes that it has for values, such as `"256k"`.

    Raises:
        LitesmithError: D2.. for what does not run there, D103 for a target that takes no sources; nothing is written.
    """
    profile = with_arena(load_target(target), arena)
    if profile.firmware is None:
        raise LitesmithError(NoSources(profile.name, tuple(name for name in names() if load_target(name).firmware)))
    if not isinstance(lite, LiteModel):
        lite = load(lite)
    assessment = assess_file(bytes(lite), lite.model, profile)
    _require_runs(assessment)
    made = firmware(bytes(lite), lite.model, Path(path).name, assessment.arena, assessment.needed)
    made.save(Path(path).parent)
    return made


def _target(name: str | None, arena: int | str | None) -> Profile | None:
    if name is not None:
        return with_arena(load_target(name), arena)
    if arena is not None:
        raise ValueError("arena= is memory of a target; say target= too")
    return None


def _batch_for(profile: Profile | None, batch: int | None) -> int | None:
    """The batch to convert with: where a target needs one, 1 for inputs that leave it open."""
    return BatchWhereOpen(1) if batch is None and profile is not None and profile.static_shapes else batch


def _notes(profile: Profile, batch: int | None) -> tuple[Diagnostic, ...]:
    was_open = isinstance(batch, BatchWhereOpen) and batch.was_used
    return (BatchFixed(Source(), profile.name),) if was_open else ()


def _require_runs(assessment: Assessment) -> None:
    """Raise everything that keeps a model from running on a target; warn of the rest."""
    heeded = assessment.heeding(attention())
    if not heeded:
        raise LitesmithError(heeded.findings)
    for finding in heeded.findings:
        tell(finding, stacklevel=4)


@attentive
def verify(
    model: Any,
    lite: LiteModel | str | Path,
    data: Any = None,
    atol: float | None = None,
    rtol: float | None = None,
    custom_objects: Mapping[str, Any] | str | Path | None = None,
    signature: str | None = None,
    architecture: Any = None,
    kernels: Kernels = None,
    *,
    strict: bool = False,  # noqa: ARG001 (`attentive` reads it)
    ignore: str | Sequence[str] = (),  # noqa: ARG001
) -> Report:
    """Compare a converted model with the Keras model, output by output.

    Args:
        model: a Keras model, or the path of its file.
        lite: the converted model, or the path of its file.
        data: inputs nested as the model's; by default seeded ones.
        atol, rtol: what differs by at most `atol + rtol * largest output` is the same.
        custom_objects: as for `convert`.
        signature: of the file, which computes what `model` does; by default the first.
        architecture: as for `convert`.
        kernels: as for `convert`.
        strict, ignore: as for `convert`.

    Returns:
        A report that is true when everything passed.
    """
    if isinstance(model, LiteModel):
        raise TypeError("verify takes the Keras model first, then the converted one")
    check_tolerances(atol, rtol)
    if not isinstance(lite, LiteModel):
        lite = load(lite)
    meant = signature or lite.face().signature
    original = open_model(model, custom_objects, meant, architecture=architecture)
    if (reason := why_not_compared(original)) is not None:
        raise LitesmithError(NotCompared(reason))
    return compared(original, in_models_order(lite.with_kernels(kernels), original), data, atol, rtol, signature)
