"""Calibration data that a command was given."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

Calibration = Annotated[
    Path | None,
    typer.Option("--calibration", help="Inputs as the model will see them, for int8: .npz or .npy.", metavar="FILE"),
]
InferenceType = Annotated[
    Literal["float32", "int8", "uint8"],
    typer.Option("--inference-type", help="What callers give and take, for int8."),
]


def calibration_data(path: Path) -> Any:
    """The arrays of a file: by name, or the only one as it is."""
    from litesmith.cli.arrays import read_arrays

    arrays = read_arrays(path)
    return next(iter(arrays.values())) if len(arrays) == 1 else arrays
