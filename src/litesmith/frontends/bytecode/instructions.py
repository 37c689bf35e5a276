"""What the bytes of bytecode say, for each version of CPython.

The numbers are those of `Lib/opcode.py`. A version's table holds what a function without branches and loops
consists of; other instructions are unknown. Versions that share a layout and numbers are one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from litesmith.frontends.bytecode.marshalled import Code

BINARY_OPERATORS = {
    "ADD": "+",
    "SUBTRACT": "-",
    "MULTIPLY": "*",
    "TRUE_DIVIDE": "/",
    "FLOOR_DIVIDE": "//",
    "MODULO": "%",
    "POWER": "**",
    "MATRIX_MULTIPLY": "@",
    "AND": "&",
    "OR": "|",
    "XOR": "^",
    "LSHIFT": "<<",
    "RSHIFT": ">>",
}
NUMBERED_OPERATORS = ("+", "&", "//", "<<", "@", "*", "%", "|", "**", ">>", "-", "/", "^")
"""The operators of BINARY_OP by its number; behind them once more, for `+=` and the others."""
COMPARISONS = ("<", "<=", "==", "!=", ">", ">=", "in", "not in", "is", "is not")


class UnknownInstruction(Exception):
    """Bytes that are not such instructions; the text says why."""


@dataclass(frozen=True)
class Instruction:
    """One instruction; operators, comparisons and unary ones have their sign as `sign`."""

    name: str
    argument: int = 0
    sign: str = ""


@dataclass(frozen=True)
class Version:
    """How one version writes instructions.

    Attributes:
        layout: of code objects.
        numbers: of instructions, by number.
        caches: how many empty instructions follow one, where any do.
        without_argument: instructions below this number have none.
        comparison_shift: by how many bits COMPARE_OP's argument is shifted.
        attribute_is_shifted: whether the last bit of LOAD_ATTR's argument says that it is called.
        null_is_last: whether the empty place that goes with what is called stands behind it.
    """

    name: str
    layout: str
    numbers: dict[int, str]
    caches: dict[str, int]
    without_argument: int = 90
    comparison_shift: int = 0
    attribute_is_shifted: bool = False
    null_is_last: bool = False


def _numbers(text: str) -> dict[int, str]:
    """`LOAD_FAST=124 POP_TOP=1` by number."""
    return {int(number): name for name, number in (item.split("=") for item in text.split())}


_OLD = """
    POP_TOP=1 ROT_TWO=2 ROT_THREE=3 DUP_TOP=4 NOP=9 UNARY_POSITIVE=10 UNARY_NEGATIVE=11 UNARY_NOT=12
    UNARY_INVERT=15 BINARY_MATRIX_MULTIPLY=16 INPLACE_MATRIX_MULTIPLY=17 BINARY_POWER=19 BINARY_MULTIPLY=20
    BINARY_MODULO=22 BINARY_ADD=23 BINARY_SUBTRACT=24 BINARY_SUBSCR=25 BINARY_FLOOR_DIVIDE=26
    BINARY_TRUE_DIVIDE=27 INPLACE_FLOOR_DIVIDE=28 INPLACE_TRUE_DIVIDE=29 INPLACE_ADD=55 INPLACE_SUBTRACT=56
    INPLACE_MULTIPLY=57 INPLACE_MODULO=59 BINARY_LSHIFT=62 BINARY_RSHIFT=63 BINARY_AND=64 BINARY_XOR=65
    BINARY_OR=66 INPLACE_POWER=67 INPLACE_LSHIFT=75 INPLACE_RSHIFT=76 INPLACE_AND=77 INPLACE_XOR=78
    INPLACE_OR=79 RETURN_VALUE=83 UNPACK_SEQUENCE=92 LOAD_CONST=100 BUILD_TUPLE=102 BUILD_LIST=103 LOAD_ATTR=106
    COMPARE_OP=107 IMPORT_NAME=108 IMPORT_FROM=109 LOAD_GLOBAL=116 LOAD_FAST=124 STORE_FAST=125
    CALL_FUNCTION=131 BUILD_SLICE=133 LOAD_DEREF=136 CALL_FUNCTION_KW=141 EXTENDED_ARG=144 LOAD_METHOD=160
    CALL_METHOD=161
"""
_ELEVEN = """
    POP_TOP=1 PUSH_NULL=2 NOP=9 UNARY_POSITIVE=10 UNARY_NEGATIVE=11 UNARY_NOT=12 UNARY_INVERT=15
    BINARY_SUBSCR=25 LIST_TO_TUPLE=82 RETURN_VALUE=83 UNPACK_SEQUENCE=92 SWAP=99 LOAD_CONST=100 BUILD_TUPLE=102
    BUILD_LIST=103 LOAD_ATTR=106 COMPARE_OP=107 IMPORT_NAME=108 IMPORT_FROM=109 LOAD_GLOBAL=116 COPY=120
    BINARY_OP=122 LOAD_FAST=124 STORE_FAST=125 BUILD_SLICE=133 LOAD_DEREF=137 EXTENDED_ARG=144
    COPY_FREE_VARS=149 RESUME=151 LOAD_METHOD=160 LIST_EXTEND=162 PRECALL=166 CALL=171 KW_NAMES=172
"""
_TWELVE = """
    POP_TOP=1 PUSH_NULL=2 NOP=9 UNARY_NEGATIVE=11 UNARY_NOT=12 UNARY_INVERT=15 BINARY_SUBSCR=25 BINARY_SLICE=26
    RETURN_VALUE=83 UNPACK_SEQUENCE=92 SWAP=99 LOAD_CONST=100 BUILD_TUPLE=102 BUILD_LIST=103 LOAD_ATTR=106
    COMPARE_OP=107 IMPORT_NAME=108 IMPORT_FROM=109 LOAD_GLOBAL=116 COPY=120 RETURN_CONST=121 BINARY_OP=122
    LOAD_FAST=124 STORE_FAST=125 LOAD_FAST_CHECK=127 BUILD_SLICE=133 LOAD_DEREF=137 EXTENDED_ARG=144
    COPY_FREE_VARS=149 RESUME=151 LIST_EXTEND=162 CALL=171 KW_NAMES=172 CALL_INTRINSIC_1=173
"""
_THIRTEEN = """
    BINARY_SLICE=4 BINARY_SUBSCR=5 NOP=30 POP_TOP=32 PUSH_NULL=34 RETURN_VALUE=36 UNARY_INVERT=41
    UNARY_NEGATIVE=42 UNARY_NOT=43 BINARY_OP=45 BUILD_LIST=47 BUILD_SLICE=50 BUILD_TUPLE=52 CALL=53
    CALL_INTRINSIC_1=55 CALL_KW=57 COMPARE_OP=58 COPY=61 COPY_FREE_VARS=62 EXTENDED_ARG=71 IMPORT_FROM=74
    IMPORT_NAME=75 LIST_EXTEND=81 LOAD_ATTR=82 LOAD_CONST=83 LOAD_DEREF=84 LOAD_FAST=85 LOAD_FAST_CHECK=87
    LOAD_FAST_LOAD_FAST=88 LOAD_GLOBAL=91 RETURN_CONST=103 STORE_FAST=110 STORE_FAST_LOAD_FAST=111
    STORE_FAST_STORE_FAST=112 SWAP=115 UNPACK_SEQUENCE=117 RESUME=149
"""
_CACHES = {"LOAD_GLOBAL": 4, "LOAD_ATTR": 9, "CALL": 3, "BINARY_OP": 1, "COMPARE_OP": 1, "BINARY_SUBSCR": 1}
VERSIONS = (
    Version("3.6 or 3.7", "3.6", _numbers(_OLD), {}),
    Version("3.8", "3.8", _numbers(_OLD), {}),
    Version("3.9 or 3.10", "3.8", _numbers(_OLD + "IS_OP=117 LIST_TO_TUPLE=82 LIST_EXTEND=162"), {}),
    Version(
        "3.11",
        "3.11",
        _numbers(_ELEVEN),
        {
            "LOAD_GLOBAL": 5,
            "LOAD_ATTR": 4,
            "LOAD_METHOD": 10,
            "PRECALL": 1,
            "CALL": 4,
            "BINARY_OP": 1,
            "COMPARE_OP": 2,
            "BINARY_SUBSCR": 4,
            "UNPACK_SEQUENCE": 1,
        },
    ),
    Version(
        "3.12",
        "3.11",
        _numbers(_TWELVE),
        {**_CACHES, "UNPACK_SEQUENCE": 1},
        comparison_shift=4,
        attribute_is_shifted=True,
    ),
    Version(
        "3.13",
        "3.11",
        _numbers(_THIRTEEN),
        {**_CACHES, "UNPACK_SEQUENCE": 1},
        without_argument=44,
        comparison_shift=5,
        attribute_is_shifted=True,
        null_is_last=True,
    ),
)


def instructions(code: Code, version: Version) -> Iterator[Instruction]:
    """The instructions of a code object, as this version has them.

    Raises:
        UnknownInstruction: for one that is not in the version's table, or bytes that do not fit it.
    """
    data, place, extended = code.instructions, 0, 0
    while place < len(data):
        if place + 2 > len(data):
            raise UnknownInstruction("half an instruction")
        number, argument = data[place], data[place + 1] | extended << 8
        name = version.numbers.get(number)
        if name is None:
            statements = "branches, loops, functions inside or *arguments"
            raise UnknownInstruction(f"{statements} (instruction {number} of Python {version.name})")
        place += 2
        if name == "EXTENDED_ARG":
            extended = argument
            continue
        extended = 0
        empty = version.caches.get(name, 0)
        if data[place : place + 2 * empty] != bytes(2 * empty):
            raise UnknownInstruction(f"{name} without its caches")
        place += 2 * empty
        yield _instruction(name, argument if number >= version.without_argument else 0, version)


def _instruction(name: str, argument: int, version: Version) -> Instruction:
    """One instruction, in the words of all versions."""
    family, _, operator = name.partition("_")
    if family in ("BINARY", "INPLACE") and operator in BINARY_OPERATORS:
        return Instruction("BINARY", sign=BINARY_OPERATORS[operator])
    if name == "BINARY_OP":
        if argument >= 2 * len(NUMBERED_OPERATORS):
            raise UnknownInstruction(f"operator {argument}")
        return Instruction("BINARY", sign=NUMBERED_OPERATORS[argument % len(NUMBERED_OPERATORS)])
    if name == "COMPARE_OP":
        index = argument >> version.comparison_shift
        if index >= len(COMPARISONS):
            raise UnknownInstruction(f"comparison {index}")
        return Instruction("COMPARE", sign=COMPARISONS[index])
    return Instruction(name, argument)
