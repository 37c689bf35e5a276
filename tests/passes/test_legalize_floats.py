"""Models of other float types, computed in float32."""

import keras
import numpy as np
import pytest

import litesmith
from litesmith.flatbuffer.write import to_bytes
from litesmith.ir.types import DType
from litesmith.lite_model import LiteModel
from litesmith.opset.parse import parse_model
from litesmith.passes.base import Record
from litesmith.passes.legalize_floats import LegalizeFloats
from support import builtins_of, check_converts, check_layer, check_rewrite


def test_float32_stays_as_it_is():
    check_rewrite(
        LegalizeFloats(),
        """graph main(%x: float32[2]) {
          %1 = cast(out_data_type=INT32) %x : int32[2]
          return %1
        }""",
        None,
    )


def test_weights_stored_as_float16_stay():
    check_rewrite(
        LegalizeFloats(),
        """graph main(%x: float32[2]) {
          %1 = dequantize const float16[2] [0.5, 0.25] : float32[2]
          %2 = add %x, %1 : float32[2]
          return %2
        }""",
        None,
    )


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_loops_carry_float32_and_the_graph_that_is_called_keeps_its_types(dtype):
    model = parse_model(f"""graph cond(%i: int32[], %x: {dtype}[2]) {{
      %1 = less %i, const int32[] 3 : bool[]
      return %1
    }}
    graph body(%i: int32[], %x: {dtype}[2]) {{
      %1 = add %i, const int32[] 1 : int32[]
      %2 = mul %x, const {dtype}[] 2.0 : {dtype}[2]
      return %1, %2
    }}
    graph main(%x: {dtype}[2]) {{
      %1, %2 = while(cond=@cond, body=@body) const int32[] 0, %x : int32[], {dtype}[2]
      return %2, const {dtype}[1] [1.5]
    }}""")
    for graph in model.all_graphs():
        LegalizeFloats().run(graph, Record())
    (loop,) = [operation for operation in model.main.operations if operation.operator.builtin == "WHILE"]
    assert loop.results[1].type.dtype is DType.FLOAT32
    found = LiteModel(to_bytes(model), model).run(np.array([1.5, -2], np.float32))
    assert [array.dtype for array in found] == [DType(dtype).numpy] * 2
    np.testing.assert_array_equal(found[0].astype("float32"), np.array([12, -16], np.float32))
    np.testing.assert_array_equal(found[1].astype("float32"), np.array([1.5], np.float32))


def test_constants_are_converted_when_they_are_written():
    model = parse_model(
        "graph main(%x: float16[2]) {\n%1 = add %x, const float16[2] [1.0, 2.0] : float16[2]\nreturn %1\n}"
    )
    (operation,) = model.main.operations
    before = operation.operands[1].constant
    LegalizeFloats().run(model.main, Record())
    after = operation.operands[1].constant
    assert after.type.dtype is DType.FLOAT32
    assert after.key == (before.key, ("cast", DType.FLOAT32))


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float16", "bfloat16", "float64"])
def test_models_of_a_dtype_policy(policy):
    model = keras.Sequential(
        [
            keras.Input((6,), dtype="float32"),
            keras.layers.Dense(8, activation="relu", dtype=keras.DTypePolicy(policy)),
            keras.layers.Dense(3, activation="softmax", dtype=keras.DTypePolicy(policy)),
        ]
    )
    lite = check_converts(model)
    is_float32 = lite.graph.outputs[0].type.dtype is DType.FLOAT32  # Keras multiplies float64 as float32
    assert is_float32 == (policy == "float64")
    assert builtins_of(lite) == ["FULLY_CONNECTED", "FULLY_CONNECTED", "SOFTMAX", *(["CAST"] * (not is_float32))]


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_inputs_and_outputs_keep_their_type(dtype):
    x, y = keras.Input((4,), dtype=dtype), keras.Input((4,), dtype=dtype)
    lite = check_converts(keras.Model([x, y], [x + y, x, keras.ops.exp(x * 20), keras.ops.cast(y, "int32")]))
    assert [value.type.dtype.value for value in lite.graph.inputs] == [dtype] * 2
    assert lite.graph.outputs[1].type.dtype.value == dtype  # sums of float64 are float32 in Keras


def test_what_float16_does_not_hold_is_infinite():
    x = keras.Input((1,), dtype="float16")
    found = litesmith.convert(keras.Model(x, x * x), verify=False).run(np.array([[300.0]], "float16"))
    assert found.dtype == "float16"
    assert np.isinf(found).all()


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float64"])
@pytest.mark.parametrize("layer", [keras.layers.LSTM, keras.layers.GRU, keras.layers.SimpleRNN])
def test_sequences_of_a_dtype_policy(layer, policy):
    check_layer(layer(4, return_sequences=True, dtype=keras.DTypePolicy(policy)), (40, 3))


def test_a_model_of_mixed_precision_verifies():
    model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(8, dtype="mixed_float16")])
    assert litesmith.verify(model, litesmith.convert(model))
