"""Options that several commands take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on the output stream.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show where in the code an error arose.")]
Atol = Annotated[float | None, typer.Option(help="Difference that is allowed for any output.")]
Rtol = Annotated[float | None, typer.Option(help="Difference allowed relative to the largest output.")]
CustomObjects = Annotated[
    Path | None,
    typer.Option("--custom-objects", metavar="FILE.py", help="Python file that defines the model's own classes."),
]
Kernels = Annotated[
    list[Path] | None,
    typer.Option(
        "--kernels", metavar="LIBRARY", help="Shared library with kernels of custom operators, once for each."
    ),
]
Architecture = Annotated[
    str | None,
    typer.Option(
        "--architecture",
        metavar="MODEL",
        help="Where the file has weights only: the model, as JSON (model.to_json()) or as MODULE:FUNCTION.",
    ),
]
Model = Annotated[
    str,
    typer.Argument(
        metavar="MODEL",
        help="A Keras model's file, .keras or .h5, or what Python code makes: FILE.py:NAME or package.module:NAME.",
        show_default=False,
    ),
]
File = Annotated[Path, typer.Argument(metavar="FILE", help="A LiteRT model: .tflite.", show_default=False)]
SignatureName = Annotated[str | None, typer.Option("--signature", help="Which signature; by default the first.")]
Timeout = Annotated[float, typer.Option(help="Seconds that the runtime may take.")]
Target = Annotated[
    str | None,
    typer.Option(
        "--target",
        "-t",
        metavar="TARGET",
        help="Where the file is to run, by name or as your own .toml file: what does not run there is refused.",
    ),
]
Arena = Annotated[
    str | None,
    typer.Option("--arena", metavar="BYTES", help="Memory that the target has for values, such as 256k."),
]
Strict = Annotated[bool, typer.Option("--strict", help="Warnings count as errors.")]
Ignore = Annotated[
    list[str] | None,
    typer.Option(
        "--ignore",
        metavar="CODE[@LAYERS]",
        help="Leave findings out: V103, or D205@encoder/* in layers whose path matches; once for each.",
    ),
]
