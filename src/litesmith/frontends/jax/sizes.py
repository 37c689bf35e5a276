"""Dynamic sizes between the graph and JAX, whose shape polymorphism has them as symbolic expressions.

Programs are traced with symbolic sizes rather than with two sets of probes: what JAX computes from a size stays an
expression, so that a shape in a jaxpr says itself how it depends on the inputs, and JAX refuses to make a number of
one. Between numbers of two traces, that would have to be guessed. The expressions cross as text, whose form
`jax.export.symbolic_shape` reads and JAX's sizes print: it is documented, where the classes behind it are not.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from jax import export

from litesmith.ir.builder import Builder
from litesmith.ir.dims import Dim, Polynomial, Shape, Size, Symbol, Term, expression, maximum, minimum

FUNCTIONS_OF_JAX = {"//": "floordiv", "%": "mod", "min": "min", "max": "max"}
ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Pow: operator.pow,
}


@cache
def _scope() -> Any:
    """One scope for all traces: JAX keeps what it traced, and refuses sizes of two scopes in one program."""
    return export.SymbolicScope()


class Sizes:
    """The unknown sizes of one program, by their names in JAX."""

    def __init__(self, builder: Builder) -> None:
        self.builder = builder
        self.names: dict[Symbol, str] = {}
        self.dims: dict[str, Dim] = {}

    def to_jax(self, shape: Shape) -> tuple[Any, ...]:
        """A shape as JAX has it."""
        return tuple(self._symbolic(size) if isinstance(size, Dim) else int(size) for size in shape)

    def _symbolic(self, size: Dim) -> Any:
        (found,) = export.symbolic_shape(self._text(expression(size)), scope=_scope())
        return found

    def _text(self, polynomial: Polynomial) -> str:
        terms = ["*".join([str(factor), *map(self._atom, monomial)]) for monomial, factor in polynomial.terms]
        return " + ".join(terms) or "0"

    def _atom(self, atom: Symbol | Term) -> str:
        if isinstance(atom, Symbol):
            return self._name(atom)
        return f"{FUNCTIONS_OF_JAX[atom.function]}({self._text(atom.left)}, {self._text(atom.right)})"

    def _name(self, symbol: Symbol) -> str:
        if symbol not in self.names:
            name = self.names[symbol] = f"s{len(self.names)}"
            self.dims[name] = _dim_of(symbol, self.builder)
        return self.names[symbol]

    def size(self, of_jax: Any) -> Size:
        """A size of JAX as one of the graph."""
        if export.is_symbolic_dim(of_jax):
            size: Size = self._evaluated(ast.parse(str(of_jax).replace("^", "**"), mode="eval").body)
            return size
        return int(of_jax)

    def shape(self, of_jax: Sequence[Any]) -> Shape:
        """A shape of JAX as one of the graph."""
        return tuple(map(self.size, of_jax))

    def _evaluated(self, node: ast.expr) -> Any:
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.Name):
            return self.dims[node.id]
        if isinstance(node, ast.UnaryOp):
            return -self._evaluated(node.operand)
        if isinstance(node, ast.BinOp):
            left, right = self._evaluated(node.left), self._evaluated(node.right)
            if isinstance(node.op, ast.Pow):
                return _power(left, right)
            return ARITHMETIC[type(node.op)](left, right)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            left, right = map(self._evaluated, node.args)
            return SIZE_FUNCTIONS[node.func.id](left, right)
        raise ValueError(f"no size: {ast.unparse(node)}")


def _power(base: Any, exponent: int) -> Any:
    result = base
    for _ in range(exponent - 1):
        result = result * base
    return result


SIZE_FUNCTIONS: dict[str, Callable[[Any, Any], Any]] = {
    "floordiv": operator.floordiv,
    "mod": operator.mod,
    "max": maximum,
    "min": minimum,
}


def _dim_of(symbol: Symbol, builder: Builder) -> Dim:
    """An unknown itself, as a tensor of the graph or of one around it has it."""
    place: Builder | None = builder
    while place is not None:
        anchor = place.graph.anchors.get(symbol)
        if anchor is not None:
            value, axis = anchor
            size = (value.contents or ())[0] if axis < 0 else value.type.shape[axis]
            assert isinstance(size, Dim)
            return size
        place = place.parent
    raise LookupError(f"no tensor has the size {symbol}")
