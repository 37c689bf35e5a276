"""Who else uses a constant: operations of any graph of the model that the passes are at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from litesmith.ir.constants import Constant
from litesmith.ir.graph import Graph, Model, Operation

_MODEL: ContextVar[Model | None] = ContextVar("model", default=None)


@contextmanager
def of_model(model: Model) -> Iterator[None]:
    """Passes that run in here see all graphs of a model; outside, each sees its own."""
    token = _MODEL.set(model)
    try:
        yield
    finally:
        _MODEL.reset(token)


def reading(constant: Constant, graph: Graph | None) -> Iterator[Operation]:
    """The operations that read a constant, in all graphs of the model, or in this one."""
    model = _MODEL.get()
    graphs = model.all_graphs() if model is not None else [graph] if graph is not None else []
    for each in graphs:
        for operation in each.operations:
            if any(operand is not None and _is(operand.constant, constant) for operand in operation.operands):
                yield operation


def _is(one: Constant | None, other: Constant) -> bool:
    return one is not None and (one is other or one.key == other.key)
