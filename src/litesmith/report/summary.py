"""A model in a screen of text."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from litesmith.lite_model import LiteModel


def summarize(lite: LiteModel) -> str:
    """Signatures, operators by number, and the layers that take the most bytes."""
    lines = [f"{len(lite):,} bytes, {len(lite.graph.operations)} operators"]
    for name, face in lite.signatures.items():
        lines.append(f"signature {name}")
        for side in ("inputs", "outputs"):
            lines += [f"  {side[:-1]:6} {key}: {type}" for key, type in face[side].items()]
    counts = Counter(op.operator.builtin for graph in lite.model.all_graphs() for op in graph.operations)
    lines.append("operators: " + ", ".join(f"{name} x{count}" for name, count in counts.most_common()))
    return "\n".join(lines)
