"""How a delegate's regions are found."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litesmith.opset.parse import parse_model
from litesmith.targets.regions import delegated

BRANCHES = """graph main(%x: float32[4]) {
  %1 = relu %x : float32[4]
  %2 = sin %1 : float32[4]
  %3 = tanh %1 : float32[4]
  %4 = relu %3 : float32[4]
  %5 = add %2, %4 : float32[4]
  return %5
}"""


def names(regions):
    return [[operation.operator.builtin for operation in region] for region in regions]


def taken(text, *refused, regions="any"):
    operations = parse_model(text).main.operations
    return names(delegated(operations, lambda operation: operation.operator.builtin not in refused, regions))


def test_what_does_not_wait_for_the_cpu_is_one_region():
    assert taken(BRANCHES, "SIN") == [["RELU", "TANH", "RELU"], ["ADD"]]


@pytest.mark.parametrize(
    ("regions", "found"), [("any", [["RELU", "TANH", "RELU"], ["ADD"]]), ("one", [["RELU", "TANH", "RELU"]])]
)
def test_some_take_one_region_only(regions, found):
    assert taken(BRANCHES, "SIN", regions=regions) == found


def test_the_first_region_begins_at_the_beginning():
    assert taken(BRANCHES, "SIN", regions="first") == [["RELU", "TANH", "RELU"]]
    assert taken(BRANCHES, "RELU", regions="first") == []


def test_nothing_and_everything():
    assert taken(BRANCHES, "RELU", "SIN", "TANH", "ADD") == []
    assert len(taken(BRANCHES)) == 1
    assert delegated([], lambda operation: True, "any") == []


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=12))
def test_every_operation_that_is_taken_is_in_one_region_behind_what_it_needs(drawn):
    lines = ["%0 = abs %x : float32[4]"]
    for place, (is_taken, left, right) in enumerate(drawn, 1):
        operands = ", ".join(f"%{max(0, place - 1 - back)}" for back in (left, right))
        lines.append(f"%{place} = {'add' if is_taken else 'maximum'} {operands} : float32[4]")
    text = "graph main(%x: float32[4]) {\n" + "\n".join(lines) + f"\nreturn %{len(drawn)}\n}}"
    operations = parse_model(text).main.operations
    regions = delegated(operations, lambda operation: operation.operator.builtin == "ADD", "any")
    found = [operation for region in regions for operation in region]
    assert sorted(map(operations.index, found)) == [
        place for place, operation in enumerate(operations) if operation.operator.builtin == "ADD"
    ]
    place_of = {operation: place for place, region in enumerate(regions) for operation in region}
    for operation in found:
        producers = [operand.producer for operand in operation.operands if operand.producer in place_of]
        assert all(place_of[producer] <= place_of[operation] for producer in producers)
