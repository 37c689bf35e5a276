"""In which form a file keeps the weights of a model that was quantized."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class StoredWeight:
    """One weight of one operator.

    Attributes:
        layer: that it belongs to.
        operator: that reads it.
        elements: how many numbers it has.
        form: their type in the file.
        reason: how the operator reads it, or why it keeps float32.
    """

    layer: str
    operator: str
    elements: int
    form: str
    reason: str
