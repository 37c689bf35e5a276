"""Values in memory that operations share, in the runtime."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from litesmith.flatbuffer.write import to_bytes
from litesmith.opset.parse import parse_model
from litesmith.passes.keep_shared_memory_whole import KeepSharedMemoryWhole
from litesmith.passes.pipeline import Stage, optimize
from litesmith.runtime.interpreter import Session
from support import check_rewrite

ALONE = (Stage("alone", (KeepSharedMemoryWhole(),)),)

OVERWRITTEN = """graph main(%x: {dtype}[3]) {{
  %1 = neg %x : {dtype}[3]
  %2 = {first} %1, const {dtype}[] 1 : {dtype}[3]
  %3 = {view} : {dtype}[{shape}]
  %4 = {second} %3, const {dtype}[] 9 : {dtype}[{shape}]
  %5 = neg %4 : {dtype}[{shape}]
  %6 = neg %2 : {dtype}[3]
  return %5, %6
}}"""
VIEWS = {
    "reshape": ("reshape(new_shape=None) %2, const int32[2] [3, 1]", "3, 1"),
    "expand_dims": ("expand_dims %2, const int32[] 0", "1, 3"),
}
NUMPY = {"add": np.add, "sub": np.subtract, "mul": np.multiply}


def results(text, *inputs, stages=()):
    model = parse_model(text)
    optimize(model, stages)
    return Session(to_bytes(model), delegates=False).run(list(inputs))


@pytest.mark.parametrize("dtype", ["int32", "float32", "int64"])
@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("second", NUMPY)
@pytest.mark.parametrize("first", NUMPY)
def test_a_value_that_is_read_after_its_other_shape_was_computed_with(first, second, view, dtype):
    spelled, shape = VIEWS[view]
    text = OVERWRITTEN.format(dtype=dtype, first=first, second=second, view=spelled, shape=shape)
    x = np.array([2, 3, 5], dtype)
    kept = NUMPY[first](-x, x.dtype.type(1))
    changed, again = results(text, x, stages=ALONE)
    np.testing.assert_array_equal(changed.ravel(), -NUMPY[second](kept, x.dtype.type(9)))
    np.testing.assert_array_equal(again, -kept)


def test_the_runtime_still_overwrites():
    """Fails when the runtime counts right, and the pass may go for it."""
    text = OVERWRITTEN.format(dtype="int32", first="add", second="sub", view=VIEWS["reshape"][0], shape="3, 1")
    changed, again = results(text, np.array([2, 3, 5], "int32"))
    np.testing.assert_array_equal(again, changed.ravel())


@pytest.mark.parametrize(
    "lines",
    [
        # The first value of the memory is read twice, which the runtime sees.
        "%1 = neg %x : int32[2]\n%2 = reshape(new_shape=None) %1, const int32[2] [2, 1] : int32[2, 1]\n"
        "%3 = sub %2, const int32[] 9 : int32[2, 1]\n%4 = neg %1 : int32[2]\n%5 = neg %3 : int32[2, 1]\nreturn %4, %5",
        # What is computed from the other shape is larger, so it has a memory of its own.
        "%1 = neg %x : int32[2]\n%2 = add %1, const int32[] 1 : int32[2]\n"
        "%3 = reshape(new_shape=None) %2, const int32[2] [2, 1] : int32[2, 1]\n"
        "%4 = sub %3, %2 : int32[2, 2]\n%5 = neg %2 : int32[2]\n%6 = neg %4 : int32[2, 2]\nreturn %5, %6",
        # Results of the graph are never shared.
        "%1 = neg %x : int32[2]\n%2 = add %1, const int32[] 1 : int32[2]\n"
        "%3 = reshape(new_shape=None) %2, const int32[2] [2, 1] : int32[2, 1]\n"
        "%4 = sub %3, const int32[] 9 : int32[2, 1]\nreturn %2, %4",
        # Nobody else reads what is overwritten.
        "%1 = neg %x : int32[2]\n%2 = add %1, const int32[] 1 : int32[2]\n"
        "%3 = reshape(new_shape=None) %2, const int32[2] [2, 1] : int32[2, 1]\n"
        "%4 = sub %3, const int32[] 9 : int32[2, 1]\n%5 = neg %4 : int32[2, 1]\nreturn %5",
        # The value comes from an operator that never computes in place.
        "%1 = add %x, const int32[] 1 : int32[2]\n%2 = maximum %1, const int32[] 1 : int32[2]\n"
        "%3 = reshape(new_shape=None) %2, const int32[2] [2, 1] : int32[2, 1]\n"
        "%4 = sub %3, const int32[] 9 : int32[2, 1]\n%5 = neg %4 : int32[2, 1]\n%6 = neg %2 : int32[2]\nreturn %5, %6",
    ],
)
def test_nothing_is_computed_twice_where_nothing_is_lost(lines):
    check_rewrite(KeepSharedMemoryWhole(), f"graph main(%x: int32[2]) {{\n{lines}\n}}", None)


@st.composite
def computations(draw):
    """Operations one after the other, each on any values before it; the text of a graph and its results."""
    x = np.array([2, 3], "int32")
    open_size = draw(st.booleans())
    size = "time" if open_size else "2"
    lines, values = [f"%1 = neg %x : int32[{size}]"], [(-x, size)]
    for _ in range(draw(st.integers(3, 12))):
        kind = draw(st.sampled_from(["add", "sub", "mul", "reshape", "squeeze", "expand_dims", "neg"]))
        place = draw(st.integers(max(0, len(values) - 4), len(values) - 1))
        value, shape = values[place]
        operand = f"%{place + 1}"
        if kind == "reshape":
            turned = {"2": (2, 1), "2, 1": (1, 2), "1, 2": (2,), "time": (-1, 1), "time, 1": (1, -1), "1, time": (-1,)}
            sizes = turned[shape]
            value, operand = value.reshape(sizes), f"{operand}, const int32[{len(sizes)}] {list(sizes)}"
            shape = ", ".join(size if place in (2, -1) else str(place) for place in sizes)
            kind = "reshape(new_shape=None)"
        elif kind == "squeeze":
            value, shape, kind = value.reshape(2), size, "squeeze(squeeze_dims=[])"
        elif kind == "expand_dims":
            value, shape, operand = value.reshape(1, 2), f"1, {size}", operand + ", const int32[] 0"
            if values[place][1] != size:
                continue
        elif kind == "neg":
            value = -value
        else:
            others = [other for other, (_, type) in enumerate(values) if type == shape]
            other = draw(st.sampled_from([None, *others]))
            second = np.int32(draw(st.integers(1, 9))) if other is None else values[other][0]
            value = NUMPY[kind](value, second)
            operand += f", const int32[] {second}" if other is None else f", %{other + 1}"
        lines.append(f"%{len(values) + 1} = {kind} {operand} : int32[{shape}]")
        values.append((value, shape))
    kept = draw(st.lists(st.integers(0, len(values) - 1), min_size=1, max_size=3, unique=True))
    lines.append("return " + ", ".join(f"%{place + 1}" for place in kept))
    return f"graph main(%x: int32[{size}]) {{\n" + "\n".join(lines) + "\n}", x, [values[place][0] for place in kept]


@given(computations())
def test_any_order_of_operations_that_share_memory(drawn):
    text, x, expected = drawn
    for computed, right in zip(results(text, x, stages=ALONE), expected, strict=True):
        np.testing.assert_array_equal(computed, right)
