"""Variables of TensorFlow while a graph is imported."""

from __future__ import annotations

from typing import Any

from litesmith.ir.builder import current_builder
from litesmith.ops.errors import Unsupported


class Variable:
    """What a resource handle stands for.

    Attributes:
        initial: what it holds when the graph begins: a value of the graph or known elements; None for nothing.
        current: what it holds by now.
    """

    def __init__(self, name: str, initial: Any = None) -> None:
        self.name = name
        self.initial = initial
        self.current = initial

    @property
    def is_assigned(self) -> bool:
        return self.current is not self.initial

    def read(self) -> Any:
        if self.current is None:
            raise Unsupported(f"the variable '{self.name}', whose value is not known")
        return self.current

    def assign(self, item: Any) -> None:
        if current_builder().parent is not None:
            raise Unsupported(f"the variable '{self.name}' is assigned inside of a loop or branch")
        self.current = item

    def __repr__(self) -> str:
        return f"the variable '{self.name}'"
