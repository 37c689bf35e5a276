"""Calibration data that a command was given."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

Calibration = Annotated[
    Path | None,
    typer.Option(
        "--calibration",
        help="Inputs as the model will see them, for int8: .npz, .npy, a folder of images; or: synthetic.",
        metavar="FILE",
    ),
]
Pixels = Annotated[
    str | None,
    typer.Option(metavar="LOW..HIGH", help="What black and white of a folder's images become: 0..255, 0..1, -1..1."),
]
InferenceType = Annotated[
    Literal["float32", "int8", "uint8", "int16"],
    typer.Option("--inference-type", help="What callers give and take, for int8."),
]


def calibration_data(path: Path, pixels: str | None = None) -> Any:
    """The arrays of a file: by name, or the only one as it is; or the images of a folder; or that there are none."""
    from litesmith.cli.arrays import read_arrays
    from litesmith.quantization.algorithms.data_free import SYNTHETIC

    if str(path) == SYNTHETIC and not path.exists():
        return SYNTHETIC
    if path.is_dir():
        return _images(path, pixels)
    if pixels is not None:
        raise typer.BadParameter(f"{path} is no folder of images", param_hint="--pixels")
    arrays = read_arrays(path)
    return next(iter(arrays.values())) if len(arrays) == 1 else arrays


def _images(path: Path, pixels: str | None) -> Any:
    from litesmith.quantization.sources.images import ImageFolder

    if pixels is None:
        return path
    low, _, high = pixels.partition("..")
    try:
        return ImageFolder(path, (float(low), float(high)))
    except ValueError:
        raise typer.BadParameter(f"{pixels!r} is not LOW..HIGH, such as 0..1", param_hint="--pixels") from None
