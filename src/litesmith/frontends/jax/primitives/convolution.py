"""`conv_general_dilated`: convolutions of every kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from litesmith.frontends.jax.registry import imports
from litesmith.ir.builder import constant_value
from litesmith.ir.dims import Dim, Size
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import margins
from litesmith.ops.array import cast, concatenate, expand_dims, flip, split, squeeze, transpose
from litesmith.ops.conv import conv
from litesmith.ops.conv_transpose import Spread, conv_transpose
from litesmith.ops.errors import Unsupported
from litesmith.opset.enums import Padding

MOST_SPATIAL = 3


@imports("conv_general_dilated")
def conv_general_dilated(
    x: Value,
    filter: Value,
    *,
    window_strides: Sequence[int],
    padding: Sequence[tuple[Size, Size]],
    lhs_dilation: Sequence[int],
    rhs_dilation: Sequence[int],
    dimension_numbers: Any,
    feature_group_count: int,
    batch_group_count: int,
    preferred_element_type: Any,
) -> Value:
    """Axes are put in the order [batch, *spatial, channels] and [*spatial, in, out]; the result is put back."""
    dtype = preferred_element_type if isinstance(preferred_element_type, DType) else x.type.dtype
    of_x, of_filter, of_result = ([int(axis) for axis in spec] for spec in dimension_numbers)
    spatial = len(of_x) - 2
    if spatial > MOST_SPATIAL:
        raise Unsupported(f"a convolution over {spatial} axes")
    images = transpose(cast(x, dtype), [of_x[0], *of_x[2:], of_x[1]])
    kernel = transpose(cast(filter, dtype), [*of_filter[2:], of_filter[1], of_filter[0]])
    if spatial == 0:
        images, kernel = expand_dims(images, 1), expand_dims(kernel, 0)
        window_strides, padding, lhs_dilation, rhs_dilation = (1,), ((0, 0),), (1,), (1,)
    form = _Form(tuple(window_strides), tuple(padding), tuple(lhs_dilation), tuple(rhs_dilation))
    if batch_group_count > 1:
        parts = zip(split(images, batch_group_count, 0), split(kernel, batch_group_count, -1), strict=True)
        result = concatenate([form.apply(*part, feature_group_count) for part in parts], -1)
    else:
        result = form.apply(images, kernel, feature_group_count)
    if spatial == 0:
        result = squeeze(result, 1)
    order = [0] * (spatial + 2)
    order[of_result[0]], order[of_result[1]] = 0, spatial + 1
    for place, axis in enumerate(of_result[2:], 1):
        order[axis] = place
    return transpose(result, order)


class _Form:
    """How windows lie over images: one entry of each for every spatial axis."""

    def __init__(
        self,
        strides: tuple[int, ...],
        padding: tuple[tuple[Size, Size], ...],
        between: tuple[int, ...],
        dilations: tuple[int, ...],
    ) -> None:
        self.strides = strides
        self.padding = padding
        self.between = between
        self.dilations = dilations

    def apply(self, x: Value, filter: Value, groups: int) -> Value:
        """X [batch, *spatial, channels] under a filter [*spatial, channels / groups, out]."""
        if all(step == 1 for step in self.between):
            amounts = [(0, 0), *self.padding, (0, 0)]
            return conv(margins.pad_or_cut(x, amounts), filter, self.strides, Padding.VALID, self.dilations)
        if groups > 1:
            parts = zip(split(x, groups, -1), split(filter, groups, -1), strict=True)
            return concatenate([self.apply(*part, 1) for part in parts], -1)
        spreads = [self._spread(axis, int(size)) for axis, size in enumerate(filter.type.shape[:-2])]
        known = [spread for spread in spreads if spread is not None]
        if len(known) == len(spreads) and all(stride == 1 for stride in self.strides):
            return conv_transpose(x, _turned(filter), known)
        for axis, step in enumerate(self.between, 1):
            if step > 1:
                x = margins.spread(x, axis, step - 1)
        return _Form(self.strides, self.padding, (1,) * len(self.between), self.dilations).apply(x, filter, 1)

    def _spread(self, axis: int, taps: int) -> Spread | None:
        """How a transposed convolution spreads a filter along an axis; None for amounts that it does not cut off."""
        before, behind = self.padding[axis]
        window = (taps - 1) * self.dilations[axis] + 1
        if isinstance(before, Dim) or isinstance(behind, Dim) or not 0 <= before < window or behind < 0:
            return None
        kept = before + behind + 2 - window
        if kept <= 0:
            return None
        return Spread(taps, self.between[axis], self.dilations[axis], kept, window - 1 - before)


def _turned(filter: Value) -> Value:
    """A filter [*spatial, in, out] backward, as [*spatial, out, in]."""
    rank = filter.type.rank
    spatial = tuple(range(rank - 2))
    if filter.constant is not None:
        backward = filter.constant.map(lambda array: np.flip(array, spatial), filter.type, ("flip", spatial))
        return transpose(constant_value(backward, filter.name), [*spatial, rank - 1, rank - 2])
    return transpose(flip(filter, spatial), [*spatial, rank - 1, rank - 2])
