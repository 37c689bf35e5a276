"""Names, numbers and sizes as C++ writes them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from litesmith.ir.dims import Polynomial, Size, Symbol, expression
from litesmith.ir.types import DType


class Element(NamedTuple):
    """An element type: of C++, and what the runtime calls it."""

    cpp: str
    lite: str


ELEMENTS = {
    DType.FLOAT32: Element("float", "kTfLiteFloat32"),
    DType.FLOAT64: Element("double", "kTfLiteFloat64"),
    DType.INT8: Element("int8_t", "kTfLiteInt8"),
    DType.UINT8: Element("uint8_t", "kTfLiteUInt8"),
    DType.INT16: Element("int16_t", "kTfLiteInt16"),
    DType.UINT16: Element("uint16_t", "kTfLiteUInt16"),
    DType.INT32: Element("int32_t", "kTfLiteInt32"),
    DType.UINT32: Element("uint32_t", "kTfLiteUInt32"),
    DType.INT64: Element("int64_t", "kTfLiteInt64"),
    DType.BOOL: Element("bool", "kTfLiteBool"),
}
"""What kernels are written for."""

RESERVED = frozenset(
    re.findall(
        r"\w+",
        """alignas auto bool break case catch char class const continue data default delete do double else enum explicit
        extern false float for friend goto if inline int long mutable namespace new operator options private protected
        public register return short signed sizeof static struct switch template this throw true try typedef
        typename union unsigned using virtual void volatile while i count std""",
    )
)
NEEDED = {
    "FloorDiv": "int FloorDiv(int a, int b) { return a / b - (a % b != 0 && (a < 0) != (b < 0)); }",
    "FloorMod": "int FloorMod(int a, int b) { return a % b + (a % b != 0 && (a < 0) != (b < 0) ? b : 0); }",
}
"""Functions that expressions of sizes call, by name."""


def snake(name: str) -> str:
    """A name for files and namespaces: `MyFir` is `my_fir`."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return identifier(re.sub(r"\W+", "_", words).lower())


def identifier(name: str) -> str:
    """A name that C++ takes, and that the code around it does not use itself."""
    plain = re.sub(r"\W", "_", name)
    return f"{plain}_" if plain in RESERVED or not plain or plain[0].isdigit() else plain


def literal(value: Any, dtype: DType) -> str:
    """One element."""
    if dtype is DType.BOOL:
        return "true" if value else "false"
    if dtype.is_float:
        return real(float(value), "f" if dtype is DType.FLOAT32 else "")
    return integer(int(value))


def integer(value: int) -> str:
    """A number that fits 64 bits."""
    if value == -(2**63):
        return "(-9223372036854775807LL - 1)"
    return f"{value}LL" if not -(2**31) < value < 2**31 else str(value)


def real(value: float, suffix: str) -> str:
    """A number with all its digits."""
    if math.isnan(value):
        return "NAN"
    if math.isinf(value):
        return "INFINITY" if value > 0 else "-INFINITY"
    text = f"{value:.9g}" if suffix else repr(value)
    return f"{text if re.search('[.e]', text) else text + '.0'}{suffix}"


def array(name: str, cpp: str, elements: Iterable[str]) -> str:
    """A constant array, its lines 100 characters at most; C++ has none without elements, so that one stands there."""
    lines = [""]
    for text in elements:
        if len(lines[-1]) + len(text) > 94:
            lines.append("")
        lines[-1] += f" {text}," if lines[-1] else f"{text},"
    body = "\n".join(f"    {line}" for line in lines if line) or "    0,"
    return f"const {cpp} {name}[] = {{\n{body}\n}};"


def size_text(size: Size, places: Mapping[Symbol, str]) -> str | None:
    """A size, computed from those that its symbols stand for; None where it depends on others."""
    found = expression(size)
    return _polynomial(found, places) if found.symbols <= places.keys() else None


def _polynomial(polynomial: Polynomial, places: Mapping[Symbol, str]) -> str:
    text = ""
    for monomial, factor in sorted(polynomial.terms, key=lambda term: not term[0]):
        atoms = [places[atom] if isinstance(atom, Symbol) else _term(atom, places) for atom in monomial]
        written = " * ".join([*([] if abs(factor) == 1 and atoms else [str(abs(factor))]), *atoms])
        sign = "-" if factor < 0 else "+"
        text = f"{text} {sign} {written}" if text else (f"-{written}" if factor < 0 else written)
    return text or "0"


def _term(term: Any, places: Mapping[Symbol, str]) -> str:
    function = {"//": "FloorDiv", "%": "FloorMod", "min": "std::min", "max": "std::max"}[term.function]
    return f"{function}({_polynomial(term.left, places)}, {_polynomial(term.right, places)})"


def elements(values: np.ndarray[Any, Any], dtype: DType) -> list[str]:
    """The elements of an array, row by row."""
    return [literal(value, dtype) for value in values.reshape(-1)]
