"""Discrete Fourier transforms of any length, in LiteRT operators; complex numbers are pairs (real, imaginary).

Short transforms are products with a constant matrix. Longer ones are two stages with a complex
factor between them (Cooley and Tukey), each stage one product that needs no transposition; lengths
without small divisors are convolutions of such transforms (Bluestein). Factors are computed in float64
and rounded once. The error is below 1e-6 of the largest output up to a length of 10,000.

RFFT2D is not used: it takes powers of two only, no delegate runs it, and it was slower for short
transforms and as fast for long ones (measured: 1024 reals in 17 us against 8, 30 rows of them in 320
against 208, 300 rows of 4096 in 44.0 ms against 46.7).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import cast as typed

import numpy as np

from litesmith.ir.builder import constant, emit, lazily
from litesmith.ir.constants import Array
from litesmith.ir.dims import Dim, Size, ceil_div, minimum, product
from litesmith.ir.graph import Value
from litesmith.ir.types import DType, TensorType
from litesmith.ops import math
from litesmith.ops.array import concatenate, reshape, slice_axis, split, transpose
from litesmith.ops.decomposing import decomposition
from litesmith.ops.einsum import fully_connected
from litesmith.ops.fourier_dynamic import dynamic_transform
from litesmith.ops.padding import pad
from litesmith.opset.matmul import BatchMatmul

Parts = tuple[Value, ...]
"""The real part alone, or the real and the imaginary part, of one float32 shape."""

Pair = tuple[Value, Value]

MOST_ELEMENTS = 20_000
"""The largest matrix of a transform in one product: that of 140 reals, or 70 complex numbers."""

MOST_IN_FIRST_STAGE = 64
MOST_INDIVISIBLE = 128
"""The longest transform in one product when it has no stages."""

STAGE_EFFORT = 100
"""What a further stage costs for each element, in multiplications of a matrix (measured)."""


@dataclass(frozen=True)
class Transform:
    """One transform of rows: out[k] = scale * sum of in[n] * exp(-+ 2 pi i n k / size).

    Rows hold the real parts, then the imaginary parts where there are any.

    Attributes:
        inputs: how many elements are given; those behind them are zeros.
        outputs: how many results are kept.
        hermitian: the inputs are the first half of a sequence whose other half is their conjugates.
    """

    size: int
    inputs: int
    outputs: int
    inverse: bool = False
    real_input: bool = False
    real_output: bool = False
    hermitian: bool = False
    scale: float = 1.0

    @property
    def input_parts(self) -> int:
        return 1 if self.real_input else 2

    @property
    def output_parts(self) -> int:
        return 1 if self.real_output else 2

    @property
    def is_direct(self) -> bool:
        """Whether it is done in one product."""
        elements = self.input_parts * self.inputs * self.output_parts * self.outputs
        return elements <= MOST_ELEMENTS or (self.size <= MOST_INDIVISIBLE and _first_stage(self.size) is None)

    def matrix(self) -> Value:
        """The constant [output_parts * outputs, input_parts * inputs] that rows are multiplied with."""
        shape = (self.output_parts * self.outputs, self.input_parts * self.inputs)
        return lazily(TensorType(DType.FLOAT32, shape), self._elements, ("fourier", self))

    def _elements(self) -> Array:
        turns = np.outer(np.arange(self.outputs), np.arange(self.inputs))
        factors = roots(turns, self.size, self.inverse) * (self.scale * self.weights())
        columns = [factors] if self.real_input else [factors, 1j * factors]
        whole = np.concatenate(columns, 1)
        rows = [whole.real] if self.real_output else [whole.real, whole.imag]
        return np.concatenate(rows).astype(np.float32)

    def weights(self) -> Array:
        """How often each input counts: twice where its conjugate is not given."""
        places = np.arange(self.inputs)
        own_conjugate = (places == 0) | (2 * places == self.size)
        return np.where(own_conjugate | (not self.hermitian), 1.0, 2.0)


def roots(turns: Array, size: int, inverse: bool = False) -> Array:
    """exp(-+ 2 pi i turns / size), exact where a part is zero."""
    angles = np.mod(turns, size) * (2 * np.pi / size)
    values = np.cos(angles) + (1j if inverse else -1j) * np.sin(angles)
    return typed(Array, np.round(values, 15))


@cache
def _first_stage(size: int) -> int | None:
    """The length of the first of two stages; None where the transform has no stages."""
    divisors = [d for d in range(2, MOST_IN_FIRST_STAGE + 1) if size % d == 0 and d < size]
    return min(divisors, key=lambda d: (d + _effort(size // d), -d), default=None)


@cache
def _effort(size: int) -> float:
    """About how many multiplications a transform takes for each element."""
    if size <= MOST_IN_FIRST_STAGE:
        return size
    first = _first_stage(size)
    if first is not None:
        return first + STAGE_EFFORT + _effort(size // first)
    if size <= MOST_INDIVISIBLE:
        return size
    longer = _convolution_size(2 * size - 1)
    return (2 * _effort(longer) + 3 * STAGE_EFFORT) * longer / size


@cache
def _convolution_size(least: int) -> int:
    """The cheapest size of at least `least` whose prime factors are 2, 3 and 5."""
    limit = 2 * least
    powers = [[p**e for e in range(limit.bit_length()) if p**e <= limit] for p in (2, 3, 5)]
    sizes: list[int] = [
        a * b * c for a in powers[0] for b in powers[1] for c in powers[2] if least <= a * b * c <= limit
    ]
    return min(sizes, key=_whole_effort)


def _whole_effort(size: int) -> float:
    return size * _effort(size)


@decomposition
def fft(x: Pair, inverse: bool = False) -> Pair:
    """The transform along the last axis; `inverse` divides by its length."""
    size = x[0].type.shape[-1]
    real, imaginary = _along_last(x, size, size, inverse=inverse)
    return real, imaginary


@decomposition
def fft2(x: Pair, inverse: bool = False) -> Pair:
    """The transform along the last two axes."""
    return fft(_along_rows(x, inverse), inverse)


@decomposition
def rfft(x: Value, length: Size | None = None) -> Pair:
    """The first `length // 2 + 1` results for reals, which are cut, or continued with zeros, to `length`."""
    size = x.type.shape[-1] if length is None else length
    real, imaginary = _along_last((x,), size, size // 2 + 1)
    return real, imaginary


@decomposition
def irfft(x: Pair, length: Size | None = None) -> Value:
    """The `length` reals whose `rfft` is x; 2 * (n - 1) of them for None."""
    size = 2 * (x[0].type.shape[-1] - 1) if length is None else length
    (real,) = _along_last(x, size, size, inverse=True, hermitian=True)
    return real


def _along_last(x: Parts, size: Size, outputs: Size, inverse: bool = False, hermitian: bool = False) -> Parts:
    """The transform along the last axis, which is cut, or continued with zeros, to what is needed of it."""
    *leading, given = x[0].type.shape
    needed = size // 2 + 1 if hermitian else size
    if isinstance(given, Dim) and not isinstance(size, Dim):
        x = tuple(pad(part, [*[(0, 0)] * len(leading), (0, needed)]) for part in x)
        given = needed
    inputs = minimum(given, needed)
    rows = product(leading)
    flat = [reshape(slice_axis(part, -1, 0, inputs), (rows, inputs)) for part in x]
    if isinstance(size, Dim) or isinstance(inputs, Dim):
        results: Parts = dynamic_transform(tuple(flat), size, outputs, inverse, hermitian)
    else:
        scale = 1 / size if inverse else 1.0
        known = Transform(size, inputs, int(outputs), inverse, len(x) == 1, hermitian, hermitian, scale)
        whole = _transformed(concatenate(flat, -1), known)
        results = tuple(split(whole, known.output_parts, -1))
    return tuple(reshape(result, (*leading, outputs)) for result in results)


def _along_rows(x: Pair, inverse: bool) -> Pair:
    """The transform along the last axis but one."""
    *leading, size, columns = x[0].type.shape
    if isinstance(size, Dim) or not (known := _whole(size, inverse)).is_direct:
        order = (*range(len(leading)), len(leading) + 1, len(leading))
        turned = fft((transpose(x[0], order), transpose(x[1], order)), inverse)
        return transpose(turned[0], order), transpose(turned[1], order)
    matrices = [reshape(part, (product(leading), size, columns)) for part in x]
    result = _times(known, concatenate(matrices, 1))
    real, imaginary = (reshape(part, (*leading, size, columns)) for part in split(result, 2, 1))
    return real, imaginary


def _whole(size: int, inverse: bool) -> Transform:
    return Transform(size, size, size, inverse, scale=1 / size if inverse else 1.0)


def _transformed(x: Value, transform: Transform) -> Value:
    """Rows [rows, input_parts * inputs] as [rows, output_parts * outputs]."""
    if transform.is_direct:
        return fully_connected(x, transform.matrix())
    if transform.hermitian:
        x = math.multiply(x, constant(np.tile(transform.weights(), 2).astype(np.float32)))
        transform = replace(transform, hermitian=False)
    first = _first_stage(transform.size)
    return _by_convolution(x, transform) if first is None else _in_stages(x, transform, first)


def _times(transform: Transform, columns: Value, turned: bool = False) -> Value:
    """The transform of columns [rows, input_parts * inputs, n], which are rows if `turned`."""
    matrix = transform.matrix()
    return emit(BatchMatmul(adj_y=turned), reshape(matrix, (1, *matrix.type.shape)), columns)


def _in_stages(x: Value, transform: Transform, first: int) -> Value:
    """With n = second * i + j and k = k1 + first * k2: over i to k1, factors of (j, k1), over j to k2."""
    rows, second = x.type.shape[0], transform.size // first
    given, kept = ceil_div(transform.inputs, second), ceil_div(transform.outputs, first)
    parts = reshape(x, (rows, transform.input_parts, transform.inputs))
    padded = pad(parts, [(0, 0), (0, 0), (0, given * second - transform.inputs)])
    columns = reshape(padded, (rows, transform.input_parts * given, second))
    stage = Transform(first, int(given), first, transform.inverse, transform.real_input)
    between = _twiddled(split(_times(stage, columns), 2, 1), transform)
    rest = replace(transform, size=second, inputs=second, outputs=int(kept), real_input=False)
    if rest.is_direct:
        result = _times(rest, between, turned=True)
    else:
        flat = _transformed(reshape(between, (rows * first, 2 * second)), rest)
        result = transpose(reshape(flat, (rows, first, rest.output_parts * kept)), (0, 2, 1))
    whole = reshape(result, (rows, transform.output_parts, kept * first))
    cut = slice_axis(whole, -1, 0, transform.outputs)
    return reshape(cut, (rows, transform.output_parts * transform.outputs))


def _twiddled(x: list[Value], transform: Transform) -> Value:
    """Results of the first stage [rows, first, second], times their factors, as [rows, first, 2 * second]."""
    first, second = x[0].type.shape[1:]
    factors = roots(np.outer(np.arange(first), np.arange(second)), transform.size, transform.inverse)
    return concatenate(_times_complex(x, factors), -1)


def _times_complex(x: list[Value] | Parts, factors: Array) -> list[Value]:
    """Complex numbers, or reals, times constants."""
    real, imaginary = (constant(part.astype(np.float32)) for part in (factors.real, factors.imag))
    if len(x) == 1:
        return [math.multiply(x[0], real), math.multiply(x[0], imaginary)]
    return [
        math.subtract(math.multiply(x[0], real), math.multiply(x[1], imaginary)),
        math.add(math.multiply(x[0], imaginary), math.multiply(x[1], real)),
    ]


def _by_convolution(x: Value, transform: Transform) -> Value:
    """With n k = (n^2 + k^2 - (k - n)^2) / 2, a convolution with a chirp, as a product of longer transforms."""
    size, inputs, outputs = transform.size, transform.inputs, transform.outputs
    longer = _convolution_size(inputs + outputs - 1)
    places = np.arange(max(inputs, outputs), dtype=np.int64)
    chirp = roots(places**2, 2 * size, transform.inverse)
    kernel = np.zeros(longer, np.complex128)
    kernel[:outputs] = chirp[:outputs].conj()
    kernel[longer - inputs + 1 :] = chirp[1:inputs][::-1].conj()
    raised = _times_complex(split(x, transform.input_parts, -1), chirp[:inputs])
    spectrum = _transformed(concatenate(raised, -1), Transform(longer, inputs, longer))
    filtered = _times_complex(split(spectrum, 2, -1), np.fft.fft(kernel))
    back = Transform(longer, longer, outputs, inverse=True, scale=1 / longer)
    result = _transformed(concatenate(filtered, -1), back)
    lowered = _times_complex(split(result, 2, -1), chirp[:outputs] * transform.scale)
    return concatenate(lowered[: transform.output_parts], -1)
