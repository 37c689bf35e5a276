"""Sizes that depend on values: how many elements hold, how large the largest index is.

Such a size is a new unknown, which is read from the tensor that has it first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

from litesmith.ir.builder import current_builder, emit_many
from litesmith.ir.dims import Dim, Size, symbol
from litesmith.ir.graph import ITSELF, Value
from litesmith.ir.operator import Operator
from litesmith.ir.types import DType, TensorType
from litesmith.opset.selection import Where

PROBES = ((223, 227, 229, 233, 239, 241), (251, 257, 263, 269, 271, 277))
"""What such sizes compute as while a model is imported, in the first and in the second run."""

_run_of: ContextVar[Callable[[str], int] | None] = ContextVar("litesmith_run_of", default=None)


@contextmanager
def probing(run_of: Callable[[str], int]) -> Iterator[None]:
    """New sizes take the probe of the run that `run_of` says for their name."""
    token = _run_of.set(run_of)
    try:
        yield
    finally:
        _run_of.reset(token)


def new_size(name: str) -> Dim:
    """An unknown size, called `name` with a number behind it where another one is called so."""
    known_as = current_builder().subgraph_name(name)
    run_of = _run_of.get()
    probes = PROBES[run_of(known_as) if run_of else 0]
    return symbol(known_as, probes[sum(map(ord, known_as)) % len(probes)])


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
