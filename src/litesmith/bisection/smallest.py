"""The smallest model that fails in the same way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from litesmith.bisection.failing import Failure, Trial
from litesmith.diagnostics.base import LitesmithError
from litesmith.frontends.original import original_of

if TYPE_CHECKING:
    from litesmith.frontends.keras.recording import Call
    from litesmith.frontends.keras.submodels import OpenSizes, Submodel

FEW = 3
"""Layers up to which every connected part around a suspect is tried."""
MOST_SUSPECTS = 8
MOST_TRIES = 120


@dataclass
class Search:
    """Looks for the smallest part of a recorded run that fails as the whole does.

    Attributes:
        calls: of the whole run, in the order in which they end.
        open_sizes: of the whole model's inputs.
        folder: where files may be written.
        tried: what came of each part.
    """

    calls: Sequence[Call]
    failure: Failure
    trial: Trial
    open_sizes: OpenSizes
    folder: Path
    custom_objects: dict[str, Any]
    tried: dict[tuple[Call, ...], Submodel | None] = field(default_factory=dict)

    def around(self, suspects: Sequence[Call]) -> Submodel | None:
        """The smallest part that holds a suspect and fails; larger ones are tried until one does."""
        suspects = sorted(list(dict.fromkeys(suspects))[:MOST_SUSPECTS], key=lambda call: not call.is_whole)
        for part in self._parts(suspects):
            if len(self.tried) >= MOST_TRIES:
                break
            found = self.attempt(part)
            if found is not None:
                return found if len(part) <= FEW else self._shrunk(found)
        return None

    def first_failing(self) -> Call | None:
        """The call with which the calls from the first one on begin to fail, found by halving."""
        whole = self._whole
        if not whole or self.attempt(whole) is None:
            return None
        runs, failing = 0, len(whole)
        while failing - runs > 1:
            middle = (runs + failing) // 2
            if self.attempt(whole[:middle]) is None:
                runs = middle
            else:
                failing = middle
        return whole[failing - 1]

    def attempt(self, part: Sequence[Call]) -> Submodel | None:
        """The model of a part, if it fails in the same way."""
        key = tuple(part)
        if key not in self.tried:
            self.tried[key] = self._attempt(key)
        return self.tried[key]

    def _attempt(self, part: tuple[Call, ...]) -> Submodel | None:
        from litesmith.frontends.keras.submodels import CannotCut, cut_out

        try:
            cut = cut_out(part, self.calls, self.open_sizes, self.folder, self.custom_objects)
        except CannotCut:
            return None
        try:
            found = self.trial.run(original_of(cut.model), cut.given, self.failure)
        except LitesmithError:  # it cannot be compared
            return None
        return cut if self.failure.is_like(found) else None

    @property
    def _whole(self) -> list[Call]:
        return [call for call in self.calls if call.is_whole]

    def _parts(self, suspects: Sequence[Call]) -> Iterator[list[Call]]:
        """One suspect; two and three calls that are connected; all up to a suspect, ever more; models inside."""
        for suspect in suspects:
            yield [suspect]
        for size in range(2, FEW + 1):
            for suspect in suspects:
                yield from self._connected(suspect, size)
        whole = self._whole
        ends = [whole.index(suspect) + 1 for suspect in suspects if suspect in whole] or [len(whole)]
        size = FEW + 1
        while size < 2 * max(ends):
            for end in ends:
                yield whole[max(0, end - size) : end]
            size *= 2
        for suspect in suspects:
            if suspect.parent is not None and suspect.parent.parent is not None:
                yield [suspect.parent]
        yield whole

    def _connected(self, start: Call, size: int) -> Iterator[list[Call]]:
        """The parts of this many calls around one, each connected to another by a tensor."""
        parts = {frozenset([start])}
        for _ in range(size - 1):
            parts = {
                part | {other}
                for part in parts
                for call in part
                for other in self._neighbours(call)
                if other not in part
            }
        order = {call: place for place, call in enumerate(self.calls)}
        yield from sorted(
            (sorted(part, key=order.__getitem__) for part in parts), key=lambda part: [order[c] for c in part]
        )

    def _neighbours(self, call: Call) -> list[Call]:
        """The calls that made what one reads, and those that read what it made, none of which run within another."""
        read, made = ({id(tensor) for tensor in side} for side in (call.tensors_in, call.tensors_out))
        return [
            other
            for other in self._whole
            if other is not call
            and not _is_within(other, call)
            and (any(id(t) in read for t in other.tensors_out) or any(id(t) in made for t in other.tensors_in))
        ]

    def _shrunk(self, found: Submodel) -> Submodel:
        """A part that fails with calls left out as long as that goes, many at first."""
        step = max(len(found.calls) // 2, 1)
        while step and len(self.tried) < 2 * MOST_TRIES:
            calls = list(found.calls)
            shorter = (calls[:start] + calls[start + step :] for start in range(0, len(calls), step))
            better = next((cut for part in shorter if part and (cut := self.attempt(part)) is not None), None)
            if better is None:
                step //= 2
            else:
                found, step = better, min(step, max(len(better.calls) // 2, 1))
        return found


def _is_within(call: Call, other: Call) -> bool:
    """Whether a call runs inside of another."""
    around = call.parent
    while around is not None and around is not other:
        around = around.parent
    return around is other
