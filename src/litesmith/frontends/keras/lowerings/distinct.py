"""The elements that differ from each other: the size of the result depends on values."""

from __future__ import annotations

from typing import Any

from litesmith.frontends.keras.lowerings.promotion import backend_counts
from litesmith.frontends.keras.registry import lowers
from litesmith.ir.dims import Size
from litesmith.ops import distinct
from litesmith.ops.array import as_value, cast, reshape


@lowers("ops.unique")
def unique(
    x: Any,
    sorted: bool = True,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: int | None = None,
    size: Size | None = None,
    fill_value: float | None = None,
) -> Any:
    value = as_value(x)
    rows = reshape(value, (-1,)) if axis is None or value.type.rank == 1 else distinct.as_rows(value, axis)
    found = distinct.distinct(rows)
    values, first, counts = found.values, found.first, found.counts
    if size is not None:
        # Keras fills up the places with ones, on every backend that fills them up itself.
        values, first, counts = (
            distinct.of_size(part, size, fill) for part, fill in ((values, fill_value or 0), (first, 1), (counts, 0))
        )
    first, inverse, counts = (cast(part, backend_counts()) for part in (first, found.inverse, counts))
    if axis is not None and value.type.rank > 1:
        values = distinct.from_rows(values, value, axis)
    inverse = reshape(inverse, value.type.shape) if axis is None else inverse
    wanted = [values, *([first] if return_index else []), *([inverse] if return_inverse else [])]
    wanted += [counts] if return_counts else []
    return wanted[0] if len(wanted) == 1 else tuple(wanted)
