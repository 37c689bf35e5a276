"""Space of images [batch, height, width, channels] shuffled with channels, in LiteRT operators."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from litesmith.ir.builder import constant
from litesmith.ir.graph import Value
from litesmith.ops.indexing import gather
from litesmith.ops.widening import compute
from litesmith.opset.shaping import DepthToSpace, SpaceToDepth


def depth_to_space(x: Value, block: int) -> Value:
    """Groups of block**2 channels become blocks of height and width: channels [height, width, channel]."""
    return compute(DepthToSpace(block), x)


def space_to_depth(x: Value, block: int) -> Value:
    """Blocks of height and width become groups of block**2 channels: [height, width, channel]."""
    return compute(SpaceToDepth(block), x)


def regroup_channels(x: Value, groups: Sequence[int], order: Sequence[int]) -> Value:
    """The last axis as axes of these sizes, in another order, and merged again."""
    channels = np.arange(np.prod(groups), dtype=np.int32).reshape(groups)
    return gather(x, constant(channels.transpose(order).reshape(-1)), -1)
