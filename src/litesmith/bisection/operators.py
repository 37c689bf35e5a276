"""Which operator of a file is the first with which the runtime fails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from litesmith.bisection.failing import Failure, failure_of_running
from litesmith.bisection.parts import first_operations, graph_of, run_content
from litesmith.ir.graph import Operation
from litesmith.opset.unmodeled import Unmodeled

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Culprit:
    """An operator that fails behind others that run.

    Attributes:
        place: in the order in which the file runs them, from 0.
        operators: how many there are.
    """

    operation: Operation
    place: int
    operators: int

    @property
    def name(self) -> str:
        """The operator, as the schema or whoever made it calls it."""
        operator = self.operation.operator
        return operator.name if isinstance(operator, Unmodeled) else operator.builtin

    @property
    def tensor(self) -> str:
        """The tensor that it makes."""
        return next((result.name for result in self.operation.results), "")


def first_failing(
    content: bytes, signature: str | None, arrays: Sequence[Array], failure: Failure, seconds: float
) -> Culprit | None:
    """The operator with which the runtime begins to fail in the same way; None where parts of the file do not.

    The first operators are run as a file of their own, in a process of their own; half of them, and so on.
    """
    graph = graph_of(content, signature)[1]

    def fails(count: int) -> bool:
        part = first_operations(content, signature, count)
        return failure.is_like(failure_of_running(lambda: run_content(part, arrays, True, seconds)))

    runs, failing = 0, len(graph.operations)
    if not failing or not fails(failing):
        return None
    while failing - runs > 1:
        middle = (runs + failing) // 2
        if fails(middle):
            failing = middle
        else:
            runs = middle
    return Culprit(graph.operations[failing - 1], failing - 1, len(graph.operations))
