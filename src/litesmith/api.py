"""What the public functions do, each a screen."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from litesmith.bisection.failing import Trial
from litesmith.bisection.result import Bisection
from litesmith.bisection.search import bisected
from litesmith.bisection.subject import Subject
from litesmith.custom_operators.twin import NotRunnable, runnable
from litesmith.diagnostics.base import Diagnostic, LitesmithError
from litesmith.diagnostics.files import DamagedFile
from litesmith.diagnostics.targets import BatchFixed, NoSources
from litesmith.diagnostics.telling import attention, attentive, tell
from litesmith.diagnostics.verification import NotCompared, OutputsDiffer
from litesmith.firmware.sources import Firmware, firmware
from litesmith.flatbuffer.read import Damaged
from litesmith.flatbuffer.write import freeze
from litesmith.frontends.custom_objects import named_objects
from litesmith.frontends.inputs import BatchWhereOpen
from litesmith.frontends.open import Kind, identify, open_file, open_graph, read_litert
from litesmith.frontends.options import Options, using
from litesmith.frontends.original import Imported, Original, original_of, why_not_compared
from litesmith.ir.element_types import noting_types
from litesmith.ir.loops import noting_loops
from litesmith.ir.source import Source
from litesmith.lite_model import MAKER, LiteModel, face_metadata
from litesmith.passes.pipeline import PIPELINE, optimize, pipeline_for
from litesmith.quantization.quantizing import INTEGERS, check_mode, with_integers
from litesmith.quantization.weights import MODES, quantize_weights
from litesmith.runtime.isolated import SECONDS
from litesmith.runtime.kernels import Kernels
from litesmith.targets.assessment import Assessment, assess, assess_file
from litesmith.targets.profile import Profile, names, with_arena
from litesmith.targets.profile import load as load_target
from litesmith.verification.comparison import Report, compare
from litesmith.verification.halves import compare_halves
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
    quantize: str | None = None,
    target: str | None = None,
    arena: int | str | None = None,
    kernels: Kernels = None,
    calibration: Any = None,
    inference_type: str = "float32",
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
            `(1, "time<=512")`. By default what the model says.
        batch: pins the batch; by default one file runs at any batch.
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
        quantize: puts the weights in fewer bits: `"float16"`, `"weights_int8"`, or `"dynamic_int8"`, whose products
            are of integers where the runtime has a kernel for that; or weights and activations: `"int8"`. By default
            all stays float32.
        target: where the file is to run, as for `check`: what does not run there is refused. Where sizes must be known
            there, a batch that is open becomes 1. `embed` writes a microcontroller's sources.
        arena: bytes that the target has for values, such as `"256k"`.
        kernels: the shared library, or several, with kernels of the model's custom operators (see `custom_op`).
            Without it the comparison runs the functions in place of these operators, and says so (V105).
        calibration, inference_type: for `"int8"`, as for `quantize`. What is compared with the model is the file
            before its numbers become integers; what that changes much is said (Q102).
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
    check_mode(quantize, calibration, inference_type)
    if signature is not None and signatures is not None:
        raise ValueError("signatures= names all that are converted; leave signature= out")
    _check_tolerances(atol, rtol)
    profile = _target(target, arena)
    original = open_model(model, custom_objects, signature, outputs, architecture)
    if (signature or outputs) and not (original.framework == "TensorFlow" and isinstance(model, (str, Path))):
        raise ValueError("signature= and outputs= say which part of a file of TensorFlow is meant; leave them out")
    batch = _batch_for(profile, batch)
    weights = None if quantize == INTEGERS else quantize
    lite, imported = _converted(original, inputs, batch, settings, signatures, weights, profile)
    lite = lite.with_kernels(kernels)
    if quantize == INTEGERS:
        if verify:
            _verify(imported, lite, atol, rtol)
        lite, verify = with_integers(lite, lite.model, calibration, inference_type), False
    if profile is not None:
        _require_runs(assess(lite.model, len(bytes(lite)), profile, _notes(profile, batch)))
    if verify:
        _verify(imported, lite, atol, rtol)
    return lite


def _verify(imported: Imported, lite: LiteModel, atol: float | None, rtol: float | None) -> None:
    """Compare each signature with what it was made of."""
    for name, each in imported.originals.items():
        if (reason := why_not_compared(each)) is not None:
            tell(NotCompared(reason), stacklevel=4)
            continue
        try:
            require_same(_compared(each, lite, None, atol, rtol, name))
        except NotRunnable as problem:
            tell(NotCompared(problem.reason), stacklevel=4)


def _converted(
    original: Original,
    inputs: Any,
    batch: int | None,
    options: Options,
    signatures: Mapping[str, Any] | None,
    quantize: Any = None,
    profile: Profile | None = None,
) -> tuple[LiteModel, Imported]:
    """The LiteRT model of an original, and what it was made of; `profile`: of the operators that this target has."""
    with _collecting_no_garbage(), np.errstate(all="ignore"):  # weights may be anything, and so what is made of them
        with noting_types() as types:
            with noting_loops() as loops, using(options):
                imported = original.import_graphs(inputs, batch, options, signatures)
            gc.collect(0)  # the graph of the second run, whose values and operations know each other
            imported.model.description = MAKER
            imported.model.metadata.update(face_metadata(imported.calls))
            optimize(imported.model, pipeline_for(profile.operators) if profile and profile.writes_out else PIPELINE)
        if quantize is not None:
            imported.model.stored_weights = quantize_weights(imported.model, quantize)
        imported.model.framework, imported.model.loops = original.framework, tuple(loops)
        imported.model.computed_types, imported.model.other_outputs = types.computed(), tuple(types.outputs)
        return LiteModel(freeze(imported.model), imported.model, preprocessing=imported.preprocessing), imported


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
    lite, imported = _converted(original, inputs, batch, settings, None, profile=profile)
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
    _check_tolerances(atol, rtol)
    if not isinstance(lite, LiteModel):
        lite = load(lite)
    meant = signature or lite.face().signature
    original = open_model(model, custom_objects, meant, architecture=architecture)
    if (reason := why_not_compared(original)) is not None:
        raise LitesmithError(NotCompared(reason))
    return _compared(original, in_models_order(lite.with_kernels(kernels), original), data, atol, rtol, signature)


def _compared(
    original: Original, lite: LiteModel, data: Any, atol: float | None, rtol: float | None, signature: str | None
) -> Report:
    """The comparison of a model with the file made of it, and with what is left to the app in front of it."""
    lite = runnable(lite)
    if lite.preprocessing is None or data is not None:
        return compare(original, lite, data, atol, rtol, signature=signature)
    return compare_halves(original, lite, lite.preprocessing, atol, rtol)


def bisect(
    model: Any,
    lite: LiteModel | str | Path | None = None,
    data: Any = None,
    inputs: Any = None,
    batch: int | None = None,
    rnn: str = "while",
    atol: float | None = None,
    rtol: float | None = None,
    custom_objects: Mapping[str, Any] | str | Path | None = None,
    signature: str | None = None,
    architecture: Any = None,
    quantize: str | None = None,
    timeout: float = SECONDS,
) -> Bisection:
    """The first layer with which a conversion, or its file, goes wrong, and the smallest model that shows it.

    Args:
        model: as for `convert`.
        lite: the file at fault, whoever made it; by default the one that `convert` makes.
        data: inputs nested as the model's; by default seeded ones.
        inputs, batch, rnn, quantize: as for `convert`, where the model is converted.
        atol, rtol: what differs by at most `atol + rtol * largest output` is the same.
        custom_objects, architecture: as for `convert`.
        signature: of the file, which computes what `model` does; by default the first.
        timeout: seconds that a call of the runtime may take.

    Returns:
        What was found; true where nothing fails.

    Raises:
        LitesmithError: V102 where file, model and data do not belong together.
    """
    settings = Options(rnn)
    if quantize is not None and quantize not in MODES:
        raise ValueError(f"quantize is one of {', '.join(MODES)}, not {quantize!r}")
    _check_tolerances(atol, rtol)
    if isinstance(model, LiteModel):
        raise TypeError("bisect takes the Keras model first, then the converted one")
    if lite is not None and not isinstance(lite, LiteModel):
        lite = load(lite, isolated=True, timeout=timeout)
    objects = named_objects(custom_objects)
    meant = lite.face(signature).signature if lite is not None else None
    original = open_model(model, objects, meant, architecture=architecture)
    if (reason := why_not_compared(original)) is not None:
        raise LitesmithError(NotCompared(reason))

    def converted(part: Original, is_whole: bool) -> LiteModel:
        sizes = (inputs, batch) if is_whole else (None, None)
        return _converted(part, sizes[0], sizes[1], settings, None, quantize)[0]

    if lite is not None:
        lite = in_models_order(lite, original)
    trial = Trial(converted, atol, rtol, timeout)
    return bisected(Subject(original, trial, lite, data, signature, inputs, batch, objects or {}))


def load(
    path: str | Path, isolated: bool | None = None, timeout: float = SECONDS, kernels: Kernels = None
) -> LiteModel:
    """Read a `.tflite` file, whoever made it.

    Args:
        path: of the file.
        isolated: run it in a process of its own, so that a bad file cannot end this one. By
            default what Litesmith did not make itself (see `LiteModel`).
        timeout: seconds that a call may take in such a process.
        kernels: the shared library, or several, with kernels of its custom operators; it runs in a process of its own.

    Raises:
        LitesmithError: F1.. when there is no such file, or it is not a sound LiteRT model.
    """
    path = Path(path)
    content = read_litert(path)
    try:
        return LiteModel(content, isolated=isolated, timeout=timeout, kernels=kernels)
    except Damaged as damage:
        raise LitesmithError(DamagedFile(str(path), str(damage))) from None


def open_model(
    model: Any,
    custom_objects: Mapping[str, Any] | str | Path | None = None,
    signature: str | None = None,
    outputs: Sequence[str] | None = None,
    architecture: Any = None,
) -> Original:
    """A live model, or that in a file; `signature` and `outputs` say which part of a graph of TensorFlow is meant.

    `architecture`: what the weights in a file belong to.
    """
    custom_objects = named_objects(custom_objects)
    if not isinstance(model, (str, Path)):
        if architecture is not None:
            raise ValueError("architecture= is for the weights in a file; a live model has its own")
        return original_of(model)
    if architecture is not None:
        return original_of(open_file(Path(model), custom_objects, architecture))
    graph = open_graph(Path(model), signature, outputs)
    return original_of(open_file(Path(model), custom_objects) if graph is None else graph)


def _check_tolerances(atol: Any, rtol: Any) -> None:
    for name, value in (("atol", atol), ("rtol", rtol)):
        if value is not None and not isinstance(value, (int, float, np.number)):
            raise ValueError(f"{name} is a number, not {value!r}")


def require_same(report: Report) -> None:
    """Raise V101 for each output that differs."""
    if not report.passed:
        raise LitesmithError(
            [
                OutputsDiffer(output.name, output.max_abs, output.allowed, output.problem, framework=report.framework)
                for output in report.outputs
                if not output.passed
            ]
        )


@contextmanager
def _collecting_no_garbage() -> Iterator[None]:
    """The many objects of a graph stay; to look through them for garbage is half of a large model's time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
