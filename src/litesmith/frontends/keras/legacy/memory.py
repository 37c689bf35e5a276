"""Making layers whose weights come from a file: nothing is drawn, and nothing larger than the file says is made."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np

from litesmith.frontends.keras.initializing import Initialize, initializing

SMALL = 1 << 10
"""Elements of a variable that is filled as the layer says: what is stored nowhere, such as states of generators."""

SPARE_BYTES = 1 << 24


class TooLarge(Exception):
    """A description asks for weights that the file cannot have."""


@contextmanager
def making_at_most(stored: int) -> Iterator[None]:
    """Variables of up to four times as many bytes as are stored can be made; large ones are zero, and take no memory.

    TooLarge is raised for more.
    """
    made = 0

    def make(original: Initialize, variable: Any, initializer: Any) -> None:
        nonlocal made
        elements = math.prod(variable._shape)
        made += elements * 4
        if made > 4 * stored + SPARE_BYTES:
            raise TooLarge(f"the model would have weights of {made} bytes and more, and the file has {stored}")
        if elements <= SMALL:
            original(variable, initializer)
        elif keras.config.backend() == "numpy":
            variable._initialize(np.broadcast_to(np.zeros((), variable._dtype), variable._shape))
        else:
            original(variable, keras.initializers.Zeros())

    with initializing(make):
        yield
