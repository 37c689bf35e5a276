"""What a function without branches and loops computes, as an expression, and as the text that people write."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

LONGEST_TEXT = 400
DEEPEST = 120


class Expression:
    """A part of an expression; parts that are the same object are computed once."""

    def parts(self) -> tuple[Expression, ...]:
        """What it is made of."""
        found: list[Expression] = []
        for value in vars(self).values():
            items = value if isinstance(value, tuple) else (value,)
            found += [
                part for item in items for part in (item if isinstance(item, tuple) else (item,)) if _is_part(part)
            ]
        return tuple(found)


def _is_part(value: Any) -> bool:
    return isinstance(value, Expression)


@dataclass(frozen=True, eq=False)
class Parameter(Expression):
    """What the function is called with."""

    name: str


@dataclass(frozen=True, eq=False)
class Constant(Expression):
    """A constant of the code, or a value from around the function."""

    value: Any


@dataclass(frozen=True, eq=False)
class Name(Expression):
    """A name from outside of the function: of a module, or of a builtin function."""

    name: str


@dataclass(frozen=True, eq=False)
class Attribute(Expression):
    """`value.name`."""

    value: Expression
    name: str


@dataclass(frozen=True, eq=False)
class Call(Expression):
    """`function(*arguments, **keywords)`."""

    function: Expression
    arguments: tuple[Expression, ...]
    keywords: tuple[tuple[str, Expression], ...] = ()


@dataclass(frozen=True, eq=False)
class Binary(Expression):
    """`left sign right`, arithmetic or a comparison."""

    sign: str
    left: Expression
    right: Expression


@dataclass(frozen=True, eq=False)
class Unary(Expression):
    """`sign value`."""

    sign: str
    value: Expression


@dataclass(frozen=True, eq=False)
class Item(Expression):
    """`value[key]`."""

    value: Expression
    key: Expression


@dataclass(frozen=True, eq=False)
class Slice(Expression):
    """`start:stop:step`; None where nothing is written."""

    start: Expression
    stop: Expression
    step: Expression | None = None


@dataclass(frozen=True, eq=False)
class Sequence(Expression):
    """A tuple, or a list."""

    items: tuple[Expression, ...]
    is_list: bool


def text(expression: Expression) -> str:
    """The expression as people write it, cut where it is too long."""
    found = _text(expression, [LONGEST_TEXT])
    return found if len(found) <= LONGEST_TEXT else f"{found[:LONGEST_TEXT]} ..."


def is_too_deep(expression: Expression) -> bool:
    """Whether parts are nested deeper than what walks through them may go."""
    heights: dict[Expression, int] = {}
    waiting = [expression]
    while waiting:
        part = waiting[-1]
        below = [each for each in part.parts() if each not in heights]
        if below:
            waiting += below
        else:
            heights[waiting.pop()] = 1 + max((heights[each] for each in part.parts()), default=0)
    return heights[expression] > DEEPEST


def dotted(expression: Expression) -> str | None:
    """`tf.math.sin` for such attributes of a name from outside; None for other expressions."""
    names = []
    while isinstance(expression, Attribute):
        names.append(expression.name)
        expression = expression.value
    return ".".join([expression.name, *reversed(names)]) if isinstance(expression, Name) else None


def outside_names(expression: Expression) -> set[str]:
    """The names from outside that an expression uses, with their attributes: `tf.math.sin`."""
    found: set[str] = set()
    waiting, seen = [expression], {expression}
    while waiting:
        part = waiting.pop()
        name = dotted(part)
        if name is not None:
            found.add(name)
            continue
        waiting += [each for each in part.parts() if each not in seen]
        seen.update(part.parts())
    return found


def _text(expression: Expression, left: list[int], inside: bool = False) -> str:
    """The text of a part; `left` counts how many parts may still be written, as shared ones are written each time."""
    left[0] -= 1
    if left[0] < 0:
        return "..."
    match expression:
        case Parameter(name) | Name(name):
            return name
        case Constant(value):
            return "..." if value is Ellipsis else repr(value)
        case Attribute(value, name):
            return f"{_text(value, left, True)}.{name}"
        case Call(function, arguments, keywords):
            said = [_text(argument, left) for argument in arguments]
            said += [f"{name}={_text(argument, left)}" for name, argument in keywords]
            return f"{_text(function, left, True)}({', '.join(said)})"
        case Binary(sign, one, other):
            found = f"{_text(one, left, True)} {sign} {_text(other, left, True)}"
            return f"({found})" if inside else found
        case Unary(sign, value):
            return f"{sign}{' ' * sign.isalpha()}{_text(value, left, True)}"
        case Item(value, key):
            return f"{_text(value, left, True)}[{_key(key, left)}]"
        case Slice():
            return f"slice({_key(expression, left)})"
        case Sequence(items, is_list):
            said = [_text(item, left) for item in items]
            return f"[{', '.join(said)}]" if is_list else f"({', '.join(said)}{',' * (len(said) == 1)})"
    raise TypeError(f"{type(expression).__name__} has no text")


def _key(key: Expression, left: list[int]) -> str:
    """What stands between brackets."""
    if isinstance(key, Sequence) and not key.is_list and key.items:
        return ", ".join(_key(item, left) for item in key.items)
    if isinstance(key, Constant) and isinstance(key.value, slice):
        whole = key.value
        return _key(Slice(Constant(whole.start), Constant(whole.stop), Constant(whole.step)), left)
    if not isinstance(key, Slice):
        return _text(key, left)
    ends = [key.start, key.stop, *([] if key.step is None or _is_none(key.step) else [key.step])]
    return ":".join("" if _is_none(end) else _text(end, left) for end in ends)


def _is_none(expression: Expression) -> bool:
    return isinstance(expression, Constant) and expression.value is None
