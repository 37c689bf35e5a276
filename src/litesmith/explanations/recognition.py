"""Which error of which tool a pasted text shows."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass

from litesmith import explanations
from litesmith.explanations.pattern import Pattern
from litesmith.explanations.reading import Squeezed, cleaned, squeezed


@dataclass(frozen=True)
class Match:
    """A pattern found in a text.

    Attributes:
        words: the text's own words.
        details: what the placeholders stand for, once each.
    """

    pattern: Pattern
    start: int
    end: int
    words: str
    details: Mapping[str, str]
    literals: int


@functools.cache
def families() -> Mapping[str, tuple[Pattern, ...]]:
    """The patterns of each file of this room that has any, by the file's name."""
    modules = (
        importlib.import_module(f"{explanations.__name__}.{found.name}")
        for found in pkgutil.iter_modules(explanations.__path__)
    )
    return {each.__name__.rpartition(".")[2]: each.PATTERNS for each in modules if hasattr(each, "PATTERNS")}


def patterns() -> tuple[Pattern, ...]:
    """All patterns."""
    return tuple(pattern for family in families().values() for pattern in family)


def recognised(text: str) -> list[Match]:
    """What a text shows, the cause first: the first error in it that is not put around another one.

    Each pattern comes once. Of two that match the same words, the one with more fixed words counts.
    """
    content = squeezed(cleaned(text))
    found = [match for pattern in patterns() for match in _matches(pattern, content)]
    kept = [match for match in found if not any(_covers(other, match) for other in found)]
    kept.sort(key=lambda match: (match.pattern.wraps, match.start))
    grouped: dict[str, list[Match]] = {}
    for match in kept:
        grouped.setdefault(match.pattern.name, []).append(match)
    return [_united(group) for group in grouped.values()]


def _matches(pattern: Pattern, content: Squeezed) -> list[Match]:
    return [
        Match(
            pattern,
            found.start(),
            found.end(),
            content.shown(*found.span()),
            {name: content.shown(*found.span(name)) for name in found.groupdict()},
            literals,
        )
        for expression, literals in zip(pattern.expressions, pattern.literals, strict=True)
        for found in expression.finditer(content.text)
    ]


def _covers(one: Match, other: Match) -> bool:
    """Whether `one` says more exactly what `other` says of the same words."""
    if one.pattern.wraps and not other.pattern.wraps:
        return False
    overlaps = one.start < other.end and other.start < one.end
    return overlaps and one.literals > other.literals


def _united(group: list[Match]) -> Match:
    """Matches of one pattern as one, with all that their placeholders stand for."""
    first = group[0]
    names = dict.fromkeys(name for match in group for name in match.details)
    values = {name: dict.fromkeys(match.details[name] for match in group if name in match.details) for name in names}
    details = {name: ", ".join(found) for name, found in values.items()}
    return Match(first.pattern, first.start, first.end, first.words, details, first.literals)
