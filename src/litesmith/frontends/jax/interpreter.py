"""From a jaxpr to operators of the current graph.

What a program computes from constants alone, random numbers of a constant key among them, JAX computes at conversion.
Weights are left out of that: they stay constants of the graph, whose elements are read when the file is written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import numpy as np
from jax import export

from litesmith.frontends.jax.registry import import_of
from litesmith.frontends.jax.sizes import Sizes
from litesmith.ir.builder import constant_value
from litesmith.ir.constants import Constant
from litesmith.ir.dims import Dim
from litesmith.ir.graph import Value
from litesmith.ir.source import Source, current_source, source_scope
from litesmith.ir.types import DType, TensorType
from litesmith.ops.errors import Unsupported

INLINED = {
    "jit": "jaxpr",
    "pjit": "jaxpr",
    "closed_call": "call_jaxpr",
    "core_call": "call_jaxpr",
    "core_closed_call": "call_jaxpr",
    "custom_jvp_call": "call_jaxpr",
    "custom_vjp_call": "call_jaxpr",
    "custom_vjp_call_jaxpr": "fun_jaxpr",
    "checkpoint": "jaxpr",
    "remat2": "jaxpr",
}
"""Primitives that are calls of a program, which stands in this parameter; their derivatives do not matter here."""

Known = Any
"""A numpy or JAX array, or a key of random numbers, that a program computed from constants."""

WhereFrom = Callable[[Any], Source]
"""The origin of operators that are made for an equation."""


class Interpreter:
    """Runs jaxprs on values of the graph and on arrays that are known.

    Attributes:
        weights: values for constants of the program, by identity of the array.
        where_from: tells the source of an equation that is not inside of another one.
    """

    def __init__(
        self, sizes: Sizes, weights: Mapping[int, Value] | None = None, where_from: WhereFrom | None = None
    ) -> None:
        self.sizes = sizes
        self.weights = weights or {}
        self.where_from = where_from
        self.depth = 0

    def run(self, program: Any, arguments: Sequence[Value | Known]) -> list[Value | Known]:
        """The results of a closed jaxpr, or of one without constants."""
        jaxpr = getattr(program, "jaxpr", program)
        consts = [self.weights.get(id(const), const) for const in getattr(program, "consts", ())]
        known: dict[Any, Value | Known] = {}

        def read(atom: Any) -> Value | Known:
            return np.asarray(atom.val, atom.aval.dtype) if hasattr(atom, "val") else known[atom]

        known.update(zip(jaxpr.constvars, consts, strict=True))
        known.update(zip(jaxpr.invars, arguments, strict=True))
        for equation in jaxpr.eqns:
            results = self._in_place(equation, [read(atom) for atom in equation.invars])
            known.update(zip(equation.outvars, results, strict=True))
        return [read(atom) for atom in jaxpr.outvars]

    def values(self, program: Any, arguments: Sequence[Value | Known]) -> list[Value]:
        """The results of a jaxpr, all of them as values of the graph."""
        return [as_value(result) for result in self.run(program, arguments)]

    def trace(self, function: Callable[..., Any], operands: Sequence[Value]) -> list[Value]:
        """What a function of JAX arrays makes of values."""
        specs = [jax.ShapeDtypeStruct(self.sizes.to_jax(x.type.shape), x.type.dtype.numpy) for x in operands]
        return self.values(jax.make_jaxpr(function)(*specs), operands)

    def _in_place(self, equation: Any, operands: Sequence[Value | Known]) -> Sequence[Value | Known]:
        """The results of an equation, whose operators are given its line unless it is part of another one."""
        if self.depth or self.where_from is None:
            return self._results(equation, operands)
        self.depth += 1
        try:
            with source_scope(self.where_from(equation)):
                return self._results(equation, operands)
        finally:
            self.depth -= 1

    def _results(self, equation: Any, operands: Sequence[Value | Known]) -> Sequence[Value | Known]:
        name = equation.primitive.name
        if name in INLINED:
            return self.run(equation.params[INLINED[name]], operands)
        if not any(isinstance(operand, Value) for operand in operands) and _is_static(equation):
            return _computed(equation, operands)
        rule = import_of(name)
        if rule is None:
            raise Unsupported(f"the JAX primitive {name} has no LiteRT form that Litesmith knows")
        types = [self._type(var) for var in equation.outvars]
        given: dict[str, Any] = {"run": self.values, "trace": self.trace, "types": types}
        keywords = {
            key: given[key] if key in given else self._parameter(equation.params.get(key)) for key in rule.keywords
        }
        with source_scope(current_source().doing(f"jax.lax.{name}")):
            found = rule.function(*map(as_value, operands), **keywords)
        results = [found] if isinstance(found, Value) else list(found)
        for result, type in zip(results, types, strict=True):
            _check(name, result, type)
        return results

    def _type(self, var: Any) -> TensorType:
        return TensorType(dtype_of(var.aval), self.sizes.shape(var.aval.shape))

    def _parameter(self, parameter: Any) -> Any:
        """A parameter with sizes and element types of the graph in place of JAX's."""
        if export.is_symbolic_dim(parameter) or isinstance(parameter, np.integer):
            return self.sizes.size(parameter)
        if isinstance(parameter, np.dtype):
            return DType(parameter.name)
        if isinstance(parameter, (list, tuple)) and not hasattr(parameter, "_fields"):
            return tuple(map(self._parameter, parameter))
        return parameter


def as_value(operand: Value | Known) -> Value:
    """A known array as a constant."""
    if isinstance(operand, Value):
        return operand
    if not isinstance(getattr(operand, "dtype", np.dtype(bool)), np.dtype):
        raise Unsupported("a key of random numbers that the model computes; draw from a constant key")
    return constant_value(Constant.of(np.asarray(operand)))


def dtype_of(aval: Any) -> DType:
    """The element type of a result."""
    if not isinstance(aval.dtype, np.dtype):
        raise Unsupported("a key of random numbers that the model computes; draw from a constant key")
    return DType(aval.dtype.name)


def _is_static(equation: Any) -> bool:
    """Whether nothing of an equation depends on unknown sizes."""
    return not _mentions_size(tuple(equation.params.values())) and not any(
        _mentions_size(getattr(var.aval, "shape", ())) for var in equation.outvars
    )


def _mentions_size(parameter: Any) -> bool:
    if isinstance(parameter, (list, tuple)):
        return any(map(_mentions_size, parameter))
    jaxpr = getattr(parameter, "jaxpr", parameter)
    if hasattr(jaxpr, "eqns"):
        return not all(map(_is_static, jaxpr.eqns))
    return bool(export.is_symbolic_dim(parameter))


def _computed(equation: Any, operands: Sequence[Known]) -> Sequence[Known]:
    """The results that JAX computes."""
    bound = equation.primitive.get_bind_params(equation.params)
    functions, parameters = bound if isinstance(bound, tuple) else ((), bound)  # a pair before JAX 0.9
    results = equation.primitive.bind(*functions, *operands, **parameters)
    return results if equation.primitive.multiple_results else [results]


def _check(name: str, result: Value, type: TensorType) -> None:
    """A result is what JAX says it is, as far as that is known; an import that is wrong does not go unnoticed."""
    same = result.type.dtype is type.dtype and result.type.rank == type.rank
    sizes = zip(result.type.shape, type.shape, strict=True) if same else ()
    if not same or any(not isinstance(a, Dim) and not isinstance(b, Dim) and a != b for a, b in sizes):
        raise TypeError(f"the import of {name} gives {result.type}, where JAX has {type}")
