"""Every pass shows what it does, and does what it shows."""

import importlib
import pkgutil

import pytest

from litesmith import passes
from litesmith.passes.base import Pass, Rewrite
from support import check_rewrite, examples_of

for found in pkgutil.iter_modules(passes.__path__):
    importlib.import_module(f"litesmith.passes.{found.name}")


def _all(base):
    for derived in base.__subclasses__():
        if derived is not Rewrite and derived.__module__.startswith("litesmith."):
            yield derived
        yield from _all(derived)


STEPS = sorted(_all(Pass), key=lambda step: step.__name__)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.__name__)
def test_every_pass_has_an_example(step):
    assert examples_of(step), f"{step.__name__} needs a Before: and an After: in its docstring"


CASES = [(step, before, after) for step in STEPS for before, after in examples_of(step)]


@pytest.mark.parametrize(("step", "before", "after"), CASES, ids=lambda value: getattr(value, "__name__", "graph"))
def test_the_example_is_what_the_pass_does(step, before, after):
    check_rewrite(step(), before, after)
