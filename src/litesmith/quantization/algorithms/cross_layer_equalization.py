"""Cross-layer equalization: the scales of channels are moved between the layers around them.

A tensor of integers has one step for all of its channels: the widest decides, and a channel that is a hundred times
narrower has two or three integers left. A channel can be multiplied by a factor where it is computed and divided by it
again where it is read (`channels.labelling`); what the model computes stays the same. Of a few rules, the one is taken
with which rounding is predicted to add the least noise (`channels.rounding_noise`), and none where little is gained.
"""

from __future__ import annotations

from litesmith.ir.graph import Model
from litesmith.quantization.changes import Change, Statistics
from litesmith.quantization.channels.moving import move_scales, of_filters

SHARES = (0.5,)
"""Ranges of channels and weights that they meet become alike in the middle; measured, this rounds best."""
LEAST_GAIN = 1.1
"""Of the noise before over the noise now: less is not worth a change."""


def equalize(model: Model, statistics: Statistics) -> list[Change]:
    """Let channels that filters compute have factors with which they round better.

    Args:
        model: its first graph is changed.
        statistics: what its activations hold, as `ranges.observe` says; kept true.
    """
    return move_scales(model, statistics, SHARES, LEAST_GAIN, of_filters)
