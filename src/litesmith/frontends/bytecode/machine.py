"""Follows bytecode with expressions on the stack. Nothing is run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from litesmith.frontends.bytecode.expressions import (
    Attribute,
    Binary,
    Call,
    Constant,
    Expression,
    Item,
    Name,
    Parameter,
    Slice,
    Unary,
    is_too_deep,
    text,
)
from litesmith.frontends.bytecode.expressions import Sequence as Items
from litesmith.frontends.bytecode.instructions import Instruction, Version, instructions
from litesmith.frontends.bytecode.marshalled import Code

MOST_INSTRUCTIONS = 2000
MOST_ITEMS = 256
UNARY_SIGNS = {"UNARY_POSITIVE": "+", "UNARY_NEGATIVE": "-", "UNARY_NOT": "not", "UNARY_INVERT": "~"}
INTRINSIC_POSITIVE, INTRINSIC_LIST_TO_TUPLE = 5, 6
"""Numbers of CALL_INTRINSIC_1."""
PLAIN = (type(None), bool, int, float, complex, str, bytes, type(Ellipsis))


class CannotDecode(Exception):
    """Code that is not an expression alone; the text says what is in it."""


@dataclass(frozen=True)
class Decoded:
    """A function that computes one expression.

    Attributes:
        parameters: in order.
        is_alone: whether it takes these arguments only, no `*args` and `**kwargs`.
        free: names of what it takes from around it.
    """

    parameters: tuple[str, ...]
    is_alone: bool
    free: tuple[str, ...]
    expression: Expression

    def __str__(self) -> str:
        return f"lambda {', '.join(self.parameters)}: {text(self.expression)}"


class _Null:
    """The empty place on the stack that goes with what is called, since 3.11."""


@dataclass
class Machine:
    """Follows instructions with expressions on the stack."""

    code: Code
    version: Version
    closure: Mapping[str, Any]
    stack: list[Any] = field(default_factory=list)
    variables: dict[str, Expression] = field(default_factory=dict)
    keywords: tuple[str, ...] = ()
    followed: int = 0

    def run(self) -> Decoded:
        self.variables = {name: Parameter(name) for name in self.code.parameters}
        for instruction in instructions(self.code, self.version):
            self.followed += 1
            if self.followed > MOST_INSTRUCTIONS:
                raise CannotDecode("more instructions than any lambda has")
            result = self._follow(instruction)
            if result is not None and is_too_deep(result):
                raise CannotDecode("an expression nested deeper than anybody writes")
            if result is not None:
                return Decoded(self.code.parameters, not self.code.takes_any, self.code.free, result)
        raise CannotDecode("it returns nothing")

    def _follow(self, instruction: Instruction) -> Expression | None:
        """Do one instruction; what the function returns, once it does."""
        name, argument = instruction.name, instruction.argument
        if name == "RETURN_VALUE":
            return self._pop()
        if name == "RETURN_CONST":
            return self._constant(argument)
        if instruction.sign:
            right, left = self._pop(), self._pop()
            self.stack.append(Binary(instruction.sign, left, right))
        elif name in UNARY_SIGNS:
            self.stack.append(Unary(UNARY_SIGNS[name], self._pop()))
        else:
            STEPS[name](self, argument)
        return None

    def _pop(self) -> Expression:
        if not self.stack or not isinstance(self.stack[-1], Expression):
            raise CannotDecode("instructions that do not fit each other")
        found: Expression = self.stack.pop()
        return found

    def _pop_several(self, count: int) -> tuple[Expression, ...]:
        if count > MOST_ITEMS:
            raise CannotDecode(f"{count} items in one place")
        return tuple(reversed([self._pop() for _ in range(count)]))

    def _of(self, names: Sequence[Any], place: int) -> Any:
        if place >= len(names):
            raise CannotDecode("instructions that do not fit each other")
        return names[place]

    def _constant(self, place: int) -> Expression:
        return _as_expression(self._of(self.code.constants, place))

    def load_constant(self, place: int) -> None:
        self.stack.append(self._constant(place))

    def load_variable(self, place: int) -> None:
        name = self._of(self.code.variables, place)
        if name not in self.variables:
            raise CannotDecode(f"the variable {name!r} before it has a value")
        self.stack.append(self.variables[name])

    def load_variables(self, places: int) -> None:
        self.load_variable(places >> 4)
        self.load_variable(places & 15)

    def store_variable(self, place: int) -> None:
        self.variables[self._of(self.code.variables, place)] = self._pop()

    def store_variables(self, places: int) -> None:
        self.store_variable(places >> 4)
        self.store_variable(places & 15)

    def store_and_load(self, places: int) -> None:
        self.store_variable(places >> 4)
        self.load_variable(places & 15)

    def load_free(self, place: int) -> None:
        name = self._of(self.code.cells, place)
        if name not in self.closure:
            raise CannotDecode(f"{name!r} from around the function, whose value the file does not hold")
        self.stack.append(_as_expression(self.closure[name]))

    def load_global(self, argument: int) -> None:
        if self.version.layout != "3.11":
            self.stack.append(Name(self._of(self.code.names, argument)))
            return
        name = Name(self._of(self.code.names, argument >> 1))
        self._push_called(name) if argument & 1 else self.stack.append(name)

    def load_attribute(self, argument: int) -> None:
        is_shifted = self.version.attribute_is_shifted
        value = self._pop()
        attribute = Attribute(value, self._of(self.code.names, argument >> 1 if is_shifted else argument))
        self._push_called(attribute) if is_shifted and argument & 1 else self.stack.append(attribute)

    def load_method(self, place: int) -> None:
        attribute = Attribute(self._pop(), self._of(self.code.names, place))
        self._push_called(attribute) if self.version.layout == "3.11" else self.stack.append(attribute)

    def _push_called(self, function: Expression) -> None:
        """What will be called, with the empty place beside it."""
        self.stack += [function, _Null()] if self.version.null_is_last else [_Null(), function]

    def push_null(self, _: int) -> None:
        self.stack.append(_Null())

    def call(self, count: int) -> None:
        """A call since 3.11: the function and an empty place below the arguments, names of the last ones noted."""
        arguments = self._pop_several(count)
        pair = [self.stack.pop() for _ in range(min(2, len(self.stack)))]
        functions = [item for item in pair if isinstance(item, Expression)]
        if len(pair) != 2 or len(functions) != 1:
            raise CannotDecode("instructions that do not fit each other")
        self._push_call(functions[0], arguments, self.keywords)
        self.keywords = ()

    def call_with_names(self, count: int) -> None:
        self.keywords = self._popped_names()
        self.call(count)

    def name_keywords(self, place: int) -> None:
        self.keywords = _as_names(self._constant(place))

    def call_function(self, count: int) -> None:
        arguments = self._pop_several(count)
        self._push_call(self._pop(), arguments, ())

    def call_function_with_names(self, count: int) -> None:
        names = self._popped_names()
        arguments = self._pop_several(count)
        self._push_call(self._pop(), arguments, names)

    def _popped_names(self) -> tuple[str, ...]:
        return _as_names(self._pop())

    def _push_call(self, function: Expression, arguments: tuple[Expression, ...], names: tuple[str, ...]) -> None:
        if len(names) > len(arguments):
            raise CannotDecode("instructions that do not fit each other")
        positional = len(arguments) - len(names)
        keywords = tuple(zip(names, arguments[positional:], strict=True))
        self.stack.append(Call(function, arguments[:positional], keywords))

    def get_item(self, _: int) -> None:
        key = self._pop()
        self.stack.append(Item(self._pop(), key))

    def get_slice(self, _: int) -> None:
        start, stop = self._pop_several(2)
        self.stack.append(Item(self._pop(), Slice(start, stop)))

    def build_slice(self, count: int) -> None:
        if count not in (2, 3):
            raise CannotDecode("instructions that do not fit each other")
        self.stack.append(Slice(*self._pop_several(count)))

    def build_tuple(self, count: int) -> None:
        self.stack.append(Items(self._pop_several(count), is_list=False))

    def build_list(self, count: int) -> None:
        self.stack.append(Items(self._pop_several(count), is_list=True))

    def extend_list(self, depth: int) -> None:
        """A list of constants is an empty one that a tuple of them is added to."""
        items = self._pop()
        if depth != 1 or not isinstance(items, Items):
            raise CannotDecode("a list that is made of another one")
        self.stack.append(Items((*self._list().items, *items.items), is_list=True))

    def list_to_tuple(self, _: int = 0) -> None:
        self.stack.append(Items(self._list().items, is_list=False))

    def _list(self) -> Items:
        found = self._pop()
        if not isinstance(found, Items) or not found.is_list:
            raise CannotDecode("instructions that do not fit each other")
        return found

    def intrinsic(self, number: int) -> None:
        if number == INTRINSIC_POSITIVE:
            self.stack.append(Unary("+", self._pop()))
        elif number == INTRINSIC_LIST_TO_TUPLE:
            self.list_to_tuple()
        else:
            raise CannotDecode(f"the intrinsic function {number}")

    def unpack(self, count: int) -> None:
        whole = self._pop()
        if count > MOST_ITEMS:
            raise CannotDecode(f"{count} items in one place")
        self.stack += [Item(whole, Constant(place)) for place in reversed(range(count))]

    def copy(self, depth: int) -> None:
        self.stack.append(self._at(depth))

    def duplicate(self, _: int) -> None:
        self.copy(1)

    def swap(self, depth: int) -> None:
        self._at(depth)
        self.stack[-1], self.stack[-depth] = self.stack[-depth], self.stack[-1]

    def rotate_two(self, _: int) -> None:
        self.swap(2)

    def rotate_three(self, _: int) -> None:
        self._at(3)
        self.stack.insert(-2, self.stack.pop())

    def _at(self, depth: int) -> Any:
        if not 1 <= depth <= len(self.stack):
            raise CannotDecode("instructions that do not fit each other")
        return self.stack[-depth]

    def drop(self, _: int) -> None:
        self._pop()

    def import_name(self, place: int) -> None:
        """`import tensorflow as tf` inside the function: the module by its name."""
        members, level = self._pop(), self._pop()
        name = self._of(self.code.names, place)
        if not isinstance(level, Constant) or level.value != 0:
            raise CannotDecode(f"an import of {name} from the package around")
        del members
        self.stack.append(_module(name))

    def import_member(self, place: int) -> None:
        self.stack.append(Attribute(self._at(1), self._of(self.code.names, place)))

    def pass_over(self, _: int) -> None:
        """What does not matter here."""

    def compare_identity(self, is_not: int) -> None:
        right, left = self._pop(), self._pop()
        self.stack.append(Binary("is not" if is_not else "is", left, right))


def _module(name: str) -> Expression:
    first, *others = name.split(".")
    found: Expression = Name(first)
    for other in others:
        found = Attribute(found, other)
    return found


def _as_expression(value: Any) -> Expression:
    """A constant; tuples and lists are built of theirs."""
    if isinstance(value, (tuple, list)):
        if len(value) > MOST_ITEMS:
            raise CannotDecode(f"{len(value)} items in one place")
        return Items(tuple(map(_as_expression, value)), is_list=isinstance(value, list))
    if isinstance(value, Code):
        raise CannotDecode(f"a function inside of it, {value.name}")
    if not isinstance(value, PLAIN):
        raise CannotDecode(f"a constant of the type {type(value).__name__}")
    return Constant(value)


def _as_names(expression: Expression) -> tuple[str, ...]:
    items = expression.items if isinstance(expression, Items) else ()
    names = tuple(item.value for item in items if isinstance(item, Constant) and isinstance(item.value, str))
    if not names or len(names) != len(items):
        raise CannotDecode("instructions that do not fit each other")
    return names


STEPS: dict[str, Callable[[Machine, int], None]] = {
    "LOAD_CONST": Machine.load_constant,
    "LOAD_FAST": Machine.load_variable,
    "LOAD_FAST_CHECK": Machine.load_variable,
    "LOAD_FAST_LOAD_FAST": Machine.load_variables,
    "STORE_FAST": Machine.store_variable,
    "STORE_FAST_STORE_FAST": Machine.store_variables,
    "STORE_FAST_LOAD_FAST": Machine.store_and_load,
    "LOAD_DEREF": Machine.load_free,
    "LOAD_GLOBAL": Machine.load_global,
    "LOAD_ATTR": Machine.load_attribute,
    "LOAD_METHOD": Machine.load_method,
    "PUSH_NULL": Machine.push_null,
    "CALL": Machine.call,
    "CALL_KW": Machine.call_with_names,
    "KW_NAMES": Machine.name_keywords,
    "CALL_FUNCTION": Machine.call_function,
    "CALL_METHOD": Machine.call_function,
    "CALL_FUNCTION_KW": Machine.call_function_with_names,
    "BINARY_SUBSCR": Machine.get_item,
    "BINARY_SLICE": Machine.get_slice,
    "BUILD_SLICE": Machine.build_slice,
    "BUILD_TUPLE": Machine.build_tuple,
    "BUILD_LIST": Machine.build_list,
    "LIST_EXTEND": Machine.extend_list,
    "LIST_TO_TUPLE": Machine.list_to_tuple,
    "CALL_INTRINSIC_1": Machine.intrinsic,
    "UNPACK_SEQUENCE": Machine.unpack,
    "COPY": Machine.copy,
    "DUP_TOP": Machine.duplicate,
    "SWAP": Machine.swap,
    "ROT_TWO": Machine.rotate_two,
    "ROT_THREE": Machine.rotate_three,
    "POP_TOP": Machine.drop,
    "IMPORT_NAME": Machine.import_name,
    "IMPORT_FROM": Machine.import_member,
    "IS_OP": Machine.compare_identity,
    **dict.fromkeys(("NOP", "RESUME", "PRECALL", "COPY_FREE_VARS"), Machine.pass_over),
}
