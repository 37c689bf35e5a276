"""Tensors whose spatial axes were spread over the batch: neighbours then are elements that stood apart.

TensorFlow says a dilated convolution so: SpaceToBatchND, a plain convolution, BatchToSpaceND. What a tensor would be
without that is remembered here, and takes the place of what comes out at the end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from litesmith.ir.graph import Value


@dataclass(frozen=True)
class Spread:
    """What a tensor [batch, *spatial, channels] would be if it was not spread.

    Attributes:
        whole: makes it.
        blocks: into how many parts each spatial axis was taken.
    """

    whole: Callable[[], Value]
    blocks: tuple[int, ...]


class Spreads:
    """What is remembered of the tensors of a program."""

    def __init__(self) -> None:
        self._by_tensor: dict[Value, Spread] = {}

    def of(self, x: Value) -> Spread | None:
        return self._by_tensor.get(x)

    def remember(self, x: Value, spread: Spread) -> Value:
        """X itself, which is spread."""
        self._by_tensor[x] = spread
        return x

    def also(self, x: Value, result: Value, function: Callable[[Value], Value]) -> Value:
        """The result of a function of each image by itself, which is spread as x is."""
        own = self.of(x)
        return result if own is None else self.remember(result, Spread(lambda: function(own.whole()), own.blocks))
