"""Names and numbers of the LiteRT schema, and how definitions map to its tables."""

from __future__ import annotations

import dataclasses
import enum
import typing
from types import UnionType
from typing import Any

from ai_edge_litert import schema_py_generated as generated

from litesmith.ir.graph import Graph
from litesmith.ir.operator import Operator
from litesmith.ir.types import DType

FILE_IDENTIFIER = b"TFL3"
FIRST_CODE_OF_THE_LONG_FIELD = 127
"""Operators from this number on do not fit the schema's old one-byte code field."""


def _numbers(enumeration: type) -> dict[str, int]:
    return {name: value for name, value in vars(enumeration).items() if not name.startswith("_")}


OPERATORS = _numbers(generated.BuiltinOperator)
OPERATOR_NAMES = {number: name for name, number in OPERATORS.items()}
OPTIONS = _numbers(generated.BuiltinOptions)
OPTIONS_2 = _numbers(generated.BuiltinOptions2)
DTYPE_NUMBERS = {DType[name]: number for name, number in _numbers(generated.TensorType).items()}
DTYPES = {number: dtype for dtype, number in DTYPE_NUMBERS.items()}


@dataclasses.dataclass(frozen=True)
class OptionField:
    """One field of a definition: its schema name, and what its values are."""

    name: str
    schema_name: str
    kind: type


_fields: dict[type[Operator], tuple[OptionField, ...]] = {}


def camel_case(name: str) -> str:
    """The schema's spelling of a field: `strideW` for `stride_w`."""
    first, *rest = name.split("_")
    return first + "".join(word[:1].upper() + word[1:] for word in rest)


def option_fields(definition: type[Operator]) -> tuple[OptionField, ...]:
    """The fields of a definition, with the names and types that the schema's table has for them."""
    if definition not in _fields:
        _fields[definition] = _find_fields(definition)
    return _fields[definition]


def _find_fields(definition: type[Operator]) -> tuple[OptionField, ...]:
    hints = typing.get_type_hints(definition)
    found = []
    for field in dataclasses.fields(definition):
        kind = _plain_type(hints[field.name])
        default = camel_case(field.name) + ("SubgraphIndex" if kind is Graph else "")
        found.append(OptionField(field.name, field.metadata.get("schema", default), kind))
    return tuple(found)


def _plain_type(hint: Any) -> type:
    """`int` for `int | None`, `tuple` for `tuple[int, ...]`."""
    if typing.get_origin(hint) in (typing.Union, UnionType):
        (hint,) = (argument for argument in typing.get_args(hint) if argument is not type(None))
    plain = typing.get_origin(hint) or hint
    assert isinstance(plain, type)
    return plain


def new_table(name: str) -> Any:
    """An empty options table of the schema, such as `Conv2DOptions`."""
    return getattr(generated, name + "T")()


def is_enumeration(kind: type) -> bool:
    """Whether a field holds one of the schema's enumerations."""
    return issubclass(kind, enum.IntEnum)
