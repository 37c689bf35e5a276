"""Recipes: which parts of a model become what, in words of the user's model."""

from __future__ import annotations

import difflib
import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from litesmith.diagnostics.base import LitesmithError
from litesmith.diagnostics.files import FileNotFound
from litesmith.diagnostics.quantization import MatchesNothing, NoRecipe
from litesmith.ir.graph import Graph, Operation
from litesmith.ir.types import DType
from litesmith.opset.unmodeled import operator_name
from litesmith.quantization.forms import FORMS, REAL, Form
from litesmith.quantization.observers.choosing import OBSERVERS, Observer
from litesmith.quantization.refining.solving import ROUNDERS, Rounder
from litesmith.quantization.spectra import computes_spectrum, default_form
from litesmith.runtime.saving import save_bytes

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

INT4 = "int4"
SWITCHES = ("equalize", "awq", "rotate")
SETTINGS = ("observer", "equalize", "rounding", "awq", "rotate")
BLOCKS = 32
"""What sizes of blocks are multiples of (XNNPACK)."""


@dataclass(frozen=True)
class Rule:
    """What some operations become.

    Attributes:
        select: patterns (`*`, `?`, `[...]`), one of which fits the path of the layer, that path and the operator behind
            it (`encoder/*/softmax`), the operator, the operation of Keras, or the name of a result, in any case; or the
            class of the layer or of one around it (`LayerNormalization`), as it is written.
        mode: as of `quantize=`; or `int4`: the weights only, and the rest as it was.
        block: how many int4 weights share a scale.
    """

    select: tuple[str, ...]
    mode: str
    block: int = 0

    def __post_init__(self) -> None:
        if not self.select or not all(isinstance(pattern, str) and pattern for pattern in self.select):
            raise ValueError(f"a rule selects layers by patterns such as 'head/*', not {self.select!r}")
        if self.mode not in (*FORMS, INT4):
            raise ValueError(f"a mode is one of {', '.join((*FORMS, INT4))}, not {self.mode!r}")
        if self.block and self.mode not in (INT4, "dynamic_int4"):
            raise ValueError(f"block= is for int4 weights, not for {self.mode}")
        if self.block < 0 or self.block % BLOCKS:
            raise ValueError(f"block is a multiple of {BLOCKS}, not {self.block}")

    def applied(self, form: Form) -> Form:
        """What an operation of this form becomes."""
        if self.mode != INT4:
            return replace(FORMS[self.mode], block=self.block)
        if self.block:  # which a kernel takes with rows of float32 only
            return Form(weights=DType.INT4, block=self.block, rounds_rows=True)
        return replace(form, weights=DType.INT4, block=0)

    def __str__(self) -> str:
        kind = "int4 weights" if self.mode == INT4 else self.mode
        return f"{', '.join(self.select)}: {kind}{f' in blocks of {self.block}' if self.block else ''}"


@dataclass(frozen=True)
class Recipe:
    """How a model is quantized: a mode for all of it, and rules for parts; of several that fit, the last counts.

    It is not changed: each method gives another recipe.

    Attributes:
        mode: as of `quantize=`.
        rules: first to last.
        observer: how the ranges of activations follow from data: `"mse"`, the least mean squared error; `"min_max"`,
            all that was seen; `"percentile"`, all but 0.01 % on each side; `"moving_average"`, means of the ends of
            batches.
        equalize: whether the scales of channels are moved between layers first, where that lets activations round
            better that become integers.
        rounding: how integers of weights are found where there is data: `"gptq"`, so that outputs change least,
            `"adaround"`, the same by descent, or `"nearest"`.
        awq: whether, where there is data, the scales of channels are moved so that weights round better that become
            integers while activations do not: those that large activations are multiplied with round finer.
        rotate: whether channels around int4 weights are rotated first (Hadamard), where that lets these round better.
    """

    mode: str = "int8"
    rules: tuple[Rule, ...] = ()
    observer: Observer = "mse"
    equalize: bool = True
    rounding: Rounder = "gptq"
    awq: bool = True
    rotate: bool = False

    def __post_init__(self) -> None:
        if self.mode not in FORMS:
            raise ValueError(f"a mode is one of {', '.join(FORMS)}, not {self.mode!r}")
        if self.observer not in OBSERVERS:
            raise ValueError(f"an observer is one of {', '.join(OBSERVERS)}, not {self.observer!r}")
        if self.rounding not in ROUNDERS:
            raise ValueError(f"rounding is one of {', '.join(ROUNDERS)}, not {self.rounding!r}")
        for name in SWITCHES:
            if not isinstance(getattr(self, name), bool):
                raise ValueError(f"{name} is true or false, not {getattr(self, name)!r}")

    def use(self, mode: str, *select: str, block: int = 0) -> Recipe:
        """Let what the patterns select become `mode`."""
        return replace(self, rules=(*self.rules, Rule(select, mode, block)))

    def keep_float(self, *select: str) -> Recipe:
        """Let what the patterns select compute with float32, and keep its weights."""
        return self.use("float32", *select)

    def int8(self, *select: str) -> Recipe:
        """Let what the patterns select compute with integers of 8 bits."""
        return self.use("int8", *select)

    def int16(self, *select: str) -> Recipe:
        """Let what the patterns select compute with activations of 16 bits and weights of 8."""
        return self.use("int16x8", *select)

    def int4(self, *select: str, block: int = 0) -> Recipe:
        """Keep the weights of what the patterns select in 4 bits; its activations stay what they are.

        `block`: how many weights of a row share a scale, a multiple of 32; activations of float32 then, whose rows are
        rounded as they come, since no other kernel takes such weights.
        """
        return self.use(INT4, *select, block=block)

    @property
    def needs_data(self) -> bool:
        """Whether some of it computes with integers, whose ranges only data shows."""
        return any(rule.applied(REAL).computes_integers for rule in (Rule(("*",), self.mode), *self.rules))

    def form_of(self, operation: Operation) -> Form:
        """What an operation becomes; of layers that compute spectra only what rules say."""
        form = default_form(operation, self.mode)
        for rule in self._rules_for(operation):
            form = rule.applied(form)
        return form

    def leaves(self, operation: Operation) -> bool:
        """Whether an operation stays real by default, as no rule selects it."""
        return computes_spectrum(operation) and not self._rules_for(operation)

    def _rules_for(self, operation: Operation) -> list[Rule]:
        return [rule for rule in self.rules if any(_fits(pattern, operation) for pattern in rule.select)]

    def check(self, graphs: Iterable[Graph]) -> None:
        """Raise Q105 for each pattern that fits nothing in these graphs."""
        operations = [operation for graph in graphs for operation in graph.operations]
        missed = [
            MatchesNothing(pattern, _nearest(pattern, operations), any(each.source.classes for each in operations))
            for rule in self.rules
            for pattern in rule.select
            if not any(_fits(pattern, operation) for operation in operations)
        ]
        if missed:
            raise LitesmithError(missed)

    def to_toml(self) -> str:
        """The recipe as a TOML document, which `from_toml` reads."""
        lines = [f'mode = "{self.mode}"']
        lines += [f"{name} = {json.dumps(value)}" for name, value in self._unusual()]
        for rule in self.rules:
            select = json.dumps(rule.select, ensure_ascii=False)  # whose strings and lists TOML reads as well
            lines += ["", "[[rule]]", f"select = {select}", f'mode = "{rule.mode}"']
            lines += [f"block = {rule.block}"] if rule.block else []
        return "\n".join(lines) + "\n"

    @classmethod
    def from_toml(cls, text: str) -> Recipe:
        """The recipe that a TOML document describes.

        Raises:
            LitesmithError: Q106 for what is no recipe.
        """
        try:
            read = tomllib.loads(text)
            _no_more(read, "mode", "rule", *SETTINGS)
            said = {name: read[name] for name in ("mode", *SETTINGS) if name in read}
            return cls(rules=tuple(map(_rule, read.get("rule", []))), **said)
        except (ValueError, TypeError, KeyError, AttributeError) as problem:
            raise LitesmithError(NoRecipe(str(problem))) from None

    def save(self, path: str | Path) -> None:
        """Write the recipe as a TOML file.

        Raises:
            LitesmithError: F201 where it cannot be written.
        """
        save_bytes(self.to_toml().encode(), Path(path))

    @classmethod
    def load(cls, path: str | Path) -> Recipe:
        """The recipe in a TOML file.

        Raises:
            LitesmithError: F101 for no file, Q106 for one that is none.
        """
        try:
            text = Path(path).read_text(encoding="utf-8")
        except FileNotFoundError:
            raise LitesmithError(FileNotFound(str(path))) from None
        except (OSError, UnicodeDecodeError) as problem:
            raise LitesmithError(NoRecipe(f"{path} cannot be read: {problem}")) from None
        return cls.from_toml(text)

    def _unusual(self) -> list[tuple[str, Any]]:
        """The settings that are not as they are by themselves."""
        usual = Recipe()
        return [(name, getattr(self, name)) for name in SETTINGS if getattr(self, name) != getattr(usual, name)]

    def __str__(self) -> str:
        settings = [f"  {name} = {value}" for name, value in self._unusual()]
        return "\n".join([self.mode, *settings, *(f"  {rule}" for rule in self.rules)])


def recipe_of(given: Recipe | str | Path) -> Recipe:
    """A recipe, from itself, a mode, or the path of a TOML file."""
    if isinstance(given, Recipe):
        return given
    if isinstance(given, Path) or (isinstance(given, str) and given.endswith(".toml")):
        return Recipe.load(given)
    return Recipe(given)


def _rule(read: Mapping[str, Any]) -> Rule:
    _no_more(read, "select", "mode", "block")
    if "mode" not in read or "select" not in read:
        raise ValueError("a [[rule]] has select = [...] and mode = ...")
    select = read["select"]
    return Rule((select,) if isinstance(select, str) else tuple(select), read["mode"], read.get("block", 0))


def _no_more(read: Mapping[str, Any], *known: str) -> None:
    for name in read:
        if name not in known:
            raise ValueError(f"there is no {name!r} here, only {', '.join(known)}")


def _fits(pattern: str, operation: Operation) -> bool:
    lowered = pattern.lower()
    return any(fnmatchcase(name.lower(), lowered) for name in _names(operation)) or any(
        fnmatchcase(name, pattern)
        for name in operation.source.classes  # `dense` is a layer, `Dense` are many
    )


def _names(operation: Operation) -> list[str]:
    """What an operation can be selected by in any case."""
    layer, operator = operation.source.layer, operator_name(operation)
    names = [layer, f"{layer}/{operator}", operator, *(result.name for result in operation.results)]
    return [name for name in [*names, operation.source.operation.removeprefix("layers.")] if name]


def _nearest(pattern: str, operations: Iterable[Operation]) -> tuple[str, ...]:
    sources = [operation.source for operation in operations]
    known = dict.fromkeys(name for each in sources for name in (each.layer, *each.classes) if name)
    return tuple(difflib.get_close_matches(pattern, known, 3, 0.3))
