"""In which way a conversion or its file fails, and whether two fail in the same way."""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from litesmith.custom_operators.twin import NotRunnable, custom_operators_of, twin_of
from litesmith.diagnostics.base import Diagnostic, LitesmithError
from litesmith.diagnostics.internal import Unexpected
from litesmith.diagnostics.quoting import named, quoted
from litesmith.diagnostics.runtime import RuntimeDied, RuntimeTooSlow
from litesmith.diagnostics.verification import FacesDiffer, OutputsDiffer
from litesmith.frontends.original import Original
from litesmith.lite_model import LiteModel
from litesmith.runtime.interpreter import RuntimeRefusal
from litesmith.runtime.isolated import SECONDS
from litesmith.verification.comparison import OTHER_INFINITIES, compare


class Kind(enum.Enum):
    """In which way something fails; the value is the word in JSON."""

    DIFFERENCE = "difference"
    NAN = "nan"
    CONVERSION = "conversion"
    REFUSAL = "refusal"
    CRASH = "crash"
    TIMEOUT = "timeout"

    @property
    def is_of_numbers(self) -> bool:
        """Whether the file runs, and computes something else."""
        return self in (Kind.DIFFERENCE, Kind.NAN)

    @property
    def is_of_runtime(self) -> bool:
        """Whether the file does not run."""
        return self in (Kind.REFUSAL, Kind.CRASH, Kind.TIMEOUT)


@dataclass(frozen=True)
class Failure:
    """A way to fail.

    Attributes:
        marks: what two failures of one kind share if they are the same: codes of findings, or a signal.
        cause: the exception behind it.
    """

    kind: Kind
    findings: tuple[Diagnostic, ...]
    marks: frozenset[str] = frozenset()
    cause: Exception | None = None

    def is_like(self, other: Failure | None) -> bool:
        """Whether both fail in the same way."""
        return (
            other is not None
            and self.kind is other.kind
            and (self.marks == other.marks or bool(self.marks & other.marks))
        )


@dataclass(frozen=True)
class Trial:
    """How a model is converted, and its file compared with it.

    Attributes:
        convert: makes the file of an original; the second argument says whether it is the whole model.
        seconds: that a call of the runtime may take in a process of its own.
    """

    convert: Callable[[Original, bool], LiteModel]
    atol: float | None = None
    rtol: float | None = None
    seconds: float = SECONDS

    def converted(self, original: Original, is_whole: bool = False) -> LiteModel | Failure:
        """The file made of an original, or why there is none."""
        try:
            return without_custom_operators(self.convert(original, is_whole))
        except LitesmithError as error:
            return Failure(
                Kind.CONVERSION, tuple(error.diagnostics), frozenset(each.code for each in error.diagnostics), error
            )
        except Exception as error:
            finding = Unexpected(named(error))
            return Failure(Kind.CONVERSION, (finding,), frozenset({f"{finding.code} {type(error).__name__}"}), error)

    def numbers(
        self, original: Original, lite: LiteModel, inputs: Any, signature: str | None, made_now: bool, isolated: bool
    ) -> Failure | None:
        """In which way a file fails on these inputs; None where it computes what the original does.

        Raises:
            LitesmithError: V102 where the original does not take what the file takes, or the other way around.
        """
        lite = LiteModel(bytes(lite), lite.model, isolated, self.seconds, lite.preprocessing, lite.kernels)
        try:
            lite.run(inputs, signature)
            report = compare(original, lite, inputs, self.atol, self.rtol, signature=signature)
        except LitesmithError as error:
            found = _of_runtime(error)
            if found is None:
                raise LitesmithError(FacesDiffer(quoted(error.__cause__ or error))) from error
            return found
        except Exception as error:
            raise LitesmithError(FacesDiffer(quoted(error))) from error
        if report.passed:
            return None
        wrong = [output for output in report.outputs if not output.passed]
        findings = tuple(
            OutputsDiffer(each.name, each.max_abs, each.allowed, each.problem, made_now, report.framework)
            for each in wrong
        )
        is_nan = any(each.problem == OTHER_INFINITIES for each in wrong)
        return Failure(Kind.NAN if is_nan else Kind.DIFFERENCE, findings)

    def run(self, original: Original, inputs: Any, is_like: Failure) -> Failure | None:
        """In which way converting an original, and running its file on these inputs, fails."""
        made = self.converted(original)
        if isinstance(made, Failure) or is_like.kind is Kind.CONVERSION:
            return made if isinstance(made, Failure) else None
        return self.numbers(original, made, inputs, None, True, isolated=not is_like.kind.is_of_numbers)


def _of_runtime(error: LitesmithError) -> Failure | None:
    """What the runtime did; None for anything else."""
    finding = error.diagnostics[0]
    if isinstance(error, RuntimeRefusal):
        return Failure(Kind.REFUSAL, (finding,), frozenset({finding.code}), error)
    if isinstance(finding, RuntimeDied):
        return Failure(Kind.CRASH, (finding,), frozenset({finding.signal}), error)
    if isinstance(finding, RuntimeTooSlow):
        return Failure(Kind.TIMEOUT, (finding,), frozenset(), error)
    return None


def without_custom_operators(lite: LiteModel) -> LiteModel:
    """The file with its custom operators written out, where it is known what they compute; else as it is."""
    if not custom_operators_of(lite.model) or lite.kernels:
        return lite
    try:
        return twin_of(lite)
    except NotRunnable:
        return lite


def failure_of_running(run: Callable[[], Sequence[np.ndarray[Any, Any]]]) -> Failure | None:
    """In which way the runtime fails with a file, if it does."""
    try:
        run()
    except LitesmithError as error:
        found = _of_runtime(error)
        if found is None:
            raise
        return found
    return None
