"""The invariants of a graph that may be written to a file.

Besides the structure that `Graph` keeps, they rule out what LiteRT kernels take without
complaint and compute wrongly, or what aborts the process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from litesmith.ir.dims import Dim
from litesmith.ir.graph import Graph, Model, Operation, Value
from litesmith.ir.kernel_traps import TRAPS
from litesmith.ir.operator import Role
from litesmith.ir.types import DType, TensorType

NARROW = (DType.INT8, DType.UINT8, DType.INT16)
NEEDS_RANK_1 = frozenset(
    ["SOFTMAX", "MEAN", "SLICE", "STRIDED_SLICE", "CONCATENATION", "SUM", "REDUCE_MAX", "REDUCE_MIN"]
)
AT_MOST_RANK_6 = frozenset(
    ["SOFTMAX", "MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN", "CONCATENATION", "SPLIT", "FULLY_CONNECTED"]
)
"""XNNPACK refuses other ranks of these instead of leaving them to the plain kernel."""


class InvariantBroken(Exception):
    """A graph that must not be written; the text lists every rule that is broken."""


def verify_model(model: Model) -> None:
    """Check every graph; raises `InvariantBroken` with all that is wrong."""
    problems = [problem for graph in model.all_graphs() for problem in graph_problems(graph)]
    if problems:
        raise InvariantBroken("\n".join(problems))


def graph_problems(graph: Graph) -> Iterator[str]:
    """Each broken rule, as a sentence with the operation it is about."""
    yield from _structure_problems(graph)
    for operation in graph.operations:
        for rule in RULES:
            problem = rule(operation)
            if problem is not None:
                yield f"{graph.name}: {operation}: {problem}"


def _structure_problems(graph: Graph) -> Iterator[str]:
    known: set[Value] = set(graph.inputs)
    for operation in graph.operations:
        if operation.graph is not graph:
            yield f"{graph.name}: {operation} belongs to {operation.graph}"
        for position, operand in enumerate(operation.operands):
            if operand is None:
                continue
            if (operation, position) not in operand.uses:
                yield f"{graph.name}: {operation} is not among the uses of {operand}"
            if not operand.is_constant and not operand.is_variable and operand not in known:
                yield f"{graph.name}: {operation} reads {operand} before it is there"
        known.update(operation.results)
    for output in graph.outputs:
        if output not in known and not output.is_constant:
            yield f"{graph.name}: the output {output} is not there"


def _narrow_integers_have_scales(operation: Operation) -> str | None:
    """Kernels abort the process, or compute nonsense, on narrow integers without scales."""
    operator = operation.operator
    for position, operand in enumerate(operation.operands):
        if operand is None or operator.kernel_dtypes is None or operator.operand(position).role is Role.INDEX:
            continue
        dtype = operand.type.dtype
        if dtype in NARROW and dtype not in operator.kernel_dtypes and operand.type.quantization is None:
            return f"{dtype} without scales (cast to int32 first)"
    return None


def _fused_activation_is_honoured(operation: Operation) -> str | None:
    """A fused TANH or SIGN_BIT is silently ignored; recurrent operators mean something else by it."""
    fused = getattr(operation.operator, "fused_activation_function", 0)
    if fused > 3 and "SEQUENCE" not in operation.operator.builtin:
        return "kernels ignore a fused activation other than RELU, RELU6 and RELU_N1_TO_1"
    return None


def _rank_is_delegated(operation: Operation) -> str | None:
    name = operation.operator.builtin
    for operand in operation.operands[:1]:
        if operand is None or operand.type.dtype is not DType.FLOAT32:
            continue
        if name in AT_MOST_RANK_6 and operand.type.rank > 6:
            return f"{operand.type.rank} axes, where XNNPACK refuses more than 6"
        if name in NEEDS_RANK_1 and operand.type.rank == 0:
            return "a scalar, which XNNPACK refuses here"
    return None


def _convolution_has_a_bias(operation: Operation) -> str | None:
    if operation.operator.builtin not in ("CONV_2D", "DEPTHWISE_CONV_2D"):
        return None
    if len(operation.operands) < 3 or operation.operands[2] is None:
        return "no bias, which the kernel refuses"
    return None


def _arctangent_does_not_broadcast(operation: Operation) -> str | None:
    if operation.operator.builtin != "ATAN2":
        return None
    first, second = operation.operands
    if first is not None and second is not None and not first.type.matches(second.type):
        return "operands of different shapes, which the kernel computes wrongly"
    return None


def _loop_returns_what_it_takes(operation: Operation) -> str | None:
    """Body and condition take the operands; the body returns as many values of the same types."""
    if operation.operator.builtin != "WHILE":
        return None
    taken = [None if operand is None else operand.type for operand in operation.operands]
    for graph in operation.operator.subgraphs():
        if not _all_match(taken, [value.type for value in graph.inputs]):
            return f"{graph.name} takes other types than those that are carried"
    body = operation.operator.subgraphs()[1]
    if not _all_match([value.type for value in body.inputs], [value.type for value in body.outputs]):
        return f"{body.name} returns other types than it takes"
    return None


def _all_match(left: Sequence[TensorType | None], right: list[TensorType]) -> bool:
    return len(left) == len(right) and all(a is not None and _may_match(a, b) for a, b in zip(left, right, strict=True))


def _may_match(left: TensorType, right: TensorType) -> bool:
    """Whether types agree in all that is known: graphs read from a file know nothing of each other's sizes."""
    if left.dtype is not right.dtype or left.rank != right.rank:
        return False
    sizes = zip(left.shape, right.shape, strict=True)
    return all(a == b for a, b in sizes if not isinstance(a, Dim) and not isinstance(b, Dim))


def _loop_exchanges_nothing(operation: Operation) -> str | None:
    """The kernel copies a body's outputs over its inputs one by one: an input returned elsewhere is overwritten."""
    if operation.operator.builtin != "WHILE":
        return None
    body = operation.operator.subgraphs()[1]
    for place, output in enumerate(body.outputs):
        if any(output is value for i, value in enumerate(body.inputs) if i != place):
            return f"{body.name} returns an input at another place, where the kernel may have overwritten it"
    return None


def _branches_agree(operation: Operation) -> str | None:
    if operation.operator.builtin != "IF":
        return None
    taken = [None if operand is None else operand.type for operand in operation.operands[1:]]
    first, second = operation.operator.subgraphs()
    for graph in (first, second):
        if not _all_match(taken, [value.type for value in graph.inputs]):
            return f"{graph.name} takes other types than the operands"
    returned = [value.type for value in operation.results]
    if not all(_all_match(returned, [value.type for value in graph.outputs]) for graph in (first, second)):
        return f"{first.name} and {second.name} return different types"
    return None


def _state_is_a_variable(operation: Operation) -> str | None:
    """A recurrent operator writes its states, each into a variable tensor of its own."""
    if "SEQUENCE" not in operation.operator.builtin or "REVERSE" in operation.operator.builtin:
        return None
    states = [
        operand
        for position, operand in enumerate(operation.operands)
        if operand is not None and operation.operator.operand(position).role is Role.STATE
    ]
    if not all(state.is_variable for state in states):
        return "a state that is no variable"
    return None if len(set(states)) == len(states) else "one variable for several states"


RULES: tuple[Callable[[Operation], str | None], ...] = (
    _narrow_integers_have_scales,
    _fused_activation_is_honoured,
    _rank_is_delegated,
    _convolution_has_a_bias,
    _arctangent_does_not_broadcast,
    _loop_returns_what_it_takes,
    _loop_exchanges_nothing,
    _branches_agree,
    _state_is_a_variable,
    *TRAPS,
)
