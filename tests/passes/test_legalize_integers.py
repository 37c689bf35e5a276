"""Integers that kernels abort on, refuse, or compute wrongly."""

import numpy as np
import pytest

from litesmith.flatbuffer.write import to_bytes
from litesmith.ir.verify import graph_problems
from litesmith.opset.parse import parse_model
from litesmith.passes.base import Record
from litesmith.passes.legalize_integers import LegalizeIntegers
from litesmith.runtime.interpreter import Session
from support import check_rewrite

LIMITS = [-128, -127, -3, -1, 0, 1, 2, 3, 100, 127]


def run(line: str, result: str, *arrays: np.ndarray) -> np.ndarray:
    """What the legalized graph of one operation computes."""
    inputs = ", ".join(
        f"%{name}: {array.dtype}[{', '.join(map(str, array.shape))}]" for name, array in zip("xy", arrays, strict=False)
    )
    model = parse_model(f"graph main({inputs}) {{\n%1 = {line} : {result}\nreturn %1\n}}")
    assert LegalizeIntegers().run(model.main, Record()) == 1
    assert not list(graph_problems(model.main))
    (found,) = Session(to_bytes(model)).run(list(arrays))
    return found


@pytest.mark.parametrize(("name", "numpy"), [("add", np.add), ("sub", np.subtract), ("mul", np.multiply)])
@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16"])
def test_arithmetic_wraps_around(name, numpy, dtype):
    x = np.array(LIMITS).astype(dtype)
    y = x[::-1].copy()
    np.testing.assert_array_equal(run(f"{name} %x, %y", f"{dtype}[10]", x, y), numpy(x, y))


@pytest.mark.parametrize(("name", "numpy"), [("less", np.less), ("equal", np.equal), ("not_equal", np.not_equal)])
@pytest.mark.parametrize("dtype", ["int8", "uint8"])
def test_comparisons_are_boolean(name, numpy, dtype):
    x = np.array(LIMITS).astype(dtype)
    y = x[::-1].copy()
    np.testing.assert_array_equal(run(f"{name} %x, %y", "bool[10]", x, y), numpy(x, y))


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16"])
def test_sums_wrap_around(dtype):
    x = np.array([LIMITS, LIMITS[::-1]]).astype(dtype)
    found = run("sum %x, const int32[1] [1]", f"{dtype}[2]", x)
    np.testing.assert_array_equal(found, x.sum(1, dtype=dtype))


def test_booleans_are_stacked():
    x = np.array([True, False])
    np.testing.assert_array_equal(run("pack(values_count=2, axis=1) %x, %x", "bool[2, 2]", x), np.stack([x, x], 1))


@pytest.mark.parametrize("operator", ["split(num_splits=2) const int32[] 0, %x", "unpack(num=2) %x"])
def test_several_results(operator):
    dtype = "bool" if operator.startswith("split") else "uint16"
    shape = "[1]" if operator.startswith("split") else "[]"
    model = parse_model(
        f"graph main(%x: {dtype}[2]) {{\n%1, %2 = {operator} : {dtype}{shape}, {dtype}{shape}\nreturn %1, %2\n}}"
    )
    LegalizeIntegers().run(model.main, Record())
    x = np.array([1, 0], dtype)
    found = Session(to_bytes(model)).run([x])
    np.testing.assert_array_equal(np.reshape(found, -1), x)
    assert all(array.dtype == dtype for array in found)


def test_types_that_the_kernel_takes_stay():
    check_rewrite(
        LegalizeIntegers(),
        "graph main(%x: int32[4]) {\n%1 = add %x, %x : int32[4]\n%2 = reshape %1, const int32[2] [2, 2] : int32[2, 2]\n"
        "return %2\n}",
        None,
    )


def test_a_type_that_no_kernel_holds_is_said():
    record = Record()
    model = parse_model("graph main(%x: uint64[4]) {\n%1 = add %x, %x : uint64[4]\nreturn %1\n}")
    assert LegalizeIntegers().run(model.main, record) == 0
    ((missed, _),) = record.missed.items()
    assert "ADD of uint64" in missed.reason
