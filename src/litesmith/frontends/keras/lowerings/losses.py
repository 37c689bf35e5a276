"""Losses, which models may have as outputs."""

from __future__ import annotations

from typing import Any

from keras import backend
from keras.config import epsilon

from litesmith.frontends.keras.lowerings.promotion import float_value, promote_float
from litesmith.frontends.keras.registry import lowers
from litesmith.ir.dims import Dim
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import losses
from litesmith.ops.array import as_value, squeeze


@lowers("ops.binary_crossentropy")
def binary_crossentropy(target: Any, output: Any, from_logits: bool = False) -> Value:
    expected, predicted = promote_float(target, output)
    if not from_logits:
        return losses.binary_of_probabilities(expected, predicted, epsilon())
    if backend.backend() == "numpy":  # the only backend that limits logits as well
        return losses.binary_of_limited_logits(expected, predicted, epsilon())
    return losses.binary_of_logits(expected, predicted)


@lowers("ops.categorical_crossentropy")
def categorical_crossentropy(target: Any, output: Any, from_logits: bool = False, axis: int = -1) -> Value:
    expected, predicted = promote_float(target, output)
    return losses.categorical(expected, losses.log_probabilities(predicted, axis, from_logits, epsilon()), axis)


@lowers("ops.sparse_categorical_crossentropy")
def sparse_categorical_crossentropy(target: Any, output: Any, from_logits: bool = False, axis: int = -1) -> Value:
    expected, predicted = as_value(target, DType.INT32), float_value(output)
    last = expected.type.shape[-1] if expected.type.rank else None
    if expected.type.rank == predicted.type.rank and not isinstance(last, Dim) and last == 1:
        expected = squeeze(expected, -1)
    return losses.sparse_categorical(expected, losses.log_probabilities(predicted, axis, from_logits, epsilon()), axis)
