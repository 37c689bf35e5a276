"""Which repairs make a model run on a target: tried one after the other, each proven before it is kept."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from litesmith.diagnostics.base import Diagnostic, LitesmithError
from litesmith.diagnostics.quoting import quoted
from litesmith.diagnostics.repairs import BadFineTuning, NotAllowed, NotTheSame, StillInTheWay
from litesmith.diagnostics.targets import CannotRun, DoesNotFit, OpenSizes
from litesmith.lite_model import LiteModel
from litesmith.preprocessing.pipeline import Preprocessing
from litesmith.repairs.proof import Change, change
from litesmith.runtime.saving import save_bytes
from litesmith.targets.assessment import Assessment, Fate
from litesmith.verification.comparison import Report
from litesmith.verification.samples import samples

if TYPE_CHECKING:
    from litesmith.frontends.keras.repairs.repair import Repair, Repaired, Trouble

Array = np.ndarray[Any, Any]
State = Literal["applied", "not allowed", "not the same"]
BATCHES = (1, 3)


@dataclass(frozen=True)
class Verdict:
    """What becomes of a model on the target.

    Attributes:
        lite: the converted model; None where it does not convert.
        findings: why it does not.
        code: how many layers hold Python code.
    """

    lite: LiteModel | None
    assessment: Assessment | None
    findings: tuple[Diagnostic, ...]
    code: int

    @cached_property
    def rank(self) -> tuple[int, ...]:
        """Less is better: what does not convert, cannot run, overflows, is slow, and what holds code."""
        if self.assessment is None:
            return (len(self.findings), 0, 0, 0, self.code)
        found = self.assessment.findings
        cannot = sum(isinstance(each, (CannotRun, OpenSizes)) for each in found)
        over = sum(each.needed - each.available for each in found if isinstance(each, DoesNotFit))
        slow = sum(layer.fate is Fate.SLOW for layer in self.assessment.layers)
        return (0, cannot, over, slow, self.code)

    @property
    def runs(self) -> bool:
        """Whether nothing is in the way that a repair could mend; integers are quantization's part."""
        return self.rank[:3] == (0, 0, 0)

    def trouble(self, known: Trouble) -> Trouble:
        """What is in the way, besides what is known of the inputs."""
        if self.assessment is None:
            sources = [each.where.layer for each in self.findings if each.where is not None]
            return replace(known, layers=dict.fromkeys(sources, ()))
        worse = {layer.layer: layer.why for layer in self.assessment.layers if layer.fate is not Fate.RUNS}
        full = next((each.source.layer for each in self.assessment.findings if isinstance(each, DoesNotFit)), None)
        return replace(known, layers=worse, fullest=full or None)


@dataclass(frozen=True)
class Step:
    """One repair that helps.

    Attributes:
        exact: whether it keeps what the model computes.
        done: what it does, in words.
        layers: paths of what it changes.
        state: whether it was applied; if not, why.
        change: how far the outputs are from those before it.
    """

    repair: str
    exact: bool
    done: str
    layers: tuple[str, ...]
    state: State
    change: Change

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Fixed:
    """A model after its repairs; true where it runs on the target, or would once it is quantized for it (D202).

    Attributes:
        model: the repaired Keras model; the one that was given where nothing was changed.
        lite: what it converts to; None where it does not convert.
        steps: what was tried and would help, in order.
        before, after: what becomes of the model on the target; None where it does not convert.
        change: of all repairs together; None where nothing was changed, or the inputs are others.
        verification: the comparison of the repaired model with what it converts to.
        findings: what is left.
        preprocessing: what is left to the app, where something is.
    """

    target: str
    model: Any
    lite: LiteModel | None
    steps: tuple[Step, ...]
    before: Assessment | None
    after: Assessment | None
    change: Change | None
    verification: Report | None = None
    findings: tuple[Diagnostic, ...] = ()
    preprocessing: Preprocessing | None = None
    fine_tuned: bool = False

    def __bool__(self) -> bool:
        return self.lite is not None and not any(isinstance(each, StillInTheWay) for each in self.findings)

    @property
    def changed(self) -> bool:
        """Whether any repair was applied."""
        return any(step.state == "applied" for step in self.steps)

    def save(self, path: str | Path) -> Path:
        """Write the repaired model as a `.keras` file; nothing is left behind when that fails."""
        path = Path(path)
        if path.suffix != ".keras":
            raise ValueError(f"a repaired model is a .keras file, not {path.name}")
        with tempfile.TemporaryDirectory() as folder:
            written = Path(folder) / "model.keras"
            self.model.save(written)
            return save_bytes(written.read_bytes(), path)

    def to_json(self) -> dict[str, Any]:
        """The plan: steps, what becomes of the model before and after them, and what is left."""
        own = {"target": self.target, "runs": bool(self), "changed": self.changed, "fine_tuned": self.fine_tuned}
        around = {
            name: None if each is None else {"runs": each.runs, "bytes": each.bytes, "arena": each.arena}
            for name, each in (("before", self.before), ("after", self.after))
        }
        steps = [step.to_json() for step in self.steps]
        change = None if self.change is None else asdict(self.change)
        verification = None if self.verification is None else self.verification.to_json()
        found = [finding.to_json() for finding in self.findings]
        return {**own, **around, "steps": steps, "change": change, "verification": verification, "findings": found}

    def __str__(self) -> str:
        from litesmith.report.layout import to_text
        from litesmith.report.repairs import repairs_layout

        return to_text(repairs_layout(self))


@dataclass
class Workshop:
    """Where a model is repaired.

    Attributes:
        judge: what becomes of a model on the target.
        run: the outputs of a model for nested inputs, leaves in order.
        behind: what the model computes behind texts that are left to the app.
        verify: compares a model with what it converts to; raises where they differ.
        repairs: those that are tried, in order.
        known: what the caller says of the inputs.
    """

    target: str
    judge: Callable[[Any], Verdict]
    run: Callable[[Any, Any], list[Array]]
    behind: Callable[[Any, Preprocessing], Callable[[Any], list[Array]]]
    verify: Callable[[Any, LiteModel], Report]
    repairs: Sequence[Repair]
    known: Trouble
    allow_approximate: bool = False
    steps: list[Step] = field(default_factory=list)

    def fix(self, model: Any, fine_tune: Callable[[Any], Any] | None = None) -> Fixed:
        """Repair a model as far as the repairs go."""
        before = verdict = self.judge(model)
        repaired, preprocessing = model, None
        while (found := self._next(repaired, verdict)) is not None:
            chosen, verdict = found
            repaired, preprocessing = chosen.model, chosen.preprocessing or preprocessing
        is_tuned = fine_tune is not None and any(not step.exact and step.state == "applied" for step in self.steps)
        if is_tuned:
            assert fine_tune is not None
            repaired = _fine_tuned(repaired, fine_tune)
            verdict = self.judge(repaired)
        return Fixed(
            self.target,
            repaired,
            verdict.lite,
            tuple(self.steps),
            before.assessment,
            verdict.assessment,
            self._change(model, repaired, verdict, preprocessing) if repaired is not model and verdict.lite else None,
            None if verdict.lite is None else self.verify(repaired, verdict.lite),
            tuple(self._left(verdict)),
            preprocessing,
            is_tuned,
        )

    def _next(self, model: Any, verdict: Verdict) -> tuple[Repaired, Verdict] | None:
        """The first repair that helps and may be applied, and what becomes of the model then."""
        if not any(verdict.rank) and self.known.sizes is None:
            return None
        trouble = verdict.trouble(self.known)
        for repair in self.repairs:
            found = self._best(repair, model, trouble, verdict)
            if found is None:
                continue
            step = self._tried(repair, model, *found)
            if step not in self.steps:
                self.steps.append(step)
            if step.state == "applied":
                return found
        return None

    def _best(self, repair: Repair, model: Any, trouble: Trouble, verdict: Verdict) -> tuple[Repaired, Verdict] | None:
        """What helps most of a repair's candidates; of those that help alike, what changes least."""
        best: tuple[Repaired, Verdict] | None = None
        for candidate in repair.candidates(model, trouble):
            judged = self.judge(candidate.model)
            if judged.lite is None:
                continue  # nothing would prove it
            if repair.is_asked_for or judged.rank < (verdict if best is None else best[1]).rank:
                best = candidate, judged
            if best is not None and not any(best[1].rank):
                break
        return best

    def _tried(self, repair: Repair, model: Any, candidate: Repaired, judged: Verdict) -> Step:
        found = self._change(model, candidate.model, judged, candidate.preprocessing)
        state: State = "applied"
        if repair.exact and not found.same:
            state = "not the same"
        elif not repair.exact and not self.allow_approximate:
            state = "not allowed"
        return Step(repair.name, repair.exact, candidate.done, candidate.layers, state, found)

    def _change(self, model: Any, repaired: Any, judged: Verdict, preprocessing: Preprocessing | None) -> Change:
        """How far the outputs of a model after repairs are from those before them."""

        def before(inputs: Any) -> list[Array]:
            if preprocessing is None:
                return self.run(model, inputs)
            return self.behind(model, preprocessing)(inputs)

        return change(before, lambda inputs: self.run(repaired, inputs), self._inputs(judged, preprocessing))

    def _inputs(self, judged: Verdict, preprocessing: Preprocessing | None) -> list[Any]:
        """The caller's inputs, where the model still takes them, or seeded ones that the converted model takes."""
        if self.known.data is not None and preprocessing is None:
            return [self.known.data]
        assert judged.lite is not None
        face = judged.lite.face()
        return [face.inputs.pack(samples(face.graph, batch, batch, names=face.size_names)) for batch in BATCHES]

    def _left(self, verdict: Verdict) -> Iterator[Diagnostic]:
        for step in self.steps:
            if step.state == "not allowed":
                yield NotAllowed(step.repair, step.done, step.change.max_rel)
            elif step.state == "not the same":
                yield NotTheSame(step.repair, step.done, step.change.max_abs)
        found = verdict.findings if verdict.assessment is None else verdict.assessment.findings
        if not verdict.runs:
            layers = dict.fromkeys(each.where.layer for each in found if each.where is not None and each.where.layer)
            yield StillInTheWay(self.target, tuple(layers))
        yield from found


def _fine_tuned(model: Any, fine_tune: Callable[[Any], Any]) -> Any:
    try:
        returned = fine_tune(model)
    except Exception as error:
        raise LitesmithError(BadFineTuning(quoted(error))) from error
    if returned is not None and not callable(returned):
        raise LitesmithError(BadFineTuning(f"it returned {type(returned).__name__}, not a Keras model"))
    return model if returned is None else returned
