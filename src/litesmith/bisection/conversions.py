"""Models that do not become files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from litesmith.bisection.failing import Kind
from litesmith.bisection.result import Bisection
from litesmith.bisection.subject import NO_LAYERS, Bisecting, open_sizes_of
from litesmith.diagnostics.base import LitesmithError
from litesmith.diagnostics.bisection import LayersNotSeen

if TYPE_CHECKING:
    from litesmith.frontends.keras.submodels import OpenSizes

Array = np.ndarray[Any, Any]


class Conversion(Bisecting):
    """A model that does not become a file."""

    def bisected(self) -> Bisection:
        told = [finding.where.layer for finding in self.failure.findings if finding.where is not None]
        open_sizes, inputs = self._inputs()
        if inputs is not None:
            self.record(inputs)
        suspects = [call for layer in told for call in self.calls if layer and call.path == layer]
        smallest, calls = self.smallest(suspects, open_sizes)
        layer = next(iter(told), None) or (calls[0].path if len(calls) == 1 else None)
        findings = (*self.failure.findings, *self.notes)
        return Bisection(
            Kind.CONVERSION,
            layer=layer or None,
            smallest=smallest,
            findings=findings,
            framework=self.subject.original.framework,
        )

    def _inputs(self) -> tuple[OpenSizes | None, Any]:
        """Inputs to run the model on, and which of their sizes are open."""
        subject = self.subject
        if subject.model is None:
            self.notes.append(LayersNotSeen(NO_LAYERS.format(subject.original.framework)))
            return None, None
        from litesmith.frontends.keras.recording import data_for

        try:
            inputs, shapes = data_for(subject.model, subject.data, subject.inputs, subject.batch)
        except LitesmithError as error:
            self.notes.append(LayersNotSeen(f"it is not known what it takes ({error.diagnostics[0].message()})"))
            return None, None
        return open_sizes_of(shapes, _arrays(inputs)), inputs


def _arrays(inputs: Any) -> list[Array]:
    """The leaves of nested arrays, in Keras' order."""
    from keras import tree

    return [np.asarray(leaf) for leaf in tree.flatten(inputs)]
