"""From bytecode to the expression that it computes. Nothing is run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from litesmith.frontends.bytecode.instructions import VERSIONS, UnknownInstruction
from litesmith.frontends.bytecode.machine import CannotDecode, Decoded, Machine
from litesmith.frontends.bytecode.marshalled import NotMarshalled, read_code


def decode(data: bytes, closure: Sequence[Any] | None = None) -> Decoded:
    """The function that marshalled code of CPython 3.6 to 3.13 is.

    The code does not say which version made it, so all are tried: what fits several must mean one thing.

    Args:
        closure: the values of its free variables.

    Raises:
        CannotDecode: for branches, loops, functions inside, and what is no code.
    """
    try:
        code = read_code(data)
    except NotMarshalled as problem:
        raise CannotDecode(f"the code cannot be read: {problem}") from problem
    values = dict(zip(code.free, closure or (), strict=False))
    found: dict[str, Decoded] = {}
    problems: list[tuple[int, str]] = []
    for version in VERSIONS:
        if version.layout != code.layout:
            continue
        machine = Machine(code, version, values)
        try:
            decoded = machine.run()
        except (CannotDecode, UnknownInstruction) as problem:
            problems.append((machine.followed, str(problem)))
        else:
            found.setdefault(str(decoded), decoded)
    if len(found) > 1:
        raise CannotDecode("the code means different things in different versions of Python")
    if not found:
        raise CannotDecode(max(problems)[1])  # of the version that fits longest
    return next(iter(found.values()))


__all__ = ["CannotDecode", "Decoded", "decode"]
