"""Writing files whole or not at all."""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from litesmith.diagnostics.base import LitesmithError
from litesmith.diagnostics.files import CannotWrite


def save_bytes(content: bytes, path: Path) -> Path:
    """Write `content` under another name in the same folder, then give it the right one.

    Links are followed; what is not a plain file, such as a device, is written to as it is.

    Raises:
        LitesmithError: F201 when the folder or disk does not allow it; no file is left behind.
    """
    check_writable(path)
    target = Path(os.path.realpath(path))
    try:
        if target.exists() and not target.is_file():
            target.write_bytes(content)
        else:
            _replace(content, target)
    except OSError as error:
        raise LitesmithError(CannotWrite(str(path), _reason(error))) from error
    return path


def npz_bytes(arrays: Mapping[str, np.ndarray[Any, Any]]) -> bytes:
    """An `.npz` file's content; strings as fixed-size bytes, small float types as float32, which numpy can load."""
    stream = io.BytesIO()
    stored: dict[str, Any] = {name: _storable(array) for name, array in arrays.items()}
    np.savez(stream, **stored)
    return stream.getvalue()


def _storable(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    if array.dtype.kind == "O":
        return array.astype("S")
    return array.astype(np.float32) if array.dtype.kind == "V" else array


def check_writable(path: Path) -> None:
    """Raise F201 now where it is certain that a file cannot be written later, after much work."""
    folder = Path(os.path.realpath(path)).parent
    reason = None
    if path.is_dir():
        reason = "it is a folder"
    elif not folder.exists():
        reason = f"the folder {folder} does not exist"
    elif not folder.is_dir():
        reason = f"{folder} is not a folder"
    elif not os.access(path if path.exists() else folder, os.W_OK):
        reason = "permission denied"
    if reason is not None:
        raise LitesmithError(CannotWrite(str(path), reason))


def _replace(content: bytes, path: Path) -> None:
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name[:80]}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def _reason(error: OSError) -> str:
    reason = (error.strerror or str(error)).rstrip(".")
    return reason[:1].lower() + reason[1:]


def _umask() -> int:
    """The permissions that new files do not get; it can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
