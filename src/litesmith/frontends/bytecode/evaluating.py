"""What an expression gives for some arguments, where every name that it uses is known."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from litesmith.frontends.bytecode.expressions import (
    Attribute,
    Binary,
    Call,
    Constant,
    Expression,
    Item,
    Parameter,
    Sequence,
    Slice,
    Unary,
    dotted,
    text,
)

NUMBERS = (int, float, complex)
PLAIN = (*NUMBERS, str, tuple, list, type(None))
OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
    "@": operator.matmul,
    "&": operator.and_,
    "|": operator.or_,
    "^": operator.xor,
    "<<": operator.lshift,
    ">>": operator.rshift,
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "is": operator.is_,
    "is not": operator.is_not,
}
SIGNS: dict[str, Callable[[Any], Any]] = {
    "-": operator.neg,
    "+": lambda value: +value if isinstance(value, NUMBERS) else value,
    "~": operator.invert,
    "not": operator.not_,
}
MOST_BITS = 1024
MOST_ITEMS = 1024


class CannotEvaluate(Exception):
    """An expression with a name or an operation that is not known; the text says which."""


class Evaluator:
    """Computes expressions.

    Attributes:
        known: what a name from outside stands for, by the whole of it: `tf.math.sin`. Raises `CannotEvaluate`.
        attribute: what an attribute of a value is. Raises `CannotEvaluate`.
    """

    def __init__(self, known: Callable[[str], Any], attribute: Callable[[Any, str], Any]) -> None:
        self.known = known
        self.attribute = attribute

    def __call__(self, expression: Expression, parameters: Mapping[str, Any]) -> Any:
        """The value of an expression for arguments by name; parts that are shared are computed once."""
        return _Run(self, parameters).value(expression)


class _Run:
    """One evaluation."""

    def __init__(self, evaluator: Evaluator, parameters: Mapping[str, Any]) -> None:
        self.evaluator = evaluator
        self.parameters = parameters
        self.values: dict[Expression, Any] = {}

    def value(self, expression: Expression) -> Any:
        if expression not in self.values:
            self.values[expression] = self._compute(expression)
        return self.values[expression]

    def _compute(self, expression: Expression) -> Any:
        name = dotted(expression)
        if name is not None:
            return self.evaluator.known(name)
        match expression:
            case Constant(value):
                return value
            case Parameter(name):
                return self.parameters[name]
            case Attribute(value, name):
                return self.evaluator.attribute(self.value(value), name)
            case Call():
                return self._called(expression)
            case Binary(sign, left, right):
                return _binary(sign, self.value(left), self.value(right))
            case Unary(sign, value):
                return SIGNS[sign](self.value(value))
            case Item(value, key):
                return self.value(value)[self.value(key)]
            case Slice(start, stop, step):
                return slice(self.value(start), self.value(stop), None if step is None else self.value(step))
            case Sequence(items, is_list):
                found = [self.value(item) for item in items]
                return found if is_list else tuple(found)
        raise CannotEvaluate(text(expression))

    def _called(self, call: Call) -> Any:
        function = self.value(call.function)
        if not callable(function):
            raise CannotEvaluate(f"a call of {text(call.function)}")
        arguments = [self.value(argument) for argument in call.arguments]
        return function(*arguments, **{name: self.value(argument) for name, argument in call.keywords})


def _binary(sign: str, left: Any, right: Any) -> Any:
    """What an operator makes of two values; plain ones may not grow without bounds."""
    if sign not in OPERATORS:
        raise CannotEvaluate(f"the operator {sign}")
    if sign == "%" and isinstance(left, str):
        raise CannotEvaluate("text that is formatted")
    if isinstance(left, PLAIN) and isinstance(right, PLAIN):
        _check_size(sign, left, right)
    return OPERATORS[sign](left, right)


def _check_size(sign: str, left: Any, right: Any) -> None:
    are_numbers = isinstance(left, NUMBERS) and isinstance(right, NUMBERS)
    if sign in ("**", "<<") and isinstance(left, int) and isinstance(right, int):
        bits = left.bit_length() * right if sign == "**" else left.bit_length() + right
        if bits > MOST_BITS:
            raise CannotEvaluate(f"a number of {bits} bits")
    if sign in ("+", "*") and not are_numbers:
        sizes = [len(each) if hasattr(each, "__len__") else each for each in (left, right)]
        if any(size is None or size > MOST_ITEMS for size in sizes) or (
            sign == "*" and sizes[0] * sizes[1] > MOST_ITEMS
        ):
            raise CannotEvaluate("a sequence of very many items")
