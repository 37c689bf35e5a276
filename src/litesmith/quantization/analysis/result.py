"""What an analysis of a quantized model says: errors of layers, and what they come from."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

NEGLIGIBLE = 0.01
"""A share of the noise for which no cure is given."""
BARS = " ▁▂▃▄▅▆▇█"


@dataclass(frozen=True)
class Tensor:
    """Numbers that are integers now.

    Attributes:
        what: `weights` or `activations`.
        operator: that reads the weights, or makes the activations.
        dtype: of the integers.
        decibels: power of the numbers over what rounding changes of them.
        least, most: the smallest and the largest of the numbers.
        low, high: the smallest and the largest that an integer stands for; of weights, in the widest channel.
        beyond: the share of the numbers that lie outside, and are cut off.
        steps: how many integers the middle 98 % of the numbers span.
        counts: how many numbers lie in each of equal parts of `least`..`most`.
        cause: what is the matter with them.
    """

    what: str
    operator: str
    dtype: str
    decibels: float
    least: float
    most: float
    low: float
    high: float
    beyond: float
    steps: float
    counts: tuple[int, ...]
    cause: str

    @property
    def bars(self) -> str:
        """The counts as one line."""
        return bars(self.counts)


@dataclass(frozen=True)
class Cure:
    """Something that was tried.

    Attributes:
        change: a method of a `Recipe`, a setting of it, or a mode.
        gain: by how many decibels the outputs are better with it, all else as it is.
    """

    change: str
    gain: float

    def __str__(self) -> str:
        return f"{self.change} ({self.gain:+.1f} dB)"


@dataclass(frozen=True)
class LayerError:
    """What a layer's integers do to the outputs of the model.

    Attributes:
        alone: decibels of the outputs over the error with only this layer rounded.
        weights, activations: the same with only these of it; None where it has none.
        without: decibels of the outputs with all but this layer rounded.
        gain: by how many decibels that is more than with all of it.
        share: of the errors of all layers alone, as power.
        cause: what is the matter with its worst numbers.
        cure: the cheapest that helps of what was tried, a method of a `Recipe` or a setting; empty where nothing does.
        tried: what was tried in this layer, from cheap to dear, and what the outputs gain by it.
        readers: the layers that compute with its activations.
    """

    layer: str
    alone: float
    weights: float | None
    activations: float | None
    without: float
    gain: float
    share: float
    cause: str
    cure: str
    tensors: tuple[Tensor, ...]
    tried: tuple[Cure, ...] = ()
    readers: tuple[str, ...] = ()

    @property
    def cured(self) -> Cure | None:
        """The cure, and what is gained by it."""
        return next((each for each in self.tried if each.change == self.cure), None)


@dataclass(frozen=True)
class Analysis:
    """Where the error of a quantized model comes from.

    Attributes:
        measured: decibels of the real model's outputs over what the quantized file changes of them.
        simulated: the same, as the real model gives it that is rounded where the file is.
        unknown: weights of layers whose real numbers were not found in the real model.
        samples: how many inputs were looked at.
        layers: the worst first.
        weights, activations: decibels of the outputs with only the weights rounded, or only the activations; None where
            there are none, or real weights are not all known.
        settings: what was tried for all layers at once, and what the outputs gain by it.
        trials: how many times cures were tried.
    """

    measured: float
    simulated: float
    unknown: tuple[str, ...]
    samples: int
    layers: tuple[LayerError, ...]
    weights: float | None = None
    activations: float | None = None
    settings: tuple[Cure, ...] = ()
    trials: int = 0

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        from litesmith.report.analysis import analysis_layout
        from litesmith.report.layout import to_text

        return to_text(analysis_layout(self, None))


def bars(counts: tuple[int, ...]) -> str:
    """Counts as bars of eight heights, by their square roots, so that few are seen beside many."""
    most = max(counts, default=0) ** 0.5
    heights = [round(8 * count**0.5 / most) if most else 0 for count in counts]
    return "".join(BARS[max(height, 1) if count else 0] for height, count in zip(heights, counts, strict=True))
