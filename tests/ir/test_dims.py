"""Dynamic sizes compute like integers, whatever the unknowns turn out to be."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from litesmith.ir.dims import Dim, ceil_div, evaluate, expression, maximum, minimum, product, same, symbol

PROBES = {"b": 3, "t": 131}
OTHERS = {"b": 7, "t": 173}


OPERATIONS = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "//": lambda a, b: a // b,
    "%": lambda a, b: a % b,
    "min": minimum,
    "max": maximum,
}
PLAIN = {**OPERATIONS, "min": min, "max": max}
programs = st.recursive(
    st.one_of(st.integers(-4, 9), st.sampled_from(["b", "t"])),
    lambda inner: st.tuples(st.sampled_from(sorted(OPERATIONS)), inner, inner),
    max_leaves=8,
)


def _run(program, leaves, operations):
    if not isinstance(program, tuple):
        return leaves[program] if isinstance(program, str) else program
    name, left, right = program
    return operations[name](_run(left, leaves, operations), _run(right, leaves, operations))


@given(programs)
def test_an_expression_means_the_same_for_every_value_of_the_unknowns(program):
    try:
        plain, other = _run(program, PROBES, PLAIN), _run(program, OTHERS, PLAIN)
        dynamic = _run(program, {name: symbol(name, probe) for name, probe in PROBES.items()}, OPERATIONS)
    except ZeroDivisionError:
        assume(False)
    assert int(dynamic) == plain
    assert evaluate(dynamic, PROBES) == plain
    assert evaluate(dynamic, OTHERS) == other


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (lambda b, t: b * t * 4 // t, lambda b, t: 4 * b),
        (lambda b, t: (b + t) * (b + t), lambda b, t: b * b + 2 * b * t + t * t),
        (lambda b, t: t - t, lambda b, t: 0),
        (lambda b, t: 2 * t % 2, lambda b, t: 0),
        (lambda b, t: b * t // (t * b), lambda b, t: 1),
        (lambda b, t: sum([t, 1, b]), lambda b, t: b + t + 1),
        (lambda b, t: math.prod((2, t)), lambda b, t: t * 2),
        (lambda b, t: product(()), lambda b, t: 1),
        (lambda b, t: t * np.int64(2), lambda b, t: t + t),
    ],
)
def test_expressions_that_are_equal_are_recognized(left, right):
    b, t = symbol("b", 3), symbol("t", 131)
    assert same(left(b, t), right(b, t))


def test_different_unknowns_are_never_the_same_even_with_one_probe():
    assert not same(symbol("b", 3), symbol("t", 3))
    assert not same(symbol("b", 3), 3)


def test_a_result_without_unknowns_is_a_plain_integer():
    t = symbol("t", 131)
    assert type(t - t) is int
    assert type(t * 0) is int


def test_ceil_div_rounds_up():
    assert evaluate(ceil_div(symbol("t", 131), 4), {"t": 9}) == 3
    assert ceil_div(8, 4) == 2


def test_sizes_behave_as_integers_for_code_that_does_not_know_them():
    t = symbol("t", 5)
    assert t == 5
    assert list(range(t)) == [0, 1, 2, 3, 4]
    assert isinstance(t, int)
    assert f"{t}" == "t"
    assert isinstance(t + 1, Dim)
    assert t / 2 == 2.5


def test_symbols_of_an_expression_are_found_inside_terms():
    b, t = symbol("b", 3), symbol("t", 131)
    assert {s.name for s in expression((b + t) // 2 % 5).symbols} == {"b", "t"}


@pytest.mark.parametrize("function", [minimum, maximum])
def test_minimum_and_maximum_do_not_depend_on_the_order(function):
    time = symbol("time", 131)
    assert same(function(time, 3), function(3, time))
    assert same(function(time, time + 1), function(time + 1, time))


@pytest.mark.parametrize(("outer", "inner"), [(minimum, maximum), (maximum, minimum)])
def test_a_minimum_absorbs_a_maximum(outer, inner):
    """As `dynamic_rnn` computes how many steps there are."""
    time, other = symbol("time", 131), symbol("other", 7)
    for y in (1, other, time + 1):
        assert same(outer(time, inner(y, time)), time)
        assert same(outer(inner(time, y), time), time)
        assert not same(outer(time, inner(time, y) + 1), time)
        assert not same(outer(time, outer(time, y)), time)
