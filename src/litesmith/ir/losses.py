"""What the outputs of a model lost when its numbers became integers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Loss:
    """What an output lost, measured on the data that it was calibrated with.

    Attributes:
        decibels: power of the float model's output over that of the difference; infinite where there is none.
        agreement: how often the largest element along the last axis is the same.
        infinite: how many numbers were infinite, or none, and are finite now, as no integer stands for them; the rest
            is measured.
    """

    output: str
    decibels: float
    agreement: float
    infinite: int = 0

    def __str__(self) -> str:
        found = f"output '{self.output}' is {self.decibels:.1f} dB above what integers change of it"
        return f"{found}; its largest element is the same in {self.agreement:.1%} of the rows"
