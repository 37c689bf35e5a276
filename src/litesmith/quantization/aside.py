"""Work on what another part of a program finds, done beside it on a thread of its own."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from types import TracebackType
from typing import Any, Generic, TypeVar

import numpy as np

Array = np.ndarray[Any, Any]
Key = TypeVar("Key")
TOGETHER = 2**20
"""Bytes of arrays that are handed over at once: to hand over a small one takes as long as to work on it."""


class Aside(Generic[Key]):
    """Calls a function for arrays in the order in which they are added, on one thread beside the caller's.

    numpy and the runtime let each other compute meanwhile. Errors are raised where arrays are added, or at the end.
    """

    def __init__(self, work: Callable[[Key, Array], None], most: int) -> None:
        """`most`: bytes of arrays that may wait; whoever adds more waits until fewer do."""
        self._work = work
        self._most = most
        self._thread = ThreadPoolExecutor(1)
        self._gathered: list[tuple[Key, Array]] = []
        self._size = 0
        self._waiting: deque[tuple[Future[None], int]] = deque()

    def add(self, key: Key, array: Array) -> None:
        """Let the function be called for an array, which must not change any more."""
        self._gathered.append((key, array))
        self._size += array.nbytes
        if self._size >= TOGETHER:
            self._hand_over()

    def _hand_over(self) -> None:
        settings = copy_context()  # what the caller lets numpy warn of
        self._waiting.append((self._thread.submit(settings.run, self._all, self._gathered), self._size))
        self._gathered, self._size = [], 0
        while sum(size for _, size in self._waiting) > self._most or self._waiting[0][0].done():
            self._waiting.popleft()[0].result()
            if not self._waiting:
                return

    def _all(self, gathered: list[tuple[Key, Array]]) -> None:
        for key, array in gathered:
            self._work(key, array)

    def __enter__(self) -> Aside[Key]:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Wait for all that was added; where the caller failed, for what is being done."""
        try:
            if kind is None:
                self._hand_over()
            while kind is None and self._waiting:
                self._waiting.popleft()[0].result()
        finally:
            self._thread.shutdown(cancel_futures=True)
