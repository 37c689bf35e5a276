"""What a search for a recipe tried, as a table."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from litesmith.diagnostics.quantities import seconds_text, size_text
from litesmith.quantization.judging import AGREEMENT, DECIBELS
from litesmith.quantization.recipe import SETTINGS, Recipe
from litesmith.quantization.search.result import Found, Trial
from litesmith.report.layout import grid

COSTS = (">bytes", ">run", ">ram")
NAMES = 12
"""Characters of the longest name of a mode."""


def search_layout(found: Found) -> RenderableType:
    """Every trial, and marks at the best, at what nothing beats, and at what is not good enough."""
    count = f"{len(found.trials)} of at most {found.most} recipes tried{', then stopped' if found.stopped else ''}"
    head = Text(f"{count}; {found.measure} of the real model {found.real:.4g}; {found.budget}; least {found.goal}")
    is_own = found.measure not in (AGREEMENT, DECIBELS)
    table = grid("", "recipe", f">{found.measure if is_own else 'top-1 same'}", ">dB", *COSTS)
    for column in table.columns:
        column.no_wrap = column.header != "recipe"
    table.columns[1].min_width = NAMES
    front = {id(trial) for trial in found.front}
    for trial in found.trials:
        mark = ("→" if trial.recipe == found.recipe else "" if trial.within else "-") + "*" * (id(trial) in front)
        table.add_row(mark, _short(trial.recipe), *_figures(trial, is_own))
    problems = [Text(f"{_short(trial.recipe)}: {trial.problem}") for trial in found.trials if trial.problem]
    best = [Text(), *map(Text, f"best: {found.recipe}".splitlines())] if found.recipe is not None else []
    legend = Text("→ the best, * nothing beats it in both, - not within the budget", style="dim")
    return Group(head, Text(), table, legend, *problems, *best)


def _figures(trial: Trial, is_own: bool) -> list[str]:
    """The measure (the user's own, or how often the largest element is the same), decibels, and costs."""
    if trial.problem:
        return ["", "", "", "", "not made"]
    measured = f"{trial.measure:.4g}" if is_own else f"{trial.agreement:.1%}"
    figures = [measured, f"{trial.decibels:.1f}", size_text(trial.bytes)]
    return [*figures, seconds_text(trial.seconds), size_text(trial.ram)]


def _short(recipe: Recipe) -> str:
    """The mode, what it sets, and how many rules there are."""
    usual = Recipe(recipe.mode)
    names = [name for name in SETTINGS if getattr(recipe, name) != getattr(usual, name)]
    settings = [f"{name}={getattr(recipe, name)}" for name in names]
    count = sum(len(rule.select) for rule in recipe.rules)
    kinds = ", ".join(dict.fromkeys(rule.mode for rule in recipe.rules))
    rules = [f"{count} layer{'s' * (count != 1)} {kinds}"] if recipe.rules else []
    return "; ".join([recipe.mode, *settings, *rules])
