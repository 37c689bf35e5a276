"""Findings about Keras' backends (B...): what Keras computes with."""

from __future__ import annotations

from dataclasses import dataclass

from litesmith.diagnostics.base import Diagnostic


@dataclass(frozen=True)
class NoBackend(Diagnostic, code="B101", bad_input=True):
    """None of the packages that Keras computes with is installed.

    Why it matters: Keras itself only describes models; loading one needs a backend.
    Example: `pip install litesmith` in a fresh environment.
    How to fix: `pip install jax` is the smallest; an installed TensorFlow or PyTorch serves as well.
    """

    wanted: str | None = None

    def message(self) -> str:
        wanted = f" ({self.wanted!r} is configured, and is not installed either)" if self.wanted else ""
        return f"Keras needs a backend, and none is installed{wanted}."

    def hint(self) -> str:
        return "pip install jax (the smallest), or tensorflow-cpu, or torch."


@dataclass(frozen=True)
class UnknownBackend(Diagnostic, code="B102", bad_input=True):
    """The Keras backend that is configured does not exist.

    Why it matters: Keras does not start.
    Example: `KERAS_BACKEND=tensorfow`.
    How to fix: set `KERAS_BACKEND`, or `"backend"` in `~/.keras/keras.json`, to one of Keras' backends, or unset it.
    """

    backend: str
    known: tuple[str, ...]

    def message(self) -> str:
        return f"Keras has no backend {self.backend!r}."

    def hint(self) -> str:
        return f"Set KERAS_BACKEND to one of {', '.join(self.known)}, or unset it."
