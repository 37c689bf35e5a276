"""Whether a graph tells -0.0 from 0.0.

The two are equal, and only few operators give different results for them; what a model
returns is compared by value.
"""

from __future__ import annotations

from litesmith.ir.graph import Operation, Value
from litesmith.opset import binary, elementwise
from litesmith.opset.control import CallOnce, If, While
from litesmith.opset.conversion import Bitcast
from litesmith.opset.unmodeled import Unmodeled

TELLING = (binary.Atan2, binary.Pow, elementwise.Rsqrt, Bitcast, Unmodeled)
"""Operators whose result depends on the sign of a zero; DIV does, on that of its divisor."""
MAY_TELL = frozenset((*TELLING, binary.Div, CallOnce, If, While))
"""Those, and operators that run graphs in which there may be one."""
FORGETTING = (
    elementwise.Abs,
    elementwise.Cos,
    elementwise.Exp,
    elementwise.Log,
    elementwise.Logistic,
    elementwise.LogSoftmax,
    elementwise.Softmax,
    elementwise.Square,
    binary.Comparison,
)
"""Operators that give exactly the same for both zeros."""


def tells_zeros_apart(value: Value) -> Operation | None:
    """The first operation behind a value that gives another result when a 0.0 in it becomes -0.0."""
    if value.graph is not None and not any(
        type(operation.operator) in MAY_TELL for operation in value.graph.operations
    ):
        return None
    seen: set[Operation] = set()
    waiting = [value]
    while waiting:
        for operation, position in waiting.pop().uses:
            operator = operation.operator
            divided = isinstance(operator, binary.Div) and position == 0
            if type(operator) in MAY_TELL and not divided:
                return operation
            if operation in seen or isinstance(operator, FORGETTING):
                continue
            seen.add(operation)
            waiting += [result for result in operation.results if result.type.dtype.is_float]
    return None
