"""SmoothQuant: outliers among the channels behind a normalization are moved into the weights that read them.

The gain and the offset that a layer normalization (or one by the root of the mean square) gives each channel are
divided by a factor, and the filters of all layers that read them multiplied by it: queries, keys and values share it.
No operator is added.
"""

from __future__ import annotations

from litesmith.ir.graph import Model
from litesmith.quantization.changes import Change, Statistics
from litesmith.quantization.channels.moving import move_scales, of_gains

SHARES = (0.9, 0.75, 0.6, 0.5, 0.4)
"""How much of the differences between channels may go into the weights: the least noise that is predicted decides."""
LEAST_GAIN = 2.0
"""Of the noise before over the noise now: measured, where less is predicted nothing is gained."""


def smooth(model: Model, statistics: Statistics) -> list[Change]:
    """Let channels that the gains of normalizations compute have factors with which they round better.

    Args:
        model: its first graph is changed.
        statistics: what its activations hold, as `ranges.observe` says; kept true.
    """
    return move_scales(model, statistics, SHARES, LEAST_GAIN, of_gains)
