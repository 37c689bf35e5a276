"""What a rewriting of the float graph did, in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from litesmith.ir.graph import Model, Value
from litesmith.quantization.ranges import Histogram

Statistics = dict[Value, Histogram]
"""What the activations of a model hold. What a rewriting makes untrue it makes true again, or takes out."""


@dataclass(frozen=True)
class Change:
    """One thing that was done so that numbers round better; what the graph computes stays the same.

    Attributes:
        layers: paths of the layers whose weights were changed.
        what: what was done.
        why: what was gained, as predicted.
    """

    layers: tuple[str, ...]
    what: str
    why: str

    def __str__(self) -> str:
        return f"{', '.join(self.layers)}: {self.what} ({self.why})"


Rewriting = Callable[[Model, Statistics], list[Change]]
