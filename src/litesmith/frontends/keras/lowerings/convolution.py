"""Convolutions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from litesmith.frontends.keras.lowerings.layout import channels_last, padding_of, per_axis
from litesmith.frontends.keras.lowerings.promotion import promote
from litesmith.frontends.keras.registry import lowers
from litesmith.ir.dims import product
from litesmith.ir.graph import Value
from litesmith.ops import conv as convolutions
from litesmith.ops import conv_transpose as transposed
from litesmith.ops.conv_transpose import Spread
from litesmith.ops.integer_products import in_float32
from litesmith.opset.enums import Padding


@lowers("ops.conv")
def conv(
    inputs: Any,
    kernel: Any,
    strides: int | Sequence[int] = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Value:
    x, filter = promote(inputs, kernel)
    axes = x.type.rank - 2
    move = (per_axis(strides, axes), padding_of(padding), per_axis(dilation_rate, axes))
    terms = product(filter.type.shape[:-1])
    return channels_last(
        x, data_format, lambda image: in_float32(lambda a, b: convolutions.conv(a, b, *move), image, filter, terms)
    )


@lowers("ops.depthwise_conv")
def depthwise_conv(
    inputs: Any,
    kernel: Any,
    strides: int | Sequence[int] = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Value:
    x, filter = promote(inputs, kernel)
    axes = x.type.rank - 2
    move = (per_axis(strides, axes), padding_of(padding), per_axis(dilation_rate, axes))
    terms = product(filter.type.shape[:-2])
    return channels_last(
        x,
        data_format,
        lambda image: in_float32(lambda a, b: convolutions.depthwise_conv(a, b, *move), image, filter, terms),
    )


@lowers("ops.separable_conv")
def separable_conv(
    inputs: Any,
    depthwise_kernel: Any,
    pointwise_kernel: Any,
    strides: int | Sequence[int] = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Value:
    middle = depthwise_conv(inputs, depthwise_kernel, strides, padding, data_format, dilation_rate)
    return conv(middle, pointwise_kernel, 1, "valid", data_format)


@lowers("ops.conv_transpose")
def conv_transpose(
    inputs: Any,
    kernel: Any,
    strides: int | Sequence[int] = 1,
    padding: str = "valid",
    output_padding: Any = None,
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Value:
    if isinstance(output_padding, str):
        # `ConvTranspose.call` of Keras passes these two in the wrong order.
        padding, output_padding = output_padding, padding
    x, filter = promote(inputs, kernel)
    axes = x.type.rank - 2
    more = [None] * axes if output_padding is None else per_axis(output_padding, axes)
    moves = zip(filter.type.shape, per_axis(strides, axes), per_axis(dilation_rate, axes), more, strict=False)
    spreads = [_spread(taps, stride, dilation, extra, padding_of(padding)) for taps, stride, dilation, extra in moves]
    terms = product((*filter.type.shape[:-2], filter.type.shape[-1]))
    return channels_last(
        x,
        data_format,
        lambda image: in_float32(lambda a, b: transposed.conv_transpose(a, b, spreads), image, filter, terms),
    )


def _spread(taps: int, stride: int, dilation: int, extra: int | None, padding: Padding) -> Spread:
    """Keras' rule for the size of the result and where it begins.

    Source: `_convert_conv_transpose_padding_args_from_keras_to_jax` in keras/src/backend/common/backend_utils.py.
    """
    window = (taps - 1) * dilation + 1
    if padding is Padding.VALID:
        return Spread(taps, stride, dilation, max(window, stride) if extra is None else window + extra, 0)
    kept = stride if extra is None else window % 2 + extra
    return Spread(taps, stride, dilation, kept, max((window - kept) // 2, 0))
