"""How many threads a model runs on while it is quantized."""

from __future__ import annotations

import os
from collections.abc import Iterable

import numpy as np

from litesmith.ir.graph import Operation

MANY = 2**20
"""Numbers that a sample's operations compute: with fewer, threads wait for each other for longer than they compute."""


def threads_for(operations: Iterable[Operation]) -> int:
    """One, or as many as there are processors where the operations compute much; results are the same."""
    shapes = [result.type.shape[1:] for operation in operations for result in operation.results]
    numbers = sum(int(np.prod([int(size) for size in shape])) for shape in shapes)
    return os.cpu_count() or 1 if numbers > MANY else 1
