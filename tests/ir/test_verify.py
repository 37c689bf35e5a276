"""Each invariant, and a graph that breaks it."""

import numpy as np
import pytest

from litesmith.ir.constants import Constant
from litesmith.ir.graph import Graph, Operation, Value
from litesmith.ir.source import Source
from litesmith.ir.types import DType, Quantization, SparseAxis, Sparsity, TensorType
from litesmith.ir.verify import InvariantBroken, graph_problems, verify_model
from litesmith.opset.control import CallOnce
from litesmith.opset.conversion import Densify
from litesmith.opset.convolution import Conv2D, DepthwiseConv2D
from litesmith.opset.matmul import EmbeddingLookup, FullyConnected
from litesmith.opset.parse import parse_graph, parse_model
from litesmith.opset.variable import AssignVariable, ReadVariable, VarHandle

F32 = DType.FLOAT32
BLOCKS = Quantization((0.1,) * 8, (0,) * 8, block_size=32)
SCALE = Quantization((0.1,), (0,))
SPARSE = Sparsity((0, 1), (), (SparseAxis(4), SparseAxis(32, (0, 1, 1, 1, 1), (0,))))
SPARSE_BLOCKS = Sparsity((0, 1, 2), (1,), (SparseAxis(4), SparseAxis(2, (0, 1, 1, 1, 1), (0,)), SparseAxis(16)))


def problems(text: str) -> list[str]:
    return list(graph_problems(parse_graph(text)))


def unary(line: str, type: str, result: str | None = None) -> list[str]:
    return problems(f"graph main(%x: {type}) {{\n%1 = {line} : {result or type}\nreturn %1\n}}")


def broken(operator, operands: list[TensorType], *results: TensorType) -> list[str]:
    """The problems of one operation on an input and constants of these types."""
    graph = Graph()
    values = [graph.add_input(operands[0], "x")]
    for type in operands[1:]:
        array = np.zeros(type.shape, type.dtype.numpy)
        values.append(Value(type, constant=Constant(type, lambda array=array: array, key=("zeros", type))))
    graph.insert(Operation(operator, values, results, Source("layer")))
    return list(graph_problems(graph))


def test_a_sound_graph_has_none():
    assert unary("relu %x", "float32[batch, 4]") == []


@pytest.mark.parametrize("name", ["add", "equal", "mul", "squared_difference", "floor_div", "batch_matmul"])
@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16"])
def test_narrow_integers_need_scales(name, dtype):
    result = "bool" if name == "equal" else dtype
    (found,) = unary(f"{name} %x, %x", f"{dtype}[4, 4]", f"{result}[4, 4]")
    assert "without scales" in found


def test_narrow_integers_are_computed_with_where_the_kernel_takes_them():
    assert unary("maximum %x, %x", "int8[4]", "int8[4]") == []


def test_narrow_integers_may_be_moved():
    assert unary("reshape %x, const int32[1] [16]", "int8[4, 4]", "int8[16]") == []


@pytest.mark.parametrize("activation", ["TANH", "SIGN_BIT"])
def test_a_fused_activation_that_kernels_ignore(activation):
    (found,) = unary(f"add(fused_activation_function={activation}) %x, %x", "float32[4]")
    assert "kernels ignore" in found


@pytest.mark.parametrize(
    "line",
    ["softmax(beta=1.0) %x", "sum(keep_dims=True) %x, const int32[1] [0]", "concatenation(axis=0) %x"],
)
def test_more_axes_than_the_delegate_takes(line):
    (found,) = unary(line, "float32[1, 1, 1, 1, 1, 1, 4]")
    assert "7 axes, where XNNPACK refuses more than 6" in found


@pytest.mark.parametrize("line", ["cumsum %x, const int32[] 0", "l2_normalization %x"])
def test_scalars_have_no_axis(line):
    (found,) = unary(line, "float32[]")
    assert "a scalar, which the kernel refuses" in found


def test_more_axes_than_any_kernel_takes():
    (found,) = unary("relu %x", "float32[1, 1, 1, 1, 1, 1, 1, 1, 4]")
    assert "9 axes, where the kernel takes 8" in found


@pytest.mark.parametrize("line", ["pad %x, const int32[6, 2]", "batch_matmul %x, %x"])
def test_more_axes_than_one_kernel_takes(line):
    (found,) = unary(line, "float32[1, 1, 1, 1, 4, 4]")
    assert "6 axes, where the kernel takes 5" in found


def test_a_convolution_without_a_bias():
    types = [TensorType(F32, (1, 4, 4, 3)), TensorType(F32, (2, 1, 1, 3))]
    (found,) = broken(Conv2D(), types, TensorType(F32, (1, 4, 4, 2)))
    assert "no bias" in found


def test_an_arctangent_that_would_have_to_broadcast():
    (found,) = problems(
        "graph main(%x: float32[3, 4], %y: float32[4]) {\n%1 = atan2 %x, %y : float32[3, 4]\nreturn %1\n}"
    )
    assert "computes wrongly" in found


def test_a_concatenation_with_an_activation():
    (found,) = unary("concatenation(axis=0, fused_activation_function=RELU) %x", "float32[4]")
    assert "a fused activation" in found


@pytest.mark.parametrize(("dtype", "sound"), [(DType.INT8, False), (DType.INT2, False), (DType.INT4, True)])
def test_a_scale_for_each_block(dtype, sound):
    types = [TensorType(F32, (1, 64)), TensorType(dtype, (4, 64), BLOCKS)]
    found = broken(FullyConnected(), types, TensorType(F32, (1, 4)))
    assert (found == []) is sound
    assert sound or "scale for each block" in found[0]


@pytest.mark.parametrize(
    ("operator", "dtype", "image", "sound"),
    [
        (Conv2D(), DType.INT2, F32, False),
        (Conv2D(), DType.INT2, DType.INT8, False),
        (Conv2D(), DType.INT4, F32, True),
        (DepthwiseConv2D(), DType.INT4, F32, False),
        (DepthwiseConv2D(), DType.INT4, DType.INT8, True),
    ],
)
def test_filters_of_few_bits(operator, dtype, image, sound):
    scale = SCALE if image is DType.INT8 else None
    types = [TensorType(image, (1, 4, 4, 1), scale), TensorType(dtype, (1, 1, 1, 1), SCALE), TensorType(F32, (1,))]
    found = broken(operator, types, TensorType(image, (1, 4, 4, 1), scale))
    assert (found == []) is sound
    assert sound or "filter" in found[0]


@pytest.mark.parametrize(
    ("dtype", "width", "sound"), [(DType.INT4, 7, False), (DType.INT4, 8, True), (DType.INT8, 7, True)]
)
def test_rows_of_a_table_that_are_no_whole_bytes(dtype, width, sound):
    table = TensorType(dtype, (5, width), SCALE)
    found = broken(EmbeddingLookup(), [TensorType(DType.INT32, (3,)), table], TensorType(F32, (3, width)))
    assert (found == []) == sound


@pytest.mark.parametrize(
    ("dtype", "sparsity", "sound"),
    [(F32, SPARSE, True), (DType.INT8, SPARSE, False), (DType.INT8, SPARSE_BLOCKS, True)],
)
def test_sparse_weights(dtype, sparsity, sound):
    quantization = None if dtype is F32 else SCALE
    types = [TensorType(F32, (1, 32)), TensorType(dtype, (4, 32), quantization, sparsity)]
    found = broken(FullyConnected(), types, TensorType(F32, (1, 4)))
    assert (found == []) is sound
    assert sound or "without blocks" in found[0]


def test_a_sparse_constant_that_only_densify_reads():
    sparse = TensorType(F32, (2, 1, 1, 3), None, SPARSE)
    types = [TensorType(F32, (1, 4, 4, 3)), sparse, TensorType(F32, (2,))]
    (found,) = broken(Conv2D(), types, TensorType(F32, (1, 4, 4, 2)))
    assert "without DENSIFY" in found
    graph = Graph()
    value = Value(sparse, constant=Constant(sparse, lambda: np.zeros((2, 1, 1, 3)), "zeros"))
    graph.insert(Operation(Densify(), [value], [TensorType(F32, (2, 1, 1, 3))], Source()))
    assert list(graph_problems(graph)) == []


def variable(graph: Graph, name: str = "state") -> Value:
    handle = Operation(VarHandle(shared_name=name), [], [TensorType(DType.RESOURCE, (1,))], Source())
    graph.insert(handle)
    return handle.result


def assign(graph: Graph, handle: Value) -> None:
    value = Value(TensorType(F32, ()), constant=Constant.of(np.float32(1).reshape(())))
    graph.insert(Operation(AssignVariable(), [handle, value], [], Source()))


def read(graph: Graph, handle: Value) -> None:
    graph.insert(Operation(ReadVariable(), [handle], [TensorType(F32, ())], Source()))


@pytest.mark.parametrize("name", ["state", "another"])
def test_a_variable_is_assigned_before_it_is_read(name):
    graph = Graph()
    read(graph, variable(graph))
    assert "read before anything was assigned" in next(graph_problems(graph))
    graph = Graph()
    assign(graph, variable(graph, name))
    read(graph, variable(graph))
    assert (list(graph_problems(graph)) == []) is (name == "state")


def test_a_variable_may_be_assigned_by_what_is_called_once():
    init, graph = Graph("init"), Graph()
    assign(init, variable(init))
    graph.insert(Operation(CallOnce(init), [], [], Source()))
    read(graph, variable(graph))
    assert list(graph_problems(graph)) == []


SIZED = {
    "the size of an input": ("x: float32[k, 4]", ["shape %x : int32[2]"]),
    "computed before the run": (
        "x: float32[k, 4]",
        [
            "shape %x : int32[2]",
            "mul %1, const int32[2] [2, 1] : int32[2]",
            "reshape %2, const int32[1] [2] : int32[2]",
        ],
    ),
    "computed in the run": ("x: float32[k, 4]", ["shape %x : int32[2]", "add %1, const int32[2] [1, 0] : int32[2]"]),
    "given": ("x: int32[2]", ["reshape %x, const int32[1] [2] : int32[2]"]),
    "counted": ("x: bool[4]", ["where %x : int64[k, 1]", "shape %1 : int32[2]"]),
}


@pytest.mark.parametrize("name", SIZED)
def test_a_variable_has_its_size_before_the_run(name):
    given, lines = SIZED[name]
    lines = [
        *lines,
        f"fill %{len(lines)}, const float32[] 0.0 : float32[k, 4]",
        f"abs %{len(lines) + 1} : float32[k, 4]",
    ]
    body = "\n".join(f"%{place} = {line}" for place, line in enumerate(lines, 1))
    graph = parse_graph(f"graph main(%{given}) {{\n{body}\nreturn %{len(lines)}\n}}")
    assert not list(graph_problems(graph))
    graph.operations[-1].result.is_variable = True
    is_wrong = name in ("computed in the run", "given", "counted")
    assert any("known in the run only" in problem for problem in graph_problems(graph)) is is_wrong


def test_operations_stand_behind_what_they_read():
    graph = parse_graph(
        "graph main(%x: float32[4]) {\n%1 = relu %x : float32[4]\n%2 = neg %1 : float32[4]\nreturn %2\n}"
    )
    graph.operations.reverse()
    assert any("before it is there" in problem for problem in graph_problems(graph))


def test_an_output_is_there():
    graph = parse_graph("graph main(%x: float32[4]) {\n%1 = relu %x : float32[4]\nreturn %1\n}")
    other = parse_graph("graph main(%x: float32[4]) {\n%1 = relu %x : float32[4]\nreturn %1\n}")
    graph.outputs = list(other.outputs)
    assert any("is not there" in problem for problem in graph_problems(graph))


def test_everything_that_is_wrong_is_said_at_once():
    model = parse_model("graph main(%x: int8[4]) {\n%1 = add %x, %x : int8[4]\n%2 = mul %1, %x : int8[4]\nreturn %2\n}")
    with pytest.raises(InvariantBroken) as caught:
        verify_model(model)
    assert len(str(caught.value).splitlines()) == 2
