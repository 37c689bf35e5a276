"""How findings that do not stop the work are told, which of them count as errors, and which are ignored."""

from __future__ import annotations

import copy
import difflib
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import wraps
from typing import ParamSpec, TypeVar

from litesmith.diagnostics.base import Diagnostic, FindingWarning, LitesmithError, Severity, worst_first
from litesmith.diagnostics.documentation import findings

P = ParamSpec("P")
R = TypeVar("R")

VERDICTS = "D2"
"""How codes begin of what a target has against a model, which whoever knows better may ignore."""


@dataclass(frozen=True)
class Ignoring:
    """Which findings are ignored: those of a code, everywhere or in layers whose path matches a pattern."""

    code: str
    layers: str | None = None

    def covers(self, finding: Diagnostic) -> bool:
        """Whether a finding is meant."""
        if finding.code != self.code or not is_ignorable(type(finding)):
            return False
        return self.layers is None or fnmatchcase(finding.where.layer if finding.where else "", self.layers)


def ignoring(text: str) -> Ignoring:
    """What `CODE` or `CODE@LAYERS` means: `D205`, `D205@encoder/*`.

    Raises:
        ValueError: for a code that there is not, and for one of an error.
    """
    code, at, layers = text.strip().partition("@")
    code, known = code.strip().upper(), findings()
    if code not in known:
        close = difflib.get_close_matches(code, known, 1)
        raise ValueError(f"{code or text!r} is no finding's code" + (f"; did you mean {close[0]}?" if close else ""))
    if at and not layers:
        raise ValueError(f"{text}: a pattern of layers follows the @, such as {code}@encoder/*")
    if not is_ignorable(known[code]):
        raise ValueError(
            f"{code} is an error and cannot be ignored: there would be no file, or a wrong one. "
            "Only warnings, notes, and what check says of a target (D2..) can be"
        )
    return Ignoring(code, layers or None)


def is_ignorable(kind: type[Diagnostic]) -> bool:
    """Whether whoever knows better may ignore findings of a kind."""
    return kind.severity is not Severity.ERROR or kind.code.startswith(VERDICTS)


@dataclass
class Attention:
    """What findings count for, while some work is done.

    Attributes:
        strict: whether warnings count as errors.
        ignored: the findings that were ignored, each once.
        errors: the warnings that count as errors.
    """

    strict: bool = False
    rules: tuple[Ignoring, ...] = ()
    ignored: list[Diagnostic] = field(default_factory=list)
    errors: list[Diagnostic] = field(default_factory=list)

    def kept(self, found: Iterable[Diagnostic]) -> list[Diagnostic]:
        """Findings without those that are ignored, as errors where that is what they count for; worst first."""
        kept = []
        for finding in found:
            if any(rule.covers(finding) for rule in self.rules):
                self.ignored += [] if finding in self.ignored else [finding]
            else:
                kept.append(as_error(finding) if self.strict else finding)
        return worst_first(kept)

    def tell(self, finding: Diagnostic, stacklevel: int) -> None:
        """Warn of a finding, unless it is ignored, or an error that is raised at the end."""
        for kept in self.kept([finding]):
            if kept.severity is not finding.severity:
                self.errors += [] if kept in self.errors else [kept]
            else:
                warnings.warn(FindingWarning(kept), stacklevel=stacklevel + 1)

    def require(self) -> None:
        """Raise the warnings that count as errors."""
        if self.errors:
            found, self.errors = self.errors, []
            raise LitesmithError(found)


def as_error(finding: Diagnostic) -> Diagnostic:
    """A warning as an error; other findings as they are."""
    if finding.severity is not Severity.WARNING:
        return finding
    error = copy.copy(finding)
    object.__setattr__(error, "severity", Severity.ERROR)
    return error


_attention: ContextVar[Attention | None] = ContextVar("litesmith_attention", default=None)


@contextmanager
def attending_to(attention: Attention) -> Iterator[None]:
    """Findings told inside count for what it says.

    Raises:
        LitesmithError: at the end, for warnings that count as errors, with those that ended the work before.
    """
    token = _attention.set(attention)
    try:
        yield
    except LitesmithError as error:
        if not attention.errors:
            raise
        found, attention.errors = attention.errors, []
        raise LitesmithError([*error.diagnostics, *found]) from error
    finally:
        _attention.reset(token)
    attention.require()


@contextmanager
def attending(strict: bool, ignore: str | Sequence[str]) -> Iterator[Attention]:
    """Findings told inside count for what is said; where nothing is said, for what is said around it.

    Raises:
        ValueError: for what cannot be ignored.
        LitesmithError: as `attending_to`.
    """
    rules = tuple(map(ignoring, [ignore] if isinstance(ignore, str) else ignore))
    around = _attention.get()
    counted = around if around is not None and not (strict or rules) else Attention(strict, rules)
    with attending_to(counted):
        yield counted


def attentive(function: Callable[P, R]) -> Callable[P, R]:
    """A function whose arguments `strict` and `ignore` say what the findings told while it runs count for."""

    @wraps(function)
    def attended(*args: P.args, **kwargs: P.kwargs) -> R:
        strict, ignore = kwargs.get("strict", False), kwargs.get("ignore", ())
        with attending(bool(strict), ignore):  # type: ignore[arg-type]  # of any keyword
            return function(*args, **kwargs)

    return attended


def attention() -> Attention:
    """What findings count for now."""
    return _attention.get() or Attention()


def tell(finding: Diagnostic, stacklevel: int = 2) -> None:
    """Tell of a finding that does not stop the work."""
    attention().tell(finding, stacklevel + 1)
