"""Choosing what Keras computes with, where the user has not chosen.

Which one starts fastest was measured on two cores, from `import keras` over loading to running a
`.keras` file twice (a small Dense model / MobileNetV2 at 96 x 96 / an LSTM of 64 over 100 steps):

    numpy 2.3 s / 4.2 s / 2.3 s    openvino 2.5 / 7.4 / 2.7    tensorflow 4.9 / 6.0 / 5.2
    torch 7.5 s / 12.4 s / 4.6 s   jax 4.0 / 35 / 5.9 (it compiles every operation)

OpenVINO comes last all the same, since it lacks many operations.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from litesmith.diagnostics.base import LitesmithError

PACKAGES = {
    "numpy": ("jax",),
    "tensorflow": ("tensorflow",),
    "torch": ("torch",),
    "openvino": ("openvino",),
    "jax": ("jax",),
}
"""Keras' backends, the one to prefer first, and the packages each needs besides numpy."""

DEFAULT = "tensorflow"
WRITTEN_BY_KERAS = {"floatx": "float32", "epsilon": 1e-07, "backend": DEFAULT, "image_data_format": "channels_last"}
"""What Keras itself writes to `keras.json` when it is first imported: nobody's choice."""


@dataclass(frozen=True)
class BackendChoice:
    """The backend that Keras will run on; `reason` says why, where the user did not choose it."""

    backend: str
    reason: str | None = None

    def to_json(self) -> dict[str, str | None]:
        return {"backend": self.backend, "reason": self.reason}


def use_backend(may_choose: bool = True) -> BackendChoice:
    """The backend that Keras runs on, or will: the user's choice where it is installed, else the one to prefer.

    Sets `KERAS_BACKEND` where it chooses. Once Keras is imported its backend is settled. With
    `may_choose=False`, Keras' own default (tensorflow) counts as a choice: inside of somebody's
    program, only what would fail otherwise is changed.

    Raises:
        LitesmithError: B101 when none is installed, B102 when the one configured does not exist.
    """
    if "keras" in sys.modules:
        return BackendChoice(sys.modules["keras"].config.backend())
    wanted = configured_backend() or (None if may_choose else DEFAULT)
    if wanted is not None and wanted not in PACKAGES:
        from litesmith.diagnostics.backends import UnknownBackend

        raise LitesmithError(UnknownBackend(wanted, tuple(PACKAGES)))
    if wanted is not None and is_installed(wanted):
        return BackendChoice(wanted)
    chosen = next(filter(is_installed, PACKAGES), None)
    if chosen is None:
        from litesmith.diagnostics.backends import NoBackend

        raise LitesmithError(NoBackend(wanted))
    os.environ["KERAS_BACKEND"] = chosen
    why = f"{wanted} is configured but not installed" if wanted else "no Keras backend is configured"
    return BackendChoice(chosen, f"{why}; of those installed it starts fastest")


def configured_backend() -> str | None:
    """The user's choice: `KERAS_BACKEND`, or `keras.json` unless Keras wrote that by itself."""
    if os.environ.get("KERAS_BACKEND"):
        return os.environ["KERAS_BACKEND"]
    folder = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
    try:
        settings = json.loads((folder / "keras.json").read_text())
    except (OSError, ValueError):
        return None
    if not isinstance(settings, dict) or settings == WRITTEN_BY_KERAS:
        return None
    backend = settings.get("backend")
    return backend if isinstance(backend, str) else None


def is_installed(backend: str) -> bool:
    """Whether the packages that a backend needs can be found; they are not imported."""
    return all(importlib.util.find_spec(package) is not None for package in PACKAGES[backend])
