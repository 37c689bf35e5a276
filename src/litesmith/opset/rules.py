"""Rules about shapes and types that operators share."""

from __future__ import annotations

from collections.abc import Sequence

from litesmith.ir.dims import Dim, Shape, Size, ceil_div, evaluate, expression, maximum, same
from litesmith.ir.graph import Value
from litesmith.ir.operator import SizesDiffer, TypeRule
from litesmith.ir.types import DType, TensorType

FLOAT = frozenset({DType.FLOAT32})
WIDE = frozenset({DType.FLOAT32, DType.INT32, DType.INT64})
"""What most kernels compute with: narrow integers they take only with scales, or abort the process."""
MOVED_WIDELY = WIDE | {DType.INT8, DType.UINT8, DType.INT16, DType.BOOL, DType.FLOAT16, DType.BFLOAT16, DType.STRING}
"""What kernels take that only choose and move elements."""

ROUND_SIZE = 2**8 * 3**3 * 5**2 * 7
"""What divides without a rest by the strides that models have, several times."""


def need(value: Value | None, name: str) -> TensorType:
    """The type of an operand that must be given."""
    if value is None:
        raise TypeRule(f"operand {name!r} is missing")
    return value.type


def sizes_of(value: Value | None) -> tuple[Size, ...] | None:
    """The elements of an integer operand as far as they are known; None when they are not."""
    if value is None:
        return None
    if value.contents is not None:
        return value.contents
    if value.constant is not None:
        return tuple(int(element) for element in value.constant.array().reshape(-1))
    return None


def need_sizes(value: Value | None, name: str) -> tuple[Size, ...]:
    """The elements of an integer operand, which the type of the result depends on."""
    sizes = sizes_of(value)
    if sizes is None:
        raise TypeRule(f"operand {name!r} must be known before the model runs to type the result")
    return sizes


def normalize_axis(axis: int, rank: int) -> int:
    """A non-negative axis; TypeRule when there is no such axis."""
    if not -rank <= axis < rank:
        raise TypeRule(f"axis {axis} of a tensor with {rank} axes")
    return axis % rank if rank else 0


def agreed_size(left: Size, right: Size) -> Size:
    """The size of two axes that must have one: the number where one is known, else the left one.

    Sizes of different unknowns, as of two inputs, are taken to be equal, as Keras takes them; so are different
    functions of the same unknowns that agree for round sizes: a U-Net halves and doubles images. Kernels
    refuse what is not equal when the model runs. TypeRule for different numbers, SizesDiffer for other functions.
    """
    if isinstance(left, Dim) != isinstance(right, Dim):
        return right if isinstance(left, Dim) else left
    if same(left, right):
        return left
    if expression(left).symbols == expression(right).symbols and not _agree_for_round_sizes(left, right):
        kind = SizesDiffer if isinstance(left, Dim) else TypeRule
        raise kind(f"sizes {left} and {right} differ")
    return left


def _agree_for_round_sizes(left: Size, right: Size) -> bool:
    names = sorted(symbol.name for symbol in expression(left).symbols)
    sizes = {name: ROUND_SIZE * count for count, name in enumerate(names, 1)}
    return evaluate(left, sizes) == evaluate(right, sizes)


def broadcast_sizes(left: Size, right: Size) -> Size:
    """The size that two sizes broadcast to; a dynamic size gives way to a number over 1."""
    if not isinstance(left, Dim) and left == 1:
        return right
    if not isinstance(right, Dim) and right == 1:
        return left
    return agreed_size(left, right)


def broadcast_shapes(*shapes: Shape) -> Shape:
    """The shape that shapes broadcast to, aligned at their last axes."""
    rank = max(map(len, shapes))
    result: list[Size] = [1] * rank
    for shape in shapes:
        for axis, size in enumerate(shape, start=rank - len(shape)):
            result[axis] = broadcast_sizes(result[axis], size)
    return tuple(result)


def same_dtype(*types: TensorType) -> DType:
    """The element type that all operands must share."""
    dtypes = {type.dtype for type in types}
    if len(dtypes) > 1:
        raise TypeRule("operands have different element types: " + ", ".join(sorted(map(str, dtypes))))
    return types[0].dtype


def window_size(size: Size, window: int, stride: int, dilation: int, same_padding: bool) -> Size:
    """How many places a window has along an axis (SAME: one for each stride; VALID: where it fits)."""
    if same_padding:
        return ceil_div(size, stride)
    extent = (window - 1) * dilation + 1
    places = ceil_div(size - extent + 1, stride)
    if not isinstance(places, Dim) and places < 0:
        return 0
    return places if not isinstance(places, Dim) else maximum(places, 0) if int(places) < 0 else places


def reduced(shape: Shape, axes: Sequence[Size], keep: bool) -> Shape:
    """A shape without the given axes, or with 1 in their place."""
    dropped = {normalize_axis(int(axis), len(shape)) for axis in axes}
    if keep:
        return tuple(1 if axis in dropped else size for axis, size in enumerate(shape))
    return tuple(size for axis, size in enumerate(shape) if axis not in dropped)
