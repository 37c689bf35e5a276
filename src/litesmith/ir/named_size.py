"""Unknown sizes that the user names and bounds: `"time"`, `"time<=512"`."""

from __future__ import annotations

import re
from dataclasses import dataclass

FORM = re.compile(r"\s*([A-Za-z_]\w*)\s*(?:<=\s*(\d+)\s*)?")


@dataclass(frozen=True)
class NamedSize:
    """A size that is known only when the model runs; sizes of one name are equal.

    Attributes:
        most: the largest that it may be; None for any.
    """

    name: str
    most: int | None = None

    @staticmethod
    def parse(text: str) -> NamedSize:
        """The size that `name` or `name<=most` says; ValueError for other text, or a bound below 2."""
        found = FORM.fullmatch(text)
        if found is None:
            raise ValueError(f"{text!r} is not the name of a size, such as 'time' or 'time<=512'")
        most = int(found[2]) if found[2] else None
        if most is not None and most < 2:
            raise ValueError(f"{text!r}: a size of at most {most} does not change; write the number")
        return NamedSize(found[1], most)

    def __str__(self) -> str:
        return self.name if self.most is None else f"{self.name}<={self.most}"


Names = tuple[NamedSize | None, ...]
"""What the axes of a tensor are called; None for those without a name."""


def same_name(one: NamedSize, other: NamedSize) -> NamedSize:
    """The size that two mentions of a name mean: both bounds hold."""
    bounds = [size.most for size in (one, other) if size.most is not None]
    return NamedSize(one.name, min(bounds, default=None))
