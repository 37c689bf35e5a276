"""Operators on more axes than their kernels take, and on none."""

import numpy as np
import pytest

from litesmith.flatbuffer.write import to_bytes
from litesmith.ir.verify import graph_problems
from litesmith.opset.parse import parse_model
from litesmith.passes.base import Record
from litesmith.passes.legalize_ranks import LegalizeRanks
from litesmith.runtime.interpreter import Session
from support import check_rewrite, compare_arrays, run_text

SEVEN = "2, 1, 3, 1, 2, 1, 4"
SIX = "batch, 1, 2, 1, 3, 4"

OVER = {
    "softmax": (SEVEN, "%1 = softmax(beta=1.0) %x", SEVEN),
    "dense": (SEVEN, "%1 = fully_connected(keep_num_dims=True) %x, const float32[5, 4], none", "2, 1, 3, 1, 2, 1, 5"),
    "dense of rows": (SEVEN, "%1 = fully_connected %x, const float32[5, 4], none", "12, 5"),
    "sum": (SEVEN, "%1 = sum %x, const int32[2] [2, -1]", "2, 1, 1, 2, 1"),
    "mean kept": (SEVEN, "%1 = mean(keep_dims=True) %x, const int32[2] [0, 1]", "1, 1, 3, 1, 2, 1, 4"),
    "maximum of every other axis": (SEVEN, "%1 = reduce_max %x, const int32[4] [0, 2, 4, 6]", "1, 1, 1"),
    "minimum of all": (SEVEN, "%1 = reduce_min %x, const int32[7] [0, 1, 2, 3, 4, 5, 6]", ""),
    "concatenation": (SEVEN, "%1 = concatenation(axis=-5) %x, %x", "2, 1, 6, 1, 2, 1, 4"),
    "concatenation in front": (SEVEN, "%1 = concatenation(axis=0) %x, %x", "4, 1, 3, 1, 2, 1, 4"),
    "pad of 7": (SEVEN, "%1 = pad %x, const int32[7, 2] {pads7}", "2, 1, 3, 1, 4, 1, 4"),
    "pad with a value": (SIX, "%1 = padv2 %x, const int32[6, 2] {pads6}, const float32[] 3.0", "batch, 1, 2, 1, 3, 6"),
}
PADS = {
    "pads7": "[[0, 0], [0, 0], [0, 0], [0, 0], [1, 1], [0, 0], [0, 0]]",
    "pads6": "[[0, 0], [0, 0], [0, 0], [0, 0], [0, 0], [2, 0]]",
}


def legalized(text: str):
    model = parse_model(text)
    LegalizeRanks().run(model.main, Record())
    assert not list(graph_problems(model.main))
    return model


@pytest.mark.parametrize(("shape", "line", "result"), OVER.values(), ids=OVER)
def test_axes_are_merged(shape, line, result):
    line = line.format(**PADS)
    text = f"graph main(%x: float32[{shape}]) {{\n{line} : float32[{result}]\nreturn %1\n}}"
    model = legalized(text)
    assert len(model.main.operations) > 1
    compare_arrays(_numbers(parse_model(text), line), Session(to_bytes(model)).run([_input(shape)]))


def _input(shape):
    sizes = [3 if size == "batch" else int(size) for size in shape.split(", ")]
    return np.random.default_rng(0).standard_normal(sizes).astype("float32")


def _numbers(model, line):
    """What the plain kernels compute, or the delegate where they refuse a PADV2 of six axes."""
    if "pad" not in line:
        return Session(to_bytes(model), delegates=False).run([_input(SEVEN)])
    x = _input(SIX if "padv2" in line else SEVEN)
    (result,) = [operation.result for operation in model.main.operations]
    axis = 5 if "padv2" in line else 4
    pads = [(0, 0)] * x.ndim
    pads[axis] = (2, 0) if "padv2" in line else (1, 1)
    assert result.type.rank == x.ndim
    return [np.pad(x, pads, constant_values=3.0 if "padv2" in line else 0.0)]


def test_parts_of_seven_axes():
    text = f"""graph main(%x: float32[{SEVEN}]) {{
      %1, %2 = split(num_splits=2) const int32[] -1, %x : float32[2, 1, 3, 1, 2, 1, 2], float32[2, 1, 3, 1, 2, 1, 2]
      return %1, %2
    }}"""
    compare_arrays(run_text(parse_model(text)), run_text(legalized(text)))


def test_products_of_matrices_in_six_axes():
    text = """graph main(%x: float32[1, 2, 1, 2, 3, 4], %y: float32[1, 2, 1, 2, 5, 4]) {
      %1 = batch_matmul(adj_y=True) %x, %y : float32[1, 2, 1, 2, 3, 5]
      return %1
    }"""
    x, y = (np.random.default_rng(i).standard_normal((1, 2, 1, 2, n, 4)).astype("float32") for i, n in ((0, 3), (1, 5)))
    for delegates in (True, False):
        (found,) = Session(to_bytes(legalized(text)), delegates=delegates).run([x, y])
        np.testing.assert_allclose(found, x @ np.swapaxes(y, -1, -2), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("line", ["sum %x, const int32[0] []", "reduce_max %x, const int32[0] []"])
def test_nothing_to_reduce(line):
    check_rewrite(
        LegalizeRanks(),
        f"graph main(%x: float32[]) {{\n%1 = {line} : float32[]\n%2 = neg %1 : float32[]\nreturn %2\n}}",
        "graph main(%x: float32[]) {\n%1 = neg %x : float32[]\nreturn %1\n}",
    )


@pytest.mark.parametrize(
    ("line", "expected"),
    [("softmax(beta=1.0) %x", 1.0), ("l2_normalization %x", 1.0), ("cumsum %x, const int32[] 0", 7.0)],
)
def test_scalars_get_an_axis(line, expected):
    model = legalized(f"graph main(%x: float32[]) {{\n%1 = {line} : float32[]\nreturn %1\n}}")
    (found,) = Session(to_bytes(model)).run([np.float32(7)])
    assert found.shape == ()
    assert found == expected


def test_six_axes_stay():
    check_rewrite(
        LegalizeRanks(),
        f"graph main(%x: float32[{SIX}]) {{\n%1 = softmax(beta=1.0) %x : float32[{SIX}]\nreturn %1\n}}",
        None,
    )


def test_two_dynamic_sizes_are_worked_out_when_the_model_runs():
    shape = "batch, time, 1, 2, 1, 2, 3"
    text = f"graph main(%x: float32[{shape}]) {{\n%1 = softmax(beta=1.0) %x : float32[{shape}]\nreturn %1\n}}"
    x = np.random.default_rng(0).standard_normal((3, 5, 1, 2, 1, 2, 3)).astype("float32")
    (found,) = Session(to_bytes(legalized(text))).run([x])
    np.testing.assert_allclose(found, np.exp(x) / np.exp(x).sum(-1, keepdims=True), rtol=1e-5)
