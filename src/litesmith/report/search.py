"""What a search for a recipe tried, as a table."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from litesmith.diagnostics.quantities import seconds_text, size_text
from litesmith.quantization.recipe import SETTINGS, Recipe
from litesmith.quantization.search.result import Found, Trial
from litesmith.report.layout import grid


def search_layout(found: Found) -> RenderableType:
    """Every trial; an arrow at the best, a star at what nothing beats."""
    count = f"{len(found.trials)} of at most {found.most} recipes tried{', then stopped' if found.stopped else ''}"
    head = Text(f"{count}; {found.measure} of the real model {found.real:.4g}; {found.budget}; least {found.goal}")
    table = grid("", "recipe", ">" + found.measure, ">dB", ">same", ">bytes", ">run", ">ram", "within", "why")
    front = {id(trial) for trial in found.front}
    for trial in found.trials:
        mark = ("→" if trial.recipe == found.recipe else "") + ("*" if id(trial) in front else "")
        table.add_row(mark, _short(trial.recipe), *_figures(trial), trial.why)
    best = [Text(), *map(Text, f"best: {found.recipe}".splitlines())] if found.recipe is not None else []
    return Group(head, Text(), table, *best)


def _figures(trial: Trial) -> list[str]:
    if trial.problem:
        return ["", "", "", "", "", "", trial.problem]
    figures = [f"{trial.measure:.4g}", f"{trial.decibels:.1f}", f"{trial.agreement:.1%}", size_text(trial.bytes)]
    return [*figures, seconds_text(trial.seconds), size_text(trial.ram), "yes" if trial.within else "no"]


def _short(recipe: Recipe) -> str:
    """The mode, what it sets, and how many rules there are."""
    usual = Recipe(recipe.mode)
    names = [name for name in SETTINGS if getattr(recipe, name) != getattr(usual, name)]
    settings = [f"{name}={getattr(recipe, name)}" for name in names]
    count = sum(len(rule.select) for rule in recipe.rules)
    kinds = ", ".join(dict.fromkeys(rule.mode for rule in recipe.rules))
    rules = [f"{count} layer{'s' * (count != 1)} {kinds}"] if recipe.rules else []
    return "; ".join([recipe.mode, *settings, *rules])
