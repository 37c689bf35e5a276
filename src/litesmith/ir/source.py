"""Where an operation comes from, in the user's terms."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import NamedTuple

Columns = tuple[int, int | None]
"""Where on a line something stands, from 0, as Python counts: bytes of UTF-8; it ends on a later line for None."""


class Place(NamedTuple):
    """A piece of the user's code, as far as it is known."""

    file: str | None = None
    line: int | None = None
    columns: Columns | None = None


@dataclass(frozen=True)
class Rewriting:
    """How an operation that LiteRT has no operator for is written in others.

    Attributes:
        name: what the others compute together.
        bound: how close they come; empty where they are exact.
    """

    name: str
    bound: str


@dataclass(frozen=True)
class Source:
    """The origin of an operation.

    Attributes:
        layer: path of the Keras layer (`encoder/block_1/dense`), or what stands for it in another format.
        operation: what the layer did (`ops.matmul`, `layers.Conv2D`).
        file, line: the user's code that did it, where there is such a line.
        columns: the expression on that line, where Python says it (3.11 and later).
        passes: the passes that made or changed the operation, first to last.
        rewriting: what the operation is a part of, where operators stand for one that LiteRT does not have.
        classes: names of the classes of the layers on the path, outermost first; empty where they are not known.
    """

    layer: str = ""
    operation: str = ""
    file: str | None = None
    line: int | None = None
    columns: Columns | None = None
    passes: tuple[str, ...] = ()
    rewriting: Rewriting | None = None
    classes: tuple[str, ...] = ()

    def through(self, name: str) -> Source:
        """The same origin, after the pass called `name`."""
        if self.passes[-1:] == (name,):
            return self
        return replace(self, passes=(*self.passes, name))

    @property
    def place(self) -> Place:
        """The user's code."""
        return Place(self.file, self.line, self.columns)

    def doing(self, operation: str) -> Source:
        """Another operation of the same layer and line."""
        return Source(self.layer, operation, *self.place, classes=self.classes)

    def at(self, place: Place) -> Source:
        """The same operation at another place; here, where that is not known."""
        return Source(self.layer, self.operation, *(place if place.file else self.place), classes=self.classes)

    def __str__(self) -> str:
        place = f" ({self.file}:{self.line})" if self.file else ""
        return f"{self.layer or 'model'}{place}"


_current: ContextVar[Source] = ContextVar("litesmith_source", default=Source())  # noqa: B039 (frozen)


def current_source() -> Source:
    """The origin that operations built now are given."""
    return _current.get()


@contextmanager
def source_scope(source: Source) -> Iterator[None]:
    """Operations built inside come from `source`."""
    token = _current.set(source)
    try:
        yield
    finally:
        _current.reset(token)
