"""What LiteRT's kernels take and compute wrongly, or refuse in one of the ways to run them.

Measured with ai-edge-litert 2.3.0. Each function says what is wrong with an operation, or None.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from litesmith.ir.dims import product
from litesmith.ir.graph import Graph, Operation, Value
from litesmith.ir.operator import Operator, Role
from litesmith.ir.types import DType

MOST_AXES = 8
"""No kernel takes more, and CompiledModel refuses the file."""
AT_MOST_5_AXES = frozenset(["BATCH_MATMUL", "PAD", "PADV2"])
SIZES = {
    **dict.fromkeys(["FILL", "TRANSPOSE_CONV"], (0,)),
    **dict.fromkeys(["RESHAPE", "BROADCAST_TO", "TILE", "PAD", "PADV2", "RESIZE_BILINEAR", "TOPK_V2", "ONE_HOT"], (1,)),
    "SLICE": (1, 2),
    "STRIDED_SLICE": (1, 2, 3),
    "RANGE": (0, 1, 2),
    "WHERE": (0,),
    "UNIQUE": (0,),
}
"""Operands whose numbers decide the size of the result."""
BEFORE_THE_RUN = frozenset(["STRIDED_SLICE", "CONCATENATION", "MUL", "GATHER", "RESHAPE", "REDUCE_PROD", "RANGE"])
"""What the runtime computes of sizes when it allocates tensors."""
NEEDS_AN_AXIS = frozenset(["CUMSUM", "L2_NORMALIZATION", "SOFTMAX"])


def blockwise_weights_are_int4(operation: Operation) -> str | None:
    """FULLY_CONNECTED computes nonsense with int8 and int2 weights that have a scale for each block."""
    if operation.operator.builtin != "FULLY_CONNECTED":
        return None
    for weights in _operands(operation, Role.WEIGHT):
        quantization = weights.type.quantization
        if quantization is not None and quantization.block_size and weights.type.dtype is not DType.INT4:
            return f"{weights.type.dtype} weights with a scale for each block, which only int4 weights may have"
    return None


def filter_is_wide_enough(operation: Operation) -> str | None:
    """CONV_2D gives NaN with int2 filters; DEPTHWISE_CONV_2D on float32 refuses int4 ones."""
    name = operation.operator.builtin
    for kernel in _operands(operation, Role.WEIGHT):
        dtype = kernel.type.dtype
        if name == "CONV_2D" and dtype is DType.INT2:
            return "an int2 filter, which gives NaN"
        image = operation.operands[0]
        on_floats = image is not None and image.type.dtype is DType.FLOAT32
        if name == "DEPTHWISE_CONV_2D" and on_floats and dtype in (DType.INT4, DType.INT2):
            return f"a filter of {dtype} on float32, which the kernel refuses"
    return None


def rows_are_whole_bytes(operation: Operation) -> str | None:
    """EMBEDDING_LOOKUP and GATHER read rows of int4 as if each began in a byte of its own."""
    if operation.operator.builtin not in ("EMBEDDING_LOOKUP", "GATHER"):
        return None
    for table in operation.operands:
        if table is not None and table.type.dtype is DType.INT4 and int(product(table.type.shape[1:])) % 2:
            return "rows of an odd number of int4 elements, of which the kernel reads others"
    return None


def sparse_constants_are_filled_in(operation: Operation) -> str | None:
    """Only DENSIFY and FULLY_CONNECTED read sparse constants; CONV_2D gives NaN."""
    for operand in operation.operands:
        if operand is None or operand.type.sparsity is None or operation.operator.builtin == "DENSIFY":
            continue
        if operation.operator.builtin != "FULLY_CONNECTED":
            return "a sparse constant without DENSIFY"
        if operand.type.dtype is not DType.FLOAT32 and not operand.type.sparsity.block_map:
            return f"sparse {operand.type.dtype} weights without blocks, which give wrong numbers"
    return None


def axes_are_few_enough(operation: Operation) -> str | None:
    """Tensors of more axes than the kernels, or one operator's, take."""
    most = 5 if operation.operator.builtin in AT_MOST_5_AXES else MOST_AXES
    for value in (*operation.operands, *operation.results):
        if value is not None and value.type.rank > most:
            return f"{value.type.rank} axes, where the kernel takes {most}"
    return None


def there_is_an_axis(operation: Operation) -> str | None:
    """Operators along an axis refuse scalars."""
    x = operation.operands[0] if operation.operands else None
    if operation.operator.builtin in NEEDS_AN_AXIS and x is not None and x.type.rank == 0:
        return "a scalar, which the kernel refuses"
    return None


def concatenation_has_no_activation(operation: Operation) -> str | None:
    """The kernel of CONCATENATION refuses a fused activation."""
    fused = getattr(operation.operator, "fused_activation_function", 0)
    if operation.operator.builtin == "CONCATENATION" and fused:
        return "a fused activation, which the kernel refuses"
    return None


def variable_is_assigned(operation: Operation) -> str | None:
    """READ_VARIABLE gives garbage when nothing was assigned before it."""
    if operation.operator.builtin != "READ_VARIABLE" or operation.graph is None:
        return None
    name = _variable_name(operation.operands[0])
    if name is None:
        return None
    for earlier in operation.graph.operations:
        if earlier is operation:
            return f"variable {name[1]!r} is read before anything was assigned to it"
        if name in _assigned(earlier):
            return None
    return None


def variable_is_read_at_one_place(operation: Operation) -> str | None:
    """XNNPACK ends the process where an operation takes what READ_VARIABLE gives twice."""
    read = [
        operand
        for operand in operation.operands
        if operand is not None and operand.producer is not None and operand.producer.operator.builtin == "READ_VARIABLE"
    ]
    return "what a variable holds as two operands" if len(set(read)) < len(read) else None


def variable_has_its_size_before_the_run(operation: Operation) -> str | None:
    """What the runtime keeps between runs is written over the memory of others where its size comes of the run."""
    waiting = [(result, False) for result in operation.results if result.is_variable]
    seen = set(waiting)
    while waiting:
        value, is_number = waiting.pop()
        producer = value.producer
        if value.constant is not None or (producer is None and not is_number):
            continue
        if producer is None or (is_number and producer.operator.builtin not in BEFORE_THE_RUN | {"SHAPE"}):
            return "a variable whose size is known in the run only, and which takes memory that is not its own"
        deciding = () if producer.operator.builtin == "SHAPE" else SIZES.get(producer.operator.builtin, ())
        for place, operand in enumerate(producer.operands):
            is_deciding = place in deciding or (is_number and producer.operator.builtin != "SHAPE")
            if operand is not None and (operand, is_deciding) not in seen:
                seen.add((operand, is_deciding))
                waiting.append((operand, is_deciding))
    return None


def _assigned(operation: Operation) -> Iterator[tuple[str, str]]:
    """The variables that an operation assigns, itself or in the graph that it calls once."""
    if operation.operator.builtin == "ASSIGN_VARIABLE":
        name = _variable_name(operation.operands[0])
        if name is not None:
            yield name
    elif operation.operator.builtin == "CALL_ONCE":
        for graph in operation.operator.subgraphs():
            yield from _assigned_in(graph)


def _assigned_in(graph: Graph) -> Iterator[tuple[str, str]]:
    for operation in graph.operations:
        yield from _assigned(operation)


def _variable_name(handle: Value | None) -> tuple[str, str] | None:
    """What a variable is known by; None for a handle from outside of the graph."""
    producer = None if handle is None else handle.producer
    if producer is None or producer.operator.builtin != "VAR_HANDLE":
        return None
    operator: Operator = producer.operator
    return getattr(operator, "container", ""), getattr(operator, "shared_name", "")


def _operands(operation: Operation, role: Role) -> Iterator[Value]:
    for position, operand in enumerate(operation.operands):
        if operand is not None and operation.operator.operand(position).role is role:
            yield operand


TRAPS: tuple[Callable[[Operation], str | None], ...] = (
    blockwise_weights_are_int4,
    filter_is_wide_enough,
    rows_are_whole_bytes,
    sparse_constants_are_filled_in,
    axes_are_few_enough,
    there_is_an_axis,
    concatenation_has_no_activation,
    variable_is_assigned,
    variable_is_read_at_one_place,
    variable_has_its_size_before_the_run,
)
