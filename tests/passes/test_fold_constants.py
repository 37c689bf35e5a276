import numpy as np
import pytest

from litesmith.ir.builder import building, constant, emit, lazily
from litesmith.ir.graph import Graph, Model
from litesmith.ir.types import DType, TensorType
from litesmith.opset.binary import Add
from litesmith.opset.conversion import Cast
from litesmith.opset.parse import parse_model
from litesmith.opset.shaping import Transpose
from litesmith.passes.base import Record
from litesmith.passes.fold_constants import FoldConstants
from support import check_rewrite, compare_arrays, operators_after, run_text, text_graph

X = "%x: float32[batch, 4]"


def test_a_region_with_several_readers_folds_whole():
    text = text_graph(
        "exp const float32[4] : float32[4]",
        "add %1, const float32[4] : float32[4]",
        "mul %1, %2 : float32[4]",
        "mul %x, %2 : float32[batch, 4]",
        "add %4, %3 : float32[batch, 4]",
        inputs=X,
    )
    assert operators_after(FoldConstants(), text) == ["MUL", "ADD"]


@pytest.mark.parametrize(
    "lines",
    [
        "%1 = cast(in_data_type=FLOAT32, out_data_type=INT32) const float32[4] [-1.5, 2.5, 0.0, 3.9] : int32[4]",
        "%1, %2 = topk_v2 const float32[6], const int32[] 3 : float32[3], int32[3]",
        "%2 = range const int32[] 0, const int32[] 8, const int32[] 2 : int32[4]\n%1 = neg %2 : int32[4]",
    ],
    ids=["cast", "several results", "range"],
)
def test_outputs_that_are_constant_fold(lines):
    text = f"graph main({X}) {{\n{lines}\n  %8 = abs %x : float32[batch, 4]\n  return %8, %1\n}}"
    assert operators_after(FoldConstants(), text) == ["ABS"]


def test_a_folded_value_keeps_its_name():
    model = parse_model(text_graph("exp const float32[4] : float32[4]", "mul %x, %1 : float32[batch, 4]", inputs=X))
    FoldConstants().run(model.main, Record())
    (operation,) = model.main.operations
    assert operation.operands[1].name == "1"


@pytest.mark.parametrize(
    "line",
    [
        "fill const int32[2] [200, 200], const float32[] 1.0 : float32[200, 200]",
        "tile const float32[1, 200], const int32[2] [200, 1] : float32[200, 200]",
        "broadcast_to const float32[1, 200], const int32[2] [200, 200] : float32[200, 200]",
    ],
)
def test_results_much_larger_than_what_they_are_computed_from_stay(line):
    text = text_graph(line, "add %1, %x : float32[200, 200]", inputs="%x: float32[200, 200]")
    (missed,) = check_rewrite(FoldConstants(), text, None).missed
    assert "larger" in missed.reason
    assert FoldConstants(kept_bytes=1 << 20).run(parse_model(text).main, Record()) == 1


def test_a_large_intermediate_folds_when_its_result_is_small():
    text = text_graph(
        "fill const int32[2] [200, 200], const float32[] 0.5 : float32[200, 200]",
        "sum(keep_dims=True) %1, const int32[2] [0, 1] : float32[1, 1]",
        "add %x, %2 : float32[batch, 4]",
        inputs=X,
    )
    assert operators_after(FoldConstants(), text) == ["ADD"]


def test_what_a_large_result_is_computed_from_folds():
    text = text_graph(
        "neg const float32[1, 200] : float32[1, 200]",
        "tile %1, const int32[2] [200, 1] : float32[200, 200]",
        "add %2, %x : float32[200, 200]",
        inputs="%x: float32[200, 200]",
    )
    assert operators_after(FoldConstants(), text) == ["TILE", "ADD"]


def test_random_numbers_are_not_drawn_once_for_all():
    text = text_graph(
        "random_uniform(seed=1, seed2=2) const int32[1] [4] : float32[4]",
        "add %x, %1 : float32[batch, 4]",
        inputs=X,
    )
    model = parse_model(text)
    assert FoldConstants().run(model.main, Record()) == 0


def test_what_the_runtime_refuses_declines_and_the_rest_folds():
    text = text_graph(
        "gather const float32[4], const int32[2] [0, 9] : float32[2]",
        "exp const float32[4] : float32[4]",
        "add %x, %2 : float32[batch, 4]",
        inputs=X,
        returned="%3, %1",
    )
    model, record = parse_model(text), Record()
    assert FoldConstants().run(model.main, record) == 1
    assert [operation.operator.builtin for operation in model.main.operations] == ["GATHER", "ADD"]
    (missed,) = record.missed
    assert "does not compute" in missed.reason


def test_narrow_integers_that_abort_the_runtime_are_not_run():
    text = text_graph(
        "add const int8[2] [1, 2], const int8[2] [3, 4] : int8[2]",
        "abs %x : float32[batch, 4]",
        inputs=X,
        returned="%2, %1",
    )
    model, record = parse_model(text), Record()
    assert FoldConstants().run(model.main, record) == 0
    assert "without scales" in str(record.missed)


@pytest.mark.parametrize("size", [4, 300])
def test_constants_that_are_moved_stay_lazy(size):
    """A large one is not stored in twice the bytes, though."""
    loads = []

    def load():
        loads.append(1)
        return (np.arange(size * size, dtype=np.float32) % 99).reshape(size, size)

    graph = Graph()
    x = graph.add_input(TensorType(DType.FLOAT32, (size, size)), "x")
    with building(graph):
        weights = lazily(TensorType(DType.FLOAT32, (size, size)), load, "weights")
        moved = emit(Transpose(), weights, constant([1, 0]))
        half = emit(Cast(DType.FLOAT32, DType.FLOAT16), moved)
        again = emit(Cast(DType.FLOAT16, DType.FLOAT32), half)
        graph.outputs = [emit(Add(), x, again)]
    assert FoldConstants().run(graph, Record()) == (3 if size == 4 else 2)
    assert not loads
    (numbers,) = run_text(Model([graph]))
    assert numbers.shape == (size, size)


def test_sizes_known_before_the_model_runs_fold():
    text = text_graph(
        "shape %x : int32[2]",
        "strided_slice(shrink_axis_mask=1) %1, const int32[1] [1], const int32[1] [2], const int32[1] [1] : int32[]",
        "cast(in_data_type=INT32, out_data_type=FLOAT32) %2 : float32[]",
        "add %x, %3 : float32[3, 4]",
        inputs="%x: float32[3, 4]",
    )
    assert operators_after(FoldConstants(), text) == ["ADD"]


def test_dynamic_sizes_stay():
    text = text_graph("shape %x : int32[2]", inputs=X)
    check_rewrite(FoldConstants(), text, None)


def test_operators_on_inputs_stay():
    text = text_graph("add %x, const float32[4] : float32[batch, 4]", inputs=X)
    assert not check_rewrite(FoldConstants(), text, None).missed


def test_bodies_of_loops_fold_too():
    text = """
    graph again(%i: int32[]) {
      %1 = less %i, const int32[] 3 : bool[]
      return %1
    }
    graph body(%i: int32[]) {
      %1 = add const int32[] 1, const int32[] 0 : int32[]
      %2 = add %i, %1 : int32[]
      return %2
    }
    graph main(%x: int32[]) {
      %1 = while(cond=@again, body=@body) %x : int32[]
      return %1
    }"""
    model = parse_model(text)
    before = run_text(parse_model(text))
    assert sum(FoldConstants().run(graph, Record()) for graph in list(model.all_graphs())) == 1
    compare_arrays(before, run_text(model))
