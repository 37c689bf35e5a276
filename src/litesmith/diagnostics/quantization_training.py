"""Findings about training with the roundings of integers (Q131-Q139)."""

from __future__ import annotations

from dataclasses import dataclass

from litesmith.diagnostics.base import Diagnostic
from litesmith.ir.source import Source


@dataclass(frozen=True)
class CannotTrain(Diagnostic, code="Q131"):
    """An operation of the converted model cannot be computed while the model trains.

    Why it matters: training must see what the file will compute, or it makes up for other errors than those it has.
    Example: a model with a `WHILE` loop of unknown length: its steps cannot be written out, and gradients need them.
    How to fix: say the sizes of the model's inputs (`inputs=`); unroll recurrent layers (`rnn="unroll"`); or train the
        model without roundings, and quantize it afterwards.
    """

    source: Source
    operators: tuple[str, ...]
    reason: str

    @property
    def where(self) -> Source | None:
        return self.source if self.source.layer or self.source.file else None

    def message(self) -> str:
        return f"{', '.join(self.operators)} cannot be computed in training: {self.reason}."

    def hint(self) -> str:
        return 'Train without roundings and quantize afterwards; recurrent layers train with rnn="unroll".'
