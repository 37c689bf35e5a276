"""What a model's Python code asks about open sizes: `if ops.shape(x)[1] > 128`, `min(length, 128)`.

Python decides such a question once, while the model is followed. Whether the other answer leads to another graph is
found by following the model with a size that gives it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from litesmith.frontends.provenance import is_users, running_line
from litesmith.ir.dims import Dim, Polynomial, evaluate, expression
from litesmith.ir.source import Source

LARGEST_TRIED = 4096
MOST_QUESTIONS = 8


@dataclass(frozen=True)
class Question:
    """A comparison in the user's code, and a value of a size for which its answer is another one."""

    size: str
    value: int
    source: Source


@dataclass
class Questions:
    """The questions of one run.

    Attributes:
        probes: what each open size of the inputs computes as.
        most: the bounds of those that have one.
        layer: says the path of the layer that is running.
    """

    probes: Mapping[str, int]
    most: Mapping[str, int]
    layer: Callable[[], str]
    asked: dict[Source, Polynomial] = field(default_factory=dict)

    def ask(self, left: Dim, right: object) -> None:
        """Called by each comparison of a size."""
        frame = sys._getframe(3)  # of what compares: behind this one stand `_tell` and the operator
        if not isinstance(right, int) or not is_users(frame.f_code.co_filename):
            return
        source = Source(self.layer(), "a comparison", *running_line(frame))
        self.asked.setdefault(source, expression(left) + -expression(right))

    def other_answers(self) -> Iterator[Question]:
        """For each question and each size in it, one value that is answered otherwise, if there is any."""
        for source, difference in list(self.asked.items())[:MOST_QUESTIONS]:
            names = {symbol.name for symbol in difference.symbols}
            if not names <= self.probes.keys():
                continue
            for name in sorted(names):
                value = self._other_value(difference, name)
                if value is not None:
                    yield Question(name, value, source)

    def _other_value(self, difference: Polynomial, name: str) -> int | None:
        """The smallest size for which a difference has the opposite sign, or else is 0."""
        size = Dim(0, difference)
        sign = _sign(evaluate(size, self.probes))
        equal = None
        for value in range(1, self.most.get(name, LARGEST_TRIED) + 1):
            found = _sign(evaluate(size, {**self.probes, name: value}))
            if found == -sign and found:
                return value
            if found == 0 and sign and equal is None:
                equal = value
        return equal


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)
