"""What the public functions do, each a screen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from litesmith.diagnostics.base import LitesmithError
from litesmith.diagnostics.files import FileNotFound
from litesmith.diagnostics.verification import OutputsDiffer, RuntimeRefuses
from litesmith.flatbuffer.write import freeze
from litesmith.lite_model import LiteModel, face_metadata
from litesmith.passes.pipeline import optimize
from litesmith.runtime.interpreter import RuntimeRefusal
from litesmith.verification.comparison import Report, compare


def convert(
    model: Any,
    inputs: Any = None,
    batch: int | None = None,
    rnn: str = "while",
    verify: bool = True,
    atol: float | None = None,
    rtol: float | None = None,
) -> LiteModel:
    """Convert a Keras model to a LiteRT model of builtin operators.

    Args:
        model: a live Keras model (any backend), or the path of a `.keras` or `.h5` file.
        inputs: shapes, `keras.InputSpec`s or example arrays, nested like the model's inputs.
            Arrays give their sizes without the batch. By default what the model says.
        batch: pins the batch; by default one file runs at any batch.
        rnn: recurrent layers as `"while"` loops, as `"fused"` operators, or `"unroll"`ed.
        verify: compare with the Keras model on seeded inputs, and raise if the outputs differ.
        atol, rtol: what differs by at most `atol + rtol * largest output` is the same.

    Raises:
        LitesmithError: with everything that stands in the way, or both numbers of an output that differs.
    """
    from litesmith.frontends.keras.importing import import_model
    from litesmith.frontends.keras.options import Options

    source = open_model(model)
    imported = import_model(source, inputs, batch, Options(rnn=rnn))  # type: ignore[arg-type]
    imported.model.description = "Litesmith"
    imported.model.metadata.update(face_metadata(imported.inputs, imported.outputs))
    optimize(imported.model)
    lite = LiteModel(freeze(imported.model), imported.model)
    if verify:
        _require_same(_verify(source, lite, atol=atol, rtol=rtol))
    return lite


def verify(
    model: Any, lite: LiteModel | str | Path, data: Any = None, atol: float | None = None, rtol: float | None = None
) -> Report:
    """Compare a converted model with the Keras model, output by output.

    Args:
        model: a Keras model, or the path of its file.
        lite: the converted model, or the path of its file.
        data: inputs nested as the model's; by default seeded ones.
        atol, rtol: what differs by at most `atol + rtol * largest output` is the same.

    Returns:
        A report that is true when everything passed.
    """
    if not isinstance(lite, LiteModel):
        lite = load(lite)
    try:
        return compare(open_model(model), lite, data, atol, rtol)
    except RuntimeRefusal as refusal:
        raise LitesmithError(RuntimeRefuses(str(refusal))) from None


def load(path: str | Path) -> LiteModel:
    """Read a `.tflite` file, whoever made it."""
    path = Path(path)
    if not path.is_file():
        raise LitesmithError(FileNotFound(str(path)))
    return LiteModel(path.read_bytes())


def open_model(model: Any) -> Any:
    """A live model as it is; a file's model loaded."""
    if not isinstance(model, (str, Path)):
        return model
    from litesmith.frontends.open import open_file

    return open_file(Path(model))


def _require_same(report: Report) -> None:
    if not report.passed:
        raise LitesmithError(
            [
                OutputsDiffer(output.name, output.max_abs, output.allowed, output.problem)
                for output in report.outputs
                if not output.passed
            ]
        )


_verify = verify
"""`verify`, where an argument of that name hides it."""
