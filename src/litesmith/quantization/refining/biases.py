"""Biases that make up for rounded weights where there is no data to refine them on, but means are known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.quantization.constants import mean_shift
from litesmith.quantization.refining.layers import layers_of, steps_of
from litesmith.quantization.refining.refining import Pairs

Array = np.ndarray[Any, Any]


def correct_biases(pairs: Pairs, means: Mapping[Value, Array]) -> None:
    """Take from biases what rounded weights add to results on average, where activations are real numbers.

    Args:
        pairs: operations of the model of reals, and of the one whose weights are integers, which is changed.
        means: of the channels of activations of the former; layers that read others keep their biases.
    """
    for layer in layers_of(pairs) if means else ():
        image, own = (each.operands[layer.product.input_place] for each in (layer.real, layer.own))
        before = layer.real.operands[layer.product.weight_place]
        if image not in means or own is None or own.type.dtype is not DType.FLOAT32 or not layer.can_have_bias:
            continue
        assert image is not None
        assert before is not None
        assert before.constant is not None
        assert layer.stored.constant is not None
        rounded = layer.stored.constant.array() * steps_of(layer.stored.type)
        shift = mean_shift(layer.real.operator, before.constant.array() - rounded, means[image])
        if shift is not None:
            layer.set_bias(layer.real_bias + shift.reshape(layer.real_bias.shape))
