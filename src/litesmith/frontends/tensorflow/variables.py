"""Variables of TensorFlow while a graph is imported."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from litesmith.ir.builder import current_builder
from litesmith.ir.graph import Value
from litesmith.ops.errors import Unsupported


class Checkpoint(Protocol):
    """Tensors by name, as they were saved."""

    def value(self, name: str, part: str = "") -> Value:
        """A constant for a tensor or a piece of it, whose elements are read when they are needed."""
        ...


@dataclass(frozen=True)
class Unreadable:
    """What stands for a tensor that cannot be read, for the reason that it says."""

    why: str

    def __str__(self) -> str:
        return self.why


class NotTaken:
    """What stands for all that belongs to a branch of TensorFlow 1 that is not taken."""

    def __repr__(self) -> str:
        return "what is on a side of a branch that is not taken"


NOT_TAKEN = NotTaken()


class Variable:
    """What a resource handle stands for.

    Attributes:
        saved: what it holds before anything runs: a constant or known elements; None for nothing.
        initial: what it holds when the graph begins, which is that unless it is kept from call to call.
        current: what it holds by now.
        origin: TensorFlow's own object, where there is one.
    """

    def __init__(self, name: str, saved: Any = None, origin: Any = None) -> None:
        self.name = name
        self.saved = saved
        self.origin = origin
        self.initial = self.current = saved

    @property
    def is_assigned(self) -> bool:
        return self.current is not self.initial

    def begin(self, initial: Any = None) -> None:
        """A graph begins: the variable holds `initial`, or what was saved."""
        self.initial = self.current = self.saved if initial is None else initial

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


def refuse_assignments(variables: Iterable[Variable]) -> None:
    """Raise `Unsupported` where one was given another value, which the next call would have to find."""
    assigned = [variable.name for variable in variables if variable.is_assigned]
    if assigned:
        raise Unsupported(
            f"the variable '{assigned[0]}' is assigned, and what it holds would not be kept; "
            "keep it in a variable of a Keras layer (add_weight), which becomes state of the file"
        )
