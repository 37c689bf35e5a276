"""What is looked at, and what faults of both kinds share: the recorded run, and the smallest model."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from litesmith.bisection.failing import Failure, Trial
from litesmith.bisection.result import Smallest
from litesmith.bisection.smallest import Search
from litesmith.diagnostics.base import Diagnostic
from litesmith.diagnostics.bisection import LayersNotSeen, NothingSmaller
from litesmith.diagnostics.quoting import quoted
from litesmith.frontends.original import Original
from litesmith.lite_model import LiteModel

if TYPE_CHECKING:
    from litesmith.frontends.keras.recording import Call
    from litesmith.frontends.keras.submodels import OpenSizes

Array = np.ndarray[Any, Any]
NO_LAYERS = "only Keras models have layers; this is of {}"


@dataclass(frozen=True)
class Subject:
    """What is looked at.

    Attributes:
        lite: the file at fault; None to convert the model.
        data: inputs nested as the model's; by default seeded ones.
        inputs, batch: what is said of the model's inputs where it is converted.
    """

    original: Original
    trial: Trial
    lite: LiteModel | None = None
    data: Any = None
    signature: str | None = None
    inputs: Any = None
    batch: int | None = None
    custom_objects: Mapping[str, Any] = field(default_factory=dict)

    @property
    def model(self) -> Any:
        """The Keras model; None for what is of another framework."""
        return getattr(self.original, "model", None) if self.original.framework == "Keras" else None


class Bisecting:
    """What both kinds of faults share: the recorded run, and the smallest model."""

    def __init__(self, subject: Subject, failure: Failure) -> None:
        self.subject = subject
        self.failure = failure
        self.notes: list[Diagnostic] = []
        self.calls: list[Call] = []

    def record(self, inputs: Any) -> None:
        """Follow the model's layers on these inputs, or note why that cannot be done."""
        if self.subject.model is None:
            self.notes.append(LayersNotSeen(NO_LAYERS.format(self.subject.original.framework)))
            return
        from litesmith.frontends.keras.recording import recorded

        try:
            self.calls = recorded(self.subject.model, inputs)
        except Exception as error:
            self.notes.append(LayersNotSeen(f"the model cannot be run ({quoted(error.__cause__ or error)})"))

    def smallest(
        self, suspects: Sequence[Call], open_sizes: OpenSizes | None
    ) -> tuple[Smallest | None, Sequence[Call]]:
        """The smallest model that fails in the same way, and the calls that it is made of."""
        if not self.calls or open_sizes is None:
            return None, ()
        with tempfile.TemporaryDirectory() as folder:
            search = Search(
                self.calls,
                self.failure,
                self.subject.trial,
                open_sizes,
                Path(folder),
                dict(self.subject.custom_objects),
            )
            if not suspects:
                first = search.first_failing()
                suspects = [first] if first is not None else []
            found = search.around(suspects)
        if found is None:
            self.notes.append(NothingSmaller("none of the parts that were tried fails in the same way"))
            return None, ()
        if found.why_not_saved is not None:
            self.notes.append(NothingSmaller(f"Keras cannot save it and read it back ({found.why_not_saved})"))
        return Smallest.of(found), found.calls


def open_sizes_of(shapes: Sequence[Sequence[int | None]], arrays: Sequence[Array]) -> OpenSizes:
    """What the open sizes of inputs, None in their shapes, are in arrays."""
    from litesmith.frontends.keras.submodels import OpenSizes

    pairs = list(zip(shapes, arrays, strict=True))
    batches = {array.shape[0] for shape, array in pairs if shape and shape[0] is None}
    others = {
        size
        for shape, array in pairs
        for wanted, size in zip(shape[1:], array.shape[1:], strict=True)
        if wanted is None
    }
    return OpenSizes(batches.pop() if batches else None, frozenset(others))
