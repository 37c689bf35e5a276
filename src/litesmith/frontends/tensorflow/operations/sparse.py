"""Sparse tensors: index tuples [n, axes], as many values, and a shape."""

from __future__ import annotations

from functools import partial

from litesmith.frontends.tensorflow.known import Known
from litesmith.frontends.tensorflow.registry import Ints, Sizes, imports, modest
from litesmith.ir.dims import Dim, Size, product
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import math, scattering, segments
from litesmith.ops.array import (
    as_value,
    broadcast_to,
    cast,
    concatenate,
    expand_dims,
    full,
    reshape,
    slice_axis,
    stack,
    unstack,
)
from litesmith.ops.indexing import gather, get_item, linear_index, select
from litesmith.ops.measured import true_places
from litesmith.ops.ordering import argsort
from litesmith.ops.rearranging import swap_axes


@imports("SparseToDense")
def to_dense(indices: Value, shape: Sizes, values: Value, fill: Value) -> Value:
    """The indices of a vector may stand without an axis for the tuple, and a single one without any."""
    modest(shape)
    if indices.type.rank < 2:
        indices = reshape(indices, (indices.type.elements, 1))
    count = indices.type.shape[0]
    rows = values if values.type.rank else full((count,), values, values.type.dtype)
    dtype = values.type.dtype
    if not (dtype.is_float or dtype.is_integer):
        return scattering.scatter_update(full(shape, fill, dtype), indices, rows)
    # No place has two values, so that their sum is the value: it may be of none.
    found = scattering.scatter(indices, rows, shape)
    if fill.constant is not None and not fill.constant.array().any():
        return found
    is_there = scattering.scatter(indices, full((count,), 1, DType.INT32), shape)
    return select(math.greater(is_there, 0), found, fill)


@imports("SparseTensorDenseMatMul")
def times_matrix(
    indices: Value, values: Value, shape: Sizes, matrix: Value, *, adjoint_a: bool = False, adjoint_b: bool = False
) -> Value:
    """The rows of the matrix that columns of the sparse one pick, summed by its rows."""
    rows, columns = (cast(each, DType.INT32) for each in unstack(indices, 1))
    count: Size = shape[0]
    if adjoint_a:
        rows, columns, count = columns, rows, shape[1]
    right = swap_axes(matrix, -2, -1) if adjoint_b else matrix
    picked = math.multiply(gather(right, columns, 0), expand_dims(values, 1))
    return segments.segment(picked, rows, count, "sum")


@imports("SparseTensorDenseAdd")
def plus_dense(indices: Value, values: Value, shape: Sizes, dense: Value) -> Value:
    return scattering.scatter_update(dense, indices, values, "add")


@imports("SparseReduceSum")
def reduce_sum(indices: Value, values: Value, shape: Sizes, axes: Ints, *, keep_dims: bool = False) -> Value:
    dense = scattering.scatter(indices, values, shape)
    return math.sum(dense, tuple(axes) if axes else None, keep_dims)


@imports("SparseDenseCwiseMul")
def times_dense(indices: Value, values: Value, shape: Sizes, dense: Value) -> Value:
    return math.multiply(values, get_item(dense, unstack(indices, -1)))


@imports("SparseDenseCwiseDiv")
def over_dense(indices: Value, values: Value, shape: Sizes, dense: Value) -> Value:
    return math.divide(values, get_item(dense, unstack(indices, -1)))


@imports("SparseReorder", outputs=("output_indices", "output_values"))
def in_order(indices: Value, values: Value, shape: Sizes) -> tuple[Value, Value]:
    """Row by row."""
    order = argsort(linear_index(unstack(indices, 1), shape), 0)
    return gather(indices, order, 0), gather(values, order, 0)


@imports("SparseReshape", outputs=("output_indices", "output_shape"))
def reshaped(indices: Value, shape: Sizes, wanted: Sizes) -> tuple[Value, Known]:
    known = [size for size in wanted if isinstance(size, Dim) or size != -1]
    rest = product(shape) // product(known)
    sizes = [rest if not isinstance(size, Dim) and size == -1 else size for size in wanted]
    left = linear_index(unstack(indices, 1), shape)
    places: list[Value] = []
    for size in reversed(sizes):
        places.append(math.floor_mod(left, as_value(size, DType.INT32)))
        left = math.floor_divide(left, as_value(size, DType.INT32))
    return cast(stack(places[::-1], 1), indices.type.dtype), Known.of(sizes, DType.INT64)


def _of_picked(kind: str, x: Value, indices: Value, ids: Value, *count: Sizes) -> Value:
    """Sums, means, or sums over the root of the count, of the rows that indices pick, by sorted ids."""
    size = count[0][0] if count else segments.count_ids(ids)
    total = segments.segment(gather(x, indices, 0), ids, size, "sum")
    if kind == "sum":
        return total
    ones = full(ids.type.shape, 1, DType.INT32)
    found = math.maximum(cast(segments.segment(ones, ids, size, "sum"), x.type.dtype), 1.0)
    found = reshape(found, (size, *[1] * (x.type.rank - 1)))
    return math.divide(total, found if kind == "mean" else math.sqrt(found))


for _name, _kind in {"Sum": "sum", "Mean": "mean", "SqrtN": "root"}.items():
    imports(f"SparseSegment{_name}", f"SparseSegment{_name}WithNumSegments")(partial(_of_picked, _kind))


FILLED = ("output_indices", "output_values", "empty_row_indicator", "reverse_index_map")


@imports("SparseFillEmptyRows", outputs=FILLED)
def fill_empty_rows(indices: Value, values: Value, shape: Sizes, fill: Value) -> tuple[Value, ...]:
    """With an element at the first place of each row that has none, row by row."""
    rows, dtype = cast(unstack(indices, 1)[0], DType.INT32), indices.type.dtype
    counted = segments.segment(full(rows.type.shape, 1, DType.INT32), rows, shape[0], "sum")
    is_empty = math.equal(counted, 0)
    missing = cast(true_places(is_empty, "empty"), dtype)
    count = missing.type.shape[0]
    zeros = full((count, len(shape) - 1), 0, dtype)
    together = concatenate([indices, concatenate([missing, zeros], 1)], 0)
    elements = concatenate([values, broadcast_to(fill, (count,))], 0)
    order = argsort(cast(unstack(together, 1)[0], DType.INT32), 0)
    places = slice_axis(argsort(order, 0), 0, 0, values.type.shape[0])
    return gather(together, order, 0), gather(elements, order, 0), is_empty, cast(places, dtype)
