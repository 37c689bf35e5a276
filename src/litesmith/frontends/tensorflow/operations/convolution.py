"""Convolutions of every kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from litesmith.frontends.tensorflow.graph import Program
from litesmith.frontends.tensorflow.layout import Edges, channels_last, is_channels_first, spatial
from litesmith.frontends.tensorflow.registry import Sizes, imports
from litesmith.frontends.tensorflow.spreading import Spreads
from litesmith.ir.dims import Dim, Size
from litesmith.ir.graph import Value
from litesmith.ops import conv as convolutions
from litesmith.ops.conv_transpose import Spread, conv_transpose
from litesmith.ops.errors import Unsupported
from litesmith.opset.enums import Padding

ONES_2D, ONES_3D = (1, 1, 1, 1), (1, 1, 1, 1, 1)


@imports("Conv2D")
def conv_2d(
    x: Value,
    filter: Value,
    *,
    program: Program,
    strides: Sequence[int],
    padding: str,
    explicit_paddings: Sequence[int] = (),
    data_format: str = "NHWC",
    dilations: Sequence[int] = ONES_2D,
) -> Value:
    edges = Edges.of(padding, explicit_paddings, data_format)
    moves = spatial(strides, data_format), edges.padding, spatial(dilations, data_format)
    result = channels_last(x, data_format, lambda image: convolutions.conv(edges.around(image), filter, *moves))
    if padding != "VALID" or is_channels_first(data_format):
        return result
    return _dilated(program.spreads, x, result, moves, partial(convolutions.conv, filter=filter))


def _dilated(
    spreads: Spreads,
    x: Value,
    result: Value,
    moves: tuple[Sequence[int], Padding, Sequence[int]],
    function: Callable[..., Value],
) -> Value:
    """The result without padding; where x was spread over the batch, remembered as that of a dilated convolution."""
    strides, padding, dilations = moves
    spread = spreads.of(x)
    if spread is None or {*strides, *dilations} != {1} or len(spread.blocks) != len(strides):
        return result
    return spreads.also(x, result, partial(function, strides=strides, padding=padding, dilations=spread.blocks))


@imports("DepthwiseConv2dNative")
def depthwise_conv_2d(
    x: Value,
    filter: Value,
    *,
    program: Program,
    strides: Sequence[int],
    padding: str,
    explicit_paddings: Sequence[int] = (),
    data_format: str = "NHWC",
    dilations: Sequence[int] = ONES_2D,
) -> Value:
    edges = Edges.of(padding, explicit_paddings, data_format)
    moves = spatial(strides, data_format), edges.padding, spatial(dilations, data_format)
    result = channels_last(
        x, data_format, lambda image: convolutions.depthwise_conv(edges.around(image), filter, *moves)
    )
    if padding != "VALID" or is_channels_first(data_format):
        return result
    return _dilated(program.spreads, x, result, moves, partial(convolutions.depthwise_conv, filter=filter))


@imports("Conv3D")
def conv_3d(
    x: Value,
    filter: Value,
    *,
    program: Program,
    strides: Sequence[int],
    padding: str,
    data_format: str = "NDHWC",
    dilations: Sequence[int] = ONES_3D,
) -> Value:
    return conv_2d(
        x,
        filter,
        program=program,
        strides=strides,
        padding=padding,
        data_format=data_format,
        dilations=dilations,
    )


@imports("Conv2DBackpropInput")
def conv_2d_transpose(
    sizes: Sizes,
    filter: Value,
    x: Value,
    *,
    strides: Sequence[int],
    padding: str,
    explicit_paddings: Sequence[int] = (),
    data_format: str = "NHWC",
    dilations: Sequence[int] = ONES_2D,
) -> Value:
    """Of the filter [*spatial, out, in] of a convolution from the result, whose shape is `sizes`, to x."""
    edges = Edges.of(padding, explicit_paddings, data_format)
    wanted = sizes[2:] if is_channels_first(data_format) else sizes[1:-1]

    def spread_out(image: Value) -> Value:
        taps = [_known(size) for size in filter.type.shape[:-2]]
        moves = zip(taps, spatial(strides, data_format), spatial(dilations, data_format), strict=True)
        spreads = [
            _spread(Spread(*move, 0, 0), own, new, edges, axis)
            for axis, (move, own, new) in enumerate(zip(moves, image.type.shape[1:-1], wanted, strict=True))
        ]
        return conv_transpose(image, filter, spreads)

    return channels_last(x, data_format, spread_out)


@imports("Conv3DBackpropInputV2")
def conv_3d_transpose(
    sizes: Sizes,
    filter: Value,
    x: Value,
    *,
    strides: Sequence[int],
    padding: str,
    data_format: str = "NDHWC",
    dilations: Sequence[int] = ONES_3D,
) -> Value:
    return conv_2d_transpose(
        sizes, filter, x, strides=strides, padding=padding, data_format=data_format, dilations=dilations
    )


def _spread(form: Spread, size: Size, result: Size, edges: Edges, axis: int) -> Spread:
    """How an axis is spread so that it gets the size of the result."""
    kept = result - (size - 1) * form.stride
    if isinstance(kept, Dim):
        if edges.padding is Padding.SAME or edges.amounts:
            raise Unsupported(f"a transposed convolution from an open size {size} to {result}")
        kept = form.window
    if edges.amounts:
        skipped = _known(edges.amounts[axis][0])
    elif edges.padding is Padding.SAME:
        skipped = max(form.window - kept, 0) // 2
    else:
        skipped = 0
    return Spread(form.taps, form.stride, form.dilation, int(kept), skipped)


def _known(size: Size) -> int:
    if isinstance(size, Dim):
        raise Unsupported("a filter of open size")
    return size
