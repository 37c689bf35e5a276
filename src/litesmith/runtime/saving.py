"""Writing files whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from litesmith.diagnostics.base import LitesmithError
from litesmith.diagnostics.files import CannotWrite


def save_bytes(content: bytes, path: Path) -> Path:
    """Write `content` under another name in the same folder, then give it the right one.

    Raises:
        LitesmithError: F201 when the folder or disk does not allow it; no file is left behind.
    """
    temporary: str | None = None
    try:
        if path.is_dir():
            raise IsADirectoryError(None, "it is a folder")
        descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except OSError as error:
        if temporary is not None and os.path.exists(temporary):
            os.unlink(temporary)
        reason = (error.strerror or str(error)).rstrip(".")
        raise LitesmithError(CannotWrite(str(path), reason[:1].lower() + reason[1:])) from error
    return path


def _umask() -> int:
    """The permissions that new files do not get; it can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
