"""Fourier transforms whose length is known only when the model runs."""

from __future__ import annotations

import numpy as np

from litesmith.ir.builder import emit
from litesmith.ir.dims import Size
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import math
from litesmith.ops.array import as_value, cast, reshape
from litesmith.ops.creation import count_up
from litesmith.ops.decomposing import decomposition
from litesmith.opset.matmul import BatchMatmul


@decomposition
def dynamic_transform(
    x: tuple[Value, ...], size: Size, outputs: Size, inverse: bool, hermitian: bool
) -> tuple[Value, ...]:
    """Products of rows [rows, inputs] with a matrix that the model computes; real ones only for `hermitian`.

    The error is about 1e-6 of the largest output. Lengths above 46,340, whose matrix has more than
    2 ** 31 elements, are wrong.
    """
    inputs = x[0].type.shape[-1]
    cosine, sine = _matrices(size, inputs, outputs)
    if hermitian:
        x = tuple(math.multiply(part, _weights(size, inputs)) for part in x)
    if inverse:
        scale = math.reciprocal(as_value(size, DType.FLOAT32))
        x = tuple(math.multiply(part, scale) for part in x)
    real = _times(x[0], cosine)
    if len(x) == 1:
        imaginary = _times(x[0], sine)
        return real, imaginary if inverse else math.negative(imaginary)
    crossed = _times(x[1], sine)
    real = math.subtract(real, crossed) if inverse else math.add(real, crossed)
    if hermitian:
        return (real,)
    turned, straight = _times(x[0], sine), _times(x[1], cosine)
    return real, math.add(straight, turned) if inverse else math.subtract(straight, turned)


def _matrices(size: Size, inputs: Size, outputs: Size) -> tuple[Value, Value]:
    """The cosine and sine of 2 pi n k / size, [outputs, inputs]."""
    row, column = reshape(count_up(0, outputs), (outputs, 1)), reshape(count_up(0, inputs), (1, inputs))
    turns = cast(math.floor_mod(math.multiply(row, column), as_value(size, DType.INT32)), DType.FLOAT32)
    angles = math.multiply(turns, math.divide(2 * np.pi, as_value(size, DType.FLOAT32)))
    return math.cos(angles), math.sin(angles)


def _weights(size: Size, inputs: Size) -> Value:
    """2 for each input, but 1 for those that are their own conjugates."""
    places = count_up(0, inputs)
    first = cast(math.equal(places, 0), DType.FLOAT32)
    middle = cast(math.equal(math.multiply(places, 2), as_value(size, DType.INT32)), DType.FLOAT32)
    return math.subtract(math.subtract(2.0, first), middle)


def _times(x: Value, matrix: Value) -> Value:
    return emit(BatchMatmul(adj_y=True), x, matrix)
