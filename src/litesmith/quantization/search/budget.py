"""How good a quantized model must be, and how much may be tried to find it."""

from __future__ import annotations

from dataclasses import dataclass

from litesmith.quantization.judging import Evaluate, Measure, measure_of

AUTO = "auto"
"""What is asked for in place of a mode."""
GOALS = ("size", "latency", "ram")
USUAL_DROP = 0.005
USUAL_DECIBELS = 30.0


@dataclass(frozen=True)
class Budget:
    """What a search for a recipe keeps to.

    Attributes:
        max_drop: by how much the measure may fall, in its own units: 0.005 of an accuracy is half a percent. By default
            that, where the measure is a share; nothing where `min_decibels` is said.
        evaluate: the measure, a function of a converted model, higher for better. By default how often the largest
            element of the first output is the same, or for one that has no such thing the decibels of the outputs.
        min_decibels: of the outputs over what is changed of them, at least; 30 by default where that is the measure.
        goal: what is made least within the budget: `"size"` of the file, `"latency"`, or `"ram"` for values.
        max_evaluations: how many quantized models are made and judged at most. The real one is judged once.
        n_jobs: how many processes try recipes at the same time (needs joblib); `evaluate` must be one that they can
            import.
    """

    max_drop: float | None = None
    evaluate: Evaluate | Measure | None = None
    min_decibels: float | None = None
    goal: str = "size"
    max_evaluations: int = 12
    n_jobs: int = 1

    def __post_init__(self) -> None:
        if self.goal not in GOALS:
            raise ValueError(f"goal is one of {', '.join(GOALS)}, not {self.goal!r}")
        if self.max_evaluations < 1:
            raise ValueError(f"max_evaluations is at least 1, not {self.max_evaluations}")
        if self.max_drop is not None and self.max_drop < 0:
            raise ValueError(f"max_drop is at least 0, not {self.max_drop}")
        if self.n_jobs == 0:
            raise ValueError("n_jobs is a number of processes, or -1 for one a core")

    @property
    def measure(self) -> Measure | None:
        """The user's; None where outputs are compared."""
        return None if self.evaluate is None else measure_of(self.evaluate)

    def limits(self, has_classes: bool) -> tuple[float | None, float | None]:
        """By how much the measure may fall, and how many decibels there must be."""
        if self.max_drop is not None or self.min_decibels is not None:
            return self.max_drop, self.min_decibels
        return (USUAL_DROP, None) if has_classes or self.evaluate is not None else (None, USUAL_DECIBELS)
