"""Arrays from and to `.npz` files."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from litesmith.diagnostics.base import LitesmithError
from litesmith.diagnostics.files import DamagedFile, EmptyFile, FileNotFound, IsFolder, NotThisKind, UnfitData
from litesmith.diagnostics.quantities import shape_text
from litesmith.frontends.open import reading

if TYPE_CHECKING:
    from litesmith.report.summary import SignatureFace

Array = np.ndarray[Any, Any]


def read_arrays(path: Path) -> dict[str, Array]:
    """The arrays of an `.npz` file by name; that of an `.npy` file as `arr_0`."""
    if path.is_dir():
        raise LitesmithError(IsFolder(str(path)))
    if not path.exists():
        raise LitesmithError(FileNotFound(str(path)))
    with reading(path):
        content = path.read_bytes()
    if not content:
        raise LitesmithError(EmptyFile(str(path)))
    if not content.startswith((b"PK", b"\x93NUMPY")):
        raise LitesmithError(NotThisKind(str(path), "something else", "an array file of numpy (.npz or .npy)"))
    try:
        loaded = np.load(io.BytesIO(content), allow_pickle=False)
        return {"arr_0": loaded} if isinstance(loaded, np.ndarray) else dict(loaded)
    except ValueError as error:
        if "Object arrays" in str(error):
            objects = "one of Python objects, which run code when they are read"
            raise LitesmithError(NotThisKind(str(path), objects, "an array file of numbers")) from error
        raise LitesmithError(DamagedFile(str(path), str(error).splitlines()[0].rstrip("."))) from error
    except (OSError, EOFError, KeyError, zipfile.BadZipFile, zlib.error) as error:
        raise LitesmithError(DamagedFile(str(path), str(error).splitlines()[0].rstrip("."))) from error


def match_inputs(face: SignatureFace, arrays: Mapping[str, Array]) -> list[Array]:
    """One array for each input: by its name, or in order where the file names none (`arr_0`, ...)."""
    names = [tensor.name for tensor in face.inputs]
    if set(names) <= set(arrays):
        return [arrays[name] for name in names]
    if all(name.startswith("arr_") for name in arrays) and len(arrays) == len(names):
        return list(arrays.values())
    missing = ", ".join(f"'{name}'" for name in names if name not in arrays)
    problem = f"there is no array for {missing}; the file has {', '.join(map(repr, arrays)) or 'none'}"
    raise LitesmithError(UnfitData(problem, expected(face)))


def expected(face: SignatureFace) -> str:
    """A signature's inputs in words."""
    return ", ".join(f"'{tensor.name}' {tensor.dtype}{shape_text(tensor.sizes)}" for tensor in face.inputs)
