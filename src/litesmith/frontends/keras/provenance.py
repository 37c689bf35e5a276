"""Which layer is running."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

_layer: ContextVar[Any] = ContextVar("litesmith_layer", default=None)


def current_layer() -> Any:
    """The innermost layer whose call is being followed; None outside of all."""
    return _layer.get()


@contextmanager
def running_layer(layer: Any) -> Iterator[None]:
    """What is followed inside belongs to `layer`."""
    token = _layer.set(layer)
    try:
        yield
    finally:
        _layer.reset(token)
