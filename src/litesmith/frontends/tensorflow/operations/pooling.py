"""Pooling."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from litesmith.frontends.tensorflow.layout import Edges, channels_last, spatial
from litesmith.frontends.tensorflow.registry import Ints, imports
from litesmith.ir.graph import Value
from litesmith.ops import pool
from litesmith.ops.cumulative import lowest
from litesmith.opset.enums import Padding


def _register(name: str, function: Callable[..., Value], layout: str) -> None:
    @imports(name)
    def pooled(
        x: Value,
        *,
        ksize: Sequence[int],
        strides: Sequence[int],
        padding: str,
        explicit_paddings: Sequence[int] = (),
        data_format: str = layout,
    ) -> Value:
        edges = Edges.of(padding, explicit_paddings, data_format)
        moves = spatial(ksize, data_format), spatial(strides, data_format), edges.padding

        def over(image: Value) -> Value:
            return function(edges.around(image, lowest(x.type.dtype)), *moves)

        return channels_last(x, data_format, over)


_register("MaxPool", pool.max_pool, "NHWC")
_register("AvgPool", pool.average_pool, "NHWC")
_register("MaxPool3D", pool.max_pool, "NDHWC")
_register("AvgPool3D", pool.average_pool, "NDHWC")


@imports("MaxPoolV2")
def max_pool(x: Value, ksize: Ints, strides: Ints, *, padding: str, data_format: str = "NHWC") -> Value:
    moves = spatial(ksize, data_format), spatial(strides, data_format), Padding[padding]
    return channels_last(x, data_format, lambda image: pool.max_pool(image, *moves))
