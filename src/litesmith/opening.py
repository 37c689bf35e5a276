"""What the user names, opened: a model to convert, or a converted one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from litesmith.diagnostics.base import LitesmithError
from litesmith.diagnostics.files import DamagedFile
from litesmith.flatbuffer.read import Damaged
from litesmith.frontends.custom_objects import named_objects
from litesmith.frontends.open import open_file, open_graph, read_litert
from litesmith.frontends.original import Original, original_of
from litesmith.lite_model import LiteModel
from litesmith.runtime.isolated import SECONDS
from litesmith.runtime.kernels import Kernels


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
