"""Rows combined by their ids, counts and histograms."""

from __future__ import annotations

from typing import Any

from keras import backend

from litesmith.frontends.keras.lowerings.promotion import common_dtype
from litesmith.frontends.keras.registry import lowers
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import segments
from litesmith.ops.array import as_value, cast
from litesmith.ops.errors import Unsupported
from litesmith.ops.sizes import known_size


def _register(reduction: str) -> None:
    @lowers(f"ops.segment_{reduction}")
    def lower(data: Any, segment_ids: Any, num_segments: Any = None, sorted: bool = False) -> Value:
        ids = as_value(segment_ids)
        count = segments.count_ids(ids) if num_segments is None else known_size(num_segments)
        infinite = backend.backend() != "tensorflow"
        return segments.segment(as_value(data), ids, count, reduction, infinite=infinite)


for _reduction in ("sum", "prod", "max", "min"):
    _register(_reduction)


@lowers("ops.bincount")
def bincount(x: Any, weights: Any = None, minlength: int = 0, sparse: bool = False) -> Value:
    if sparse:
        raise Unsupported("sparse=True, as LiteRT has no sparse results")
    if weights is None:
        return segments.bin_count(as_value(x), None, minlength)
    dtype = common_dtype(x, weights)
    return cast(segments.bin_count(as_value(x), as_value(weights), minlength), dtype)


@lowers("ops.histogram")
def histogram(x: Any, bins: int = 10, range: tuple[float, float] | None = None) -> tuple[Value, Value]:
    value = as_value(x)
    numbers = value if value.type.dtype.is_float else cast(value, DType.FLOAT32)
    counts, edges = segments.histogram(numbers, bins, range or None)
    # Keras hands on what its backend counts in.
    counted = DType.INT64 if backend.backend() == "numpy" else numbers.type.dtype
    return cast(counts, counted), edges
