"""What quantizing a model did to it, in a few lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from litesmith.quantization.changes import Change
    from litesmith.quantization.outcome import Quantization
    from litesmith.quantization.refining.refining import Refinings

ALIKE = 0.05
"""In decibels."""


def quantization_lines(done: Quantization | None) -> list[str]:
    """What was moved and what was refined, in a line each; nothing is known of a file that was read."""
    if done is None:
        return []
    return changes_lines(done.changes) + ([] if done.refining is None else refining_lines(done.refining))


def changes_lines(changes: Sequence[Change]) -> list[str]:
    """How many sets of channels were changed together, and in how many layers."""
    if not changes:
        return []
    layers = len({layer for change in changes for layer in change.layers})
    sets = f"{len(changes)} set{'s' * (len(changes) != 1)} of channels"
    return [f"before rounding, {sets} in {layers} layer{'s' * (layers != 1)} given other scales or offsets"]


def refining_lines(found: Refinings) -> list[str]:
    """How many weights were refined on how many samples, or biases corrected alone, and what the outputs gained."""
    if not found.layers:
        return []
    better = sum(layer.gain > 0 for layer in found.layers)
    what = f"rounding of {better} of {found.count} weights refined" if better else "biases corrected"
    line = f"{what} on {found.samples} samples"
    if found.undone:
        line = f"{line}, and all of it put back"
    if found.gain is not None:
        is_alike = abs(found.gain) < ALIKE
        line = f"{line}: error of outputs {'as before' if is_alike else f'{-found.gain:+.1f} dB'}"
    return [f"{line}; ended before it was done" if found.stopped else line]
