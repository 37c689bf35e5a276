"""Variables: reading and assigning them."""

from __future__ import annotations

from functools import partial
from typing import Any

from litesmith.frontends.tensorflow.assigning import written
from litesmith.frontends.tensorflow.graph import Node
from litesmith.frontends.tensorflow.indexing import Masks
from litesmith.frontends.tensorflow.known import Known
from litesmith.frontends.tensorflow.operations.slicing import bounds_of, refuse_ignoring
from litesmith.frontends.tensorflow.registry import Ints, Item, as_value, imports
from litesmith.frontends.tensorflow.variables import Checkpoint, Unreadable, Variable
from litesmith.frontends.tensorflow.wire import Malformed
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import array, indexing, math, scattering
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


def _scatter(reduction: str | None, resource: Item, indices: Value, updates: Value) -> list[Any]:
    """Rows written where their indices say; `reduction` combines them with what was there."""
    count = indices.type.elements
    rows = array.broadcast_to(updates, (*indices.type.shape, *updates.type.shape[indices.type.rank :]))
    variable = _variable(resource)
    tuples = array.reshape(indices, (count, 1))
    flat = array.reshape(rows, (count, *rows.type.shape[indices.type.rank :]))
    variable.assign(scattering.scatter_update(as_value(variable.read()), tuples, flat, reduction))
    return []


def _scatter_tuples(
    reduction: str | None, resource: Item, indices: Value, updates: Value, *, bad_indices_policy: str = ""
) -> list[Any]:
    refuse_ignoring(bad_indices_policy)
    variable = _variable(resource)
    variable.assign(scattering.scatter_update(as_value(variable.read()), indices, updates, reduction))
    return []


for _name, _reduction in {"Update": None, "Add": "add", "Mul": "mul", "Max": "max", "Min": "min"}.items():
    imports(f"ResourceScatter{_name}")(partial(_scatter, _reduction))
for _name, _reduction in {"Update": None, "Add": "add", "Max": "max", "Min": "min"}.items():
    imports(f"ResourceScatterNd{_name}")(partial(_scatter_tuples, _reduction))


@imports("ResourceScatterSub")
def scatter_sub(resource: Item, indices: Value, updates: Value) -> list[Any]:
    return _scatter("add", resource, indices, math.negative(updates))


@imports("ResourceScatterNdSub")
def scatter_nd_sub(resource: Item, indices: Value, updates: Value, *, bad_indices_policy: str = "") -> list[Any]:
    return _scatter_tuples("add", resource, indices, math.negative(updates), bad_indices_policy=bad_indices_policy)


@imports("ResourceGatherNd")
def gather_nd(resource: Item, indices: Value) -> Value:
    return indexing.get_item(as_value(_variable(resource).read()), array.unstack(indices, -1))


@imports("ResourceStridedSliceAssign")
def assign_slice(resource: Item, begin: Item, end: Item, strides: Ints, part: Value, *, node: Node) -> list[Any]:
    variable = _variable(resource)
    key = Masks.of(node).key(bounds_of(begin), bounds_of(end), strides)
    variable.assign(written(as_value(variable.read()), key, part))
    return []


@imports("VarIsInitializedOp", "IsVariableInitialized")
def is_initialized(resource: Item) -> Any:
    return Known.of(_variable(resource).current is not None, DType.BOOL)


@imports("VarHandleOp", "VariableV2", "Variable")
def handle(*, node: Node, variables: dict[str, Variable], shared_name: str = "", container: str = "") -> Variable:
    """The same one for all handles of a name in a container."""
    name = "/".join(filter(None, (container, shared_name or node.name)))
    return variables.setdefault(name, Variable(name))


@imports("Assign")
def assign_reference(reference: Item, item: Item) -> Any:
    assign(reference, item)
    return reference


@imports("AssignAdd")
def assign_add_reference(reference: Item, x: Value) -> Any:
    assign_add(reference, x)
    return reference


@imports("AssignSub")
def assign_sub_reference(reference: Item, x: Value) -> Any:
    assign_sub(reference, x)
    return reference


@imports("RestoreV2")
def restore(prefix: Item, names: Known, slices: Known, *, checkpoint: Checkpoint | None) -> list[Any]:
    if checkpoint is None:
        raise Unsupported("a checkpoint that is read while the model runs")
    if names.dtype is not DType.STRING or slices.dtype is not DType.STRING or names.array.size != slices.array.size:
        raise Malformed("what is restored is not said by as many names as pieces")
    wanted = zip(map(_text, names.array.flat), map(_text, slices.array.flat), strict=True)
    return [_restored(checkpoint, name, part) for name, part in wanted]


def _text(content: bytes) -> str:
    return bytes(content).decode(errors="replace")


def _restored(checkpoint: Checkpoint, name: str, part: str) -> Value | Unreadable:
    """A tensor that was saved; nobody need ask for one that cannot be read, such as the list of all."""
    try:
        return checkpoint.value(name, part)
    except Unsupported as reason:
        return Unreadable(str(reason))


@imports("MergeV2Checkpoints", "SaveV2")
def save(*operands: Item) -> list[Any]:
    raise Unsupported("a model that writes checkpoints")
