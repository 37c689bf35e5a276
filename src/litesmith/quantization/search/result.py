"""What a search for a recipe found: every recipe that was tried, those that nothing beats, and the best."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from litesmith.diagnostics.quantities import seconds_text, size_text
from litesmith.lite_model import LiteModel
from litesmith.quantization.recipe import Recipe
from litesmith.report.layout import grid, to_text

COSTS = {"size": size_text, "latency": seconds_text, "ram": size_text}
"""What a search makes least, and how it is shown."""


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

    def layout(self) -> RenderableType:
        """What was tried as a table; a star at what nothing beats."""
        count = f"{len(self.trials)} of at most {self.most} recipes tried{', then stopped' if self.stopped else ''}"
        head = Text(f"{count}; {self.measure} of the real model {self.real:.4g}; {self.budget}; least {self.goal}")
        table = grid("", "recipe", ">" + self.measure, ">dB", ">same", ">bytes", ">run", ">ram", "within", "why")
        front = {id(trial) for trial in self.front}
        for trial in self.trials:
            mark = ("→" if trial.recipe == self.recipe else "") + ("*" if id(trial) in front else "")
            table.add_row(mark, _short(trial.recipe), *_figures(trial), trial.why)
        return Group(head, "", table, *([Text(""), *_best(self.recipe)] if self.recipe is not None else []))

    def __str__(self) -> str:
        return to_text(self.layout())


def _figures(trial: Trial) -> list[str]:
    if trial.problem:
        return ["", "", "", "", "", "", trial.problem]
    figures = [f"{trial.measure:.4g}", f"{trial.decibels:.1f}", f"{trial.agreement:.1%}", size_text(trial.bytes)]
    return [*figures, seconds_text(trial.seconds), size_text(trial.ram), "yes" if trial.within else "no"]


def _short(recipe: Recipe) -> str:
    """The mode, what it sets, and how many rules there are."""
    usual = Recipe(recipe.mode)
    names = [name for name in ("observer", "equalize", "rounding") if getattr(recipe, name) != getattr(usual, name)]
    settings = [f"{name}={getattr(recipe, name)}" for name in names]
    count = sum(len(rule.select) for rule in recipe.rules)
    kinds = ", ".join(dict.fromkeys(rule.mode for rule in recipe.rules))
    rules = [f"{count} layer{'s' * (count != 1)} {kinds}"] if recipe.rules else []
    return "; ".join([recipe.mode, *settings, *rules])


def _best(recipe: Recipe) -> list[Text]:
    return [Text(line) for line in f"best: {recipe}".splitlines()]
