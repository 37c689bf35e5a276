"""Arithmetic of complex numbers, in LiteRT operators.

Few kernels take complex64. So numbers are computed with in parts, and become complex64 where something
else reads them: a tensor of pairs whose bits are read as complex64. Parts that are known to be zeros are None.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product as combinations
from typing import Any

import numpy as np

from litesmith.ir.builder import constant, emit
from litesmith.ir.graph import Value
from litesmith.ir.operator import Operator
from litesmith.ir.types import DType
from litesmith.ops import einsum, math, special
from litesmith.ops.array import as_complex, broadcast_shape, broadcast_to, cast, full, stack
from litesmith.ops.einsum import Labels, Term
from litesmith.ops.widening import COMPLEX_FORMS
from litesmith.opset import binary, elementwise, reduction
from litesmith.opset.conversion import Bitcast, Cast, ComplexAbs, Imag, Real
from litesmith.opset.joining import Pack

Part = Value | None
Parts = tuple[Part, Part]


def combine(real: Part, imaginary: Part) -> Value:
    """Complex numbers of float32 parts, which broadcast."""
    if imaginary is None:
        assert real is not None
        return cast(real, DType.COMPLEX64)
    if real is None:
        real = constant(0.0)
    shape = broadcast_shape(real, imaginary)
    return as_complex(stack([broadcast_to(real, shape), broadcast_to(imaginary, shape)], -1))


def parts(x: Value) -> Parts:
    """The real and the imaginary part of numbers; read where they were combined, if they were."""
    if x.type.dtype is not DType.COMPLEX64:
        return cast(x, DType.FLOAT32), None
    if x.constant is not None:
        return _constant_parts(x.constant.array())
    if x.producer is not None:
        (source, *_), operator = x.producer.operands, x.producer.operator
        if isinstance(operator, Cast) and source is not None and source.type.dtype is DType.FLOAT32:
            return source, None
        if isinstance(operator, Bitcast) and source is not None and source.producer is not None:
            pack = source.producer.operator
            if isinstance(pack, Pack) and pack.values_count == 2 and pack.axis == source.type.rank - 1:
                left, right = source.producer.operands
                return left, right
    return emit(Real(), x), emit(Imag(), x)


def _constant_parts(array: np.ndarray[Any, Any]) -> Parts:
    real, imaginary = (constant(np.ascontiguousarray(part, np.float32)) for part in (array.real, array.imag))
    if not array.imag.any():
        return real, None
    return (real if array.real.any() else None), imaginary


def real(x: Value) -> Value:
    """The real part."""
    if x.type.dtype is not DType.COMPLEX64:
        return x
    part, _ = parts(x)
    return full(x.type.shape, 0.0, DType.FLOAT32) if part is None else part


def imag(x: Value) -> Value:
    """The imaginary part; zeros for reals."""
    if x.type.dtype is not DType.COMPLEX64:
        return full(x.type.shape, 0, x.type.dtype)
    _, part = parts(x)
    return full(x.type.shape, 0.0, DType.FLOAT32) if part is None else part


def conjugate(x: Value) -> Value:
    """With the imaginary part negated."""
    if x.type.dtype is not DType.COMPLEX64:
        return x
    whole, imaginary = parts(x)
    return combine(whole, _negative(imaginary))


def angle(x: Value) -> Value:
    """The angle to the axis of positive reals, in radians."""
    return special.arctan2(imag(x), real(x))


def _sum(x: Part, y: Part) -> Part:
    return (y if x is None else x) if x is None or y is None else math.add(x, y)


def _product(x: Part, y: Part) -> Part:
    return None if x is None or y is None else math.multiply(x, y)


def _negative(x: Part) -> Part:
    return None if x is None else math.negative(x)


def _add(x: Value, y: Value) -> Value:
    left, right = parts(x), parts(y)
    return combine(_sum(left[0], right[0]), _sum(left[1], right[1]))


def _subtract(x: Value, y: Value) -> Value:
    (a, b), (c, d) = parts(x), parts(y)
    return combine(_difference(a, c), _difference(b, d))


def _difference(x: Part, y: Part) -> Part:
    return _sum(x, _negative(y)) if x is None or y is None else math.subtract(x, y)


def _multiply(x: Value, y: Value) -> Value:
    (a, b), (c, d) = parts(x), parts(y)
    real, imaginary = _difference(_product(a, c), _product(b, d)), _sum(_product(a, d), _product(b, c))
    return combine(real, imaginary) if real or imaginary else combine(constant(0.0), None)


def _divide(x: Value, y: Value) -> Value:
    """With the divisor scaled by its larger part, so that no square is too large or too small."""
    (a, b), (c, d) = parts(x), parts(y)
    if d is None:
        assert c is not None
        return combine(*(None if part is None else math.divide(part, c) for part in (a, b)))
    if c is None:
        return combine(_quotient(b, d), _negative(_quotient(a, d)))
    scale = math.maximum(math.absolute(c), math.absolute(d))
    cosine, sine = math.divide(c, scale), math.divide(d, scale)
    size = math.add(math.multiply(c, cosine), math.multiply(d, sine))
    real = _sum(_product(a, cosine), _product(b, sine))
    imaginary = _difference(_product(b, cosine), _product(a, sine))
    return combine(_quotient(real, size), _quotient(imaginary, size))


def _quotient(x: Part, y: Value) -> Part:
    return None if x is None else math.divide(x, y)


def _negate(x: Value) -> Value:
    whole, imaginary = parts(x)
    return combine(_negative(whole), _negative(imaginary))


def _absolute(x: Value) -> Value:
    whole, imaginary = parts(x)
    if whole is None or imaginary is None:
        return math.absolute(real(x) if imaginary is None else imag(x))
    return emit(ComplexAbs(), x)


def _exp(x: Value) -> Value:
    whole, imaginary = parts(x)
    if imaginary is None:
        assert whole is not None
        return combine(math.exp(whole), None)
    turned = math.cos(imaginary), math.sin(imaginary)
    if whole is None:
        return combine(*turned)
    size = math.exp(whole)
    return combine(math.multiply(size, turned[0]), math.multiply(size, turned[1]))


def _log(x: Value) -> Value:
    return combine(math.log(math.absolute(x)), angle(x))


def _equal(x: Value, y: Value) -> Value:
    return math.logical_and(math.equal(real(x), real(y)), math.equal(imag(x), imag(y)))


def _not_equal(x: Value, y: Value) -> Value:
    return math.logical_or(math.not_equal(real(x), real(y)), math.not_equal(imag(x), imag(y)))


def _contracted(terms: Sequence[Term], output: Labels) -> Value:
    """Sums of products, from those of the parts: each product of so many imaginary parts is a power of i."""
    sums: list[Part] = [None, None]
    for chosen in combinations(*(enumerate(parts(term.value)) for term in terms)):
        found = [Term(part, term.labels) for (_, part), term in zip(chosen, terms, strict=True) if part is not None]
        if len(found) == len(terms):
            power = sum(number for number, _ in chosen)
            term = einsum.contract(found, output)
            sums[power % 2] = _sum(sums[power % 2], _negative(term) if power % 4 > 1 else term)
    if sums == [None, None]:
        return combine(einsum.contract([Term(real(term.value), term.labels) for term in terms], output), None)
    return combine(*sums)


FORMS: dict[type[Operator], Callable[..., Value]] = {
    binary.Add: _add,
    binary.Sub: _subtract,
    binary.Mul: _multiply,
    binary.Div: _divide,
    binary.Equal: _equal,
    binary.NotEqual: _not_equal,
    elementwise.Neg: _negate,
    elementwise.Abs: _absolute,
    elementwise.Exp: _exp,
    elementwise.Log: _log,
}
"""What computes an operator of complex numbers."""

LINEAR: frozenset[type[Operator]] = frozenset({reduction.Sum, reduction.Mean})
"""Operators of each part on its own."""


def _by_parts(operator: Operator, x: Value, *others: Value) -> Value:
    """A linear operator: of each part on its own."""
    whole, imaginary = parts(x)
    return combine(*(None if part is None else emit(operator, part, *others) for part in (whole, imaginary)))


def compute_complex(operator: Operator, *operands: Value) -> Value | None:
    """The result of an operator of complex numbers; None where none is known."""
    form = FORMS.get(type(operator))
    if form is not None:
        return form(*operands)
    return _by_parts(operator, *operands) if type(operator) in LINEAR else None


COMPLEX_FORMS.append(compute_complex)
einsum.COMPLEX_PRODUCTS.append(_contracted)
