"""How a signature is called, besides the tensors of its graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from litesmith.ir.named_size import NamedSize, Names
from litesmith.ir.nesting import Nesting


@dataclass(frozen=True)
class Calling:
    """How a signature is called, besides the tensors of its graph.

    Attributes:
        inputs, outputs: how tensors are nested.
        names: what the sizes of each input are called; empty where none has a name.
    """

    inputs: Nesting
    outputs: Nesting
    names: tuple[Names, ...] = ()

    @property
    def is_plain(self) -> bool:
        """Whether it takes one tensor and returns one, and no size has a name."""
        return self.inputs.is_leaf and self.outputs.is_leaf and not self.names

    def to_json(self) -> dict[str, Any]:
        encoded = {"inputs": self.inputs.to_json(), "outputs": self.outputs.to_json()}
        if self.names:
            encoded["sizes"] = [[str(size) if size else None for size in names] for names in self.names]
        return encoded

    @staticmethod
    def from_json(encoded: Any) -> Calling:
        """The inverse of `to_json`; ValueError, KeyError, TypeError, IndexError or RecursionError for what is none."""
        inputs, outputs = (Nesting.from_json(encoded[side]) for side in ("inputs", "outputs"))
        sizes = encoded.get("sizes", [])
        return Calling(
            inputs,
            outputs,
            tuple(tuple(None if size is None else NamedSize.parse(size) for size in names) for names in sizes),
        )
