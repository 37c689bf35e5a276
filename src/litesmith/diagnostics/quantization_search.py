"""Findings about what quantization costs (Q141-Q149): budgets, metrics, what is not taken apart, nor refined."""

from __future__ import annotations

from dataclasses import dataclass

from litesmith.diagnostics.base import Diagnostic, Severity
from litesmith.diagnostics.wording import by_face


@dataclass(frozen=True)
class DropsTooMuch(Diagnostic, code="Q141"):
    """A quantized model's measure falls more than is allowed.

    Why it matters: the file would do its work worse than you said is acceptable; it is not written.
    Example: `litesmith quantize model.keras --mode int8 --calibration data.npz --max-drop 0.5% --eval mine:accuracy`.
    How to fix: let recipes be searched (`--mode auto`), keep sensitive layers in more bits (`--analyze` names them), or
        allow a larger drop.
    """

    measure: str
    real: float
    found: float
    allowed: float

    def message(self) -> str:
        fell = f"{self.measure} falls from {self.real:.4g} to {self.found:.4g}"
        return f"{fell}, by {self.real - self.found:.3g}; at most {self.allowed:.3g} is allowed."

    def hint(self) -> str:
        auto = by_face('quantize="auto"', "--mode auto")
        analyze = by_face("litesmith.analyze", "--analyze")
        return f"{auto} searches for a recipe that keeps within it; {analyze} names the layers where it is lost."


@dataclass(frozen=True)
class MetricFailed(Diagnostic, code="Q142", bad_input=True):
    """The function that judges a quantized model fails, or does not return a number.

    Why it matters: without it nothing says which recipe is good enough.
    Example: `--eval mine:accuracy` where `accuracy` returns a list, or takes no model.
    How to fix: let it take a converted model (`lite.run(images)`) and return one number, higher for better.
    """

    name: str
    problem: str

    def message(self) -> str:
        return f"The model cannot be judged by {self.name}: {self.problem}."

    def hint(self) -> str:
        return "It takes the converted model, as in `(lite.run(images).argmax(1) == labels).mean()`; higher is better."


@dataclass(frozen=True)
class NothingWithinBudget(Diagnostic, code="Q143"):
    """No recipe that was tried keeps within the budget.

    Why it matters: there is no file that is as good as you asked for.
    Example: `--mode auto --max-drop 0% --max-evaluations 2`.
    How to fix: allow more evaluations or a larger drop; leave out the limit of bytes.
    """

    tried: int
    budget: str
    best: str

    def message(self) -> str:
        return f"None of {self.tried} recipes keeps within the budget ({self.budget}); the closest: {self.best}."

    def hint(self) -> str:
        more = by_face("max_evaluations=", "--max-evaluations")
        return f"Allow a larger drop, or let more be tried ({more})."


@dataclass(frozen=True)
class CannotAnalyze(Diagnostic, code="Q144", bad_input=True):
    """A quantized model cannot be laid beside the model that it was made of.

    Why it matters: what each layer adds to the error is measured against the real model, layer by layer.
    Example: `litesmith.analyze(model, quantized, data)` where `quantized` has float32 throughout, or is of another
        model.
    How to fix: give a quantized file, and the model that it was made of.
    """

    problem: str

    def message(self) -> str:
        return f"The error cannot be told apart by layers: {self.problem}."

    def hint(self) -> str:
        return "Give a quantized model, the model that it was made of, and inputs for both."


@dataclass(frozen=True)
class NeedsJoblib(Diagnostic, code="Q145", bad_input=True):
    """Recipes are to be tried in several processes, and joblib, which runs these, is not installed.

    Why it matters: nothing is tried.
    Example: `Budget(n_jobs=4)` in an environment without joblib.
    How to fix: install joblib, or let one process try them (`n_jobs=1`), which gives the same.
    """

    def message(self) -> str:
        return "Several processes are run by joblib, which is not installed."

    def hint(self) -> str:
        return f"Install it (pip install joblib), or leave {by_face('n_jobs=', '--jobs')} out."


@dataclass(frozen=True)
class RefiningUndone(Diagnostic, code="Q146", severity=Severity.NOTE):
    """Refined weights were put back, since outputs on data that was kept to judge were further off with them.

    Why it matters: the file has weights that are rounded to the nearest integers, as if there were no refining: it is
        as good as without it, and less good than it may be.
    Example: `litesmith quantize model.keras --mode int8 --calibration few.npz` with few images, which are all alike.
    How to fix: give more inputs, in random order, of all kinds that the model will see.
    """

    lost: float
    samples: int

    def message(self) -> str:
        seen = f"weights refined on {self.samples} samples made outputs {self.lost:.1f} dB worse on the others"
        return f"Nothing was refined: {seen}, and were put back."

    def hint(self) -> str:
        return "More inputs, of all kinds that the model will see and in random order, let it gain."


@dataclass(frozen=True)
class RefiningEnded(Diagnostic, code="Q147", severity=Severity.NOTE):
    """Refining of weights was ended before all layers were done.

    Why it matters: the file is whole; its last layers have weights that are rounded to the nearest integers, and
        whether outputs gained was not looked at.
    Example: Ctrl-C while `litesmith quantize` refines layers.
    How to fix: let it run. With `resume="folder"` the next run takes what was found, and goes on.
    """

    done: int
    count: int

    def message(self) -> str:
        return f"Refining was ended: {self.done} of {self.count} weights are refined, and the others are not."

    def hint(self) -> str:
        resume = by_face('resume="folder"', "--resume FOLDER")
        return f"With {resume} another run goes on from there."
