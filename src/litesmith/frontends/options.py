"""Choices of a conversion that lowerings ask for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal, get_args

RnnForm = Literal["while", "fused", "unroll"]


@dataclass(frozen=True)
class Options:
    """Attributes:
    rnn: one of `RnnForm`: recurrent layers as WHILE loops, as fused operators, or written out step by step.
    split_preprocessing: whether layers that have no form in LiteRT, of texts above all, may be left to the app.
    """

    rnn: str = "while"
    split_preprocessing: bool = False

    def __post_init__(self) -> None:
        if self.rnn not in get_args(RnnForm):
            raise ValueError(f"rnn is one of {', '.join(get_args(RnnForm))}, not {self.rnn!r}")


_options: ContextVar[Options] = ContextVar("litesmith_options", default=Options())  # noqa: B039 (frozen)


def options() -> Options:
    """The choices of the conversion that is running."""
    return _options.get()


@contextmanager
def using(chosen: Options) -> Iterator[None]:
    """Conversions inside use these choices."""
    token = _options.set(chosen)
    try:
        yield
    finally:
        _options.reset(token)
