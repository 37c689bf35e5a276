"""What a model that tells classes apart says of its samples."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from litesmith.ir.graph import Graph, Value
from litesmith.opset.conversion import Dequantize
from litesmith.opset.elementwise import Logistic, Softmax
from litesmith.opset.shaping import Reshape

Array = np.ndarray[Any, Any]


SURE = 0.5
"""Of the entropy of chance: trained models are surer than that."""


@dataclass
class Votes:
    """How often each class is the likeliest of an output's, which is one number, or one for each class.

    Attributes:
        says_so: whether the output is of probabilities, so that it certainly is of classes.
        unsure: the entropies of the samples' probabilities, added up.
    """

    output: Value
    says_so: bool
    counts: dict[int, int] = field(default_factory=dict)
    unsure: float = 0.0

    def add(self, array: Array) -> None:
        """Count the classes of a batch."""
        self.unsure += float(entropy(probabilities(array)).sum())
        for found, count in zip(*np.unique(classes(array), return_counts=True), strict=True):
            self.counts[int(found)] = self.counts.get(int(found), 0) + int(count)

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def is_sure(self) -> bool:
        """Whether samples are told apart by more than chance, as a model does that was trained."""
        return self.unsure / self.total < SURE * float(np.log(max(int(self.output.type.shape[1]), 2)))

    @property
    def first(self) -> tuple[int, float]:
        """(the class that most samples have, the share of these)."""
        found = max(self.counts, key=lambda each: self.counts[each])
        return found, self.counts[found] / self.total


def votes_of(graph: Graph) -> list[Votes]:
    """Of each output that may be of classes, none yet."""
    found = []
    for output in graph.outputs:
        shape = output.type.shape
        is_probability = isinstance(_origin(output), (Softmax, Logistic))
        if output.type.dtype.is_float and len(shape) == 2 and (shape[1] > 1 or is_probability):
            found.append(Votes(output, is_probability))
    return found


def _origin(value: Value) -> Any:
    """The operator that computes a value, behind what only gives it another form."""
    while value.producer is not None and isinstance(value.producer.operator, (Reshape, Dequantize)):
        first = value.producer.operands[0]
        assert first is not None
        value = first
    return None if value.producer is None else value.producer.operator


def classes(array: Array) -> Array:
    """The class of each sample: the largest of several numbers, or on which side of a half one probability is."""
    if array.shape[1] == 1:
        return np.asarray((array[:, 0] > 0.5).astype(np.int64))
    return np.asarray(array.argmax(1))


def probabilities(array: Array) -> Array:
    """Of classes, from an output of probabilities or of what a softmax is taken of."""
    found = array.astype(np.float64)
    if found.shape[1] == 1:
        found = np.concatenate([1 - found, found], 1)
    if found.min() >= 0 and np.allclose(found.sum(1), 1, atol=1e-2):
        return found
    found = np.exp(found - found.max(1, keepdims=True))
    return np.asarray(found / found.sum(1, keepdims=True))


def entropy(probabilities: Array) -> Array:
    """Of each row of probabilities, in nats."""
    return np.asarray(-(probabilities * np.log(np.maximum(probabilities, 1e-12))).sum(-1))
