"""Functions of TensorFlow that move, join and choose elements, in terms of `keras.ops`."""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import ops

from litesmith.frontends.keras.legacy.functions import NotThisWay, function, like, only

MOST_ELEMENTS = 1 << 28
"""Of tensors that are made of sizes alone."""


@function("reshape", "keras.backend.reshape")
def _reshape(tensor: Any, shape: Any) -> Any:
    return ops.reshape(tensor, _sizes(shape))


@function("transpose", "linalg.matrix_transpose")
def _transpose(a: Any, perm: Any = None, conjugate: bool = False) -> Any:
    only(conjugate=(conjugate, False))
    return ops.transpose(a, None if perm is None else tuple(perm))


@function("keras.backend.permute_dimensions")
def _permute_dimensions(x: Any, pattern: Any) -> Any:
    return ops.transpose(x, tuple(pattern))


@function("concat", "keras.backend.concatenate")
def _concat(values: Any, axis: int = -1) -> Any:
    return ops.concatenate(_alike(values), axis=axis)


@function("stack", "keras.backend.stack")
def _stack(values: Any, axis: int = 0) -> Any:
    return ops.stack(_alike(values), axis=axis)


def _alike(values: Any) -> list[Any]:
    """Tensors, and constants of their type."""
    tensor = next(each for each in values if isinstance(each, keras.KerasTensor) or hasattr(each, "dtype"))
    return [like(each, tensor) for each in values]


@function("unstack")
def _unstack(value: Any, num: int | None = None, axis: int = 0) -> Any:
    return ops.unstack(value, num=num, axis=axis)


@function("split")
def _split(value: Any, num_or_size_splits: Any, axis: int = 0, num: Any = None) -> Any:
    if isinstance(num_or_size_splits, int):
        return ops.split(value, num_or_size_splits, axis=axis)
    sizes = [int(size) for size in num_or_size_splits]
    if -1 in sizes:
        whole = value.shape[axis]
        if whole is None:
            raise NotThisWay("sizes of an open axis")
        sizes[sizes.index(-1)] = whole - sum(sizes) - 1
    ends = [sum(sizes[: at + 1]) for at in range(len(sizes) - 1)]
    return ops.split(value, ends, axis=axis)


@function("expand_dims", "keras.backend.expand_dims")
def _expand_dims(input: Any, axis: Any = None, dim: Any = None) -> Any:
    axis = dim if axis is None else axis
    return ops.expand_dims(input, -1 if axis is None else axis)


@function("squeeze", "keras.backend.squeeze")
def _squeeze(input: Any, axis: Any = None, squeeze_dims: Any = None) -> Any:
    axis = squeeze_dims if axis is None else axis
    return ops.squeeze(input, axis=tuple(axis) if isinstance(axis, list) else axis)


@function("tile", "keras.backend.tile")
def _tile(input: Any, multiples: Any = None, n: Any = None) -> Any:
    repeats = multiples if n is None else n
    input = ops.convert_to_tensor(input) if isinstance(input, list) else input
    return ops.tile(input, tuple(repeats) if isinstance(repeats, list) else repeats)


@function("repeat", "keras.backend.repeat_elements")
def _repeat(input: Any, repeats: Any = None, axis: Any = None, rep: Any = None) -> Any:
    return ops.repeat(input, rep if repeats is None else repeats, axis=axis)


@function("pad")
def _pad(tensor: Any, paddings: Any, mode: str = "CONSTANT", constant_values: Any = 0) -> Any:
    widths = [tuple(each) for each in paddings]
    if mode.upper() == "CONSTANT":
        return ops.pad(tensor, widths, mode="constant", constant_values=constant_values or 0)
    return ops.pad(tensor, widths, mode=mode.lower())


@function("reverse", "keras.backend.reverse")
def _reverse(tensor: Any, axis: Any = None, axes: Any = None) -> Any:
    chosen = axes if axis is None else axis
    return ops.flip(tensor, axis=tuple(chosen) if isinstance(chosen, list) else chosen)


@function("roll")
def _roll(input: Any, shift: Any, axis: Any) -> Any:
    return ops.roll(input, shift, axis=axis)


@function("broadcast_to")
def _broadcast_to(input: Any, shape: Any) -> Any:
    return ops.broadcast_to(input, _sizes(shape))


def _sizes(shape: Any) -> Any:
    """A shape: of numbers, or, where TensorFlow draws a graph, a tensor."""
    if isinstance(shape, keras.KerasTensor):
        raise NotThisWay("a shape that the model computes of values")
    sizes = tuple(shape) if isinstance(shape, (list, tuple)) else shape
    known = [size for size in sizes if isinstance(size, int)] if isinstance(sizes, tuple) else []
    if math.prod(known) > MOST_ELEMENTS:
        raise NotThisWay(f"a tensor of {math.prod(known)} elements")
    return sizes


@function("zeros", "keras.backend.zeros")
def _zeros(shape: Any, dtype: Any = None, **others: Any) -> Any:
    return ops.zeros(_sizes(shape), dtype=dtype or "float32")


@function("ones", "keras.backend.ones")
def _ones(shape: Any, dtype: Any = None, **others: Any) -> Any:
    return ops.ones(_sizes(shape), dtype=dtype or "float32")


@function("fill")
def _fill(dims: Any, value: Any) -> Any:
    return ops.full(_sizes(dims), value, dtype=_type_of(value))


@function("range", "keras.backend.arange")
def _range(start: Any, limit: Any = None, delta: Any = 1, dtype: Any = None, stop: Any = None, step: Any = None) -> Any:
    """Integers, as sizes are, unless a float is among the arguments."""
    limit, delta = stop if limit is None else limit, delta if step is None else step
    dtype = dtype or next((found for found in map(_type_of, (start, limit, delta)) if found != "int32"), "int32")
    return ops.arange(start, limit, delta, dtype=dtype)


def _type_of(value: Any) -> str:
    """Of a tensor or a number."""
    if hasattr(value, "dtype"):
        return str(keras.backend.standardize_dtype(value.dtype))
    return "bool" if isinstance(value, bool) else "int32" if isinstance(value, int) else "float32"


@function("gather", "keras.backend.gather")
def _gather(params: Any, indices: Any, validate_indices: Any = None, axis: Any = None, batch_dims: Any = 0) -> Any:
    only(batch_dims=(batch_dims or 0, 0))
    indices = ops.convert_to_tensor(indices, dtype="int32") if isinstance(indices, (list, int)) else indices
    return ops.take(params, indices, axis=axis or 0)


@function("nn.embedding_lookup")
def _embedding_lookup(params: Any, ids: Any, max_norm: Any = None) -> Any:
    only(max_norm=(max_norm, None))
    return ops.take(ops.convert_to_tensor(params) if isinstance(params, list) else params, ids, axis=0)


@function("slice", "keras.backend.slice")
def _slice(input_: Any, begin: Any = None, size: Any = None, start: Any = None) -> Any:
    begin = start if begin is None else begin
    found = tuple(slice(at, None if count == -1 else at + count) for at, count in zip(begin, size, strict=True))
    return input_[found]


@function("__operators__.getitem")
def _getitem(tensor: Any, slice_spec: Any, var: Any = None) -> Any:
    items = slice_spec if isinstance(slice_spec, (list, tuple)) else [slice_spec]
    return tensor[tuple(index_of(item) for item in items)]


def index_of(item: Any) -> Any:
    """What stands between brackets, as descriptions write it."""
    if isinstance(item, dict):
        if item.get("class_name") in ("__ellipsis__", "Ellipsis"):
            return Ellipsis
        if set(item) == {"start", "stop", "step"}:
            return slice(item["start"], item["stop"], item["step"])
        raise NotThisWay(f"an index {item}")
    if item == "Ellipsis":
        return Ellipsis
    if item is None or (isinstance(item, int) and not isinstance(item, bool)):
        return item
    if isinstance(item, slice) or item is Ellipsis:
        return item
    raise NotThisWay("an index that the model computes")


@function("zeros_like", "keras.backend.zeros_like")
def _zeros_like(input: Any, dtype: Any = None, optimize: bool = True) -> Any:
    return ops.zeros_like(input, dtype=dtype)


@function("ones_like", "keras.backend.ones_like")
def _ones_like(input: Any, dtype: Any = None, optimize: bool = True) -> Any:
    return ops.ones_like(input, dtype=dtype)


@function("keras.backend.flatten")
def _flatten(x: Any) -> Any:
    return ops.reshape(x, (-1,))


@function("keras.backend.batch_flatten")
def _batch_flatten(x: Any) -> Any:
    return ops.reshape(x, (x.shape[0] or -1, *_whole(x.shape[1:])))


def _whole(sizes: Any) -> tuple[int, ...]:
    total = 1
    for size in sizes:
        if size is None:
            raise NotThisWay("open sizes")
        total *= size
    return (total,)


@function("einsum")
def _einsum(equation: Any, *inputs: Any, **arguments: Any) -> Any:
    """The equation may stand behind the tensors, by its name."""
    return ops.einsum(equation, *inputs)


@function("strided_slice")
def _strided_slice(input_: Any, begin: Any, end: Any, strides: Any = None, **masks: Any) -> Any:
    only(masks=(any(masks.values()), False))
    steps = strides or [1] * len(begin)
    return input_[tuple(slice(*each) for each in zip(begin, end, steps, strict=True))]


@function("sort")
def _sort(values: Any, axis: int = -1, direction: str = "ASCENDING") -> Any:
    found = ops.sort(values, axis=axis)
    return ops.flip(found, axis=axis) if direction == "DESCENDING" else found


@function("argsort")
def _argsort(values: Any, axis: int = -1, direction: str = "ASCENDING", stable: bool = False) -> Any:
    return ops.argsort(-values if direction == "DESCENDING" else values, axis=axis)


@function("sequence_mask")
def _sequence_mask(lengths: Any, maxlen: Any = None, dtype: str = "bool") -> Any:
    if maxlen is None:
        raise NotThisWay("sequence_mask without maxlen")
    return ops.cast(ops.arange(maxlen, dtype=lengths.dtype) < ops.expand_dims(lengths, -1), dtype)


@function("eye", "linalg.eye", "keras.backend.eye")
def _eye(num_rows: Any = None, num_columns: Any = None, batch_shape: Any = None, dtype: Any = None, **size: Any) -> Any:
    only(batch_shape=(batch_shape, None))
    return ops.eye(size.get("size", num_rows), num_columns, dtype=dtype or "float32")


@function("linspace")
def _linspace(start: Any, stop: Any, num: int, axis: int = 0) -> Any:
    return ops.linspace(start, stop, num, dtype="float32", axis=axis)


@function("meshgrid")
def _meshgrid(*tensors: Any, indexing: str = "xy") -> Any:
    return ops.meshgrid(*tensors, indexing=indexing)


@function("linalg.diag_part", "matrix_diag_part")
def _diag_part(input: Any) -> Any:
    return ops.diagonal(input, axis1=-2, axis2=-1)


@function("linalg.band_part", "matrix_band_part")
def _band_part(input: Any, num_lower: int, num_upper: int) -> Any:
    found = input if num_lower < 0 else ops.triu(input, -num_lower)
    return found if num_upper < 0 else ops.tril(found, num_upper)
