"""Choosing one of a file's signatures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from litesmith.lite_model import LiteModel
    from litesmith.report.summary import SignatureFace


def chosen_signature(lite: LiteModel, name: str | None) -> SignatureFace:
    """The signature called `name`, by default the first; a usage error for a name that the file lacks."""
    from litesmith.report.summary import summarize

    faces = {face.name: face for face in summarize(lite).signatures}
    if name is not None and name not in faces:
        raise typer.BadParameter(f"the file has {', '.join(faces)}", param_hint="--signature")
    return next(iter(faces.values())) if name is None else faces[name]
