"""Targets as data: one TOML file each, with the sources of its rules."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal, get_args

from litesmith.diagnostics.base import LitesmithError
from litesmith.diagnostics.quantities import parse_bytes
from litesmith.diagnostics.targets import BadProfile, UnknownTarget
from litesmith.ir.types import DType
from litesmith.targets.shape_conditions import CONDITIONS

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Kind = Literal["runtime", "delegate"]
Regions = Literal["any", "one", "first"]
Arena = Literal["litert", "tflm"]
Firmware = Literal["tflm"]


@dataclass(frozen=True)
class OperatorRule:
    """With what a target takes an operator; None leaves open what the rules of the whole target say.

    Attributes:
        version: the highest that it knows.
        types: of what the operator computes with.
        axes: the fewest and the most that its operands and results may have.
        conditions: names in `litesmith.targets.conditions`.
    """

    version: int | None = None
    types: frozenset[DType] | None = None
    axes: tuple[int, int] | None = None
    conditions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Profile:
    """What a target takes.

    Attributes:
        kind: a runtime refuses a file with anything that it does not take; a delegate leaves that to `fallback`.
        fallback: the target that runs what a delegate leaves.
        regions: how much of a graph a delegate takes: every region, the largest one, or the first.
        static_shapes: whether sizes must be known.
        quantized: whether it computes with integers of 8 or 16 bits alone.
        types: of what operators compute with; None for any.
        most_axes: of any tensor.
        inner_axes: how many of the last axes may have more than one place.
        arena: whose plan the memory for values follows.
        firmware: whose C and C++ sources a conversion writes beside the file; None where the device reads files.
        arena_bytes, weights, memory: bytes that there are for values, for the file, for both.
        operators: what each takes.
        writes_out: whether a conversion for it writes operators that it lacks in those that it has; not for a target
            on which files are at home that were made for none.
        repairs: which ones `fix` may make for it; None for any.
        sources: where these rules come from.
    """

    name: str
    title: str
    kind: Kind = "runtime"
    fallback: str | None = None
    regions: Regions = "any"
    static_shapes: bool = False
    quantized: bool = False
    types: frozenset[DType] | None = None
    most_axes: int | None = None
    inner_axes: int | None = None
    arena: Arena = "litert"
    firmware: Firmware | None = None
    arena_bytes: int | None = None
    weights: int | None = None
    memory: int | None = None
    operators: Mapping[str, OperatorRule] = field(default_factory=dict)
    writes_out: bool = True
    repairs: tuple[str, ...] | None = None
    sources: tuple[str, ...] = ()


def names() -> list[str]:
    """The targets that come with Litesmith."""
    files = resources.files("litesmith.targets").joinpath("profiles").iterdir()
    return sorted(file.name.removesuffix(".toml") for file in files if file.name.endswith(".toml"))


def load(name: str) -> Profile:
    """A target by its name, or by the path of a `.toml` file of one's own.

    Raises:
        LitesmithError: D101 for a name that there is not, D102 for a file that is not a profile.
    """
    if name.endswith(".toml"):
        path = Path(name)
        if not path.is_file():
            raise LitesmithError(UnknownTarget(name, tuple(names())))
        return parse(path.stem, path.read_bytes(), name)
    if name not in names():
        raise LitesmithError(UnknownTarget(name, tuple(names())))
    return _shipped(name)


def with_arena(profile: Profile, arena: int | str | None) -> Profile:
    """The same target with so much memory for values; None leaves it as it is.

    Raises:
        ValueError: for what is no number of bytes.
    """
    return profile if arena is None else replace(profile, arena_bytes=parse_bytes(arena))


@cache
def _shipped(name: str) -> Profile:
    file = resources.files("litesmith.targets").joinpath("profiles", f"{name}.toml")
    return parse(name, file.read_bytes(), name)


def parse(name: str, content: bytes, origin: str) -> Profile:
    """A profile from its file's content; `like` names another that it builds on, `without` operators that it lacks."""
    try:
        return _profile(name, tomllib.loads(content.decode("utf-8")))
    except RecursionError:
        raise LitesmithError(BadProfile(origin, "what it is like is like itself")) from None
    except (ValueError, TypeError) as error:
        raise LitesmithError(BadProfile(origin, str(error))) from None


def _profile(name: str, table: dict[str, Any]) -> Profile:
    base = load(table.pop("like")) if "like" in table else Profile(name, name)
    lacking = table.pop("without", [])
    operators = {key: rule for key, rule in base.operators.items() if key not in lacking}
    operators.update({key: _operator(key, rule) for key, rule in table.pop("operators", {}).items()})
    fields: dict[str, Any] = {key: _field(key, value) for key, value in table.items()}
    kept = {key: value for key, value in vars(base).items() if key not in ("name", "operators")}
    return Profile(**{**kept, **fields, "name": name, "operators": operators})


def _field(key: str, value: Any) -> Any:
    if key in ("arena_bytes", "weights", "memory"):
        return parse_bytes(value)
    if key == "types":
        return frozenset(map(DType, value))
    if key in ("sources", "repairs"):
        if not isinstance(value, list):
            raise ValueError(f"{key} is a list, not {value!r}")
        return tuple(value)
    chosen = {"kind": Kind, "regions": Regions, "arena": Arena, "firmware": Firmware}
    if key in chosen and value not in get_args(chosen[key]):
        raise ValueError(f"{key} is one of {', '.join(get_args(chosen[key]))}, not {value!r}")
    known = {
        "title": str,
        "fallback": str,
        "static_shapes": bool,
        "quantized": bool,
        "writes_out": bool,
        "most_axes": int,
        "inner_axes": int,
    }
    if key not in known and key not in chosen:
        raise ValueError(f"there is no key {key!r}")
    if key in known and type(value) is not known[key]:
        raise ValueError(f"{key} takes a {known[key].__name__}, not {value!r}")
    if key == "fallback":
        load(value)
    return value


def _operator(name: str, table: dict[str, Any]) -> OperatorRule:
    for key in table:
        if key not in OperatorRule.__dataclass_fields__:
            raise ValueError(f"operators.{name} has no key {key!r}")
    if not isinstance(table.get("version", 1), int):
        raise ValueError(f"operators.{name}: version is a number")
    axes = table.get("axes", [0, 0])
    if len(axes) != 2 or not all(isinstance(axis, int) for axis in axes):
        raise ValueError(f"operators.{name}: axes are the fewest and the most, such as [1, 4]")
    for condition in table.get("conditions", ()):
        if condition not in CONDITIONS:
            raise ValueError(f"operators.{name}: there is no condition {condition!r}")
    return OperatorRule(
        table.get("version"),
        frozenset(map(DType, table["types"])) if "types" in table else None,
        tuple(table["axes"]) if "axes" in table else None,
        tuple(table.get("conditions", ())),
    )
