"""Lookup tables of TensorFlow while a graph is imported: what they hold is known before the model runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol

import numpy as np

from litesmith.frontends.tensorflow.known import Known
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops.errors import Unsupported

Array = np.ndarray[Any, Any]

Entries = tuple[Array, Array]
"""Keys, and a value or a row of values for each."""


class Held(Protocol):
    """A table that TensorFlow holds."""

    def entries(self, keys: DType, values: DType) -> Entries:
        """What it holds, of the types that it has."""
        ...

    def count(self) -> int:
        """How many entries that is."""
        ...


class Table:
    """What the handle of a table stands for.

    Attributes:
        is_open: whether it may be filled, which it is while a model is loaded and before it runs.
        problem: why its entries are not known, where they are not.
    """

    def __init__(self, name: str, held: Held | None = None) -> None:
        self.name = name
        self.is_open = held is None
        self.problem = "whose entries are not known; save the model with its tables as a SavedModel"
        self._held = held
        self._entries: Entries | None = None

    def fill(self, keys: Any, values: Any) -> None:
        """Give it its entries."""
        if not self.is_open:
            raise Unsupported(
                f"{self}, which the model writes; LiteRT has none that do: "
                "keep what changes in a variable of a Keras layer (add_weight), or outside of the model"
            )
        self._entries = _array(keys), _array(values)

    def entries(self, keys: DType, values: DType) -> Entries:
        """What it holds, of the types that it has."""
        return self._held.entries(keys, values) if self._held is not None else self._known()

    def count(self) -> int:
        """How many entries that is."""
        return self._held.count() if self._held is not None else len(self._known()[0])

    def _known(self) -> Entries:
        if self._entries is None:
            raise Unsupported(f"{self}, {self.problem}")
        return self._entries

    def __repr__(self) -> str:
        return f"the table '{self.name}'"


def loaded(tables: Iterable[Table], fill: Callable[[], Any]) -> None:
    """Let `fill` give tables their entries, as far as it can; from then on they are not filled.

    A table that is not filled need not be read.
    """
    try:
        fill()
    except Unsupported as reason:
        for table in tables:
            table.problem = f"which is not filled, as that needs {reason}"
    for table in tables:
        table.is_open = False


def _array(item: Any) -> Array:
    if isinstance(item, Known) and not item.is_open:
        return item.array
    if isinstance(item, Value) and item.constant is not None:
        return item.constant.array()
    raise Unsupported("a table whose entries the model computes")
