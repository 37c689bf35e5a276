"""How long the steps of a command take."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from litesmith.cli.output import Output


class Stopwatch:
    """Shows and times the steps of a command.

    Attributes:
        seconds: of each step, by name.
    """

    def __init__(self, out: Output) -> None:
        self.out = out
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, step: str, doing: str) -> Iterator[Callable[[str], None]]:
        start = time.perf_counter()
        with self.out.progress(doing) as tell:
            yield tell
        self.seconds[step] = self.seconds.get(step, 0.0) + time.perf_counter() - start
