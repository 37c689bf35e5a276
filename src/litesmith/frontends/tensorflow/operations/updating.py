"""Parts of tensors written, and layouts named by letters."""

from __future__ import annotations

from litesmith.frontends.tensorflow.known import Known
from litesmith.frontends.tensorflow.operations.slicing import refuse_ignoring
from litesmith.frontends.tensorflow.registry import Item, Sizes, as_value, imports, modest
from litesmith.ir.builder import constant
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import array, blocks, indexing, math, scattering


def _rows(x: Value, indices: Value) -> Value:
    """The indices as TensorFlow takes them: they count from the end where they are negative, and go round."""
    within = math.floor_mod(indices, array.as_value(x.type.shape[0], indices.type.dtype))
    return array.reshape(within, (indices.type.elements, 1))


@imports("InplaceUpdate")
def write_rows(x: Value, indices: Value, rows: Value) -> Value:
    return scattering.scatter_update(x, _rows(x, indices), rows)


@imports("InplaceAdd")
def add_rows(x: Value, indices: Value, rows: Value) -> Value:
    return scattering.scatter_update(x, _rows(x, indices), rows, "add")


@imports("InplaceSub")
def subtract_rows(x: Value, indices: Value, rows: Value) -> Value:
    return scattering.scatter_update(x, _rows(x, indices), math.negative(rows), "add")


@imports("ScatterNdNonAliasingAdd")
def add_at(x: Value, indices: Value, updates: Value, *, bad_indices_policy: str = "") -> Value:
    refuse_ignoring(bad_indices_policy)
    return scattering.scatter_update(x, indices, updates, "add")


@imports("XlaDynamicUpdateSlice")
def write_block(x: Value, block: Value, starts: Value) -> Value:
    """A block that reaches beyond the end is moved inside."""
    return blocks.write(x, array.unstack(starts, 0), block)


@imports("XlaDynamicSlice")
def take_block(x: Value, starts: Value, sizes: Sizes) -> Value:
    return blocks.take(x, array.unstack(starts, 0), sizes)


@imports("Empty")
def empty(shape: Sizes, *, dtype: DType) -> Value:
    """Zeros, whether or not they are asked for."""
    modest(shape)
    return array.full(shape, 0, dtype)


@imports("ParallelConcat")
def rows_together(*operands: Value) -> Value:
    return array.concatenate(operands, 0)


@imports("DataFormatDimMap")
def axis_in_layout(axes: Value, *, src_format: str = "NHWC", dst_format: str = "NCHW") -> Value:
    """The axes of one layout as those of another; they count from the end where they are negative."""
    table = constant([dst_format.index(letter) for letter in src_format], axes.type.dtype)
    return indexing.gather(table, axes, 0)


@imports("DataFormatVecPermute")
def vector_in_layout(x: Item, *, src_format: str = "NHWC", dst_format: str = "NCHW") -> Value | Known:
    """A number, or a row of them, for each axis of one layout, as those of another."""
    size = len(x.array) if isinstance(x, Known) else int(as_value(x).type.shape[0])
    own = [letter for letter in src_format if size == len(src_format) or letter in "DHW"]
    order = [own.index(letter) for letter in dst_format if letter in own]
    if isinstance(x, Known):
        return Known.of(x.array[order].tolist(), x.dtype)
    return indexing.gather(as_value(x), constant(order, DType.INT32), 0)
