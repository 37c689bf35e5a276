"""Building operations at the current place of the current graph."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np

from litesmith.ir.constants import Constant
from litesmith.ir.graph import Graph, Operation, Value
from litesmith.ir.operator import Operator, TypeRule
from litesmith.ir.source import current_source
from litesmith.ir.types import DType, TensorType


class Builder:
    """A place in a graph where operations are added, in front of `before` or at the end.

    A builder of a subgraph has a `parent`. A value of an outer graph that is used inside
    becomes an input of the subgraph; `captures` lists them as (outer, inner).
    """

    def __init__(self, graph: Graph, before: Operation | None = None, parent: Builder | None = None) -> None:
        self.graph = graph
        self.before = before
        self.parent = parent
        self.captures: list[tuple[Value, Value]] = []
        self._subgraphs: dict[str, int] = {} if parent is None else parent._subgraphs

    def subgraph_name(self, name: str) -> str:
        """`name`, with a number behind it when another subgraph built from here has that name."""
        count = self._subgraphs[name] = self._subgraphs.get(name, 0) + 1
        return name if count == 1 else f"{name}_{count}"

    def reach(self, value: Value) -> Value:
        """`value` as this graph can read it."""
        if value.is_constant or value.graph is self.graph:
            return value
        if self.parent is None:
            raise ValueError(f"{value} belongs to {value.graph}, not to {self.graph}")
        outer = self.parent.reach(value)
        for known, inner in self.captures:
            if known is outer:
                return inner
        inner = self.graph.add_input(outer.type, outer.name)
        inner.contents = outer.contents
        self.captures.append((outer, inner))
        return inner

    def add(
        self, operator: Operator, operands: Sequence[Value | None], types: Sequence[TensorType] | None = None
    ) -> Operation:
        """Add an operation; its results are typed by the operator unless `types` says them."""
        reached = [None if operand is None else self.reach(operand) for operand in operands]
        source = current_source()
        if types is None:
            try:
                types = operator.infer(*reached)
            except TypeRule as rule:
                shown = ", ".join("none" if operand is None else str(operand.type) for operand in reached)
                raise type(rule)(f"{operator.builtin}({shown}) in {source}: {rule}") from rule
        operation = Operation(operator, reached, types, source)
        for result in operation.results:
            result.name = source.layer
        self.graph.insert(operation, self.before)
        return operation

    def in_place(self, build: Callable[[], Value]) -> Value:
        """What `build` makes with this builder as the current one."""
        token = _current.set(self)
        try:
            return build()
        finally:
            _current.reset(token)


_current: ContextVar[Builder | None] = ContextVar("litesmith_builder", default=None)


def current_builder() -> Builder:
    """The builder that `emit` uses; RuntimeError outside of `building`."""
    builder = _current.get()
    if builder is None:
        raise RuntimeError("operations are built inside `with building(graph):`")
    return builder


@contextmanager
def building(graph: Graph, before: Operation | None = None) -> Iterator[Builder]:
    """Operations emitted inside go to `graph`, in front of `before` or at its end."""
    token = _current.set(builder := Builder(graph, before))
    try:
        yield builder
    finally:
        _current.reset(token)


@contextmanager
def building_subgraph(name: str) -> Iterator[Builder]:
    """Operations emitted inside go to a new graph, which may read values of the current one."""
    parent = current_builder()
    token = _current.set(builder := Builder(Graph(parent.subgraph_name(name)), parent=parent))
    try:
        yield builder
    finally:
        _current.reset(token)


def emit(operator: Operator, *operands: Value | None) -> Value:
    """Add an operation that has one result, and return the result."""
    return current_builder().add(operator, operands).result


def emit_many(
    operator: Operator, *operands: Value | None, types: Sequence[TensorType] | None = None
) -> tuple[Value, ...]:
    """Add an operation and return all its results."""
    return current_builder().add(operator, operands, types).results


def constant(array: Any, dtype: DType | None = None, name: str = "") -> Value:
    """A constant from anything numpy makes an array of.

    Without `dtype`, Python floats become float32 and Python integers int32: the types
    that LiteRT kernels are made for. Numbers of two bytes are not rounded to them where float32 computes.
    """
    if dtype in (DType.FLOAT16, DType.BFLOAT16) and not isinstance(array, (np.ndarray, np.generic)):
        return constant_value(Constant.of_number(array, dtype), name)
    if not isinstance(array, (np.ndarray, np.generic)):
        array = np.asarray(array, dtype.numpy if dtype else None)
        if dtype is None and array.dtype in (np.dtype("float64"), np.dtype("int64")):
            array = array.astype("float32" if array.dtype.kind == "f" else "int32")
    return constant_value(Constant.of(np.asarray(array), dtype), name)


def constant_value(constant: Constant, name: str = "") -> Value:
    """A value for a constant, named after the layer being built unless it has a name."""
    return Value(constant.type, name or current_source().layer, constant=constant)


def lazily(type: TensorType, load: Callable[[], np.ndarray[Any, Any]], key: object, name: str = "") -> Value:
    """A constant whose elements `load` computes when they are needed; `key` identifies them."""
    return constant_value(Constant(type, load, key), name)
