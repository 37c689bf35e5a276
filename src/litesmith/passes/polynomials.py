"""Reading arithmetic as polynomials, so that a formula is found however it is written."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping

from litesmith.ir.graph import Operation, Value
from litesmith.opset.binary import Add, Div, Mul, Pow, Sub
from litesmith.opset.elementwise import Neg, Square

Monomial = tuple[Value, ...]
Polynomial = dict[Monomial, float]

ARITHMETIC = (Add, Sub, Mul, Div, Pow, Neg, Square)
MOST_TERMS = 32
MOST_OPERATIONS = 48
CLOSE = 2e-6
"""Coefficients that are products of a few float32 constants differ by less, relatively."""


def number(value: Value | None) -> float | None:
    """The number that a float constant of one element is."""
    if value is None or value.constant is None or value.type.elements != 1 or not value.type.dtype.is_float:
        return None
    return float(value.constant.array().reshape(-1)[0])


def is_arithmetic(value: Value) -> bool:
    """Whether a value is computed by plain arithmetic, without a fused activation."""
    if value.producer is None or not isinstance(value.producer.operator, ARITHMETIC):
        return False
    return not getattr(value.producer.operator, "fused_activation_function", 0) and value.type.quantization is None


def within(value: Value) -> Iterator[Value]:
    """A value and all that its arithmetic is made of, constants left out, nearest first."""
    waiting, seen, operations = [value], {value}, 0
    while waiting:
        found = waiting.pop(0)
        yield found
        if not is_arithmetic(found) or operations == MOST_OPERATIONS:
            continue
        operations += 1
        assert found.producer is not None
        new = [operand for operand in found.producer.operands if operand is not None and not operand.is_constant]
        waiting += [operand for operand in dict.fromkeys(new) if operand not in seen]
        seen.update(new)


def expand(value: Value, variables: Collection[Value]) -> Polynomial | None:
    """A value as a polynomial in some values; None when it is none, or a large one."""
    return _Expansion(variables).of(value)


def matches(found: Polynomial | None, expected: Mapping[Monomial, float]) -> bool:
    """Whether two polynomials have the same coefficients, up to the rounding of float32 constants."""
    if found is None:
        return False
    wanted = {_ordered(monomial): factor for monomial, factor in expected.items()}
    return found.keys() == wanted.keys() and all(
        math.isclose(found[monomial], factor, rel_tol=CLOSE) for monomial, factor in wanted.items()
    )


def _ordered(monomial: Monomial) -> Monomial:
    return tuple(sorted(monomial, key=id))


class _Expansion:
    def __init__(self, variables: Collection[Value]) -> None:
        self.known: dict[Value, Polynomial | None] = {variable: {(variable,): 1.0} for variable in variables}

    def of(self, value: Value | None) -> Polynomial | None:
        if value is None:
            return None
        if value not in self.known:
            self.known[value] = None
            self.known[value] = self._computed(value)
        return self.known[value]

    def _computed(self, value: Value) -> Polynomial | None:
        constant = number(value)
        if constant is not None:
            return {(): constant} if constant else {}
        if not is_arithmetic(value):
            return None
        assert value.producer is not None
        result = self._operation(value.producer)
        return None if result is None or len(result) > MOST_TERMS else result

    def _operation(self, operation: Operation) -> Polynomial | None:
        first = self.of(operation.operands[0])
        if first is None:
            return None
        operator = operation.operator
        if isinstance(operator, Neg):
            return _scaled(first, -1.0)
        if isinstance(operator, Square):
            return _product(first, first)
        divisor = number(operation.operands[1])
        if isinstance(operator, Div):
            return _scaled(first, 1 / divisor) if divisor else None
        if isinstance(operator, Pow):
            return _power(first, divisor)
        second = self.of(operation.operands[1])
        if second is None:
            return None
        if isinstance(operator, Mul):
            return _product(first, second)
        return _sum(first, second if isinstance(operator, Add) else _scaled(second, -1.0))


def _scaled(polynomial: Polynomial, factor: float) -> Polynomial:
    return {monomial: coefficient * factor for monomial, coefficient in polynomial.items()}


def _sum(left: Polynomial, right: Polynomial) -> Polynomial:
    total = dict(left)
    for monomial, coefficient in right.items():
        total[monomial] = total.get(monomial, 0.0) + coefficient
    return {monomial: coefficient for monomial, coefficient in total.items() if coefficient}


def _product(left: Polynomial, right: Polynomial) -> Polynomial:
    total: Polynomial = {}
    for a, x in left.items():
        for b, y in right.items():
            monomial = _ordered(a + b)
            total[monomial] = total.get(monomial, 0.0) + x * y
    return total


def _power(polynomial: Polynomial, exponent: float | None) -> Polynomial | None:
    if exponent not in (1.0, 2.0, 3.0):
        return None
    result = polynomial
    for _ in range(int(exponent) - 1):
        result = _product(result, polynomial)
    return result
