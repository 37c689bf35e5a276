"""What is written, read and written again is the same model: for files made here and by TensorFlow's converter."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from keras import layers, ops

import litesmith
from file_contents import contents
from litesmith.flatbuffer.read import read
from litesmith.flatbuffer.write import graph_values, to_bytes
from litesmith.ir.compare import first_difference
from litesmith.ir.constants import Constant
from litesmith.ir.dims import Dim, symbol
from litesmith.ir.graph import Graph, Model, Operation, Signature, Value
from litesmith.ir.source import Source
from litesmith.ir.types import DType, Quantization, SparseAxis, Sparsity, TensorType
from litesmith.opset.conversion import Densify, Dequantize, Quantize
from litesmith.opset.matmul import EmbeddingLookup, FullyConnected
from litesmith.opset.slicing import Gather
from litesmith.opset.unmodeled import Unmodeled
from litesmith.runtime.interpreter import Session
from litesmith.verification.samples import samples

TENSORFLOW_FILES = Path(__file__).with_name("tensorflow_files.py")
UNKNOWN = symbol("unknown", 7)


def check_round_trip(model_or_bytes, *inputs, versions=True):
    """What the file says is kept, and so is what it computes; gives what was read."""
    content = model_or_bytes if isinstance(model_or_bytes, bytes) else to_bytes(model_or_bytes)
    first = read(content)
    again = to_bytes(first)
    assert contents(again, versions=versions) == contents(content, versions=versions)
    assert to_bytes(read(again)) == again
    for delegates in (True, False):
        for arrays in inputs:
            one, other = (Session(c, delegates=delegates).run(arrays) for c in (content, again))
            for a, b in zip(one, other, strict=True):
                np.testing.assert_array_equal(a, b)
    return first


def check_same(model, other):
    """Two models are one, as far as a file can say it: not how unknown sizes relate. Changes both."""
    assert (other.metadata, other.description) == (model.metadata, model.description)
    for left, right in zip(model.signatures, other.signatures, strict=True):
        assert (left.name, left.inputs, left.outputs) == (right.name, right.inputs, right.outputs)
        assert [value.name for value in left.graph.inputs] == [value.name for value in right.graph.inputs]
        forget_sizes(model)
        forget_sizes(other)
        assert first_difference(left.graph, right.graph) is None


def forget_sizes(model):
    for graph in model.all_graphs():
        for value in graph_values(graph):
            sizes = (UNKNOWN if isinstance(size, Dim) else size for size in value.type.shape)
            value.type = value.type.with_shape(tuple(sizes))


# --- files made here ---------------------------------------------------------


def dense():
    x = keras.Input((8,))
    return keras.Model(x, layers.Dense(3, activation="softmax")(layers.Dense(5, activation="relu")(x)))


def convolutional():
    x = keras.Input((None, None, 3))
    h = layers.Conv2D(4, 3, strides=2, padding="same", activation="relu6")(x)
    h = layers.UpSampling2D()(layers.DepthwiseConv2D(3)(h))
    return keras.Model(x, [layers.GlobalAveragePooling2D()(h), h])


def recurrent():
    x = keras.Input((None, 4))
    h = layers.Bidirectional(layers.LSTM(3, return_sequences=True))(layers.Masking()(x))
    return keras.Model(x, [layers.GRU(2)(h), h])


def attentive():
    tokens = keras.Input((None,), dtype="int32")
    h = layers.Embedding(50, 8, mask_zero=True)(tokens)
    h = layers.LayerNormalization()(h + layers.MultiHeadAttention(2, 4)(h, h))
    return keras.Model(tokens, layers.GlobalAveragePooling1D()(h))


class Steps(layers.Layer):
    """Loops and branches, one in the other."""

    def call(self, x):
        total = ops.fori_loop(0, 3, lambda i, v: v * 1.5 + ops.cast(i, "float32"), x)
        branch = ops.cond(ops.sum(x) > 0, lambda: total + 1, lambda: ops.fori_loop(0, 2, lambda i, v: v - 1, total))
        return branch, ops.while_loop(lambda v: ops.max(v) < 50, lambda v: v * 2 + 1, ops.abs(x))

    def compute_output_shape(self, shape):
        return shape, shape


def branching():
    x = keras.Input((None, 3))
    return keras.Model(x, Steps()(x))


def of_integers():
    x, y = keras.Input((4, 4, 3), dtype="uint8"), keras.Input((None,), dtype="bool")
    return keras.Model([x, y], [ops.cast(x, "float32") / 255, ops.any(y, 1), ops.argmax(x, 3), ops.cast(y, "int64")])


def nested():
    a, b = keras.Input((3,), name="a"), keras.Input((2,), name="b")
    return keras.Model({"first": [a], "second": b}, {"out": (a * 2, b + 1), "same": a})


MODELS = [dense, convolutional, recurrent, attentive, branching, of_integers, nested]


@pytest.mark.parametrize("make", MODELS)
def test_keras_models(make):
    lite = litesmith.convert(make(), verify=False)
    content = bytes(lite)
    read_back = check_round_trip(content, *(samples(lite.graph, batch, 0, size=9) for batch in (1, 3)))
    check_same(lite.model, read_back)


@pytest.mark.parametrize("form", ["fused", "unroll", "while"])
def test_recurrent_models_in_every_form(form):
    x = keras.Input((5, 4))
    model = keras.Model(x, layers.LSTM(3, return_sequences=True)(x))
    lite = litesmith.convert(model, rnn=form, verify=False)
    check_same(lite.model, check_round_trip(bytes(lite), samples(lite.graph, 3, 0)))


@pytest.mark.parametrize("make", [dense, recurrent])
def test_weights_outside_of_the_flatbuffer(make):
    lite = litesmith.convert(make(), verify=False)
    outside = to_bytes(lite.model, plain_limit=0)
    arrays = samples(lite.graph, 3, 0, size=9)
    read_back = check_round_trip(outside, arrays)
    for a, b in zip(Session(bytes(lite)).run(arrays), Session(outside).run(arrays), strict=True):
        np.testing.assert_array_equal(a, b)
    check_same(lite.model, read_back)


# --- graphs that Keras models do not lead to ----------------------------------


def held(array, dtype=None, quantization=None, sparsity=None, shape=None):
    """A constant of a type."""
    constant = Constant.of(np.asarray(array), dtype)
    type = TensorType(constant.type.dtype, shape or constant.type.shape, quantization, sparsity)
    return Value(type, constant=Constant(type, constant.array, constant.key))


def graph_of(input_type, *steps, name="main"):
    """A chain: each step is (operator, operands after the input, type of the result)."""
    graph = Graph(name)
    value = graph.add_input(input_type, "x")
    for operator, operands, type in steps:
        given = [value if operand == "x" else operand for operand in operands]
        operation = Operation(operator, given, [type], Source("layer"))
        graph.insert(operation)
        value = operation.result
    graph.outputs = [value]
    return graph


F32, INT8 = DType.FLOAT32, DType.INT8
FLOATS = np.random.default_rng(0).standard_normal((1, 8)).astype("float32")


@pytest.mark.parametrize("dtype", [DType.INT8, DType.INT4, DType.INT2])
@pytest.mark.parametrize("per_axis", [False, True])
def test_weights_of_few_bits(dtype, per_axis):
    bound = 2 ** (dtype.bits - 1)
    weights = np.random.default_rng(0).integers(-bound, bound, (3, 8)).astype(dtype.numpy)
    quantization = Quantization((0.5, 0.25, 2.0) if per_axis else (0.5,), (0,) * (3 if per_axis else 1))
    step = (
        FullyConnected(),
        ["x", held(weights, dtype, quantization), held(np.ones(3, "float32"))],
        TensorType(F32, (1, 3)),
    )
    first = check_round_trip(Model([graph_of(TensorType(F32, (1, 8)), step)]), [FLOATS])
    again = first.main.operations[0].operands[1]
    assert again.type.quantization == quantization
    np.testing.assert_array_equal(again.constant.array(), weights)


def test_embeddings_of_few_bits():
    table = np.random.default_rng(0).integers(-8, 8, (10, 6)).astype(DType.INT4.numpy)
    step = EmbeddingLookup(), ["x", held(table, DType.INT4, Quantization((0.5,), (0,)))], TensorType(F32, (4, 6))
    check_round_trip(Model([graph_of(TensorType(DType.INT32, (4,)), step)]), [np.array([0, 3, 9, 1], "int32")])


def test_quantized_activations():
    scaled = TensorType(INT8, (1, 8), Quantization((0.05,), (3,)))
    result = TensorType(INT8, (1, 3), Quantization((0.1,), (-5,)))
    weights = held(np.arange(-12, 12).reshape(3, 8).astype("int8"), INT8, Quantization((0.5, 0.25, 1.0), (0, 0, 0)))
    bias = held(np.array([1, 2, 3], "int32"), DType.INT32, Quantization((0.025, 0.0125, 0.05), (0, 0, 0)))
    steps = [
        (Quantize(), ["x"], scaled),
        (FullyConnected(), ["x", weights, bias], result),
        (Dequantize(), ["x"], TensorType(F32, (1, 3))),
    ]
    first = check_round_trip(Model([graph_of(TensorType(F32, (1, 8)), *steps)]), [FLOATS])
    assert first.main.operations[0].result.type.quantization == Quantization((pytest.approx(0.05),), (3,))


def test_a_scale_for_each_block_of_weights():
    rng = np.random.default_rng(0)
    scales = rng.uniform(0.1, 1, (3, 2)).astype("float16")
    quantization = Quantization(tuple(map(float, scales.reshape(-1))), (0,) * 6, 0, 32, (3, 2))
    integers = rng.integers(-7, 8, (3, 64)).astype(DType.INT4.numpy)
    step = FullyConnected(), ["x", held(integers, DType.INT4, quantization), None], TensorType(F32, (2, 3))
    x = rng.normal(size=(2, 64)).astype("float32")
    first = check_round_trip(Model([graph_of(TensorType(F32, (2, 64)), step)]), [x])
    assert first.main.operations[0].operands[1].type.quantization == quantization
    real = integers.astype("float32").reshape(3, 2, 32) * scales[:, :, None].astype("float32")
    expected = x @ real.reshape(3, 64).T
    # The kernel rounds each row of the input to 255 steps.
    np.testing.assert_allclose(Session(to_bytes(first)).run([x])[0], expected, atol=0.02 * np.abs(expected).max())


def test_sparse_weights():
    values = np.array([1.0, 2.0, 3.0], "float32")
    sparsity = Sparsity((0, 1), (), (SparseAxis(3), SparseAxis(8, (0, 1, 1, 3), (2, 0, 7))))
    stored = held(values, F32, sparsity=sparsity, shape=(3, 8))
    densify = Operation(Densify(), [stored], [TensorType(F32, (3, 8))], Source("layer"))
    graph = Graph("main")
    x = graph.add_input(TensorType(F32, (1, 8)), "x")
    graph.insert(densify)
    product = Operation(FullyConnected(), [x, densify.result, None], [TensorType(F32, (1, 3))], Source("layer"))
    graph.insert(product)
    graph.outputs = [product.result]
    first = check_round_trip(Model([graph]), [FLOATS])
    assert first.main.operations[0].operands[0].type.sparsity == sparsity
    expected = [FLOATS[0, 2], 0, 2 * FLOATS[0, 0] + 3 * FLOATS[0, 7]]
    np.testing.assert_allclose(Session(to_bytes(first)).run([FLOATS])[0][0], expected, rtol=1e-6)


def test_strings():
    words = np.array([b"", b"caf\xc3\xa9", b"a much longer word", b"x"], object)
    step = Gather(), [held(words, DType.STRING), "x"], TensorType(DType.STRING, (3,))
    first = check_round_trip(Model([graph_of(TensorType(DType.INT32, (3,)), step)]), [np.array([1, 0, 2], "int32")])
    np.testing.assert_array_equal(first.main.operations[0].operands[0].constant.array(), words)


def test_several_signatures():
    """Two ways in, which share their weights."""
    weights = held(np.arange(24, dtype="float32").reshape(3, 8))
    product = FullyConnected(), ["x", weights, None], TensorType(F32, (1, 3))
    one, two = (graph_of(TensorType(F32, (1, 8)), product, name=name) for name in ("one", "two"))
    model = Model([one, two], [Signature("a", one, ("p",), ("q",)), Signature("b", two, ("r",), ("s",))])
    first = check_round_trip(model, [FLOATS])
    assert [(s.name, s.inputs, s.outputs) for s in first.signatures] == [("a", ("p",), ("q",)), ("b", ("r",), ("s",))]
    lite = litesmith.LiteModel(to_bytes(first))
    assert set(lite.run({"r": FLOATS}, signature="b")) == {"s"}
    buffers = {id(op.operands[1].constant.key[1]) for graph in first.graphs for op in graph.operations}
    assert len(buffers) == 1


# --- files made by TensorFlow's converter --------------------------------------


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The folder of the files of `tensorflow_files.py`."""
    if importlib.util.find_spec("tensorflow") is None:
        pytest.skip("TensorFlow is not installed")
    folder = tmp_path_factory.mktemp("tensorflow")
    made = subprocess.run([sys.executable, TENSORFLOW_FILES, folder], capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr[-2000:]
    return folder


def inputs_of(lite, batch):
    if all(value.type.dtype is not DType.STRING for value in lite.graph.inputs):
        return samples(lite.graph, batch, 0, size=9)
    return [np.array([b"one", b"", "\u00fc".encode()], object), np.array([2, 0, 0, 1], "int32")[:batch]]


RUNNABLE = [
    *("network", "recurrence", "loops", "branch", "words", "shapes", "assorted", "signatures", "lstm"),
    *("int8", "int8 with float inputs", "int16", "dynamic range", "float16 weights", "counter"),
]
FOREIGN = {"select tf": ("CUSTOM FlexCholesky", "FlexCholesky"), "custom": ("CUSTOM Erfinv", "Erfinv")}


@pytest.mark.parametrize("name", RUNNABLE)
def test_files_of_tensorflow_stay_the_same_and_run(files, name):
    lite = litesmith.load(files / f"{name}.tflite")
    assert lite.isolated
    inputs = [inputs_of(lite, batch) for batch in (1, 3)]
    # The converter does not raise the versions of the operators that it makes of int16.
    read_back = check_round_trip(bytes(lite), *inputs, versions=name != "int16")
    assert not [op for graph in read_back.all_graphs() for op in graph.operations if isinstance(op.operator, Unmodeled)]
    found, expected = lite.outputs.flatten(lite.run(inputs[1])), Session(bytes(lite)).run(inputs[1])
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_array_equal(a, b)
    assert lite.graph.operations
    assert "made by MLIR" in lite.summary()


@pytest.mark.parametrize("name", FOREIGN)
def test_files_with_operators_that_litert_lacks_can_be_looked_at_but_not_run(files, name):
    shown, missing = FOREIGN[name]
    lite = litesmith.load(files / f"{name}.tflite")
    check_round_trip(bytes(lite))
    assert shown in lite.summary()
    with pytest.raises(litesmith.LitesmithError, match=f"R10[15].*{missing}"):
        lite.run(inputs_of(lite, 1))


def test_each_signature_of_a_file_of_tensorflow_runs(files):
    lite = litesmith.load(files / "signatures.tflite")
    assert {name: (list(s["inputs"]), list(s["outputs"])) for name, s in lite.signatures.items()} == {
        "encode": (["x"], ["code"]),
        "decode": (["code"], ["x"]),
    }
    x = np.random.default_rng(0).standard_normal((3, 6)).astype("float32")
    code = lite.run_named({"x": x}, signature="encode")["code"]
    interpreter = Interpreter(model_content=bytes(lite))
    np.testing.assert_array_equal(code, interpreter.get_signature_runner("encode")(x=x)["code"])
    back = lite.run_named({"code": code}, signature="decode")["x"]
    np.testing.assert_array_equal(back, interpreter.get_signature_runner("decode")(code=code)["x"])
    assert not np.allclose(back, code)
