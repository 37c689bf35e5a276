"""Which layers the tensors of a file belong to."""

from __future__ import annotations

import re


def layer_of(tensor: str, maker: str = "Litesmith") -> str:
    """The layer that a tensor's name tells.

    Litesmith numbers a layer's tensors behind a colon. Other converters join the names of fused
    operations by semicolons, each ending in the operation's own name.
    """
    if maker == "Litesmith":
        return re.sub(r":\d+$", "", tensor)
    first = tensor.partition(";")[0]
    return first.rpartition("/")[0] or first
