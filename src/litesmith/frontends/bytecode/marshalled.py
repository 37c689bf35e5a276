"""Code objects of CPython 3.6 to 3.13 in the format of `marshal`, read without making code of them.

`marshal.loads` is no way to read them: what is made for another version, or by an enemy, ends the process.
Layout of the fields: `Python/marshal.c` of each version.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

MOST_BYTES = 1 << 20
DEEPEST = 40
MOST_OBJECTS = 50_000
FLAG_REF = 0x80
SINGLETONS: dict[str, Any] = {"N": None, "F": False, "T": True, ".": Ellipsis, "0": None}
FAST_FREE = 0x80
FAST_CELL = 0x40
FAST_LOCAL = 0x20
"""Kinds of variables since 3.11."""


class NotMarshalled(Exception):
    """Bytes that are no code object of a known version; the text says what is wrong."""


@dataclass(frozen=True)
class Code:
    """A code object.

    Attributes:
        layout: "3.6", "3.8" or "3.11", the version that brought the layout of its fields.
        parameters: names of positional and keyword parameters, in order.
        variables: what the indices of local variables mean.
        cells: what the indices of free and captured variables mean.
        free: names of the variables that come from around the function.
    """

    layout: str
    name: str
    parameters: tuple[str, ...]
    takes_any: bool
    variables: tuple[str, ...]
    cells: tuple[str, ...]
    free: tuple[str, ...]
    names: tuple[str, ...]
    constants: tuple[Any, ...]
    instructions: bytes


LAYOUTS: dict[str, tuple[str, ...]] = {
    "3.11": (
        *("argcount:i", "posonly:i", "kwonly:i", "stacksize:i", "flags:i", "code", "consts", "names"),
        *("plusnames", "kinds", "filename", "name", "qualname", "firstline:i", "lines", "exceptions"),
    ),
    "3.8": (
        *("argcount:i", "posonly:i", "kwonly:i", "nlocals:i", "stacksize:i", "flags:i", "code", "consts", "names"),
        *("varnames", "freevars", "cellvars", "filename", "name", "firstline:i", "lines"),
    ),
    "3.6": (
        *("argcount:i", "kwonly:i", "nlocals:i", "stacksize:i", "flags:i", "code", "consts", "names"),
        *("varnames", "freevars", "cellvars", "filename", "name", "firstline:i", "lines"),
    ),
}
HAS_MORE_ARGUMENTS = 0x04 | 0x08
"""Flags of `*args` and `**kwargs`."""


def read_code(data: bytes) -> Code:
    """The code object that all of `data` is.

    Raises:
        NotMarshalled: for anything else.
    """
    if len(data) > MOST_BYTES:
        raise NotMarshalled("it is larger than any lambda's code")
    problems = []
    for layout in LAYOUTS:
        reader = _Reader(data, layout)
        try:
            found = reader.object()
            if not isinstance(found, Code):
                raise NotMarshalled("it is no code object")
            if reader.place != len(data):
                raise NotMarshalled("there are more bytes than its fields take")
        except NotMarshalled as problem:
            problems.append(str(problem))
        else:
            return found
    raise NotMarshalled(problems[0])


class _Reader:
    """Reads objects one after the other; where bytes end too early, `NotMarshalled`."""

    def __init__(self, data: bytes, layout: str) -> None:
        self.data = data
        self.layout = layout
        self.place = 0
        self.depth = 0
        self.count = 0
        self.references: list[Any] = []

    def object(self) -> Any:
        """The object at the place reached."""
        self.count += 1
        if self.count > MOST_OBJECTS or self.depth > DEEPEST:
            raise NotMarshalled("its objects are nested too deep, or too many")
        tag = self._take(1)[0]
        kind, is_kept = chr(tag & ~FLAG_REF), bool(tag & FLAG_REF)
        if kind == "r":
            return self._reference()
        place = len(self.references)
        if is_kept:
            self.references.append(NotMarshalled)  # counted before what is inside; nothing of ours holds itself
        self.depth += 1
        found = self._content(kind)
        self.depth -= 1
        if is_kept:
            self.references[place] = found
        return found

    def _content(self, kind: str) -> Any:
        if kind in SINGLETONS:
            return SINGLETONS[kind]
        if kind not in READERS:
            raise NotMarshalled(f"an object of the kind {kind!r}")
        return READERS[kind](self)

    def _reference(self) -> Any:
        place = self.int32()
        if not 0 <= place < len(self.references) or self.references[place] is NotMarshalled:
            raise NotMarshalled("a reference to nothing")
        return self.references[place]

    def _take(self, count: int) -> bytes:
        if count < 0 or self.place + count > len(self.data):
            raise NotMarshalled("it ends too early")
        self.place += count
        return self.data[self.place - count : self.place]

    def int32(self) -> int:
        (number,) = struct.unpack("<i", self._take(4))
        return int(number)

    def long(self) -> int:
        """A whole number of any size: digits of 15 bits, the sign with their number."""
        count = self.int32()
        digits = struct.unpack(f"<{abs(count)}H", self._take(2 * abs(count)))
        number: int = sum(digit << (15 * place) for place, digit in enumerate(digits))
        return -number if count < 0 else number

    def float64(self) -> float:
        (number,) = struct.unpack("<d", self._take(8))
        return float(number)

    def float_text(self) -> float:
        try:
            return float(self._take(self._take(1)[0]))
        except ValueError:
            raise NotMarshalled("a number that is none") from None

    def complex128(self) -> complex:
        return complex(self.float64(), self.float64())

    def string(self) -> bytes:
        return self._take(self.int32())

    def text(self) -> str:
        return _decoded(self.string(), "utf-8")

    def short_text(self) -> str:
        return _decoded(self._take(self._take(1)[0]), "ascii")

    def items(self) -> tuple[Any, ...]:
        return self._items(self.int32())

    def few_items(self) -> tuple[Any, ...]:
        return self._items(self._take(1)[0])

    def _items(self, count: int) -> tuple[Any, ...]:
        if not 0 <= count <= len(self.data) - self.place:
            raise NotMarshalled("it ends too early")
        return tuple(self.object() for _ in range(count))

    def code(self) -> Code:
        """A code object; what does not have the fields of this layout is none."""
        fields: dict[str, Any] = {}
        for field in LAYOUTS[self.layout]:
            name, _, kind = field.partition(":")
            fields[name] = self.int32() if kind else self.object()
        return _code(self.layout, fields)


READERS: dict[str, Callable[[_Reader], Any]] = {
    "i": _Reader.int32,
    "l": _Reader.long,
    "f": _Reader.float_text,
    "g": _Reader.float64,
    "y": _Reader.complex128,
    "s": _Reader.string,
    "t": _Reader.text,
    "u": _Reader.text,
    "a": _Reader.text,
    "A": _Reader.text,
    "z": _Reader.short_text,
    "Z": _Reader.short_text,
    "(": _Reader.items,
    ")": _Reader.few_items,
    "[": lambda reader: list(reader.items()),
    "c": _Reader.code,
}


def _decoded(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding, "surrogatepass" if encoding == "utf-8" else "strict")
    except UnicodeDecodeError:
        raise NotMarshalled("a text that is none") from None


def _code(layout: str, fields: dict[str, Any]) -> Code:
    """A code object of the fields that a layout has."""
    if not isinstance(fields["code"], bytes) or not isinstance(fields["name"], str):
        raise NotMarshalled("fields of other kinds than a code object has")
    if not isinstance(fields["consts"], tuple):
        raise NotMarshalled("constants that are no tuple")
    if layout == "3.11":
        plus, kinds = _names(fields["plusnames"]), fields["kinds"]
        if not isinstance(kinds, bytes) or len(kinds) != len(plus):
            raise NotMarshalled("variables without their kinds")
        variables, cells = plus, plus
        free = tuple(name for name, kind in zip(plus, kinds, strict=True) if kind & FAST_FREE)
    else:
        variables, free = _names(fields["varnames"]), _names(fields["freevars"])
        cells = (*_names(fields["cellvars"]), *free)
    count = fields["argcount"] + fields["kwonly"]
    if not 0 <= count <= len(variables):
        raise NotMarshalled("more parameters than variables")
    return Code(
        layout,
        fields["name"],
        variables[:count],
        bool(fields["flags"] & HAS_MORE_ARGUMENTS),
        variables,
        cells,
        free,
        _names(fields["names"]),
        fields["consts"],
        fields["code"],
    )


def _names(found: Any) -> tuple[str, ...]:
    if not isinstance(found, tuple) or not all(isinstance(name, str) for name in found):
        raise NotMarshalled("names that are no texts")
    return found
