"""Which function imports which operation of TensorFlow.

Operations go by the name in a node's `op`: `MatMul`, `FusedBatchNormV3`. An import takes the operands by position,
each as the annotation of its parameter says, and by keyword those attributes that it names, with the default that
TensorFlow has for one that a file may leave out. It returns a value, or a list of them where the operation has a list
of outputs; where outputs have names of their own, `imports` is told these, and the import returns them as a tuple.

What an operand is handed over as:

- `Value`: a value of the graph, which is what parameters without any of the following annotations get as well;
- `Sizes`: the elements of an integer tensor as sizes, new unknowns where the model computes them;
- `Ints`, `Int`, `Known`: elements that must be known while the graph is imported;
- `Item`: whatever it is, be it a variable.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from types import UnionType
from typing import Any, NewType, TypeVar, get_args, get_origin

from litesmith.frontends.tensorflow.known import Known, known_elements
from litesmith.frontends.tensorflow.variables import Variable
from litesmith.frontends.tensorflow.wire import Malformed
from litesmith.ir.dims import Dim, Size
from litesmith.ir.graph import Value
from litesmith.ops.errors import Unsupported
from litesmith.ops.sizes import known_sizes
from litesmith.opset.joining import Pack

Rule = Callable[..., Any]
Function = TypeVar("Function", bound=Rule)

Sizes = NewType("Sizes", tuple[Size, ...])
Ints = NewType("Ints", tuple[int, ...])
Int = NewType("Int", int)
Item = NewType("Item", object)
"""A value, something known, or what stands for a variable, a table or a list of tensors."""

MOST_ELEMENTS = 1 << 28
"""Of a tensor that a graph makes out of a few numbers."""

Run = Callable[..., list[Any]]
"""Runs a function of the graph, given as an attribute, on items: `run(f, items)`, or for some results only.

Imports that ask for an attribute `run` get this; `node` is the node itself, `program` what it stands in, `variables`
those of the program by name, and `checkpoint` the tensors that are restored.
"""


@dataclass(frozen=True)
class Import:
    """The function that imports an operation.

    Attributes:
        operands: what each operand is handed over as; the last stands for all that follow where `is_variadic`.
        attributes: those taken by keyword, with their defaults (`inspect.Parameter.empty` for none).
        kinds: what each of these is.
        outputs: the names of the outputs in a function; empty where they are one list.
    """

    function: Rule
    operands: tuple[Any, ...]
    is_variadic: bool
    attributes: dict[str, Any]
    kinds: dict[str, Any]
    outputs: tuple[str, ...]

    def taken(self, name: str, items: Sequence[Any]) -> list[Any]:
        """The operands as the import takes them."""
        count = len(self.operands)
        if len(items) != count if not self.is_variadic else len(items) < count - 1:
            raise Unsupported(f"{name} of {len(items)} operands")
        kinds = [self.operands[min(place, count - 1)] for place in range(len(items))]
        return [_taken_as(kind, item) for kind, item in zip(kinds, items, strict=True)]

    def attribute(self, name: str, found: Any) -> Any:
        """What a graph says an attribute is; raises `Malformed` where that is something else than the import takes."""
        if not _is_of(self.kinds[name], found):
            raise Malformed(f"the attribute {name!r} is {found!r:.40}")
        return found


_by_name: dict[str, Import] = {}


def _is_of(kind: Any, found: Any) -> bool:
    """Whether a value is of a kind, as far as it is a class, or a sequence of one."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (tuple, Sequence):
        return isinstance(found, tuple) and all(_is_of(arguments[0], item) for item in found)
    if origin is UnionType:
        return any(_is_of(each, found) for each in arguments)
    if isinstance(found, bool):
        return kind in (bool, Any)
    return not isinstance(origin or kind, type) or isinstance(found, origin or kind)


def imports(*names: str, outputs: Sequence[str] = ()) -> Callable[[Function], Function]:
    """Make a function the import of the operations named."""

    def register(function: Function) -> Function:
        parameters = inspect.signature(function, eval_str=True).parameters.values()
        positional = [each for each in parameters if each.kind is not each.KEYWORD_ONLY]
        rule = Import(
            function,
            tuple(each.annotation for each in positional),
            any(each.kind is each.VAR_POSITIONAL for each in positional),
            {each.name: each.default for each in parameters if each.kind is each.KEYWORD_ONLY},
            {each.name: each.annotation for each in parameters if each.kind is each.KEYWORD_ONLY},
            tuple(outputs),
        )
        for name in names:
            if name in _by_name:
                raise ValueError(f"{name} is imported by {_by_name[name].function} already")
            _by_name[name] = rule
        return function

    return register


_refused: dict[str, str] = {}


def refuses(why: str, *names: str) -> None:
    """Say of operations why they have no form, and what to do instead."""
    _refused.update(dict.fromkeys(names, why))


@cache
def _load() -> None:
    from litesmith.frontends.tensorflow import operations

    for module in sorted(found.name for found in pkgutil.iter_modules(operations.__path__)):
        importlib.import_module(f"{operations.__name__}.{module}")


def import_of(name: str) -> Import | None:
    """The import of an operation; None where there is none."""
    _load()
    return _by_name.get(name)


def why_without_form(name: str) -> str:
    """What is said of an operation that has no import."""
    _load()
    return _refused.get(name, "it has no form that Litesmith knows")


def imported_names() -> frozenset[str]:
    """All operations that have an import."""
    _load()
    return frozenset(_by_name)


def as_value(item: Any) -> Value:
    """An operand as a value of the graph."""
    if isinstance(item, Known):
        return item.value()
    if isinstance(item, Value):
        return item
    if isinstance(item, Variable):
        return as_value(item.read())
    raise Unsupported(f"{item} as a tensor")


def as_known(item: Any) -> Known:
    """An operand whose elements must be known."""
    found = known_elements(item) if isinstance(item, Value) else item
    if not isinstance(found, Known):
        raise Unsupported("an operand that the model computes, where LiteRT takes constants only")
    return found


def modest(shape: Iterable[Size]) -> None:
    """Raise `Unsupported` for the shape of a tensor that no device could hold."""
    count = 1
    for size in shape:
        count *= 1 if isinstance(size, Dim) else int(size)
    if abs(count) > MOST_ELEMENTS:
        raise Unsupported(f"a tensor of {count} elements")


def _as_sizes(item: Any) -> tuple[Size, ...]:
    known = known_elements(item) if isinstance(item, Value) else as_known(item)
    if known is not None:
        return known.sizes
    return _of_packed(item) or known_sizes(item)


def _of_packed(vector: Value) -> tuple[Size, ...]:
    """The sizes of a vector that was put together of scalars, of which some are known; none of other vectors."""
    if vector.producer is None or not isinstance(vector.producer.operator, Pack) or vector.type.rank != 1:
        return ()
    scalars = [scalar for scalar in vector.producer.operands if scalar is not None]
    return tuple(size for scalar in scalars for size in _as_sizes(scalar))


def _as_ints(item: Any) -> tuple[int, ...]:
    sizes = as_known(item).sizes
    if any(isinstance(size, Dim) for size in sizes):
        raise Unsupported("an operand that depends on open sizes, where LiteRT takes constants only")
    return tuple(map(int, sizes))


def _as_int(item: Any) -> int:
    found = _as_ints(item)
    if len(found) != 1:
        raise Unsupported(f"an operand of {len(found)} numbers, where one is taken")
    return found[0]


TAKEN_AS: dict[Any, Callable[[Any], Any]] = {
    Sizes: _as_sizes,
    Ints: _as_ints,
    Int: _as_int,
    Known: as_known,
    Item: lambda item: item,
}


def _taken_as(kind: Any, item: Any) -> Any:
    take: Callable[[Any], Any] = TAKEN_AS.get(kind, as_value)
    return take(item)
