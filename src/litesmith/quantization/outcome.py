"""What quantizing a model did to it: how channels were moved, how weights were rounded, what outputs lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from litesmith.diagnostics.base import Diagnostic
from litesmith.diagnostics.quantization_search import RefiningEnded, RefiningUndone
from litesmith.ir.losses import Loss
from litesmith.ir.stored_weights import StoredWeight

if TYPE_CHECKING:
    from litesmith.quantization.changes import Change
    from litesmith.quantization.recipe import Recipe
    from litesmith.quantization.refining.refining import Refinings


@dataclass(frozen=True)
class Quantization:
    """What was done to a model that was quantized just now; a file keeps none of it.

    Attributes:
        recipe: what it was made by.
        changes: what was moved between layers before numbers were rounded, and what that was predicted to gain.
        refining: what became of the rounding of weights on data; None where there was no data to refine on.
        losses: what each output lost on the calibration data; empty without any.
        stored_weights: in which form each weight was put that is not integers together with its activations.
    """

    recipe: Recipe
    changes: tuple[Change, ...] = ()
    refining: Refinings | None = None
    losses: tuple[Loss, ...] = ()
    stored_weights: tuple[StoredWeight, ...] = ()

    def findings(self) -> Iterator[Diagnostic]:
        """Why weights are not refined that should be: Q146, Q147."""
        found = self.refining
        if found is not None and found.stopped:
            yield RefiningEnded(len(found.layers), found.count)
        if found is not None and found.undone and self.recipe.rounding != "nearest":
            yield RefiningUndone(-(found.gain or 0.0), found.samples)

    def to_json(self) -> dict[str, Any]:
        return {
            "recipe": self.recipe.to_toml(),
            "changes": [asdict(each) for each in self.changes],
            "refining": None if self.refining is None else {**asdict(self.refining), "gain": self.refining.gain},
            "losses": [asdict(each) for each in self.losses],
            "stored_weights": [asdict(each) for each in self.stored_weights],
        }

    def __str__(self) -> str:
        from litesmith.report.layout import to_text
        from litesmith.report.quantized import quantization_layout

        return to_text(quantization_layout(self))
