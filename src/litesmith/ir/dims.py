"""Sizes that are known only when the model runs.

A `Dim` is an `int` (so that user code and Keras can compute with it) that
remembers how it was computed: a polynomial over symbols such as `batch`, with
floor division, modulo, minimum and maximum as opaque terms. Its integer value
is a *probe*: the model is traced with two sets of probes, and a size that
leaked into plain numbers shows up as a difference between the two graphs.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import SupportsIndex, Union, cast


@dataclass(frozen=True)
class Symbol:
    """A named unknown size, such as the batch."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Term:
    """A function of polynomials that has no polynomial form: `//`, `%`, `min`, `max`."""

    function: str
    left: Polynomial
    right: Polynomial

    def __str__(self) -> str:
        if self.function in ("min", "max"):
            return f"{self.function}({self.left}, {self.right})"
        return f"({self.left}) {self.function} ({self.right})"


Atom = Union[Symbol, Term]
Monomial = tuple[Atom, ...]

FUNCTIONS: Mapping[str, Callable[[int, int], int]] = {
    "//": operator.floordiv,
    "%": operator.mod,
    "min": min,
    "max": max,
}


@dataclass(frozen=True)
class Polynomial:
    """A sum of integer multiples of products of atoms, in canonical order."""

    terms: tuple[tuple[Monomial, int], ...]

    @staticmethod
    def of(value: int | Polynomial | Atom) -> Polynomial:
        if isinstance(value, Polynomial):
            return value
        if isinstance(value, (Symbol, Term)):
            return Polynomial((((value,), 1),))
        if isinstance(value, Dim):
            return value.expression
        return Polynomial((((), int(value)),)) if value else Polynomial(())

    @staticmethod
    def _collect(pairs: Iterable[tuple[Monomial, int]]) -> Polynomial:
        sums: dict[Monomial, int] = {}
        for monomial, factor in pairs:
            key = tuple(sorted(monomial, key=str))
            sums[key] = sums.get(key, 0) + factor
        kept = [(monomial, factor) for monomial, factor in sums.items() if factor]
        return Polynomial(tuple(sorted(kept, key=lambda pair: ([str(a) for a in pair[0]], pair[1]))))

    def __add__(self, other: Polynomial) -> Polynomial:
        return self._collect([*self.terms, *other.terms])

    def __mul__(self, other: Polynomial) -> Polynomial:
        return self._collect(
            (left + right, factor * times) for left, factor in self.terms for right, times in other.terms
        )

    def __neg__(self) -> Polynomial:
        return Polynomial(tuple((monomial, -factor) for monomial, factor in self.terms))

    @property
    def constant(self) -> int | None:
        """The number this polynomial is, or None when it holds an unknown."""
        if not self.terms:
            return 0
        if len(self.terms) == 1 and not self.terms[0][0]:
            return self.terms[0][1]
        return None

    def divided(self, other: Polynomial) -> Polynomial | None:
        """The exact quotient by a single monomial, or None when there is none."""
        if len(other.terms) != 1:
            return None
        divisor, factor = other.terms[0]
        quotient: list[tuple[Monomial, int]] = []
        for monomial, times in self.terms:
            rest = list(monomial)
            for atom in divisor:
                if atom not in rest:
                    return None
                rest.remove(atom)
            if times % factor:
                return None
            quotient.append((tuple(rest), times // factor))
        return self._collect(quotient)

    @property
    def symbols(self) -> frozenset[Symbol]:
        found: set[Symbol] = set()
        for monomial, _ in self.terms:
            for atom in monomial:
                found |= {atom} if isinstance(atom, Symbol) else atom.left.symbols | atom.right.symbols
        return frozenset(found)

    def __str__(self) -> str:
        if not self.terms:
            return "0"
        parts = []
        for monomial, factor in self.terms:
            factors = [str(atom) if isinstance(atom, Symbol) else f"({atom})" for atom in monomial]
            if factor != 1 or not factors:
                factors.insert(0, str(factor))
            parts.append("*".join(factors))
        return "+".join(parts).replace("+-", "-")


class Dim(int):
    """A dynamic dimension: the probe value as an `int`, and its symbolic expression.

    Arithmetic with `+ - * // %` and unary minus stays symbolic; a result that no
    longer depends on an unknown is a plain `int` again. Comparisons, hashing,
    `range` and `int()` use the probe value.
    """

    expression: Polynomial

    def __new__(cls, value: int, expression: Polynomial | Symbol) -> Dim:
        self = super().__new__(cls, value)
        self.expression = Polynomial.of(expression)
        return self

    @property
    def is_symbol(self) -> bool:
        """Whether this size is one unknown itself rather than computed from some."""
        terms = self.expression.terms
        return len(terms) == 1 and terms[0][1] == 1 and len(terms[0][0]) == 1 and isinstance(terms[0][0][0], Symbol)

    def __add__(self, other: object) -> int:
        return _combine(self, other, "+")

    def __radd__(self, other: object) -> int:
        return _combine(other, self, "+")

    def __sub__(self, other: object) -> int:
        return _combine(self, other, "-")

    def __rsub__(self, other: object) -> int:
        return _combine(other, self, "-")

    def __mul__(self, other: object) -> int:
        return _combine(self, other, "*")

    def __rmul__(self, other: object) -> int:
        return _combine(other, self, "*")

    def __floordiv__(self, other: object) -> int:
        return _combine(self, other, "//")

    def __rfloordiv__(self, other: object) -> int:
        return _combine(other, self, "//")

    def __mod__(self, other: object) -> int:
        return _combine(self, other, "%")

    def __rmod__(self, other: object) -> int:
        return _combine(other, self, "%")

    def __neg__(self) -> int:
        return dim(-int(self), -self.expression)

    def __pos__(self) -> Dim:
        return self

    def __lt__(self, other: int) -> bool:
        _tell(self, other)
        return int(self) < other

    def __le__(self, other: int) -> bool:
        _tell(self, other)
        return int(self) <= other

    def __gt__(self, other: int) -> bool:
        _tell(self, other)
        return int(self) > other

    def __ge__(self, other: int) -> bool:
        _tell(self, other)
        return int(self) >= other

    def __index__(self) -> int:
        return int(self)

    def __reduce__(self) -> tuple[type[Dim], tuple[int, Polynomial]]:
        return (Dim, (int(self), self.expression))

    def __repr__(self) -> str:
        return str(self.expression)

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(str(self.expression), spec)


_told: ContextVar[Callable[[Dim, object], None] | None] = ContextVar("litesmith_told_of_comparisons", default=None)


def _tell(left: Dim, right: object) -> None:
    listener = _told.get()
    if listener is not None:
        listener(left, right)


@contextmanager
def telling(listener: Callable[[Dim, object], None]) -> Iterator[None]:
    """`listener` is called with both sides of each comparison by order that has a `Dim` on one side."""
    token = _told.set(listener)
    try:
        yield
    finally:
        _told.reset(token)


Size = Union[int, Dim]
Shape = tuple[Size, ...]


def dim(value: int, expression: Polynomial) -> Size:
    """`expression` as a size: a plain `int` when it holds no unknown."""
    constant = expression.constant
    return Dim(value, expression) if constant is None else constant


def symbol(name: str, probe: int) -> Dim:
    """A new unknown size called `name`, that computes as `probe` while tracing."""
    return Dim(probe, Symbol(name))


def expression(size: Size) -> Polynomial:
    """How a size is computed; a constant polynomial for a plain `int`."""
    return size.expression if isinstance(size, Dim) else Polynomial.of(int(size))


def same(left: Size, right: Size) -> bool:
    """Whether two sizes are equal for every value of the unknowns."""
    if isinstance(left, Dim) or isinstance(right, Dim):
        return expression(left) == expression(right)
    return left == right


def same_shape(left: Shape, right: Shape) -> bool:
    """Whether two shapes are equal for every value of the unknowns."""
    return len(left) == len(right) and all(map(same, left, right))


def is_static(shape: Shape) -> bool:
    """Whether every size is known now."""
    return not any(isinstance(size, Dim) for size in shape)


def minimum(left: Size, right: Size) -> Size:
    """The smaller of two sizes, decided when the model runs where it must be."""
    return _opaque("min", left, right)


def maximum(left: Size, right: Size) -> Size:
    """The larger of two sizes, decided when the model runs where it must be."""
    return _opaque("max", left, right)


def product(sizes: Iterable[Size]) -> Size:
    """The product of sizes, symbolic when one of them is; 1 for none."""
    result: Size = 1
    for size in sizes:
        result = result * size
    return result


def ceil_div(size: Size, by: Size) -> Size:
    """`size / by` rounded up."""
    return -(-size // by)


def evaluate(size: Size, values: Mapping[str, int]) -> int:
    """The size when each symbol has the value given for its name; KeyError for a missing one."""
    return _evaluate(expression(size), values)


def _evaluate(polynomial: Polynomial, values: Mapping[str, int]) -> int:
    total = 0
    for monomial, factor in polynomial.terms:
        for atom in monomial:
            if isinstance(atom, Symbol):
                factor *= values[atom.name]
            else:
                factor *= FUNCTIONS[atom.function](_evaluate(atom.left, values), _evaluate(atom.right, values))
        total += factor
    return total


def _combine(left: object, right: object, function: str) -> int:
    if isinstance(left, bool) or isinstance(right, bool) or not (isinstance(left, int) and isinstance(right, int)):
        as_index = _as_int(left), _as_int(right)
        if None in as_index:
            return cast("int", NotImplemented)
        left, right = cast("tuple[int, int]", as_index)
    if function == "+":
        return dim(int(left) + int(right), expression(left) + expression(right))
    if function == "-":
        return dim(int(left) - int(right), expression(left) + -expression(right))
    if function == "*":
        return dim(int(left) * int(right), expression(left) * expression(right))
    return _opaque(function, left, right)


def _as_int(value: object) -> int | None:
    """Integers of other libraries (`np.int64`) as `int`; None for what is not an integer."""
    if isinstance(value, int):
        return value
    is_array = getattr(value, "ndim", 0) != 0
    return operator.index(cast("SupportsIndex", value)) if hasattr(value, "__index__") and not is_array else None


def _opaque(function: str, left: Size, right: Size) -> Size:
    value = FUNCTIONS[function](int(left), int(right))
    if not isinstance(left, Dim) and not isinstance(right, Dim):
        return value
    a, b = expression(left), expression(right)
    if a == b:
        return {"//": 1, "%": 0}.get(function, left)
    if function in ("//", "%"):
        quotient = a.divided(b)
        if quotient is not None:
            return dim(value, quotient) if function == "//" else 0
    elif _absorbs(function, a, b):
        return left
    elif _absorbs(function, b, a):
        return right
    elif str(b) < str(a):
        a, b = b, a  # min and max of the same two sizes are equal in either order
    return Dim(value, Polynomial.of(Term(function, a, b)))


def _absorbs(function: str, one: Polynomial, other: Polynomial) -> bool:
    """Whether `min(x, max(x, y))`, or the same with the two exchanged, is `x`, which is `one`."""
    if len(other.terms) != 1 or other.terms[0][1] != 1 or len(other.terms[0][0]) != 1:
        return False
    atom = other.terms[0][0][0]
    opposite = {"min": "max", "max": "min"}[function]
    return isinstance(atom, Term) and atom.function == opposite and one in (atom.left, atom.right)
