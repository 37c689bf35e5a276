"""Shapes of tensors, which are known or sizes that stay open."""

from __future__ import annotations

from typing import Any

from litesmith.frontends.tensorflow.known import Known
from litesmith.frontends.tensorflow.registry import Item, imports
from litesmith.frontends.tensorflow.variables import Variable
from litesmith.ir.dims import Shape, product
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops.errors import Unsupported


def shape_of(item: Any) -> Shape:
    """The shape of whatever an operand is."""
    if isinstance(item, Known):
        return tuple(item.array.shape)
    if isinstance(item, Value):
        return item.type.shape
    if isinstance(item, Variable):
        return shape_of(item.read())
    raise Unsupported(f"the shape of {item}")


@imports("Shape", "VariableShape")
def shape(x: Item, *, out_type: DType = DType.INT32) -> Known:
    return Known.of(list(shape_of(x)), out_type)


@imports("ShapeN")
def shapes(*operands: Item, out_type: DType = DType.INT32) -> list[Known]:
    return [shape(x, out_type=out_type) for x in operands]


@imports("Size")
def size(x: Item, *, out_type: DType = DType.INT32) -> Known:
    return Known.of(product(shape_of(x)), out_type)


@imports("Rank")
def rank(x: Item) -> Known:
    return Known.of(len(shape_of(x)), DType.INT32)
