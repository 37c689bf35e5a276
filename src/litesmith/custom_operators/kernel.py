"""A custom operator as C++ code sees it: what its tensors and options are called, and what is known of its results."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from litesmith.custom_operators import cpp
from litesmith.custom_operators.loops import statements
from litesmith.custom_operators.rules import Rule, rule_of
from litesmith.custom_operators.uses import Use, UsedOperator
from litesmith.ir.graph import Graph, Model
from litesmith.ir.types import TensorType
from litesmith.passes.pipeline import optimize


@dataclass(frozen=True)
class Tensor:
    """An operand or a result: its name, and the types that it has in the uses."""

    name: str
    type: TensorType

    @property
    def cpp(self) -> str:
        return cpp.ELEMENTS[self.type.dtype].cpp

    @property
    def lite(self) -> str:
        return cpp.ELEMENTS[self.type.dtype].lite

    @property
    def rank(self) -> int:
        return self.type.rank


@dataclass(frozen=True)
class Option:
    """An option: `cpp` is its C++ type; None for what a plain field cannot hold.

    `most`: how many elements a list has at the most.
    """

    key: str
    name: str
    cpp: str | None
    value: Any
    most: int | None = None


class Unwritable(Exception):
    """An operator whose kernel cannot be written; the text says why."""


@dataclass(frozen=True)
class Kernel:
    """What the sources of one operator are made of.

    Attributes:
        operand_names: what its function calls the operands, as far as that is known.
        reference: the Python code of the function, if it is at hand.
    """

    operator: UsedOperator
    operand_names: tuple[str, ...] = ()
    reference: str | None = None

    @property
    def name(self) -> str:
        return self.operator.name

    @property
    def stem(self) -> str:
        """The name of its files and namespace."""
        return cpp.snake(self.name)

    @cached_property
    def operands(self) -> tuple[Tensor, ...]:
        types = self.operator.uses[0].operands
        known = [cpp.identifier(name) for name in self.operand_names]
        names = known if len(known) == len(types) else _numbered("input", len(types))
        return tuple(map(Tensor, names, types))

    @cached_property
    def results(self) -> tuple[Tensor, ...]:
        types = self.operator.uses[0].results
        taken = {operand.name for operand in self.operands}
        names = _numbered("result" if "output" in taken else "output", len(types))
        return tuple(map(Tensor, names, types))

    @cached_property
    def options(self) -> tuple[Option, ...]:
        found: dict[str, list[Any]] = {}
        for use in self.operator.uses:
            for key, value in use.options.items():
                found.setdefault(key, []).append(value)
        return tuple(_option(key, values) for key, values in found.items())

    @cached_property
    def rules(self) -> tuple[Rule | None, ...]:
        """The rule of each use."""
        return tuple(rule_of(self.name, use) for use in self.operator.uses)

    def loop(self, rule: Rule | None) -> list[str] | None:
        """Statements for each element; None where the function is not that simple."""
        if rule is None or rule.graph is None:
            return None
        graph: Graph = rule.graph
        optimize(Model([graph]))
        return statements(graph, [each.name for each in self.operands], [each.name for each in self.results])

    def test(self, use: Use) -> str:
        """A condition that holds for the options of a use."""
        named = {option.key: option for option in self.options if option.cpp is not None}
        return " && ".join(_equal(named[key], value) for key, value in use.options.items() if key in named)

    def check(self) -> None:
        """Raise `Unwritable` for types that kernels are not written for."""
        for tensor in (*self.operands, *self.results):
            if tensor.type.dtype not in cpp.ELEMENTS:
                raise Unwritable(f"{tensor.name} is {tensor.type.dtype.value}, which kernels are not written for")


def _numbered(name: str, count: int) -> list[str]:
    return [name] if count == 1 else [f"{name}_{place}" for place in range(count)]


def _option(key: str, values: list[Any]) -> Option:
    value, name = values[0], cpp.identifier(key)
    kinds = {type(each) for each in values}
    if kinds <= {bool}:
        return Option(key, name, "bool", value)
    if kinds <= {int}:
        return Option(key, name, "int64_t", value)
    if kinds <= {int, float}:
        return Option(key, name, "double", value)
    if kinds <= {str}:
        return Option(key, name, "const char*", value)
    inner = {type(each) for items in values if isinstance(items, list) for each in items}
    if kinds <= {list} and inner <= {int, float} and inner:
        return Option(key, name, "int64_t" if inner <= {int} else "double", value, max(map(len, values)))
    return Option(key, name, None, value)


def _equal(option: Option, value: Any) -> str:
    if option.most is not None:
        parts = [f"options.{option.name}_count == {len(value)}"]
        parts += [f"options.{option.name}[{i}] == {written(option, each)}" for i, each in enumerate(value)]
        return " && ".join(parts)
    if option.cpp == "const char*":
        return f"std::strcmp(options.{option.name}, {written(option, value)}) == 0"
    if option.cpp == "bool":
        return f"{'' if value else '!'}options.{option.name}"
    return f"options.{option.name} == {written(option, value)}"


def written(option: Option, value: Any) -> str:
    """A value of an option, or one element of its list, in C++."""
    if option.cpp == "bool":
        return "true" if value else "false"
    if option.cpp == "const char*":
        return '"' + "".join(_character(each) for each in str(value).encode()) + '"'
    return cpp.real(float(value), "") if option.cpp == "double" else cpp.integer(int(value))


def _character(byte: int) -> str:
    plain = 32 <= byte < 127 and chr(byte) not in '"\\?'
    return chr(byte) if plain else f"\\{byte:03o}"
