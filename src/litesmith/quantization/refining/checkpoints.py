"""What was found of a model's layers so far, in a folder, so that a run that was ended goes on."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from litesmith.diagnostics.base import LitesmithError
from litesmith.diagnostics.files import CannotWrite
from litesmith.quantization.refining.solving import Solution
from litesmith.runtime.saving import check_writable

Array = np.ndarray[Any, Any]
KEY_FILE = "key"


def prepared(folder: str | Path) -> Path:
    """The folder, made where it is missing.

    Raises:
        LitesmithError: F201 where none can be made or written to, or where it holds files of the same names.
    """
    path = Path(folder)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LitesmithError(CannotWrite(str(path), (error.strerror or str(error)).lower())) from error
    check_writable(path / KEY_FILE)
    if not (path / KEY_FILE).exists() and any(path.glob("layer_*.npz")):
        raise LitesmithError(CannotWrite(str(path), "it holds layer_*.npz of something else"))
    return path


class Checkpoints:
    """A folder of solutions, one file for each layer; those of another model, method or other data are removed."""

    def __init__(self, folder: str | Path, key: str) -> None:
        self._folder = prepared(folder)
        held = self._folder / KEY_FILE
        if not held.is_file() or held.read_text(encoding="utf-8") != key:
            for path in self._folder.glob("layer_*.npz"):
                path.unlink()
            held.write_text(key, encoding="utf-8")

    def load(self, place: int) -> Solution | None:
        """The solution of a layer, if there is one."""
        try:
            with np.load(self._path(place), allow_pickle=False) as held:
                arrays = {name: held[name] for name in ("integers", "steps", "bias") if name in held}
                return Solution(**arrays, gain=float(held["gain"]))
        except (OSError, ValueError, KeyError):
            return None

    def save(self, place: int, solution: Solution) -> None:
        """Keep the solution of a layer; the file is there whole or not at all."""
        arrays = {"integers": solution.integers, "steps": solution.steps, "bias": solution.bias}
        held: dict[str, Any] = {name: array for name, array in arrays.items() if array is not None}
        part = self._folder / f"layer_{place}.part"
        with part.open("wb") as file:
            np.savez(file, **held, gain=np.array(solution.gain))
        os.replace(part, self._path(place))

    def _path(self, place: int) -> Path:
        return self._folder / f"layer_{place}.npz"


def key_of(content: Iterable[bytes], method: object, parts: Sequence[Sequence[Array]]) -> str:
    """What tells runs apart: the files of models, the method and the data."""
    digest = hashlib.sha256(repr(method).encode())
    for piece in content:
        digest.update(piece)
    for part in parts:
        for array in part:
            digest.update(f"{array.dtype}{array.shape}".encode())
            digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
