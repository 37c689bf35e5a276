"""Convolutions: tensors [batch, channels, *spatial], filters [out, in / groups, *spatial]."""

from __future__ import annotations

from collections.abc import Sequence

from litesmith.frontends.torch.layout import channels_first, channels_last
from litesmith.frontends.torch.registry import imports
from litesmith.ir.dims import Dim, Size, ceil_div, maximum
from litesmith.ir.graph import Value
from litesmith.ops import margins, math
from litesmith.ops.array import concatenate, expand_dims, split, squeeze, transpose
from litesmith.ops.conv import conv
from litesmith.ops.conv_transpose import Spread, conv_transpose
from litesmith.ops.errors import Unsupported
from litesmith.opset.enums import Padding

Numbers = Sequence[int] | int
MOST_SPATIAL = 3


def _each(numbers: Numbers, axes: int) -> tuple[int, ...]:
    """A number for each spatial axis: one counts for all."""
    found = (numbers,) if isinstance(numbers, int) else tuple(numbers)
    return found * axes if len(found) == 1 else found


@imports("conv1d", "conv2d", "conv3d")
def conv_nd(
    x: Value,
    weight: Value,
    bias: Value | None = None,
    stride: Numbers = 1,
    padding: Numbers | str = 0,
    dilation: Numbers = 1,
    groups: int = 1,
) -> Value:
    return convolution(x, weight, bias, stride, padding, dilation, False, 0, groups)


@imports("conv_transpose1d", "conv_transpose2d", "conv_transpose3d")
def conv_transpose_nd(
    x: Value,
    weight: Value,
    bias: Value | None = None,
    stride: Numbers = 1,
    padding: Numbers = 0,
    output_padding: Numbers = 0,
    groups: int = 1,
    dilation: Numbers = 1,
) -> Value:
    return convolution(x, weight, bias, stride, padding, dilation, True, output_padding, groups)


@imports("convolution", "_convolution")
def convolution(
    x: Value,
    weight: Value,
    bias: Value | None,
    stride: Numbers,
    padding: Numbers | str,
    dilation: Numbers,
    transposed: bool,
    output_padding: Numbers,
    groups: int,
) -> Value:
    """Also of one image without a batch."""
    axes = weight.type.rank - 2
    if axes > MOST_SPATIAL:
        raise Unsupported(f"a convolution over {axes} axes")
    if x.type.rank == axes + 1:
        single = expand_dims(x, 0)
        whole = convolution(single, weight, bias, stride, padding, dilation, transposed, output_padding, groups)
        return squeeze(whole, 0)
    images, strides, dilations = channels_last(x), _each(stride, axes), _each(dilation, axes)
    if transposed:
        assert not isinstance(padding, str)
        spreads = _spreads(weight, strides, _each(padding, axes), dilations, _each(output_padding, axes))
        result = _spread(images, weight, spreads, groups)
    else:
        filter = transpose(weight, [*range(2, axes + 2), 1, 0])
        amounts = _amounts(images, weight, padding, strides, dilations)
        result = _convolved(images, filter, strides, amounts, dilations)
    return channels_first(result if bias is None else math.add(result, bias))


def _amounts(
    images: Value, weight: Value, padding: Numbers | str, strides: Sequence[int], dilations: Sequence[int]
) -> list[tuple[int, int]]:
    """How much is padded in front of each spatial axis and behind it: the odd element of "same" behind."""
    axes = len(strides)
    if padding == "valid":
        padding = 0
    if not isinstance(padding, str):
        return [(amount, amount) for amount in _each(padding, axes)]
    totals = [(int(size) - 1) * dilation for size, dilation in zip(weight.type.shape[2:], dilations, strict=True)]
    return [(total // 2, total - total // 2) for total in totals]


def _convolved(
    images: Value,
    filter: Value,
    strides: Sequence[int],
    amounts: Sequence[tuple[int, int]],
    dilations: Sequence[int],
) -> Value:
    """As SAME padding where that pads so, since the kernel then needs no padded copy."""
    sizes = zip(images.type.shape[1:-1], filter.type.shape, strides, dilations, amounts, strict=False)
    if all(_is_same(*each) for each in sizes):
        return conv(images, filter, strides, Padding.SAME, dilations)
    padded = margins.pad_or_cut(images, [(0, 0), *amounts, (0, 0)])
    return conv(padded, filter, strides, Padding.VALID, dilations)


def _is_same(size: Size, taps: Size, stride: int, dilation: int, amount: tuple[int, int]) -> bool:
    window = (int(taps) - 1) * dilation + 1
    if stride == 1:
        return amount == ((window - 1) // 2, window - 1 - (window - 1) // 2)
    if isinstance(size, Dim):
        return False
    total = maximum((ceil_div(size, stride) - 1) * stride + window - size, 0)
    return amount == (total // 2, total - total // 2) and (size + sum(amount) - window) // stride + 1 == ceil_div(
        size, stride
    )


def _spreads(
    weight: Value,
    strides: Sequence[int],
    padding: Sequence[int],
    dilations: Sequence[int],
    more: Sequence[int],
) -> list[Spread]:
    """How a transposed convolution spreads each axis of the filter."""
    found = []
    for size, stride, amount, dilation, extra in zip(
        weight.type.shape[2:], strides, padding, dilations, more, strict=True
    ):
        window = (int(size) - 1) * dilation + 1
        found.append(Spread(int(size), stride, dilation, window - 2 * amount + extra, amount))
    return found


def _spread(images: Value, weight: Value, spreads: Sequence[Spread], groups: int) -> Value:
    """A filter [in, out / groups, *spatial]; what is left of the result may be less than nothing at first."""
    if groups > 1:
        parts = zip(split(images, groups, -1), split(weight, groups, 0), strict=True)
        return concatenate([_spread(part, own, spreads, 1) for part, own in parts], -1)
    filter = transpose(weight, [*range(2, weight.type.rank), 1, 0])
    if all(spread.kept > 0 for spread in spreads):
        return conv_transpose(images, filter, spreads)
    whole = [Spread(s.taps, s.stride, s.dilation, max(s.kept + s.skipped, s.window), 0) for s in spreads]
    grown = conv_transpose(images, filter, whole)
    cuts = [(-s.skipped, s.kept + s.skipped - w.kept) for s, w in zip(spreads, whole, strict=True)]
    return margins.pad_or_cut(grown, [(0, 0), *cuts, (0, 0)])
