"""`litesmith run`: a LiteRT file on arrays."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from litesmith.cli.options import Debug, File, Json, Kernels, SignatureName, Timeout
from litesmith.cli.output import Output, reporting


def run(
    file: File,
    inputs: Annotated[Path, typer.Option("-i", "--inputs", metavar="NPZ", help="Arrays under the inputs' names.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="NPZ", help="Where the outputs go.")],
    signature: SignatureName = None,
    timeout: Timeout = 300.0,
    kernels: Kernels = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Run a LiteRT file on the arrays of an .npz file, in a process of its own."""
    with reporting(as_json, debug) as out:
        from litesmith.runtime.saving import check_writable

        check_writable(output)
        with out.progress("Running"):
            results, seconds = _run(file, inputs, signature, timeout, kernels)
        _show(out, file, output, results, seconds)


def _run(
    file: Path, inputs: Path, signature: str | None, timeout: float, kernels: list[Path] | None
) -> tuple[dict[str, Any], float]:
    """(outputs by name, seconds the runtime took, its start included)."""
    from litesmith.cli.arrays import expected, match_inputs, read_arrays
    from litesmith.cli.signatures import chosen_signature
    from litesmith.diagnostics.base import LitesmithError
    from litesmith.diagnostics.files import UnfitData
    from litesmith.opening import load

    lite = load(file, isolated=True, timeout=timeout, kernels=kernels)
    face = chosen_signature(lite, signature)
    arrays = match_inputs(face, read_arrays(inputs))
    start = time.perf_counter()
    try:
        outputs = lite.run_named(dict(zip([tensor.name for tensor in face.inputs], arrays, strict=True)), signature)
    except ValueError as error:
        raise LitesmithError(UnfitData(str(error), expected(face))) from error
    return outputs, time.perf_counter() - start


def _show(out: Output, file: Path, output: Path, results: dict[str, Any], seconds: float) -> None:
    from rich.text import Text

    from litesmith.diagnostics.quantities import seconds_text, shape_text
    from litesmith.runtime.saving import npz_bytes, save_bytes

    save_bytes(npz_bytes(results), output)
    outputs = [{"name": name, "shape": list(array.shape), "dtype": array.dtype.name} for name, array in results.items()]
    shown = ", ".join(f"{name} {array.dtype.name}{shape_text(array.shape)}" for name, array in results.items())
    layout = Text.assemble(("✓ ", "bold green"), (str(output), "bold"), f"  {shown}, in {seconds_text(seconds)}")
    data = {"command": "run", "file": str(file), "output": str(output), "outputs": outputs}
    out.result({**data, "seconds": round(seconds, 4)}, layout)
