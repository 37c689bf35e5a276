"""In which element type each value is computed, and in which each operation and each graph reads it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from litesmith.ir.graph import Graph, Operation, Value
from litesmith.ir.operator import Role
from litesmith.ir.types import DType
from litesmith.quantization import lstm
from litesmith.quantization.ties import Tie, Ties

REAL = DType.FLOAT32


@dataclass
class Domains:
    """Element types in which real numbers are computed; float32 where nothing is said.

    Attributes:
        operations: of operations that do not run others.
        ties: what goes from graph to graph.
        tied: the types of these.
    """

    operations: dict[Operation, DType]
    ties: Ties
    tied: dict[Tie, DType] = field(default_factory=dict)

    def of(self, operation: Operation) -> DType:
        """The type that an operation computes in; float32 for a crossing, which computes nothing."""
        return self.operations.get(operation, REAL)

    def made(self, value: Value) -> DType:
        """The type in which a value is made, without what turns it into another one."""
        tie = self.ties.that_gives(value)
        if tie is not None:
            return self.tied.get(tie, REAL)
        return REAL if value.producer is None else self.of(value.producer)

    def read(self, operation: Operation, place: int) -> DType:
        """The type in which an operation takes an operand."""
        tie = self.ties.that_reads(operation, place)
        if tie is not None:
            return self.tied.get(tie, REAL)
        domain = self.of(operation)
        is_cell_state = place == lstm.CELL_STATE and lstm.is_lstm(operation)
        return DType.INT16 if is_cell_state and domain is not REAL else domain

    def returned(self, graph: Graph, place: int) -> DType:
        """The type in which a graph returns an output: float32 to the model's caller."""
        tie = self.ties.that_takes(graph, place)
        return REAL if tie is None else self.tied.get(tie, REAL)


def settled(operations: dict[Operation, DType], graphs: Sequence[Graph]) -> Domains:
    """The domains of a model in which operations have these: what goes from graph to graph is what computes it.

    A loop carries 16 bits where its body computes them, and real numbers where its body computes those. What it hands
    on as it is has the type in which the body reads it.
    """
    found = Domains(operations, Ties(graphs))
    waiting = list(found.ties)
    while waiting:
        known = {tie: domain for tie in waiting if (domain := _domain_of(tie, found)) is not None}
        if not known:
            break
        found.tied.update(known)
        waiting = [tie for tie in waiting if tie not in known]
    return found


def _domain_of(tie: Tie, domains: Domains) -> DType | None:
    """The type that suits what goes through a tie; None where that depends on others that are not known yet."""
    returned = [graph.outputs[place] for graph, place in tie.returns]
    made = {_made(value, domains) for value in returned if value not in tie.given} - {None}
    if made:
        return _widest(made)
    read = {_read(use, domains) for value in tie.given for use in value.uses if computes_with(*use)} - {None}
    integers = read - {REAL}
    return _widest(integers or read) if read else None


def _widest(domains: Iterable[DType | None]) -> DType:
    return next(domain for domain in (REAL, DType.INT16, DType.INT8) if domain in domains)


def _made(value: Value, domains: Domains) -> DType | None:
    tie = domains.ties.that_gives(value)
    if tie is not None:
        return domains.tied.get(tie)
    return None if value.producer is None else domains.of(value.producer)


def _read(use: tuple[Operation, int], domains: Domains) -> DType | None:
    tie = domains.ties.that_reads(*use)
    return domains.of(use[0]) if tie is None else domains.tied.get(tie)


def computes_with(operation: Operation, place: int) -> bool:
    """Whether an operand is a number to an operation, rather than a size, an axis or a place."""
    return operation.operator.operand(place).role is not Role.INDEX
