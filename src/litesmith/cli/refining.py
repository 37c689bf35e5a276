"""Weights that are refined on data: where what is found of them is kept, and how far that is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

Resume = Annotated[
    Path | None,
    typer.Option(
        "--resume",
        metavar="FOLDER",
        help="Keep what is found of each weight here: the same command goes on where it was ended.",
    ),
]


def check_resume(resume: Path | None, data: Any, is_searched: bool = False) -> None:
    """Raise where nothing is refined that could be kept."""
    if resume is None:
        return
    if data is None or is_searched:
        problem = "recipes are tried anew" if is_searched else "weights are refined on data; say --calibration"
        raise typer.BadParameter(problem, param_hint="--resume")


def counted(tell: Callable[[str], None], of: str = "weights refined") -> Callable[[int, int, str], None]:
    """How far something is, in words: `3 of 12 weights refined; block/dense`."""
    return lambda done, count, what: tell(f"{done} of {count} {of}; {what}")
