"""Lookup tables, which become constants of the file: integers looked up, and what stands for them."""

from __future__ import annotations

from typing import Any

import numpy as np

from litesmith.frontends.tensorflow.graph import Node, Program
from litesmith.frontends.tensorflow.known import Known
from litesmith.frontends.tensorflow.registry import Item, as_value, imports
from litesmith.frontends.tensorflow.tables import Array, Table
from litesmith.ir.builder import constant_value, emit
from litesmith.ir.constants import Constant
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import math
from litesmith.ops.array import broadcast_to, cast, reshape
from litesmith.ops.errors import Unsupported
from litesmith.ops.indexing import select
from litesmith.ops.vocabulary import positions
from litesmith.opset.slicing import Gather


def _table(item: Any) -> Table:
    if not isinstance(item, Table):
        raise Unsupported(f"{item} in place of a table")
    return item


@imports(
    *("HashTable", "HashTableV2", "MutableHashTable", "MutableHashTableV2"),
    *("MutableHashTableOfTensors", "MutableHashTableOfTensorsV2", "AnonymousHashTable", "AnonymousMutableHashTable"),
)
def handle(*, node: Node, program: Program, shared_name: str = "", container: str = "") -> Table:
    """The same one for all handles of a name in a container."""
    name = "/".join(filter(None, (container, shared_name or node.name)))
    return program.tables.setdefault(name, Table(name))


@imports("MutableDenseHashTable", "MutableDenseHashTableV2", "AnonymousMutableDenseHashTable")
def dense_handle(*operands: Item, node: Node, program: Program, shared_name: str = "", container: str = "") -> Table:
    return handle(node=node, program=program, shared_name=shared_name, container=container)


@imports(
    *("LookupTableImport", "LookupTableImportV2", "InitializeTable", "InitializeTableV2"),
    *("LookupTableInsert", "LookupTableInsertV2"),
)
def fill(table: Item, keys: Item, values: Item) -> list[Any]:
    _table(table).fill(keys, values)
    return []


@imports("LookupTableRemoveV2")
def remove(table: Item, keys: Item) -> list[Any]:
    raise Unsupported("a table that the model writes; keep what changes outside of the model")


@imports("InitializeTableFromTextFile", "InitializeTableFromTextFileV2")
def fill_from_file(table: Item, name: Item) -> list[Any]:
    """Not known here."""
    _table(
        table
    ).problem = "which is read from a text file; give it its entries as constants (tf.lookup.KeyValueTensorInitializer)"
    return []


@imports("LookupTableFind", "LookupTableFindV2")
def find(table: Item, keys: Item, default: Item, *, Tin: DType, Tout: DType) -> Value:
    """The values of int keys, and the default for those that are not there."""
    if Tin is DType.STRING:
        raise Unsupported(
            f"{_table(table)}, whose keys are texts, for which LiteRT has no operators; look them up before the model, "
            "and give it the integers (layers of Keras are left to the app with split_preprocessing=True)"
        )
    if not Tin.is_integer:
        raise Unsupported(f"{_table(table)}, whose keys are {Tin}; take integers")
    known, values = _table(table).entries(Tin, Tout)
    x = as_value(keys)
    shape = (*x.type.shape, *values.shape[1:])
    if not known.size:
        return broadcast_to(as_value(default), shape)
    places = positions(cast(x, DType.INT64), [int(key) for key in known])
    if isinstance(default, Known) and not default.is_open:
        return _rows(_followed_by(values, default.array), _from_end(places, len(values)), Tout)
    is_there = reshape(math.greater_equal(places, 0), (*x.type.shape, *[1] * (values.ndim - 1)))
    return select(is_there, _rows(values, math.maximum(places, 0), Tout), as_value(default))


def _followed_by(values: Array, default: Array) -> Array:
    return np.concatenate([values, np.broadcast_to(default, (1, *values.shape[1:]))])


def _from_end(places: Value, count: int) -> Value:
    """Places, with the one behind all others for what is nowhere."""
    return select(math.less(places, 0), as_value(Known.of(count, DType.INT32)), places)


def _rows(values: Array, places: Value, dtype: DType) -> Value:
    return emit(Gather(axis=0), constant_value(Constant.of(values, dtype)), places)


@imports("LookupTableSize", "LookupTableSizeV2")
def size(table: Item) -> Known:
    return Known.of(_table(table).count(), DType.INT64)
