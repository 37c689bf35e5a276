"""Files: what is written is what the runtime and the reader see."""

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from litesmith.flatbuffer.read import Damaged, read
from litesmith.flatbuffer.write import freeze, to_bytes
from litesmith.ir.builder import building, constant, emit
from litesmith.ir.constants import Constant
from litesmith.ir.dims import symbol
from litesmith.ir.graph import Graph, Model, Signature
from litesmith.ir.text import model_text
from litesmith.ir.types import DType, TensorType
from litesmith.opset.binary import Add
from litesmith.opset.parse import parse_model
from support import compare_arrays, run_text

DENSE = """graph main(%x: float32[batch, 8]) {
  %1 = fully_connected(fused_activation_function=RELU) %x, const float32[5, 8], const float32[5] : float32[batch, 5]
  %2 = softmax %1 : float32[batch, 5]
  return %2
}"""
LOOP = """graph cond(%i: int32[], %x: float32[4]) {
  %1 = less %i, const int32[] 3 : bool[]
  return %1
}

graph body(%i: int32[], %x: float32[4]) {
  %1 = add %i, const int32[] 1 : int32[]
  %2 = mul %x, const float32[] 2.0 : float32[4]
  return %1, %2
}

graph main(%x: float32[4]) {
  %1, %2 = while(cond=@cond, body=@body) const int32[] 0, %x : int32[], float32[4]
  return %2
}"""


@pytest.mark.parametrize("text", [DENSE, LOOP])
@pytest.mark.parametrize("limit", [{}, {"plain_limit": 0}], ids=["inside", "outside"])
def test_a_written_file_reads_back_as_the_same_graph(text, limit):
    model = parse_model(text)
    again = read(to_bytes(model, **limit))
    assert model_text(again).replace("batch_1", "batch") == model_text(model)
    compare_arrays(run_text(model), run_text(again))


@pytest.mark.parametrize("text", [DENSE, LOOP])
def test_weights_behind_the_tables_and_weights_outside_run_alike(text):
    model = parse_model(text)
    compare_arrays(run_text(read(to_bytes(model))), run_text(read(to_bytes(model, plain_limit=0))), rtol=0)


def test_the_same_model_gives_the_same_bytes():
    assert to_bytes(parse_model(DENSE)) == to_bytes(parse_model(DENSE))


def test_the_batch_is_minus_one_in_the_signature_and_one_in_the_shape():
    interpreter = Interpreter(model_content=to_bytes(parse_model(DENSE)))
    (detail,) = interpreter.get_input_details()
    assert detail["shape"].tolist() == [1, 8]
    assert detail["shape_signature"].tolist() == [-1, 8]


def test_weights_are_aligned_for_every_kernel():
    content = to_bytes(parse_model(DENSE))
    model = read(content)
    for value in model.main.constants():
        start = value.constant.array().__array_interface__["data"][0] - np.frombuffer(content, np.uint8).ctypes.data
        assert start % 16 == 0


def _adding(*constants):
    graph = Graph()
    x = graph.add_input(TensorType(DType.FLOAT32, (symbol("batch", 3), 40_000)), "x")
    with building(graph):
        for each in constants:
            x = emit(Add(), x, constant(each))
    graph.outputs = [x]
    return Model([graph])


def test_equal_constants_share_a_buffer():
    one, two = np.ones(40_000, np.float32), np.full(40_000, 2, np.float32)
    small = len(to_bytes(_adding(one)))
    assert len(to_bytes(_adding(one, one))) < small + 1000
    assert len(to_bytes(_adding(one[:1], one[:1].copy(), one))) < small + 1000
    assert len(to_bytes(_adding(one, two))) > 2 * one.nbytes


def test_large_weights_are_loaded_once_and_only_when_they_are_written():
    loads = []

    def load():
        loads.append(1)
        return np.zeros(40_000, np.float32)

    lazy = Constant(TensorType(DType.FLOAT32, (40_000,)), load, "lazy")
    model = _adding(np.zeros(1, np.float32))
    (operation,) = model.main.operations
    operation.operands[1].constant = lazy
    operation.operands[1].type = lazy.type
    assert not loads
    to_bytes(model)
    assert len(loads) == 1


def test_names_that_come_twice_get_a_number():
    model = _adding(np.ones(1, np.float32), np.ones(1, np.float32))
    for operation in model.main.operations:
        operation.result.name = "layer/add"
    names = [d["name"] for d in Interpreter(model_content=to_bytes(model)).get_tensor_details()]
    assert {"layer/add", "layer/add:1"} <= set(names)


def test_signatures_and_metadata_come_back():
    model = parse_model(DENSE)
    model.signatures = [Signature("serving_default", model.main, ("image",), ("digit",))]
    model.metadata = {"note": b"\x00\x01", "empty": b""}
    again = read(to_bytes(model))
    (signature,) = again.signatures
    assert (signature.name, signature.inputs, signature.outputs) == ("serving_default", ("image",), ("digit",))
    assert again.metadata == {"note": b"\x00\x01", "empty": b""}


@pytest.mark.parametrize("content", [b"", b"TFL3", b"\x00" * 64, b"PK\x03\x04" + b"\x00" * 60])
def test_what_is_no_flatbuffer_is_said_to_be_damaged(content):
    with pytest.raises(Damaged):
        read(content)


def test_a_frozen_model_no_longer_depends_on_where_its_weights_came_from():
    weights = np.ones((5, 8), np.float32)
    model = parse_model(DENSE)
    model.main.operations[0].operands[1].constant = Constant(
        TensorType(DType.FLOAT32, (5, 8)), lambda: weights, "variable"
    )
    content = freeze(model)
    weights *= 2
    assert model.main.operations[0].operands[1].constant.array().max() == 1
    compare_arrays(run_text(model), run_text(read(content)), rtol=0)
    assert to_bytes(model) == content
