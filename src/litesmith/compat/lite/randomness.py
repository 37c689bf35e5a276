"""Which random numbers a Python function draws, read from its code. Nothing is run."""

from __future__ import annotations

import dis
import functools
import re
import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

OF_RANDOM = re.compile(r"(?:(?:numpy|tensorflow|keras|jax|torch|cupy)\b.*\.random|random)\.(\w+)")
"""Functions of the modules of random numbers, by their whole names."""
ALONE = re.compile(r".*\.(rand|randn|randint|rand_like|randn_like|random_normal|random_uniform|truncated_normal)")
"""Functions that draw and do not stand in such a module: torch.rand, K.random_normal."""

NOT_DRAWING = frozenset(
    {
        *("choice", "choices", "shuffle", "permutation", "permuted"),
        *("default_rng", "RandomState", "Random", "Generator", "SeedGenerator", "get_global_generator"),
        *("seed", "set_seed", "manual_seed", "PRNGKey", "key", "split", "fold_in", "get_state", "set_state"),
    }
)
"""What makes sources of random numbers, or takes among the data that there is."""
SOURCES = frozenset({"default_rng", "RandomState", "Random", "Generator"})
PLACES = frozenset({"randint", "integers", "randrange"})
"""What is usual to choose rows of data with: `images[np.random.randint(n)]`."""
DRAWS = frozenset(
    {
        *("rand", "randn", "random", "random_sample", "sample", "uniform", "normal", "standard_normal"),
        *("gauss", "triangular", "beta"),
    }
)
"""Methods of sources of random numbers."""


@dataclass(frozen=True)
class Draw:
    """A call that draws random numbers.

    Attributes:
        name: as the code says it, `np.random.rand`.
        file, line: where.
    """

    name: str
    file: str
    line: int | None


def draws(function: Any) -> list[Draw]:
    """The calls in a function, in those inside of it and in those of its own module that it calls."""
    found: list[Draw] = []
    waiting, seen = [_plain(function)], set()
    while waiting:
        current = waiting.pop()
        code = _code(current)
        if code is None or code in seen:
            continue
        seen.add(code)
        around = _around(current)
        for inner in _with_inner(code):
            found += _draws_of(inner, around)
        reached = [_plain(value) for value in _used(code, around)]
        home = around.get("__name__")
        waiting += [each for each in reached if _code(each) is not None and getattr(each, "__module__", None) == home]
    return sorted(dict.fromkeys(found), key=lambda draw: (draw.file, draw.line or 0))


def _plain(function: Any) -> Any:
    """The function inside of methods and partial ones."""
    while isinstance(function, functools.partial):
        function = function.func
    return getattr(function, "__func__", function)


def _code(function: Any) -> types.CodeType | None:
    found = getattr(function, "__code__", None) or getattr(function, "gi_code", None)
    return found if isinstance(found, types.CodeType) else None


def _around(function: Any) -> dict[str, Any]:
    """What names outside of a function stand for."""
    cells = getattr(function, "__closure__", None) or ()
    frame = getattr(function, "gi_frame", None)
    outside = getattr(function, "__globals__", None) or (frame.f_globals if frame else {})
    closed = {name: _content(cell) for name, cell in zip(_code(function).co_freevars, cells, strict=False)}  # type: ignore[union-attr]  # has code
    return {**outside, **closed}


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # the name has no value yet
        return None


def _with_inner(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _with_inner(constant)


def _used(code: types.CodeType, around: dict[str, Any]) -> list[Any]:
    names = {name for inner in _with_inner(code) for name in (*inner.co_names, *inner.co_freevars)}
    return [around[name] for name in names if name in around]


def _draws_of(code: types.CodeType, around: dict[str, Any]) -> Iterator[Draw]:
    chains = list(_chains(code, around))
    makes_source = any(each[0].rpartition(".")[2] in SOURCES for each in chains)
    picks = any(instruction.opname.startswith("BINARY_S") for instruction in dis.get_instructions(code))
    for whole, said, line in chains:
        last = whole.rpartition(".")[2]
        if last in NOT_DRAWING or whole == "random.sample" or (picks and last in PLACES):
            continue
        is_function = OF_RANDOM.fullmatch(whole) or ALONE.fullmatch(whole)
        if is_function or (makes_source and "." in said and last in DRAWS):
            yield Draw(said, code.co_filename, line)


def _chains(code: types.CodeType, around: dict[str, Any]) -> Iterator[tuple[str, str, int | None]]:
    """Names with their attributes, `np.random.rand`: whole (`numpy.random.rand`), as written, and the line."""
    imported: dict[str, str] = {}
    module, said, line = "", [""], code.co_firstlineno
    for instruction in dis.get_instructions(code):
        name = instruction.opname
        line = _line(instruction, line)
        if name in ("LOAD_ATTR", "LOAD_METHOD"):
            said.append(str(instruction.argval))
            continue
        if name in ("PUSH_NULL", "CACHE", "EXTENDED_ARG"):
            continue
        if len(said) > 1 or said[0]:
            yield _whole(said, imported, around), ".".join(said), line
        said = (
            [str(instruction.argval)]
            if name.startswith(("LOAD_GLOBAL", "LOAD_NAME", "LOAD_DEREF", "LOAD_FAST"))
            else [""]
        )
        if name in ("IMPORT_NAME", "IMPORT_FROM"):
            module = str(instruction.argval) if name == "IMPORT_NAME" else f"{module}.{instruction.argval}"
        elif name.startswith("STORE_") and module:
            imported[str(instruction.argval)] = module
            module = module.rpartition(".")[0]
        else:
            module = ""


def _line(instruction: Any, line: int) -> int:
    """The line of an instruction, or of the one in front of it."""
    found = getattr(getattr(instruction, "positions", None), "lineno", None)
    found = found or (instruction.starts_line if type(instruction.starts_line) is int else None)
    return found or line


def _whole(said: list[str], imported: dict[str, str], around: dict[str, Any]) -> str:
    """The name with the module's own name in front."""
    root, *others = said
    return ".".join([imported.get(root) or _home(around.get(root)) or root, *others])


def _home(value: Any) -> str:
    """Where a value comes from: a module's name, a function's with its module, and the module of a source's class."""
    if isinstance(value, types.ModuleType):
        return value.__name__
    owner = getattr(value, "__self__", None)
    if owner is not None and not isinstance(owner, types.ModuleType):
        home = type(owner).__module__
        return f"{_public(home)}.{getattr(value, '__name__', '')}" if _public(home) else ""
    if callable(value) and not isinstance(value, type):
        home = _public(str(getattr(value, "__module__", "")))
        return f"{home}.{getattr(value, '__name__', '')}" if home else ""
    return _public(type(value).__module__)


def _public(module: str) -> str:
    """The module of random numbers that a module, maybe inside of it, is of; else nothing."""
    first = module.partition(".")[0]
    if module == "random":
        return module
    return f"{first}.random" if "random" in module and first in ("numpy", "tensorflow", "keras", "jax", "torch") else ""
