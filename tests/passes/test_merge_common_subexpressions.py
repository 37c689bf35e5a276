import pytest

from litesmith.ir.graph import Value
from litesmith.opset.parse import parse_model
from litesmith.passes.base import Record
from litesmith.passes.merge_common_subexpressions import MergeCommonSubexpressions
from support import check_rewrite, operators_after, text_graph

X = "%x: float32[batch, 4]"
OUT = "float32[batch, 4]"
DRAW = "random_uniform(seed=1, seed2=2) const int32[2] [3, 4]"


def test_chains_merge_in_one_run():
    text = text_graph(
        f"exp %x : {OUT}", f"neg %1 : {OUT}", f"exp %x : {OUT}", f"neg %3 : {OUT}", f"add %2, %4 : {OUT}", inputs=X
    )
    assert operators_after(MergeCommonSubexpressions(), text) == ["EXP", "NEG", "ADD"]


def test_outputs_that_are_the_same_share_a_tensor():
    text = text_graph(f"exp %x : {OUT}", f"exp %x : {OUT}", inputs=X, returned="%1, %2")
    assert operators_after(MergeCommonSubexpressions(), text) == ["EXP"]


def test_operations_with_several_results_merge():
    text = f"""graph main({X}) {{
      %1, %2 = topk_v2 %x, const int32[] 2 : float32[batch, 2], int32[batch, 2]
      %3, %4 = topk_v2 %x, const int32[] 2 : float32[batch, 2], int32[batch, 2]
      return %1, %4
    }}"""
    assert operators_after(MergeCommonSubexpressions(), text) == ["TOPK_V2"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("add %x, const float32[] 1.0", "add %x, const float32[] 2.0"),
        ("add %x, const float32[] 1.0", "add %x, const float32[1] [1.0]"),
        ("sub %x, const float32[] 1.0", "sub const float32[] 1.0, %x"),
        ("leaky_relu(alpha=0.1) %x", "leaky_relu(alpha=0.2) %x"),
        ("sin %x", "cos %x"),
        (
            "random_uniform(seed=1, seed2=2) const int32[2] [3, 4]",
            "random_uniform(seed=1, seed2=2) const int32[2] [3, 4]",
        ),
    ],
)
def test_what_differs_stays(first, second):
    out = "float32[3, 4]"
    text = text_graph(f"{first} : {out}", f"{second} : {out}", f"add %1, %2 : {out}", inputs="%x: float32[3, 4]")
    assert MergeCommonSubexpressions().run(parse_model(text).main, Record()) == 0


def test_what_reads_state_stays():
    model = parse_model(text_graph(f"abs %x : {OUT}", f"abs %x : {OUT}", f"add %1, %2 : {OUT}", inputs=X))
    state: Value = model.main.inputs[0]
    state.is_variable = True
    assert MergeCommonSubexpressions().run(model.main, Record()) == 0


def test_loops_stay():
    text = """
    graph again(%i: int32[]) {
      %1 = less %i, const int32[] 3 : bool[]
      return %1
    }
    graph body(%i: int32[]) {
      %1 = add %i, const int32[] 1 : int32[]
      return %1
    }
    graph main(%x: int32[]) {
      %1 = while(cond=@again, body=@body) %x : int32[]
      %2 = while(cond=@again, body=@body) %x : int32[]
      return %1, %2
    }"""
    check_rewrite(MergeCommonSubexpressions(), text, None)
