"""What a program's Python code decides by open sizes: `if x.shape[1] > 128`, and sizes made numbers.

torch answers such a question once, for the sizes of the example, and keeps the answer as a guard of the program.
Whether the other answer leads to another program is found by exporting the program for a size that gives it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import sympy
import torch
from torch.export.graph_signature import InputKind, TensorArgument

from litesmith.frontends.torch.examples import Sizes
from litesmith.frontends.torch.exporting import IsUsers

MOST_QUESTIONS = 8
MOST_TRIED = 2
FIRST = range(2, 65)
INSIDE = Path(torch.__file__).parent
OF_MODULES = INSIDE / "nn"
"""Where torch's own Python code decides as the user's does; elsewhere it asks what the kernels need to know."""


class SizeDecides(Exception):
    """A program holds for some of the sizes only that it should hold for."""

    def __init__(self, size: str, what: str, file: str | None, line: int | None) -> None:
        super().__init__(f"the size {size} is open, but {what} was made for one value of it")
        self.size = size
        self.what = what
        self.file = file
        self.line = line


def check_decisions(
    program: Any, names: Sequence[Sequence[str]], sizes: Sizes, export: Callable[[Sizes], Any], is_users: IsUsers
) -> None:
    """Raise `SizeDecides` where another size leads to another program.

    Args:
        names: of the sizes of each argument.
        sizes: what they were when the program was exported.
        export: exports it for other sizes.
        is_users: tells whose code a file holds.
    """
    found = _described(program, len(sizes))
    for place, shape in enumerate(found):
        for axis, size in enumerate(shape):
            if not _is_open(size) and names[place][axis] != str(sizes[place][axis]):
                where = _where_fixed(program, int(size), is_users)
                raise SizeDecides(names[place][axis], "what reads it as a number", *where)
    symbols = {
        size.node.expr: (i, j) for i, shape in enumerate(found) for j, size in enumerate(shape) if _is_open(size)
    }
    for guard in _guards(program)[:MOST_QUESTIONS]:
        for (argument, axis), other in _other_answers(guard.expr, found, symbols, sizes):
            if _leads_elsewhere(program, export, other):
                file, line = _location(guard)
                raise SizeDecides(names[argument][axis], "what follows from an `if` about it", file, line)


def _is_open(size: Any) -> bool:
    return isinstance(size, torch.SymInt) and not size.node.expr.is_number


def _described(program: Any, count: int) -> list[Sequence[Any]]:
    """The shapes of the arguments as the program has them."""
    by_name = {node.name: node for node in program.graph.nodes if node.op == "placeholder"}
    specs = [spec for spec in program.graph_signature.input_specs if spec.kind is InputKind.USER_INPUT]
    shapes: list[Sequence[Any]] = []
    for spec in specs[:count]:
        is_tensor = isinstance(spec.arg, TensorArgument)
        shapes.append(tuple(by_name[spec.arg.name].meta["val"].shape) if is_tensor else ())
    return shapes


def _guards(program: Any) -> list[Any]:
    """What the code asked, torch's own questions left out."""
    environment = _environment(program)
    found = {str(guard.expr): guard for guard in getattr(environment, "guards", ()) if _is_asked_by_code(guard)}
    return list(found.values())


def _environment(program: Any) -> Any:
    """What torch knows of the sizes of a program."""
    for node in program.graph.nodes:
        described = node.meta.get("val")
        mode = getattr(described, "fake_mode", None)
        if mode is not None and mode.shape_env is not None:
            return mode.shape_env
    return None


def _location(guard: Any) -> tuple[str | None, int | None]:
    """Where a question was asked."""
    frame = getattr(getattr(guard, "sloc", None), "framework_loc", None)
    return getattr(frame, "filename", None), getattr(frame, "lineno", None)


def _is_asked_by_code(guard: Any) -> bool:
    file, _ = _location(guard)
    if file is None:
        return False
    path = Path(file)
    return INSIDE not in path.parents or OF_MODULES in path.parents


def _where_fixed(program: Any, size: int, is_users: IsUsers) -> tuple[str | None, int | None]:
    """Where the user's code made a number of a size, as far as that is known."""
    for guard in getattr(_environment(program), "guards", ()):
        file, line = _location(guard)
        if file is not None and is_users(file) and isinstance(guard.expr, sympy.Eq) and size in guard.expr.args:
            return file, line
    return None, None


def _other_answers(
    question: Any, found: Sequence[Sequence[Any]], symbols: dict[Any, tuple[int, int]], sizes: Sizes
) -> Iterator[tuple[tuple[int, int], Sizes]]:
    """Sizes for which a question has another answer, and which of them differs; each symbol of it in turn."""
    if isinstance(question, sympy.Eq) and all(isinstance(side, sympy.Symbol) for side in question.args):
        yield from _unequal(question, found, sizes)
        return
    known = {symbol: sizes[i][j] for symbol, (i, j) in symbols.items() if isinstance(symbol, sympy.Symbol)}
    if not question.free_symbols <= known.keys():
        return
    for symbol in sorted(question.free_symbols, key=str):
        for value in _values(question, symbol, known):
            changed = {**known, symbol: value}
            other = [
                [_evaluated(size, changed) if _is_open(size) else own for size, own in zip(shape, old, strict=True)]
                for shape, old in zip(found, sizes, strict=True)
            ]
            yield symbols[symbol], other


def _unequal(question: Any, found: Sequence[Sequence[Any]], sizes: Sizes) -> Iterator[tuple[tuple[int, int], Sizes]]:
    """Two sizes that the program takes for equal: one of them larger by 1."""
    for place, shape in enumerate(found):
        for axis, size in enumerate(shape):
            if _is_open(size) and size.node.expr in question.args:
                other = [list(each) for each in sizes]
                other[place][axis] += 1
                yield (place, axis), other


def _values(question: Any, symbol: Any, known: dict[Any, int]) -> list[int]:
    """Values of a symbol that answer otherwise, those nearest to its own first."""
    numbers = {int(number) for number in question.atoms(sympy.Integer)}
    near = {abs(number) + step for number in numbers for step in (-1, 0, 1)} | {known[symbol] + 1, known[symbol] - 1}
    candidates = sorted({*FIRST, *near} - {0, 1, known[symbol]}, key=lambda value: abs(value - known[symbol]))
    answered = (value for value in candidates if value > 1 and _answer(question, {**known, symbol: value}) is False)
    return [value for value, _ in zip(answered, range(MOST_TRIED), strict=False)]


def _answer(question: Any, known: dict[Any, int]) -> bool | None:
    found = question.xreplace({symbol: sympy.Integer(value) for symbol, value in known.items()})
    return bool(found) if found in (sympy.true, sympy.false) else None


def _evaluated(size: Any, known: dict[Any, int]) -> int:
    return int(size.node.expr.xreplace({symbol: sympy.Integer(value) for symbol, value in known.items()}))


def _leads_elsewhere(program: Any, export: Callable[[Sizes], Any], sizes: Sizes) -> bool:
    """Whether the program for other sizes is another one; the code may also refuse them."""
    try:
        other = export(sizes)
    except Exception:
        return False
    return str(other.graph) != str(program.graph)
