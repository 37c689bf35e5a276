"""Nodes whose operands are known, computed while a graph is imported: small tensors, and sizes that are open."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from litesmith.frontends.tensorflow.graph import Node
from litesmith.frontends.tensorflow.indexing import Masks
from litesmith.frontends.tensorflow.known import MOST_COMPUTED, Array, Known
from litesmith.ir.dims import Dim, maximum, minimum, same
from litesmith.ir.types import DType
from litesmith.ops.errors import Unsupported


class NotKnown(Exception):
    """What a node computes depends on sizes that only the run knows, in a way that no size can say."""


Function = Callable[..., Any]
"""Takes a node and the arrays of its operands, sizes in them or not; returns an array or nested sizes, or a list."""

_by_name: dict[str, Function] = {}
_operands_of: dict[str, int | None] = {}
"""How many operands each takes; None for any number."""


def computed(node: Node, items: Sequence[Any]) -> Known | list[Known] | None:
    """The output of a node of known operands, or a list of its outputs; None for other nodes."""
    function = _by_name.get(node.op)
    operands = [item for item in items if isinstance(item, Known)]
    if function is None or len(operands) != len(items) or not items or _operands_of[node.op] not in (None, len(items)):
        return None
    if any(item.array.size > MOST_COMPUTED or item.dtype is DType.STRING for item in operands):
        return None
    dtypes = [item.dtype for item in operands]
    arrays = [item.array for item in operands]
    if any(item.is_open for item in operands):
        arrays = [
            array.astype(object) if dtype.is_integer else array for array, dtype in zip(arrays, dtypes, strict=True)
        ]
    try:
        with np.errstate(all="ignore"):
            found = function(node, *arrays)
    except NotKnown:
        return None
    except (IndexError, ValueError) as error:
        raise Unsupported(f"{node.op} of what does not fit: {error}") from error
    dtype = RESULTS[node.op](node, dtypes) if node.op in RESULTS else dtypes[0]
    if isinstance(found, list):
        return [Known.of(each, dtype) for each in found]
    return None if np.size(found) > MOST_COMPUTED else Known.of(found, dtype)


def is_computed(name: str) -> bool:
    """Whether an operation of this name can be computed of known operands."""
    return name in _by_name


def computed_names() -> frozenset[str]:
    """All operations that are computed of known operands."""
    return frozenset(_by_name)


def function_of(name: str) -> Function:
    """What computes an operation."""
    return _by_name[name]


def computes(*names: str) -> Callable[[Function], Function]:
    """Make a function what computes the operations named."""

    def register(function: Function) -> Function:
        parameters = inspect.signature(function).parameters.values()
        is_variadic = any(each.kind is each.VAR_POSITIONAL for each in parameters)
        for name in names:
            _by_name[name] = function
            _operands_of[name] = None if is_variadic else len(parameters) - 1
        return function

    return register


RESULTS: dict[str, Callable[[Node, Sequence[DType]], DType]] = {
    **dict.fromkeys(
        ("Equal", "NotEqual", "Less", "LessEqual", "Greater", "GreaterEqual"), lambda node, dtypes: DType.BOOL
    ),
    "Cast": lambda node, dtypes: _type_attribute(node, "DstT"),
    "Fill": lambda node, dtypes: dtypes[1],
    "Select": lambda node, dtypes: dtypes[1],
    "SelectV2": lambda node, dtypes: dtypes[1],
    "Concat": lambda node, dtypes: dtypes[1],
    "Split": lambda node, dtypes: dtypes[1],
}
"""The element type of what is computed, where it is not that of the first operand."""


def _type_attribute(node: Node, name: str) -> DType:
    found: DType = node.attribute(name)
    return found


def _is_open(*arrays: Array) -> bool:
    return any(array.dtype == np.dtype(object) for array in arrays)


def _closed(*arrays: Array) -> None:
    if _is_open(*arrays):
        raise NotKnown


def _binary(of_numbers: Function, of_sizes: Function | None, node: Node, x: Array, y: Array) -> Any:
    if not _is_open(x, y):
        return of_numbers(x, y)
    if of_sizes is None:
        raise NotKnown
    return np.asarray(np.frompyfunc(of_sizes, 2, 1)(x, y), object)


def _sum_of(x: Any, y: Any) -> Any:
    return x + y


def _divided(x: Any, y: Any) -> Any:
    """TensorFlow divides toward zero here, and a size rounds down."""
    if int(x) < 0 or int(y) <= 0 or isinstance(y, Dim):
        raise NotKnown
    return x // y


def _equal(x: Any, y: Any) -> bool:
    if same(x, y):
        return True
    if isinstance(x, Dim) or isinstance(y, Dim):
        raise NotKnown
    return False


def _not_equal(x: Any, y: Any) -> bool:
    return not _equal(x, y)


for _name, _functions in {
    "Add": (np.add, _sum_of),
    "AddV2": (np.add, _sum_of),
    "Sub": (np.subtract, lambda x, y: x - y),
    "Mul": (np.multiply, lambda x, y: x * y),
    "FloorDiv": (np.floor_divide, lambda x, y: x // y),
    "FloorMod": (np.remainder, lambda x, y: x % y),
    "Maximum": (np.maximum, maximum),
    "Minimum": (np.minimum, minimum),
    "Equal": (np.equal, _equal),
    "NotEqual": (np.not_equal, _not_equal),
    "Less": (np.less, None),
    "LessEqual": (np.less_equal, None),
    "Greater": (np.greater, None),
    "GreaterEqual": (np.greater_equal, None),
    "LogicalAnd": (np.logical_and, None),
    "LogicalOr": (np.logical_or, None),
}.items():
    computes(_name)(partial(_binary, *_functions))


@computes("RealDiv", "Div", "TruncateDiv")
def divide(node: Node, x: Array, y: Array) -> Any:
    if not _is_open(x, y) and x.dtype.kind == "f":
        return np.trunc(np.divide(x, y)) if node.op == "TruncateDiv" else np.divide(x, y)
    if not _is_open(x, y) and (np.asarray(y) == 0).any():
        raise NotKnown
    return np.asarray(np.frompyfunc(_divided, 2, 1)(x.astype(object), y.astype(object)), object)


@computes("Neg")
def negate(node: Node, x: Array) -> Any:
    return np.asarray(np.frompyfunc(lambda size: -size, 1, 1)(x), object) if _is_open(x) else np.negative(x)


@computes("LogicalNot")
def logical_not(node: Node, x: Array) -> Any:
    return np.logical_not(x)


def _unary(of_numbers: Function, node: Node, x: Array) -> Any:
    _closed(x)
    return of_numbers(x)


UNARY: dict[str, Function] = {
    "Abs": np.abs,
    "Ceil": np.ceil,
    "Floor": np.floor,
    "Rint": np.rint,
    "Round": np.rint,
    "Sign": np.sign,
    "Sqrt": np.sqrt,
    "Square": np.square,
}
for _name, _function in UNARY.items():
    computes(_name)(partial(_unary, _function))


@computes("Cast")
def cast(node: Node, x: Array) -> Any:
    if "Truncate" in node and node.attribute("Truncate"):
        raise NotKnown
    dtype = _type_attribute(node, "DstT")
    if _is_open(x):
        if not dtype.is_integer:
            raise NotKnown
        return x
    if x.dtype.kind == "f" and dtype.is_integer and not np.isfinite(x).all():
        raise NotKnown
    return x.astype(dtype.numpy)


@computes("Pack")
def pack(node: Node, *arrays: Array) -> Any:
    return np.stack(arrays, int(node.attribute("axis")) if "axis" in node else 0)


@computes("ConcatV2")
def concatenate(node: Node, *arrays: Array) -> Any:
    return np.concatenate(arrays[:-1], int(arrays[-1]))


@computes("Concat")
def concatenate_first(node: Node, *arrays: Array) -> Any:
    return np.concatenate(arrays[1:], int(arrays[0]))


@computes("Unpack")
def unpack(node: Node, x: Array) -> Any:
    axis = int(node.attribute("axis")) if "axis" in node else 0
    return [np.take(x, place, axis) for place in range(x.shape[axis])]


@computes("Split")
def split(node: Node, axis: Array, x: Array) -> Any:
    return list(np.split(x, int(node.attribute("num_split")), int(axis)))


@computes("StridedSlice")
def strided_slice(node: Node, x: Array, begin: Array, end: Array, strides: Array) -> Any:
    bounds = [array.tolist() for array in (begin, end, strides)]
    if any(isinstance(bound, Dim) for each in bounds for bound in each):
        raise NotKnown
    return x[tuple(Masks.of(node).key(*bounds))]


@computes("Slice")
def slice_(node: Node, x: Array, begin: Array, sizes: Array) -> Any:
    if any(isinstance(bound, Dim) for bound in (*begin.tolist(), *sizes.tolist())):
        raise NotKnown
    pairs = zip(begin.tolist(), sizes.tolist(), strict=True)
    return x[tuple(slice(first, None if size == -1 else first + size) for first, size in pairs)]


@computes("GatherV2")
def gather(node: Node, x: Array, indices: Array, axis: Array) -> Any:
    if "batch_dims" in node and node.attribute("batch_dims"):
        raise NotKnown
    return np.take(x, _numbers(indices), int(axis))


@computes("Gather")
def gather_first(node: Node, x: Array, indices: Array) -> Any:
    return np.take(x, _numbers(indices), 0)


def _numbers(x: Array) -> Array:
    """Integers that are no open sizes."""
    if any(isinstance(item, Dim) for item in x.flat):
        raise NotKnown
    return x.astype(np.int64)


@computes("Reshape")
def reshape(node: Node, x: Array, shape: Array) -> Any:
    return x.reshape([int(size) for size in _numbers(shape)])


@computes("ExpandDims")
def expand_dims(node: Node, x: Array, axis: Array) -> Any:
    return np.expand_dims(x, int(axis.item()))


@computes("Squeeze")
def squeeze(node: Node, x: Array) -> Any:
    axes = tuple(node.attribute("squeeze_dims")) if "squeeze_dims" in node else ()
    return np.squeeze(x, axes or None)


@computes("Transpose")
def transpose(node: Node, x: Array, order: Array) -> Any:
    return np.transpose(x, _numbers(order))


@computes("Tile")
def tile(node: Node, x: Array, times: Array) -> Any:
    counts = _numbers(times)
    if x.size * int(np.prod(counts)) > MOST_COMPUTED:
        raise NotKnown
    return np.tile(x, counts)


@computes("Fill", "BroadcastTo")
def fill(node: Node, first: Array, second: Array) -> Any:
    shape, x = (first, second) if node.op == "Fill" else (second, first)
    sizes = [int(size) for size in _numbers(shape)]
    if int(np.prod(sizes)) > MOST_COMPUTED:
        raise NotKnown
    return np.broadcast_to(x, sizes)


@computes("Range")
def range_(node: Node, start: Array, limit: Array, delta: Array) -> Any:
    _closed(start, limit, delta)
    if abs(int((limit - start) / delta)) > MOST_COMPUTED:
        raise NotKnown
    if start.dtype.kind != "f":
        return np.arange(int(start), int(limit), int(delta))
    raise NotKnown


@computes("ZerosLike")
def zeros_like(node: Node, x: Array) -> Any:
    return np.zeros(x.shape, np.int64 if _is_open(x) else x.dtype)


@computes("OnesLike")
def ones_like(node: Node, x: Array) -> Any:
    return np.ones(x.shape, np.int64 if _is_open(x) else x.dtype)


@computes("Select", "SelectV2")
def select(node: Node, condition: Array, then: Array, otherwise: Array) -> Any:
    _closed(condition)
    return np.where(condition, then, otherwise)


@computes("BroadcastArgs")
def broadcast_args(node: Node, x: Array, y: Array) -> Any:
    """The shape that two shapes broadcast to."""
    count = max(x.size, y.size)
    rows = [[1] * (count - each.size) + each.tolist() for each in (x, y)]
    result: list[Any] = []
    for one, other in zip(*rows, strict=True):
        if _is_one(one) or _is_one(other):
            result.append(other if _is_one(one) else one)
        elif isinstance(one, Dim) != isinstance(other, Dim):
            result.append(other if isinstance(one, Dim) else one)
        elif same(one, other):
            result.append(one)
        else:
            raise NotKnown
    return np.array(result, object)


def _is_one(size: Any) -> bool:
    return not isinstance(size, Dim) and size == 1


@computes("InvertPermutation")
def invert_permutation(node: Node, x: Array) -> Any:
    return np.argsort(_numbers(x))


def _reduced(of_numbers: Function, of_sizes: Function | None, node: Node, x: Array, axes: Array) -> Any:
    chosen = tuple(int(axis) for axis in axes.flat)
    if any(not -x.ndim <= axis < x.ndim for axis in chosen):
        raise IndexError(f"axes {list(chosen)} of {x.ndim}")
    keep = bool(node.attribute("keep_dims")) if "keep_dims" in node else False
    if not chosen:
        return x
    if not _is_open(x):
        return of_numbers(x, axis=chosen, keepdims=keep, **_in_its_type(of_numbers, x))
    if of_sizes is None or x.ndim != 1:
        raise NotKnown
    items = x.tolist()
    if not items:
        raise NotKnown
    total = items[0]
    for item in items[1:]:
        total = of_sizes(total, item)
    return np.array([total], object) if keep else total


def _in_its_type(function: Function, x: Array) -> dict[str, Any]:
    return {"dtype": x.dtype} if function in (np.sum, np.prod) else {}


REDUCTIONS: dict[str, tuple[Function, Function | None]] = {
    "Sum": (np.sum, _sum_of),
    "Prod": (np.prod, lambda x, y: x * y),
    "Max": (np.max, maximum),
    "Min": (np.min, minimum),
    "All": (np.all, None),
    "Any": (np.any, None),
}
for _name, (_of_numbers, _of_sizes) in REDUCTIONS.items():
    computes(_name)(partial(_reduced, _of_numbers, _of_sizes))
