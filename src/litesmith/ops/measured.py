"""Sizes that depend on values: how many elements hold, how large the largest index is.

Such a size is a new unknown, which is read from the tensor that has it first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from litesmith.ir.builder import current_builder, emit_many
from litesmith.ir.dims import Dim, Size, symbol
from litesmith.ir.graph import ITSELF, Value
from litesmith.ir.operator import Operator
from litesmith.ir.types import DType, TensorType
from litesmith.opset.selection import Where

PROBES = ((223, 227, 229, 233, 239, 241), (251, 257, 263, 269, 271, 277))
"""What such sizes compute as while a model is imported, in the first and in the second run."""


@dataclass(frozen=True)
class Probing:
    """What new sizes compute as.

    Attributes:
        run_of: by the name of a size, which of the two runs its probe is of.
        given: the probes of some sizes, by name.
        known: the sizes there are by now, by name; new ones are added.
    """

    run_of: Callable[[str], int]
    given: Mapping[str, int]
    known: dict[str, Dim]


_probing: ContextVar[Probing | None] = ContextVar("litesmith_probing", default=None)


@contextmanager
def probing(chosen: Probing) -> Iterator[None]:
    """New sizes compute as `chosen` says."""
    token = _probing.set(chosen)
    try:
        yield
    finally:
        _probing.reset(token)


def new_size(name: str) -> Dim:
    """An unknown size, called `name` with a number behind it where another one is called so."""
    known_as = current_builder().subgraph_name(name)
    chosen = _probing.get()
    if chosen is None:
        return symbol(known_as, PROBES[0][0])
    probes = PROBES[chosen.run_of(known_as)]
    probe = chosen.given.get(known_as, probes[sum(map(ord, known_as)) % len(probes)])
    return chosen.known.setdefault(known_as, symbol(known_as, probe))


def as_size(count: Value, name: str) -> Size:
    """An int32 scalar as a size, which is taken not to be negative; a new unknown unless one is known to be in it."""
    if count.constant is not None:
        return int(count.constant.array())
    if count.contents is not None:
        return count.contents[0]
    size = new_size(name)
    (unknown,) = size.expression.symbols
    count.contents = (size,)
    assert count.graph is not None
    count.graph.anchors[unknown] = (count, ITSELF)
    return size


def emit_sized(operator: Operator, operands: Sequence[Value], *types: TensorType) -> tuple[Value, ...]:
    """The results of an operator whose sizes depend on values."""
    results = emit_many(operator, *operands, types=types)
    for result in results:
        current_builder().graph.anchor(result)
    return results


def true_places(condition: Value, name: str = "count") -> Value:
    """The index tuples of the true elements, in order (int64 [count, rank]); looked for once."""
    for user in condition.users:
        if isinstance(user.operator, Where) and user.graph is current_builder().graph:
            return user.result
    shape = (new_size(name), condition.type.rank)
    (places,) = emit_sized(Where(), [condition], TensorType(DType.INT64, shape))
    return places
