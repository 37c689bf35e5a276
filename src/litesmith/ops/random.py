"""Random numbers, in LiteRT operators. They differ from call to call and from run to run."""

from __future__ import annotations

from collections.abc import Sequence

from litesmith.ir.builder import emit
from litesmith.ir.dims import Size
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import math
from litesmith.ops.array import cast, full
from litesmith.ops.indexing import select
from litesmith.ops.sizes import shape_tensor
from litesmith.opset.random import RandomStandardNormal, RandomUniform


def uniform(shape: Sequence[Size], dtype: DType) -> Value:
    """Numbers from 0 up to but without 1."""
    return cast(emit(RandomUniform(), shape_tensor(tuple(shape))), dtype)


def normal(shape: Sequence[Size]) -> Value:
    """Numbers of mean 0 and variance 1, as float32."""
    return emit(RandomStandardNormal(), shape_tensor(tuple(shape)))


def dropout(x: Value, rate: float, noise_shape: Sequence[Size] | None = None) -> Value:
    """X with each element zero at a rate, and the others grown so that the mean stays.

    `noise_shape` broadcasts against x: what shares a place in it is dropped together.
    """
    if rate == 0:
        return x
    zeros = full((1,) * x.type.rank, 0, x.type.dtype)
    if rate == 1:
        return math.multiply(x, zeros)
    noise = uniform(x.type.shape if noise_shape is None else noise_shape, DType.FLOAT32)
    return select(math.greater_equal(noise, rate), math.divide(x, 1 - rate), zeros)
