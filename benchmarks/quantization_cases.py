"""What is measured on digits: which nets become what, the figure to reach, and the table of what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

KINDS = ("cnn", "v2", "v3", "eff", "vit")
TITLES = {
    "cnn": "plain CNN",
    "v2": "MobileNetV2-like",
    "v3": "MobileNetV3-like (hard-swish, SE)",
    "eff": "EfficientNet-like (swish, SE)",
    "vit": "ViT-like",
    "v2_2oct": "MobileNetV2-like, channels rescaled over 2 octaves",
    "v2_3oct": "MobileNetV2-like, channels rescaled over 3 octaves",
    "lstm": "LSTM",
    "gru": "GRU",
    "rnn": "SimpleRNN",
}
RIVALS = ("official", "ai-edge-quantizer")


@dataclass(frozen=True)
class Figures:
    """What a way to quantize comes to, over seeds.

    Attributes:
        decibels, accuracies: one per seed of those that gave a file that runs.
        errors: what happened to the others, in words.
    """

    decibels: tuple[float, ...] = ()
    accuracies: tuple[float, ...] = ()
    errors: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether there is a figure for every seed."""
        return bool(self.decibels) and not self.errors

    @property
    def decibel(self) -> float:
        """The mean signal above noise; of no file, none."""
        return float(np.mean(self.decibels)) if self.decibels else -np.inf

    @property
    def accuracy(self) -> float:
        """The mean accuracy in percent."""
        return 100 * float(np.mean(self.accuracies)) if self.accuracies else 0.0

    def __str__(self) -> str:
        spread = f" ± {np.std(self.decibels):.1f}" if len(self.decibels) > 1 else ""
        said = [f"{self.decibel:.1f}{spread} dB, {self.accuracy:.1f} %"] if self.decibels else []
        counts = {error: self.errors.count(error) for error in dict.fromkeys(self.errors)}
        many = len(self.errors) + len(self.decibels) > 1
        said += [f"{error}{f' ({count}x)' if many else ''}" for error, count in counts.items()]
        return "; ".join(said) or "-"


Reached = Callable[[Figures, Figures, Sequence[Figures]], bool]
"""Whether ours reaches the goal, given the float model and the rivals."""


@dataclass(frozen=True)
class Case:
    """A net that becomes something.

    Attributes:
        mode: as of `quantize=`.
        rivals: who else can, or says so.
    """

    net: str
    mode: str
    goal: str
    reached: Reached
    rivals: tuple[str, ...] = RIVALS

    @property
    def name(self) -> str:
        return f"{self.net}.{self.mode}"


def _above(decibels: float, percent: float = 0) -> Reached:
    return lambda ours, _, __: ours.complete and ours.decibel >= decibels and ours.accuracy >= percent


def _two_above_rivals(ours: Figures, _: Figures, rivals: Sequence[Figures]) -> bool:
    return ours.complete and all(ours.decibel >= rival.decibel + 2 for rival in rivals)


def _within_a_point(ours: Figures, real: Figures, _: Sequence[Figures]) -> bool:
    return ours.complete and ours.accuracy >= real.accuracy - 1


CASES = (
    *(Case(net, "int8", "2 dB above the better rival", _two_above_rivals) for net in KINDS),
    Case("v2_2oct", "int8", "95.5 %, 27 dB", _above(27, 95.5)),
    Case("v2_3oct", "int8", "loads, 20 dB", _above(20)),
    *(Case(net, "int8", "within 1 point of float", _within_a_point) for net in ("lstm", "gru", "rnn")),
    *(Case(net, "dynamic_int8", "36 dB", _above(36)) for net in KINDS),
    *(Case(net, "float16", "56 dB", _above(56)) for net in KINDS),
    *(Case(net, "int16x8", "36 dB", _above(36)) for net in KINDS),
    Case("cnn", "weights_int4", "96 %", _above(0, 96), RIVALS[1:]),
    Case("eff", "weights_int4", "92 %", _above(0, 92), RIVALS[1:]),
)


def table(found: Mapping[str, Mapping[str, Figures]], cases: Sequence[Case] = CASES) -> str:
    """The cases in Markdown; `found`: by name of the case, what each came to, and the float model."""
    lines = ["| mode | net | float | goal | Litesmith | official | ai-edge-quantizer | reached |", "| --- " * 8 + "|"]
    for case in cases:
        of = found[case.name]
        ours, rivals = of["ours"], [of.get(rival, Figures()) for rival in RIVALS]
        reached = case.reached(ours, of["float"], rivals)
        cells = [case.mode, TITLES[case.net], f"{of['float'].accuracy:.1f} %", case.goal, ours, *rivals]
        lines.append("| " + " | ".join(str(cell) for cell in [*cells, "yes" if reached else "no"]) + " |")
    return "\n".join(lines) + "\n"


def as_json(found: Mapping[str, Mapping[str, Figures]]) -> dict[str, Any]:
    """The same as plain values."""
    return {name: {who: vars(figures) for who, figures in of.items()} for name, of in found.items()}
