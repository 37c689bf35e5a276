"""What a search for a recipe found: every recipe that was tried, those that nothing beats, and the best."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from litesmith.lite_model import LiteModel
from litesmith.quantization.recipe import Recipe


@dataclass(frozen=True)
class Trial:
    """A recipe that was tried.

    Attributes:
        why: what led to it.
        measure: what the measure says of the model; minus infinity where it could not be made.
        decibels: of the outputs over what was changed of them.
        agreement: how often the largest element of an output is the same.
        bytes: of the file.
        seconds: of a run of the first batch of the data, on one thread.
        ram: bytes that the runtime plans for values.
        within: whether it keeps within the budget.
        problem: why there is no such model, where it could not be made.
    """

    recipe: Recipe
    why: str
    measure: float
    decibels: float
    agreement: float
    bytes: int
    seconds: float
    ram: int
    within: bool
    problem: str = ""

    def cost(self, goal: str) -> float:
        """What the search makes least."""
        return {"size": self.bytes, "latency": self.seconds, "ram": self.ram}[goal]

    def to_json(self) -> dict[str, Any]:
        figures = ("why", "measure", "decibels", "agreement", "bytes", "seconds", "ram", "within", "problem")
        return {"recipe": self.recipe.to_toml(), **{name: getattr(self, name) for name in figures}}


@dataclass(frozen=True)
class Found:
    """What a search found; true where a recipe keeps within the budget.

    Attributes:
        measure: the name of what was measured.
        real: what it says of the real model.
        budget: in words.
        goal: what was made least: `size`, `latency` or `ram`.
        most: how many recipes could have been tried.
        trials: in the order in which they were tried.
        model: the best within the budget; None where there is none.
        recipe: by which it was made.
        stopped: whether it was ended before it was through.
    """

    measure: str
    real: float
    budget: str
    goal: str
    most: int
    trials: tuple[Trial, ...]
    model: LiteModel | None
    recipe: Recipe | None
    stopped: bool = False

    @property
    def front(self) -> tuple[Trial, ...]:
        """The trials that no other beats in both the measure and the goal, the cheapest first."""
        made = sorted((each for each in self.trials if not each.problem), key=lambda each: self._order(each))
        found: list[Trial] = []
        for trial in made:
            if not found or trial.measure > found[-1].measure:
                found.append(trial)
        return tuple(found)

    def _order(self, trial: Trial) -> tuple[float, float]:
        return trial.cost(self.goal), -trial.measure

    def __bool__(self) -> bool:
        return self.model is not None

    def to_json(self) -> dict[str, Any]:
        places = {id(trial): place for place, trial in enumerate(self.trials)}
        return {
            "measure": self.measure,
            "real": self.real,
            "budget": self.budget,
            "goal": self.goal,
            "most": self.most,
            "stopped": self.stopped,
            "recipe": None if self.recipe is None else self.recipe.to_toml(),
            "front": [places[id(trial)] for trial in self.front],
            "trials": [trial.to_json() for trial in self.trials],
        }

    def __str__(self) -> str:
        from litesmith.report.layout import to_text
        from litesmith.report.search import search_layout

        return to_text(search_layout(self))
