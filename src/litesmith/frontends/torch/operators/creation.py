"""New tensors: of one value, counted, drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from litesmith.frontends.torch.registry import imports
from litesmith.ir.dims import Dim, Shape, Size
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import array, creation, math, random
from litesmith.ops.array import as_value, cast
from litesmith.ops.errors import Unsupported
from litesmith.ops.sizes import known_sizes


@imports("full", "new_full")
def full(size: Shape, fill_value: Any, dtypes: Sequence[DType], x: Value | None = None) -> Value:
    return array.full(known_sizes(size), as_value(fill_value, dtypes[0]), dtypes[0])


@imports("zeros", "new_zeros", "empty", "new_empty", "empty_strided", "new_empty_strided", "empty_permuted")
def zeros(size: Shape, dtypes: Sequence[DType], x: Value | None = None) -> Value:
    """What torch leaves uninitialised is zeros."""
    return array.full(known_sizes(size), 0, dtypes[0])


@imports("ones", "new_ones")
def ones(size: Shape, dtypes: Sequence[DType], x: Value | None = None) -> Value:
    return array.full(known_sizes(size), 1, dtypes[0])


@imports("zeros_like", "empty_like")
def zeros_like(x: Value, dtypes: Sequence[DType]) -> Value:
    return creation.full_like(x, 0, dtypes[0])


@imports("ones_like")
def ones_like(x: Value, dtypes: Sequence[DType]) -> Value:
    return creation.full_like(x, 1, dtypes[0])


@imports("full_like")
def full_like(x: Value, fill_value: Any, dtypes: Sequence[DType]) -> Value:
    return creation.full_like(x, as_value(fill_value, dtypes[0]), dtypes[0])


@imports("scalar_tensor")
def scalar_tensor(s: Any, dtypes: Sequence[DType]) -> Value:
    return as_value(s, dtypes[0])


@imports("arange")
def arange(end: Any, dtypes: Sequence[DType], start: Any = 0, step: Any = 1) -> Value:
    """Of sizes, by operators that know the size of the result."""
    if all(isinstance(number, int) for number in (start, end, step)) and not isinstance(step, Dim):
        counted = creation.count_up(start, end, step)
        return cast(counted, dtypes[0])
    if isinstance(end, Dim) or isinstance(start, Dim):
        return _from_whole_numbers(start, end, step, dtypes[0])
    return creation.count_between(start, end, step, dtypes[0])


def _from_whole_numbers(start: Any, end: Any, step: Any, dtype: DType) -> Value:
    """A range whose step is no whole number, which begins at 0 and ends with a size."""
    if isinstance(step, float) and step == int(step) and isinstance(start, (int, float)) and start == int(start):
        return cast(creation.count_up(int(start), end, int(step)), dtype)
    return creation.count_between(start, end, step, dtype)


@imports("linspace")
def linspace(start: Any, end: Any, steps: Size, dtypes: Sequence[DType]) -> Value:
    first, last = as_value(start, DType.FLOAT32), as_value(end, DType.FLOAT32)
    return cast(creation.linspace(first, last, steps, True, 0), dtypes[0])


@imports("eye.default", "eye.m")
def eye(n: Size, dtypes: Sequence[DType], m: Size | None = None) -> Value:
    return cast(creation.band(n, n if m is None else m, 0, 0), dtypes[0])


@imports("tril")
def tril(x: Value, diagonal: int = 0) -> Value:
    return creation.keep_band(x, None, diagonal)


@imports("triu")
def triu(x: Value, diagonal: int = 0) -> Value:
    return creation.keep_band(x, diagonal, None)


@imports("diag_embed")
def diag_embed(x: Value, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Value:
    """Each row as the diagonal of a matrix."""
    size = x.type.shape[-1] + abs(offset)
    rank = x.type.rank + 1
    row = array.expand_dims(_shifted(x, offset), -2)
    matrix = array.broadcast_to(row, (*x.type.shape[:-1], size, size))
    kept = creation.keep_band(matrix, offset, offset)
    return array.move_axis(kept, (rank - 2, rank - 1), (dim1 % rank, dim2 % rank))


def _shifted(x: Value, offset: int) -> Value:
    """A row with zeros in front of it for a diagonal above the main one, behind it for one below."""
    gap = array.full((*x.type.shape[:-1], abs(offset)), 0, x.type.dtype)
    return x if not offset else array.concatenate([gap, x] if offset > 0 else [x, gap], -1)


@imports("diag")
def diag(x: Value, diagonal: int = 0) -> Value:
    return creation.diagonal_matrix(x, diagonal) if x.type.rank == 1 else creation.diagonal(x, diagonal)


@imports("rand")
def rand(size: Shape, dtypes: Sequence[DType]) -> Value:
    return random.uniform(known_sizes(size), dtypes[0])


@imports("randn")
def randn(size: Shape, dtypes: Sequence[DType]) -> Value:
    return cast(random.normal(known_sizes(size)), dtypes[0])


@imports("rand_like")
def rand_like(x: Value, dtypes: Sequence[DType]) -> Value:
    return random.uniform(x.type.shape, dtypes[0])


@imports("randn_like")
def randn_like(x: Value, dtypes: Sequence[DType]) -> Value:
    return cast(random.normal(x.type.shape), dtypes[0])


@imports("randint")
def randint(high: Any, size: Shape, dtypes: Sequence[DType], low: Any = 0) -> Value:
    return _integers(known_sizes(size), low, high, dtypes[0])


@imports("randint_like")
def randint_like(x: Value, high: Any, dtypes: Sequence[DType], low: Any = 0) -> Value:
    return _integers(x.type.shape, low, high, dtypes[0])


def _integers(shape: Shape, low: Any, high: Any, dtype: DType) -> Value:
    return cast(random.integers(shape, as_value(low, DType.INT32), as_value(high, DType.INT32)), dtype)


@imports("bernoulli.default", "bernoulli.p", "bernoulli.Tensor")
def bernoulli(x: Value, dtypes: Sequence[DType], p: Any = None) -> Value:
    """1 as often as x says, or `p`."""
    chance = x if p is None else as_value(p, DType.FLOAT32)
    return cast(math.less(random.uniform(x.type.shape), cast(chance, DType.FLOAT32)), dtypes[0])


@imports("normal.float_float")
def normal(mean: Any, std: Any, size: Shape, dtypes: Sequence[DType]) -> Value:
    return cast(_normal(known_sizes(size), mean, std), dtypes[0])


@imports("normal.Tensor_float", "normal.float_Tensor", "normal.Tensor_Tensor")
def normal_around(mean: Any, std: Any, dtypes: Sequence[DType]) -> Value:
    first, second = (as_value(number, DType.FLOAT32) for number in (mean, std))
    return cast(_normal(array.broadcast_shape(first, second), first, second), dtypes[0])


@imports("normal_functional")
def normal_like(x: Value, dtypes: Sequence[DType], mean: float = 0.0, std: float = 1.0) -> Value:
    return cast(_normal(x.type.shape, mean, std), dtypes[0])


def _normal(shape: Shape, mean: Any, std: Any) -> Value:
    return math.add(math.multiply(random.normal(shape), std), mean)


@imports("multinomial")
def multinomial(x: Value, num_samples: Size, dtypes: Sequence[DType], replacement: bool = False) -> Value:
    if not replacement and not (isinstance(num_samples, int) and num_samples == 1):
        raise Unsupported("multinomial without replacement")
    rows = x if x.type.rank == 2 else array.expand_dims(x, 0)
    drawn = cast(random.categorical(math.log(rows), num_samples), dtypes[0])
    return drawn if x.type.rank == 2 else array.squeeze(drawn, 0)


@imports("randperm")
def randperm(n: Size, dtypes: Sequence[DType]) -> Value:
    return cast(random.shuffle(creation.count_up(0, n), 0), dtypes[0])
