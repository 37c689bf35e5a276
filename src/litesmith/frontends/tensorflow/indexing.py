"""What a StridedSlice picks, as a key in the way of numpy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from litesmith.frontends.tensorflow.graph import Node


@dataclass(frozen=True)
class Masks:
    """Which entries of a StridedSlice mean something else than a slice, one bit for each entry."""

    begin: int = 0
    end: int = 0
    ellipsis: int = 0
    new_axis: int = 0
    shrink_axis: int = 0

    @staticmethod
    def of(node: Node) -> Masks:
        names = ("begin", "end", "ellipsis", "new_axis", "shrink_axis")
        return Masks(*(int(node.attribute(f"{name}_mask")) if f"{name}_mask" in node else 0 for name in names))

    def key(self, begin: Sequence[Any], end: Sequence[Any], strides: Sequence[int]) -> list[Any]:
        """Slices, indices, None for a new axis and an Ellipsis."""
        key: list[Any] = []
        for place, (first, last, step) in enumerate(zip(begin, end, strides, strict=True)):
            bit = 1 << place
            if self.ellipsis & bit:
                key.append(Ellipsis)
            elif self.new_axis & bit:
                key.append(None)
            elif self.shrink_axis & bit:
                key.append(first)
            else:
                key.append(slice(None if self.begin & bit else first, None if self.end & bit else last, step))
        return key
