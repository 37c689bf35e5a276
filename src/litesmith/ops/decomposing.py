"""Operations that LiteRT has no operator for: what is made of others says so, and how close that comes."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import ParamSpec, TypeVar

from litesmith.ir.source import Rewriting, current_source, source_scope

P = ParamSpec("P")
R = TypeVar("R")

EXACT = re.compile(r"\bexact(ly)?\b")
BOUND = re.compile(r"\b(within|off by|errors?)\b.*\d+(\.\d+)?e-\d+", re.IGNORECASE)
BEGINNING = re.compile(r"\b(within|off by)\b", re.IGNORECASE)


def decomposition(function: Callable[P, R]) -> Callable[P, R]:
    """A function whose operators stand for one that LiteRT does not have.

    How close they come is said in its docstring, or else in its module's: within what, off by what, with what error
    (such as 1e-6), or exact. What it calls for that is part of it.

    Raises:
        ValueError: where neither says it.
    """
    rewriting = Rewriting(function.__name__.strip("_"), stated_bound(function))

    @wraps(function)
    def written_out(*args: P.args, **kwargs: P.kwargs) -> R:
        source = current_source()
        if source.rewriting is not None:
            return function(*args, **kwargs)
        with source_scope(replace(source, rewriting=rewriting)):
            return function(*args, **kwargs)

    return written_out


def stated_bound(function: Callable[..., object]) -> str:
    """How close a decomposition comes, in the words of its docstring or its module's; empty where it is exact."""
    for text in (function.__doc__, sys.modules[function.__module__].__doc__):
        sentences = re.split(r"(?<=[.;])\s+", " ".join(inspect.cleandoc(text or "").split()))
        for sentence in sentences:
            if BOUND.search(sentence):
                beginning = BEGINNING.search(sentence)
                said = sentence[beginning.start() if beginning else 0 :].rstrip(".;:")
                return said[:1].lower() + said[1:]
        if any(EXACT.search(sentence) for sentence in sentences):
            return ""
    raise ValueError(f"{function.__name__} does not say how close it comes")
