"""What is known of values that the data never came to, as in loops that only long sequences reach."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from litesmith.ir.graph import Graph, Model, Operation, Value
from litesmith.ir.operator import Same
from litesmith.quantization.groups import real_results, shared_operands
from litesmith.quantization.ranges import Histogram, activations
from litesmith.quantization.ties import Ties

Histograms = dict[Value, Histogram]


def lent(model: Model, histograms: Mapping[Value, Histogram]) -> Histograms:
    """The histograms, and for values of graphs that never ran those of values that hold the same.

    These are the values of a graph that computes the same and did run, and what these are moved to and carried as.
    """
    found = dict(histograms)
    graphs = list(model.all_graphs())
    ran = [graph for graph in graphs if any(_is_seen(value, histograms) for value in activations(graph))]
    for graph in graphs:
        if graph not in ran:
            pairs: Iterator[dict[Value, Value]] = filter(None, (_same(graph, other) for other in ran))
            for value, other in next(pairs, {}).items():
                if other in found:
                    found[value] = found[other]
    bound = [tie.values() for tie in Ties(graphs)]
    bound += [
        [*shared_operands(operation), *real_results(operation)]
        for graph in graphs
        if graph not in ran
        for operation in graph.operations
        if isinstance(operation.operator.scales, Same)
    ]
    while sum(_share(values, found) for values in bound):
        pass
    return found


def _is_seen(value: Value, histograms: Mapping[Value, Histogram]) -> bool:
    return value in histograms and histograms[value].seen > 0


def _share(values: Sequence[Value], histograms: Histograms) -> bool:
    """Let values that share a scale share what is known; whether that was news."""
    known = [histograms[value] for value in values if _is_seen(value, histograms)]
    unknown = [value for value in values if value.constant is None and not _is_seen(value, histograms)]
    if not known or not unknown:
        return False
    together = known[0]
    for other in known[1:]:
        together = together.merged(other)
    histograms.update(dict.fromkeys(unknown, together))
    return True


def _same(graph: Graph, other: Graph) -> dict[Value, Value] | None:
    """For each value of a graph, that of another one which computes the same; None where it does not."""
    if len(graph.operations) != len(other.operations) or not activations(graph):
        return None
    found: dict[Value, Value] = {}
    for mine, theirs in zip(graph.operations, other.operations, strict=True):
        if not _pairs(mine, theirs, found):
            return None
    return found


def _pairs(mine: Operation, theirs: Operation, found: dict[Value, Value]) -> bool:
    """Whether two operations do the same to the same; notes which values these are."""
    if mine.operator != theirs.operator or mine.operator.subgraphs() or len(mine.operands) != len(theirs.operands):
        return False
    for left, right in zip((*mine.operands, *mine.results), (*theirs.operands, *theirs.results), strict=True):
        if left is None or right is None:
            if left is not right:
                return False
        elif left.constant is not None or right.constant is not None:
            if left.constant is None or right.constant is None or left.constant.key != right.constant.key:
                return False
        elif left.type.dtype is not right.type.dtype or found.setdefault(left, right) is not right:
            return False
    return True
