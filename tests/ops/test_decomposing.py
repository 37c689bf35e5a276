"""What is made of several operators says so, and how close it comes."""

import ast
import importlib
import pkgutil
from pathlib import Path

import pytest

from litesmith import ops
from litesmith.ir.builder import building
from litesmith.ir.graph import Graph
from litesmith.ir.source import Rewriting, Source, source_scope
from litesmith.ir.types import DType, TensorType
from litesmith.ops import math, special
from litesmith.ops.decomposing import BOUND, decomposition, stated_bound

ROOT = Path(ops.__file__).parent
ONLY_PARTS = {
    "lanczos": "a function of distances, whose weights `resize_by_kernel` computes with",
}
"""Functions that state a bound and build nothing by themselves, and what they are part of."""


def sources(build):
    graph = Graph("main")
    x = graph.add_input(TensorType(DType.FLOAT32, (4,)), "x")
    with building(graph), source_scope(Source("layer", "ops.f", "f.py", 3)):
        build(x)
    return [operation.source for operation in graph.operations]


def documented():
    """The functions of `ops` whose docstrings state a bound: (file, function)."""
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and BOUND.search(" ".join((ast.get_docstring(node) or "").split())):
                yield path, node


@pytest.mark.parametrize(("path", "node"), documented(), ids=lambda each: getattr(each, "name", each))
def test_every_function_that_states_a_bound_tells_of_it(path, node):
    if path.name == "decomposing.py" or node.name in ONLY_PARTS:
        return
    assert any(isinstance(each, ast.Name) and each.id == "decomposition" for each in node.decorator_list), (
        f"{node.name} of {path.name} states how close it comes: @decomposition lets reports say it"
    )


def test_every_module_of_decompositions_can_be_imported_so_that_each_says_how_close_it_comes():
    for module in pkgutil.walk_packages(ops.__path__, "litesmith.ops."):
        importlib.import_module(module.name)


def test_the_operators_of_a_decomposition_know_it():
    found = sources(lambda x: special.erf(x))
    assert len(found) > 10
    assert {source.rewriting for source in found} == {Rewriting("erf", "within 5e-7 of its value everywhere")}
    assert {(source.layer, source.operation, source.line) for source in found} == {("layer", "ops.f", 3)}


def test_operators_around_a_decomposition_are_as_they_were_written():
    found = sources(lambda x: math.sqrt(special.erf(math.sqrt(x))))
    assert [found[0].rewriting, found[-1].rewriting] == [None, None]


def test_the_outermost_decomposition_speaks_for_those_inside():
    assert {source.rewriting.name for source in sources(special.erfc)} == {"erfc"}


def one():
    """Off by 2e-7 of the size. More words."""


def two():
    """Something else; the error is about 1e-6 of the largest output, at most."""


def three():
    """What it does: exact."""


def four():
    """Nothing about it."""


@pytest.mark.parametrize(
    ("function", "bound"),
    [
        (one, "off by 2e-7 of the size"),
        (two, "the error is about 1e-6 of the largest output, at most"),
        (three, ""),
    ],
)
def test_the_bound_is_read_from_the_docstring(function, bound):
    assert stated_bound(function) == bound


def test_a_decomposition_that_does_not_say_how_close_it_comes_is_a_mistake():
    with pytest.raises(ValueError, match="four does not say how close it comes"):
        decomposition(four)
