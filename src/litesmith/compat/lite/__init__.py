"""The face of `tf.lite`, as far as it means anything here; TensorFlow is not needed.

    from litesmith.compat import lite

    converter = lite.TFLiteConverter.from_keras_model(model)
    content = converter.convert()

An option that makes no difference here says so (`NoEffect`); one that `tf.lite` does not have either is an error.
"""

from __future__ import annotations

from litesmith.compat.lite import experimental
from litesmith.compat.lite.converter import NoEffect, TFLiteConverter
from litesmith.compat.lite.interpreter import Interpreter
from litesmith.compat.lite.options import OpsSet, Optimize, RepresentativeDataset, TargetSpec

__all__ = [
    "Interpreter",
    "NoEffect",
    "OpsSet",
    "Optimize",
    "RepresentativeDataset",
    "TFLiteConverter",
    "TargetSpec",
    "experimental",
]
