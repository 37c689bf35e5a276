"""What a bisection found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from litesmith.bisection.failing import Kind
from litesmith.bisection.walking import Step
from litesmith.diagnostics.base import Diagnostic, LitesmithError
from litesmith.diagnostics.files import CannotWrite
from litesmith.runtime.saving import npz_bytes, save_bytes

if TYPE_CHECKING:
    from litesmith.bisection.operators import Culprit
    from litesmith.frontends.keras.submodels import Submodel

Array = np.ndarray[Any, Any]
MODEL, INPUTS = "smallest.keras", "smallest.npz"


@dataclass(frozen=True)
class Smallest:
    """The smallest model that was found to fail in the same way: read back from its file, converted and run.

    Attributes:
        layers: the paths of its layers in the whole model, in the order in which they run.
        model: a functional Keras model of these layers.
        inputs: an array for each input, by name: what reached these layers in the whole model.
        content: of its `.keras` file; None where it cannot be saved.
    """

    layers: tuple[str, ...]
    model: Any
    inputs: Mapping[str, Array]
    content: bytes | None

    @staticmethod
    def of(found: Submodel) -> Smallest:
        layers = tuple(dict.fromkeys(call.path for call in found.calls))
        return Smallest(layers, found.model, dict(found.inputs), found.content)

    def save(self, folder: str | Path) -> tuple[Path, ...]:
        """Write `smallest.keras`, where it can be saved, and `smallest.npz` into a folder, which is made if need be.

        Raises:
            LitesmithError: F201 when the folder or disk does not allow it.
        """
        folder = Path(folder)
        _make(folder)
        made = [] if self.content is None else [save_bytes(self.content, folder / MODEL)]
        return (*made, save_bytes(npz_bytes(self.inputs), folder / INPUTS))

    def to_json(self) -> dict[str, Any]:
        inputs = [
            {"name": name, "shape": list(array.shape), "dtype": str(array.dtype)} for name, array in self.inputs.items()
        ]
        return {"layers": list(self.layers), "inputs": inputs}


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LitesmithError(CannotWrite(str(folder), (error.strerror or str(error)).lower())) from error


@dataclass(frozen=True)
class Bisection:
    """Where a conversion, or its file, goes wrong. It is true where nothing does.

    Attributes:
        kind: in which way it fails; None where it does not.
        is_in_file: the fault is in the given file alone: converted anew, the model is right.
        layer: path of the layer at fault, as in findings; None where it is not known.
        operator: of the file, the one at fault.
        steps: each call of a layer in the order in which they end, with what the file has in its place.
        smallest: the smallest model that fails in the same way.
        findings: what is said of it.
        framework: what computes the original.
    """

    kind: Kind | None
    is_in_file: bool = False
    layer: str | None = None
    operator: Culprit | None = None
    steps: tuple[Step, ...] = ()
    smallest: Smallest | None = None
    findings: tuple[Diagnostic, ...] = ()
    framework: str = "Keras"

    @property
    def passed(self) -> bool:
        return self.kind is None

    def __bool__(self) -> bool:
        return self.passed

    def to_json(self) -> dict[str, Any]:
        """The result as plain data, but for the arrays."""
        operator = None
        if self.operator is not None:
            operator = {"name": self.operator.name, "place": self.operator.place, "operators": self.operator.operators}
        return {
            "passed": self.passed,
            "kind": None if self.kind is None else self.kind.value,
            "is_in_file": self.is_in_file,
            "layer": self.layer,
            "operator": operator,
            "framework": self.framework,
            "steps": [step.to_json() for step in self.steps],
            "smallest": None if self.smallest is None else self.smallest.to_json(),
            "findings": [finding.to_json() for finding in self.findings],
        }

    def __str__(self) -> str:
        from litesmith.report.bisection import bisection_layout
        from litesmith.report.layout import to_text

        return to_text(bisection_layout(self))
