"""Sums of products of sources with matrices, in whatever way they are written.

So are the gates of recurrent cells: products of the input and of the state with matrices, each alone or both
together, added to biases before or behind the columns of one gate are taken.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from litesmith.ir.dims import product, same
from litesmith.ir.graph import Operation, Value
from litesmith.ops.lstm_cells import Columns, Invariants, NotAnLstm, behind, has_activation, parts, rows_of
from litesmith.opset.binary import Add, Mul
from litesmith.opset.joining import AddN
from litesmith.opset.matmul import BatchMatmul, FullyConnected

IsSource = Callable[[Columns], bool]
"""Whether columns are of the input or the state; raises NotAnLstm where a step may not read them."""


@dataclass(frozen=True)
class Matrix:
    """Part of a matrix that does not change: `outputs` of it and what it takes of the source, `depth`.

    Its axes are [depth, outputs], or [outputs, depth] where `outputs_first`; leading axes of size 1 do not count.
    """

    value: Value
    outputs: tuple[int, int]
    depth: tuple[int, int]
    outputs_first: bool


@dataclass
class Sum:
    """Products of sources, sources as they are, and offsets, which have one row."""

    products: list[tuple[Columns, Matrix]] = field(default_factory=list)
    plain: list[Columns] = field(default_factory=list)
    offsets: list[Columns] = field(default_factory=list)


@dataclass(frozen=True)
class Sums:
    """Reads sums of the products of sources with matrices that do not change."""

    invariants: Invariants
    is_source: IsSource

    def of(self, columns: Columns) -> Sum:
        """Columns as a sum; NotAnLstm says why they are none."""
        found = Sum()
        self._add(columns, found)
        return found

    def _add(self, columns: Columns, found: Sum) -> None:
        columns = behind(columns)
        value, operation = columns.value, columns.value.producer
        if value in self.invariants:
            _require_one_row(value)
            found.offsets.append(columns)
        elif self.is_source(columns):
            found.plain.append(columns)
        elif operation is None or has_activation(operation.operator):
            raise NotAnLstm("its gates are more than sums of products of the input and the state")
        elif isinstance(operation.operator, (Add, AddN)):
            for operand in operation.operands:
                if operand is not None:
                    self._add_operand(operand, columns, found)
        elif isinstance(operation.operator, (FullyConnected, BatchMatmul)):
            self._add_product(operation, columns, found)
        elif isinstance(operation.operator, Mul):
            self._add_scaled(operation, columns, found)
        else:
            raise NotAnLstm("its gates are more than sums of products of the input and the state")

    def _add_operand(self, operand: Value, columns: Columns, found: Sum) -> None:
        """An operand of a sum: of the result's rows, or an offset for all of them."""
        own = Columns.of(operand)
        if operand in self.invariants:
            _require_one_row(operand)
            found.offsets.append(own if own.width == 1 else columns.within(operand, 0))
            return
        if not same(rows_of(operand), rows_of(columns.value)) or own.width != Columns.of(columns.value).width:
            raise NotAnLstm("its gates add values that are broadcast")
        self._add(columns.within(operand, 0), found)

    def _add_product(self, operation: Operation, columns: Columns, found: Sum) -> None:
        x, weights = operation.operands[:2]
        operator = operation.operator
        if (
            x is None
            or weights is None
            or weights not in self.invariants
            or not same(product(weights.type.shape[:-2]), 1)
        ):
            raise NotAnLstm("its gates are products with matrices that change from step to step")
        if isinstance(operator, BatchMatmul) and operator.adj_x:
            raise NotAnLstm("its gates are products with a transposed input")
        outputs_first = isinstance(operator, FullyConnected) or (isinstance(operator, BatchMatmul) and operator.adj_y)
        for source, at in self._sources(Columns.of(x)):
            depth = (at, at + source.width)
            found.products.append((source, Matrix(weights, (columns.begin, columns.end), depth, outputs_first)))
        if len(operation.operands) > 2 and (bias := operation.operands[2]) is not None:
            self._add_operand(bias, columns, found)

    def _sources(self, columns: Columns, at: int = 0) -> list[tuple[Columns, int]]:
        """The sources that columns join, and where each begins."""
        columns = behind(columns)
        joined = parts(columns)
        if joined and columns.is_whole:
            return [found for part, offset in joined for found in self._sources(Columns.of(part), at + offset)]
        if not self.is_source(columns):
            raise NotAnLstm("its gates are products of something else than the input and the state")
        return [(columns, at)]

    def _add_scaled(self, operation: Operation, columns: Columns, found: Sum) -> None:
        """A product with one row of weights, where the source has one feature."""
        for x, weights in (operation.operands[:2], operation.operands[1::-1]):
            if x is None or weights is None or weights not in self.invariants or not same(rows_of(weights), 1):
                continue
            source = behind(Columns.of(x))
            if Columns.of(x).width == 1 and self.is_source(source) and Columns.of(weights).width >= columns.end:
                found.products.append((source, Matrix(weights, (columns.begin, columns.end), (0, 1), False)))
                return
        raise NotAnLstm("its gates are scaled one by one, as those with peepholes are")


def _require_one_row(offset: Value) -> None:
    if not same(rows_of(offset), 1):
        raise NotAnLstm("its gates add something else for each sample of the batch")
