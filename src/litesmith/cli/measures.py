"""Functions of the user's that judge a model, by name, so that several processes can call them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from litesmith.lite_model import LiteModel
    from litesmith.quantization.judging import Measure


@dataclass(frozen=True)
class NamedFunction:
    """A function of Python code by its name; each process runs the code once."""

    name: str

    def __call__(self, lite: LiteModel) -> Any:
        return _function(self.name)(lite)


def measure(name: str | None) -> Measure | None:
    """What judges a model, from `MODULE:FUNCTION` or `FILE.py:FUNCTION`."""
    from litesmith.frontends.python_names import is_python_name
    from litesmith.quantization.judging import Measure

    if name is None:
        return None
    if not is_python_name(name):
        raise typer.BadParameter(f"{name!r} is not MODULE:FUNCTION", param_hint="--eval")
    function = _function(name)
    if not callable(function):
        raise typer.BadParameter(f"{name} is not a function of a model", param_hint="--eval")
    return Measure(getattr(function, "__name__", "evaluate"), NamedFunction(name))


@cache
def _function(name: str) -> Callable[[LiteModel], Any]:
    from litesmith.frontends.python_names import from_python

    function: Callable[[LiteModel], Any] = from_python(name)
    return function
