"""Variables: reading and assigning them."""

from __future__ import annotations

from typing import Any

from litesmith.frontends.tensorflow.known import Known
from litesmith.frontends.tensorflow.registry import Item, as_value, imports
from litesmith.frontends.tensorflow.variables import Variable
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import indexing, math
from litesmith.ops.errors import Unsupported


def _variable(item: Any) -> Variable:
    if not isinstance(item, Variable):
        raise Unsupported(f"{item} in place of a variable")
    return item


@imports("ReadVariableOp")
def read(resource: Item) -> Any:
    return _variable(resource).read()


@imports("ResourceGather")
def gather(resource: Item, indices: Value, *, batch_dims: int = 0) -> Value:
    return indexing.gather(as_value(_variable(resource).read()), indices, batch_dims, batch_dims)


@imports("AssignVariableOp")
def assign(resource: Item, item: Item) -> list[Any]:
    _variable(resource).assign(item)
    return []


@imports("AssignAddVariableOp")
def assign_add(resource: Item, x: Value) -> list[Any]:
    variable = _variable(resource)
    variable.assign(math.add(as_value(variable.read()), x))
    return []


@imports("AssignSubVariableOp")
def assign_sub(resource: Item, x: Value) -> list[Any]:
    variable = _variable(resource)
    variable.assign(math.subtract(as_value(variable.read()), x))
    return []


@imports("VarIsInitializedOp")
def is_initialized(resource: Item) -> Any:
    return Known.of(_variable(resource).current is not None, DType.BOOL)
