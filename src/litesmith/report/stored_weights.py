"""What became of the weights of a model that was quantized, in a few lines."""

from __future__ import annotations

from collections.abc import Sequence

from litesmith.ir.stored_weights import StoredWeight

SHOWN_OPERATORS = 4


def weights_lines(stored: Sequence[StoredWeight]) -> list[str]:
    """A line for each form and reason, the form with most numbers first."""
    groups: dict[tuple[str, str], list[StoredWeight]] = {}
    for weight in stored:
        groups.setdefault((weight.form, weight.reason), []).append(weight)
    ordered = sorted(groups.items(), key=lambda item: -sum(weight.elements for weight in item[1]))
    return [_line(form, reason, weights) for (form, reason), weights in ordered]


def _line(form: str, reason: str, weights: Sequence[StoredWeight]) -> str:
    operators = list(dict.fromkeys(weight.operator for weight in weights))
    shown = ", ".join([*operators[:SHOWN_OPERATORS], *(["..."] if len(operators) > SHOWN_OPERATORS else [])])
    count = len(weights)
    return f"{count} weight{'s' * (count != 1)} of {shown} in {form}: {reason}"
