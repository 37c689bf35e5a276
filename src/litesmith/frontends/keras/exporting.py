"""`model.export(path, format="litert")` by Litesmith, on every backend of Keras."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
from keras.src.utils import io_utils

from litesmith import api

OPTIONS = ("batch", "rnn", "verify", "atol", "rtol", "signatures")
"""What `litesmith.convert` takes besides the model and its inputs, which `export` takes as well."""
SUFFIX = ".tflite"

_original: Callable[..., Any] | None = None


def enable_keras_export(enabled: bool = True) -> None:
    """Make `model.export(path, format="litert")` convert with Litesmith; other formats stay as they are.

    Without it, Keras' own export to LiteRT needs TensorFlow or litert-torch, and refuses JAX. `input_signature` is
    what `convert` takes as `inputs`, other options are those of `convert`. The same models convert as with `convert`,
    the file is compared with the model, and nothing is written when they differ.

    Args:
        enabled: False gives Keras its own export back.
    """
    global _original
    if enabled and _original is None:
        _original = keras.Model.export
        keras.Model.export = _exporting(_original)
    elif not enabled and _original is not None:
        keras.Model.export = _original
        _original = None


def _exporting(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def export(
        model: Any,
        filepath: Any,
        format: str = "tf_saved_model",
        verbose: bool | None = None,
        input_signature: Any = None,
        **options: Any,
    ) -> Any:
        if format != "litert":
            return original(model, filepath, format, verbose, input_signature, **options)
        unknown = sorted(options.keys() - set(OPTIONS))
        if unknown:
            known = ", ".join(OPTIONS)
            raise TypeError(f"export to LiteRT by Litesmith takes no {', '.join(unknown)}; it takes {known}")
        if Path(filepath).suffix != SUFFIX:
            raise ValueError(f"a LiteRT file's name ends in {SUFFIX}, and {filepath} does not")
        api.convert(model, _as_inputs(input_signature), **options).save(filepath)
        if verbose or verbose is None:
            io_utils.print_msg(f"Saved artifact at '{filepath}'.")
        return None

    return export


def _as_inputs(signature: Any) -> Any:
    """Keras takes the specification of one input also as a list of it."""
    is_one = isinstance(signature, (list, tuple)) and len(signature) == 1 and hasattr(signature[0], "shape")
    return signature[0] if is_one else signature
