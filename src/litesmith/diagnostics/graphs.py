"""Findings about graphs of TensorFlow in files (G...): which part of one is meant."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from litesmith.diagnostics.base import Diagnostic
from litesmith.diagnostics.wording import by_face
from litesmith.ir.source import Source

SHOWN = 8
"""How many names are shown."""


def _shown(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(map(repr, names[:SHOWN])) + more


@dataclass(frozen=True)
class NoSignature(Diagnostic, code="G101", bad_input=True):
    """A SavedModel has no signature of the name that is meant.

    Why it matters: a SavedModel may be called in several ways, and which one is to be converted must be clear. By
        default it is the one called `serving_default`, or the only one.
    Example: `litesmith.convert("model/", signature="encode")` of a model that was saved without `signatures=`.
    How to fix: name one that is there, or save the model with `tf.saved_model.save(model, path, signatures=...)`.
    """

    path: str
    name: str
    names: tuple[str, ...]

    def message(self) -> str:
        return f"The SavedModel {self.path} has no signature {self.name!r}."

    def hint(self) -> str:
        if not self.names:
            return "It has none at all: save it with signatures={'serving_default': a tf.function with types}."
        return f"It has {_shown(self.names)}: pass one of them as {by_face('signature=', '--signature')}."


@dataclass(frozen=True)
class NoSuchTensor(Diagnostic, code="G102", bad_input=True):
    """A frozen graph has no tensor of a name that was given.

    Why it matters: a frozen graph does not say which of its tensors are its inputs and outputs.
    Example: `litesmith.convert("frozen.pb", outputs=["softmax"])` where the node is called `final/softmax`.
    How to fix: give the names of nodes that are there, as the finding lists them.
    """

    path: str
    name: str
    names: tuple[str, ...]

    def message(self) -> str:
        return f"The graph {self.path} has no tensor {self.name!r}."

    def hint(self) -> str:
        similar = difflib.get_close_matches(self.name, self.names, n=3, cutoff=0.5)
        similar = similar or [name for name in self.names if name.endswith(self.name)]
        if similar:
            return f"Did you mean {_shown(tuple(similar[:SHOWN]))}?"
        return f"Its nodes begin with {_shown(self.names)}."


@dataclass(frozen=True)
class DoesNotFit(Diagnostic, code="G103", bad_input=True):
    """An operation of a graph in a file is given what it does not take.

    Why it matters: what the operation computes is then not known.
    Example: a file of which some bytes were changed, so that a product is of matrices whose sizes differ.
    How to fix: load the file in TensorFlow. Where TensorFlow refuses it too, the file is damaged; where it does not,
        that is a bug in Litesmith: please report it.
    """

    path: str
    source: Source
    operation: str
    problem: str

    @property
    def where(self) -> Source | None:
        return self.source

    def message(self) -> str:
        return f"{self.operation} in {self.path} is given what does not fit: {self.problem}."

    def hint(self) -> str:
        return (
            "Load it in TensorFlow: if that works, this is a bug in Litesmith, please report it; if not, it is damaged."
        )
