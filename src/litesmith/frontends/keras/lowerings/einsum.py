"""Sums of products: `einsum`, the products of matrices and tensors, and `EinsumDense`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from keras.ops import normalize

from litesmith.frontends.keras.arguments import to_tensors, to_values
from litesmith.frontends.keras.lowerings.promotion import common_dtype, promote
from litesmith.frontends.keras.registry import lowers
from litesmith.ir.dims import Dim, same
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import einsum as products
from litesmith.ops.array import as_value, axes_of, axis_of, expand_dims, reshape
from litesmith.ops.complex import conjugate
from litesmith.ops.einsum import Term
from litesmith.ops.math import multiply


def _wide(*operands: Any) -> list[Value]:
    """Operands of one type; int8 becomes int32, as Keras has it for `einsum` and `matmul`."""
    values = [as_value(operand) for operand in operands]
    narrow = all(value.type.dtype is DType.INT8 for value in values)
    dtype = DType.INT32 if narrow else common_dtype(*values)
    return [as_value(value, dtype) for value in values]


@lowers("ops.einsum")
def einsum(subscripts: str, *operands: Any, **options: Any) -> Value:
    return products.einsum(subscripts, _wide(*operands))


@lowers("ops.matmul")
def matmul(x1: Any, x2: Any) -> Value:
    return products.matmul(*_wide(x1, x2))


@lowers("ops.tensordot")
def tensordot(x1: Any, x2: Any, axes: int | Sequence[Any] = 2) -> Value:
    left, right = promote(x1, x2)
    first, second = _tensordot_axes(left.type.rank, axes)
    return _contracted(left, right, axes_of(first, left.type.rank), axes_of(second, right.type.rank))


def _tensordot_axes(rank: int, axes: int | Sequence[Any]) -> tuple[Any, Any]:
    """The axes that are summed over: of the first operand, and those that meet them of the second."""
    if isinstance(axes, int):
        return tuple(range(rank - axes, rank)), tuple(range(axes))
    first, second = axes
    return first, second


def _contracted(
    left: Value, right: Value, first: Sequence[int], second: Sequence[int], shared: Sequence[int] = ()
) -> Value:
    """The sum of products over pairs of axes; the other axes follow one another, those that both share once."""
    left_labels = tuple(f"l{axis}" for axis in range(left.type.rank))
    met = dict(zip(second, (left_labels[axis] for axis in first), strict=True))
    same_in_both = {axis: left_labels[axis] for axis in shared}
    right_labels = tuple({**met, **same_in_both}.get(axis, f"r{axis}") for axis in range(right.type.rank))
    joined = dict.fromkeys((*left_labels, *right_labels))
    output = tuple(label for label in joined if label not in met.values())
    return products.contract([Term(left, left_labels), Term(right, right_labels)], output)


def _unless_scalar(function: Callable[[Value, Value], Value]) -> Callable[[Any, Any], Value]:
    """A product of two operands of one type, which is their plain product where one is a scalar."""

    def apply(x1: Any, x2: Any) -> Value:
        left, right = promote(x1, x2)
        return function(left, right) if left.type.rank and right.type.rank else multiply(left, right)

    return apply


@lowers("ops.dot")
@_unless_scalar
def dot(x1: Value, x2: Value) -> Value:
    return _contracted(x1, x2, [x1.type.rank - 1], [max(x2.type.rank - 2, 0)])


@lowers("ops.inner")
@_unless_scalar
def inner(x1: Value, x2: Value) -> Value:
    return _contracted(x1, x2, [x1.type.rank - 1], [x2.type.rank - 1])


@lowers("ops.outer")
def outer(x1: Any, x2: Any) -> Value:
    left, right = promote(x1, x2)
    return multiply(reshape(left, (-1, 1)), reshape(right, (1, -1)))


@lowers("ops.vdot")
def vdot(x1: Any, x2: Any) -> Value:
    """Of complex numbers, the first ones conjugated."""
    left, right = promote(conjugate(as_value(x1)), x2)
    return _contracted(reshape(left, (-1,)), reshape(right, (-1,)), [0], [0])


@lowers("layers.Dot")
def dot_layer(layer: Any, inputs: Sequence[Value]) -> Any:
    """Keras compares the sizes that meet: two open ones are taken to be equal, which the kernel checks."""
    axes = layer.axes if isinstance(layer.axes, (list, tuple)) else (layer.axes, layer.axes)
    places = [axis_of(axis, x.type.rank) for axis, x in zip(axes, inputs, strict=True)]
    sizes = [x.type.shape[place] for x, place in zip(inputs, places, strict=True)]
    if 0 in places or not any(isinstance(size, Dim) for size in sizes) or same(*sizes):
        return to_values(layer.call(to_tensors(inputs)))
    if layer.normalize:
        inputs = [to_values(normalize(to_tensors(x), place)) for x, place in zip(inputs, places, strict=True)]
    left, right = promote(*inputs)
    result = _contracted(left, right, [places[0]], [places[1]], shared=(0,))
    return result if result.type.rank > 1 else expand_dims(result, 1)


@lowers("layers.EinsumDense")
def einsum_dense(layer: Any, inputs: Value, training: Any = None) -> Any:
    """The bias is part of the FULLY_CONNECTED, whose result may have to be reshaped."""
    kernel, bias = to_values(layer.kernel), to_values(layer.bias)
    operands = promote(inputs, kernel)
    added = None if bias is None else as_value(bias, operands[0].type.dtype)
    result = products.einsum(layer.equation, operands, added)
    return result if layer.activation is None else to_values(layer.activation(to_tensors(result)))
