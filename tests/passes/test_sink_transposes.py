"""In which order of axes operations work after the pass, and how many transposes are left."""

import numpy as np
import pytest

from litesmith.ir.builder import building, constant, emit
from litesmith.ir.graph import Graph, Model, Value
from litesmith.ops import array, math, nn
from litesmith.opset.convolution import Conv2D
from litesmith.opset.enums import Padding
from litesmith.opset.parse import parse_model, parse_type
from litesmith.passes.base import Record
from litesmith.passes.cancel_transposes import CancelTransposes
from litesmith.passes.merge_reshapes import MergeReshapes
from litesmith.passes.pipeline import optimize
from litesmith.passes.sink_transposes import SinkTransposes
from support import check_rewrite, compare_arrays, run_text

TO_LAST, TO_FIRST = (0, 2, 3, 1), (0, 3, 1, 2)


def weights(*shape: int) -> Value:
    random = np.random.default_rng(np.prod(shape))
    return constant((random.standard_normal(shape) * 0.3).astype("float32"))


def conv(x: Value, channels: int, stride: int = 1, size: int = 3) -> Value:
    """A convolution of [batch, channels, height, width], as a channels_first layer makes it."""
    kernel = weights(channels, size, size, x.type.shape[1])
    operator = Conv2D(padding=Padding.SAME, stride_h=stride, stride_w=stride)
    return array.transpose(emit(operator, array.transpose(x, TO_LAST), kernel, weights(channels)), TO_FIRST)


def norm(x: Value) -> Value:
    """Batch normalization along axis 1."""
    shape = (1, x.type.shape[1], 1, 1)
    return math.add(math.multiply(x, weights(*shape)), weights(*shape))


def squeeze_and_excite(x: Value) -> Value:
    pooled = math.mean(x, (2, 3), keep=True)
    return math.multiply(x, nn.sigmoid(conv(nn.relu(conv(pooled, 2, size=1)), x.type.shape[1], size=1)))


def residual(x: Value) -> Value:
    return nn.relu(math.add(norm(conv(nn.relu(norm(conv(x, x.type.shape[1]))), x.type.shape[1])), x))


def preactivated(x: Value) -> Value:
    return math.add(conv(nn.relu(norm(x)), x.type.shape[1]), x)


def swish(x: Value) -> Value:
    return math.multiply(x, nn.sigmoid(x))


def built(body, type: str = "float32[batch, 3, 8, 8]") -> Model:
    graph = Graph()
    x = graph.add_input(parse_type(type), "x")
    with building(graph):
        graph.outputs = [body(x)]
    return Model([graph])


def count(model: Model, *names: str) -> int:
    return sum(operation.operator.builtin in names for operation in model.main.operations)


def resnet(x: Value) -> Value:
    x = nn.relu(norm(conv(x, 4, stride=2)))
    x = residual(residual(x))
    x = math.add(norm(conv(x, 6, stride=2)), norm(conv(x, 6, stride=2, size=1)))
    return array.reshape(math.mean(residual(x), (2, 3)), (x.type.shape[0], 6))


MODELS = {
    "resnet": (resnet, 1),
    "preactivated": (lambda x: preactivated(preactivated(conv(x, 4))), 2),
    "squeeze and excite": (lambda x: squeeze_and_excite(swish(norm(conv(x, 4)))), 2),
    "densenet": (lambda x: conv(array.concatenate([x, swish(conv(x, 4)), conv(x, 2)], 1), 3), 2),
    "split": (lambda x: math.add(*(conv(part, 2) for part in array.split(conv(x, 4), 2, 1))), 2),
    "flattened": (lambda x: array.reshape(nn.relu(conv(x, 4)), (x.type.shape[0], 256)), 2),
    "every other row": (lambda x: array.slice_axis(conv(x, 4), 2, None, None, 2), 2),
    "softmax over channels": (lambda x: nn.softmax(conv(x, 4), 1), 2),
}


@pytest.mark.parametrize(("body", "left"), MODELS.values(), ids=MODELS)
def test_a_channels_first_model_ends_with_a_transpose_at_either_end(body, left):
    model = built(body)
    numbers = run_text(model)
    optimize(model, check=True)
    assert count(model, "TRANSPOSE") <= left
    compare_arrays(numbers, run_text(model), rtol=1e-5)


@pytest.mark.parametrize("body", [entry[0] for entry in MODELS.values()], ids=MODELS)
def test_there_are_never_more_transposes_and_it_comes_to_an_end(body):
    model = built(body)
    before = count(model, "TRANSPOSE")
    for _ in range(30):
        changes = sum(
            step.run(model.main, Record()) for step in (CancelTransposes(), SinkTransposes(), MergeReshapes())
        )
        assert count(model, "TRANSPOSE") <= before
        before = count(model, "TRANSPOSE")
        if not changes:
            return
    pytest.fail("thirty rounds, and it still changes something")


def test_what_would_need_another_transpose_stays():
    check_rewrite(
        SinkTransposes(),
        """graph main(%x: float32[batch, 4, 5], %y: float32[batch, 5, 4]) {
          %1 = transpose %x, const int32[3] [0, 2, 1] : float32[batch, 5, 4]
          %2 = add %1, %y : float32[batch, 5, 4]
          return %2
        }""",
        None,
    )


def test_another_operand_is_transposed_where_that_saves_two():
    check_rewrite(
        SinkTransposes(),
        """graph main(%x: float32[batch, 4, 5], %y: float32[batch, 4, 5], %z: float32[batch, 5, 4]) {
          %1 = transpose %x, const int32[3] [0, 2, 1] : float32[batch, 5, 4]
          %2 = transpose %y, const int32[3] [0, 2, 1] : float32[batch, 5, 4]
          %3 = add %1, %z : float32[batch, 5, 4]
          %4 = add %2, %3 : float32[batch, 5, 4]
          %5 = transpose %4, const int32[3] [0, 2, 1] : float32[batch, 4, 5]
          return %5
        }""",
        """graph main(%x: float32[batch, 4, 5], %y: float32[batch, 4, 5], %z: float32[batch, 5, 4]) {
          %1 = transpose %z, const int32[3] [0, 2, 1] : float32[batch, 4, 5]
          %2 = add %x, %1 : float32[batch, 4, 5]
          %3 = add %y, %2 : float32[batch, 4, 5]
          %4 = transpose %3, const int32[3] [0, 2, 1] : float32[batch, 5, 4]
          %5 = transpose %4, const int32[3] [0, 2, 1] : float32[batch, 4, 5]
          return %5
        }""",
    )


def test_a_softmax_along_a_moved_axis_stays():
    check_rewrite(
        SinkTransposes(),
        """graph main(%x: float32[batch, 4, 5]) {
          %1 = transpose %x, const int32[3] [0, 2, 1] : float32[batch, 5, 4]
          %2 = softmax(beta=1.0) %1 : float32[batch, 5, 4]
          return %2
        }""",
        None,
    )


def test_splitting_would_need_several():
    check_rewrite(
        SinkTransposes(),
        """graph main(%x: float32[batch, 4, 6]) {
          %1 = transpose %x, const int32[3] [0, 2, 1] : float32[batch, 6, 4]
          %2, %3 = split(num_splits=2) const int32[] 1, %1 : float32[batch, 3, 4], float32[batch, 3, 4]
          return %2, %3
        }""",
        None,
    )


@pytest.mark.parametrize(
    ("line", "moved", "shape"),
    [
        ("padv2 %1, {pads}, const float32[] 2.0", "padv2 %x, {moved}, const float32[] 2.0", (7, 4)),
        ("mirror_pad %1, {pads}", "mirror_pad %x, {moved}", (7, 4)),
        ("sum(keep_dims=True) %1, const int32[1] [-1]", "sum(keep_dims=True) %x, const int32[1] [1]", (5, 1)),
        ("reverse_v2 %1, const int32[1] [1]", "reverse_v2 %x, const int32[1] [2]", (5, 4)),
        ("cumsum %1, const int32[] 1", "cumsum %x, const int32[] 2", (5, 4)),
        ("gather(axis=-1) %1, const int32[2] [3, 0]", "gather(axis=1) %x, const int32[2] [3, 0]", (5, 2)),
        ("tile %1, const int32[3] [1, 2, 1]", "tile %x, const int32[3] [1, 1, 2]", (10, 4)),
        (
            "slice %1, const int32[3] [0, 1, 0], const int32[3] [-1, 3, 2]",
            "slice %x, const int32[3] [0, 0, 1], const int32[3] [-1, 2, 3]",
            (3, 2),
        ),
        (
            "strided_slice(begin_mask=1, end_mask=5) "
            "%1, const int32[3] [0, 1, 2], const int32[3] [0, 4, 0], const int32[3] [1, 2, 1]",
            "strided_slice(begin_mask=1, end_mask=3) "
            "%x, const int32[3] [0, 2, 1], const int32[3] [0, 0, 4], const int32[3] [1, 1, 2]",
            (2, 2),
        ),
        (
            "strided_slice %1, const int32[2] [0, 1], const int32[2] [2, 3], const int32[2] [1, 1]",
            "strided_slice(begin_mask=2, end_mask=2) "
            "%x, const int32[3] [0, 0, 1], const int32[3] [2, 0, 3], const int32[3] [1, 1, 1]",
            (2, 4),
        ),
        ("prelu %1, const float32[5, 1] [[1.0], [2.0], [3.0], [4.0], [5.0]]", None, (5, 4)),
    ],
)
def test_axes_are_renumbered(line, moved, shape):
    line = line.format(pads="const int32[3, 2] [[0, 0], [1, 1], [0, 0]]")
    moved = (moved or "prelu %x, const float32[5] [1.0, 2.0, 3.0, 4.0, 5.0]").format(
        moved="const int32[3, 2] [[0, 0], [0, 0], [1, 1]]"
    )
    outer, inner = f"float32[batch, {shape[0]}, {shape[1]}]", f"float32[batch, {shape[1]}, {shape[0]}]"
    check_rewrite(
        SinkTransposes(),
        f"""graph main(%x: float32[batch, 4, 5]) {{
          %1 = transpose %x, const int32[3] [0, 2, 1] : float32[batch, 5, 4]
          %2 = {line} : {outer}
          return %2
        }}""",
        f"""graph main(%x: float32[batch, 4, 5]) {{
          %1 = {moved} : {inner}
          %2 = transpose %1, const int32[3] [0, 2, 1] : {outer}
          return %2
        }}""",
    )


def test_a_reduction_that_would_swap_what_is_left_stays():
    check_rewrite(
        SinkTransposes(),
        """graph main(%x: float32[batch, 4, 5]) {
          %1 = transpose %x, const int32[3] [0, 2, 1] : float32[batch, 5, 4]
          %2 = sum %1, const int32[1] [0] : float32[5, 4]
          return %2
        }""",
        None,
    )


def test_bodies_of_loops_are_treated_too():
    text = """graph cond(%i: int32[], %x: float32[2, 3]) {
      %1 = less %i, const int32[] 2 : bool[]
      return %1
    }
    graph body(%i: int32[], %x: float32[2, 3]) {
      %1 = add %i, const int32[] 1 : int32[]
      %2 = transpose %x, const int32[2] [1, 0] : float32[3, 2]
      %3 = relu %2 : float32[3, 2]
      %4 = transpose %3, const int32[2] [1, 0] : float32[2, 3]
      return %1, %4
    }
    graph main(%x: float32[2, 3]) {
      %1, %2 = while(cond=@cond, body=@body) const int32[] 0, %x : int32[], float32[2, 3]
      return %2
    }"""
    model = parse_model(text)
    numbers = run_text(parse_model(text))
    optimize(model)
    operators = [operation.operator.builtin for graph in model.all_graphs() for operation in graph.operations]
    assert "TRANSPOSE" not in operators
    compare_arrays(numbers, run_text(model))
