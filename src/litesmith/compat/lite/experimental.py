"""`tf.lite.experimental`: the analyzer, and parts of the interpreter."""

from __future__ import annotations

import sys
from pathlib import Path

from litesmith.compat.lite.interpreter import OpResolverType, load_delegate
from litesmith.lite_model import LiteModel
from litesmith.opening import load


class Analyzer:
    """Shows what a file holds."""

    @staticmethod
    def analyze(model_path: str | Path | None = None, model_content: bytes | None = None) -> None:
        """Print the operators, signatures and weights of a file, which is a path or its content."""
        if (model_path is None) == (model_content is None):
            raise ValueError("analyze takes a model_path or a model_content")
        lite = load(model_path) if model_path is not None else LiteModel(bytes(model_content or b""))
        sys.stdout.write(f"{lite.summary()}\n")


__all__ = ["Analyzer", "OpResolverType", "load_delegate"]
