"""Sizes that a target must know, fixed in the model's inputs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from keras import tree

from litesmith.frontends.keras.face import model_inputs
from litesmith.frontends.keras.repairs.rebuilding import functional_of, rebuilt
from litesmith.frontends.keras.repairs.repair import Repair, Repaired, Trouble


class FixedSizes(Repair):
    """Inputs of the sizes that the caller says; the model computes the same for those."""

    name = "fixed_sizes"
    order = 10
    is_asked_for = True

    def candidates(self, model: Any, trouble: Trouble) -> Iterator[Repaired]:
        if trouble.sizes is None:
            return
        functional = functional_of(model)
        own, said = tree.flatten(model_inputs(functional)), tree.flatten(trouble.sizes)
        changed = [new for old, new in zip(own, said, strict=True) if old.shape != new.shape]
        if not changed:
            return
        shapes = ", ".join(f"{leaf.name} is {_shown(leaf.shape)}" for leaf in changed)
        yield Repaired(
            rebuilt(functional, inputs=trouble.sizes), tuple(leaf.name for leaf in changed), f"sizes fixed: {shapes}"
        )


def _shown(shape: tuple[int | None, ...]) -> str:
    return "(" + ", ".join("any" if size is None else str(size) for size in shape) + ")"
