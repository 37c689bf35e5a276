"""What becomes of models on targets."""

import keras
import pytest
from ai_edge_litert.interpreter import Interpreter
from keras import layers, ops

import litesmith
from litesmith.diagnostics.base import LitesmithError
from litesmith.targets.assessment import Fate


def network():
    inputs = keras.Input((16, 16, 3))
    x = layers.Conv2D(4, 3, activation="relu", name="conv")(inputs)
    x = layers.Lambda(lambda x: ops.cumsum(x, 1), name="sums")(x)
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    return keras.Model(inputs, layers.Dense(5, activation="softmax", name="head")(x))


def codes(found):
    return [finding.code for finding in found.findings]


def of(found, layer):
    return next(each for each in found.layers if each.layer == layer)


def test_a_cpu_runs_everything_and_some_of_it_slowly():
    found = litesmith.check(network())
    assert found
    assert found.runs
    assert of(found, "conv").fate is Fate.RUNS
    assert of(found, "sums").fate is Fate.SLOW
    assert of(found, "sums").why == ("it has no such operator",)
    assert codes(found) == ["D205"]


def test_figures_are_those_of_the_converted_file():
    model = network()
    found = litesmith.check(model)
    assert found.bytes == len(bytes(litesmith.convert(model)))
    assert of(found, "conv").multiply_accumulates == 14 * 14 * 4 * 3 * 3 * 3
    assert found.multiply_accumulates == 14 * 14 * 4 * 27 + 4 * 5


@pytest.mark.parametrize("target", ["tflm", "edgetpu", "gpu"])
def test_where_sizes_must_be_known_the_batch_is_one_and_that_is_said(target):
    assert "D206" in codes(litesmith.check(network(), target))
    assert "D206" not in codes(litesmith.check(network(), target, batch=1))


def test_other_open_sizes_are_in_the_way():
    inputs = keras.Input((None, 8))
    model = keras.Model(inputs, layers.Dense(4, name="dense")(inputs))
    found = litesmith.check(model, "tflm")
    assert not found
    assert codes(found) == ["D203", "D206"]
    (finding,) = (each for each in found.findings if each.code == "D203")
    name = inputs.name
    assert finding.inputs == ((name, (1, None, 8)),)
    assert f'inputs="{name}=1,128,8"' in finding.hint()
    assert of(found, "dense").fate is Fate.CANNOT
    assert litesmith.check(model, "tflm", inputs=keras.InputSpec(shape=(1, 5, 8)))


def test_a_chip_of_integers_refuses_real_numbers_and_judges_the_rest_as_if_quantized():
    found = litesmith.check(network(), "edgetpu")
    assert not found
    assert "D202" in codes(found)
    assert of(found, "conv").fate is Fate.RUNS
    assert of(found, "sums").fate is Fate.SLOW


def test_the_edge_tpu_takes_nothing_behind_the_first_operator_that_it_leaves():
    found = litesmith.check(network(), "edgetpu")
    assert of(found, "head").fate is Fate.SLOW
    assert found.regions == 1


def test_what_overflows_the_arena_is_named(tmp_path):
    (path := tmp_path / "board.toml").write_text('like = "tflm"\narena_bytes = "2k"\nweights = 1000')
    found = litesmith.check(network(), str(path))
    arena, file = (finding for finding in found.findings if finding.code == "D204")
    assert arena.where.layer in ("conv", "sums")
    assert (arena.needed, arena.available) == (found.arena, 2048)
    assert (file.needed, file.available) == (found.bytes, 1000)


def test_an_operator_that_a_runtime_lacks_is_named_with_its_layer():
    inputs = keras.Input((4,))
    model = keras.Model(inputs, layers.Activation("sparsemax", name="sparse")(inputs))
    found = litesmith.check(model, "tflm")
    (finding,) = (each for each in found.findings if each.code == "D201")
    assert finding.where.layer == "sparse"
    assert finding.operators == ("TOPK_V2",)
    assert of(found, "sparse").fate is Fate.CANNOT


def test_what_can_be_written_out_for_a_runtime_that_lacks_it_runs():
    inputs = keras.Input((4, 4, 4, 2))
    volume = layers.Conv3D(3, 2, activation="gelu", name="volume")(inputs)
    found = litesmith.check(keras.Model(inputs, volume), "tflm")
    assert found
    assert of(found, "volume").operators.keys().isdisjoint({"CONV_3D", "GELU"})


def test_without_a_target_the_file_is_checked_that_a_conversion_for_none_makes():
    inputs = keras.Input((4,))
    model = keras.Model(inputs, keras.ops.sign(keras.ops.log_softmax(inputs)))
    operators = {name for layer in litesmith.check(model).layers for name in layer.operators}
    assert operators == {each.operator.builtin for each in litesmith.convert(model).graph.operations}
    assert "LOG_SOFTMAX" in operators


def test_files_are_looked_at_too(tmp_path):
    path = tmp_path / "model.tflite"
    litesmith.convert(network()).save(path)
    found = litesmith.check(path)
    assert found.bytes == path.stat().st_size
    assert of(found, "sums").fate is Fate.SLOW


def test_what_does_not_convert_is_a_finding_of_the_conversion():
    inputs = keras.Input((2,), dtype="string")
    model = keras.Model(inputs, layers.Embedding(4, 2)(layers.StringLookup(vocabulary=["a", "b"])(inputs)))
    with pytest.raises(LitesmithError, match=r"K304: The input .* holds strings"):
        litesmith.check(model)


DELEGATED = {
    "convolutions": lambda x: layers.Conv2D(4, 3, padding="same", strides=2)(x),
    "normalization": lambda x: layers.LayerNormalization()(x),
    "attention": lambda x: layers.MultiHeadAttention(2, 4)(layers.Reshape((36, 3))(x), layers.Reshape((36, 3))(x)),
    "sums": lambda x: ops.cumsum(x, 1) + 1.0,
    "two regions": lambda x: ops.tanh(ops.sin(ops.tanh(x))),
    "integers": lambda x: ops.cast(ops.cast(x, "int32") + 1, "float32") * x,
    "five axes": lambda x: ops.mean(ops.reshape(x, (-1, 6, 2, 3, 3)), 3),
    "recurrent": lambda x: layers.SimpleRNN(3, unroll=True)(layers.Reshape((12, 9))(x)),
    "pooling": lambda x: layers.AveragePooling2D(2)(layers.MaxPooling2D()(x)),
    "upsampling": lambda x: layers.UpSampling2D(interpolation="bilinear")(x),
    "transposed": lambda x: layers.Conv2DTranspose(2, 3, strides=2)(x),
}


@pytest.mark.parametrize("name", DELEGATED)
def test_what_xnnpack_takes_is_what_the_profile_says(name):
    inputs = keras.Input((6, 6, 3), batch_size=1)
    model = keras.Model(inputs, DELEGATED[name](inputs))
    found = litesmith.check(model)
    interpreter = Interpreter(model_content=bytes(litesmith.convert(model)))
    interpreter.allocate_tensors()
    details = interpreter._get_ops_details()
    assert sum(detail["op_name"] == "DELEGATE" for detail in details) == found.regions


def test_the_products_of_a_loop_count_once():
    inputs = keras.Input((None, 3))
    found = litesmith.check(keras.Model(inputs, layers.SimpleRNN(4, name="steps")(inputs)))
    assert found.runs
    assert found.multiply_accumulates > 0
    assert found.multiply_accumulates == sum(layer.multiply_accumulates for layer in found.layers)


def test_what_a_converted_model_cannot_be_given_is_refused():
    lite = litesmith.convert(network(), verify=False)
    with pytest.raises(ValueError, match="checked as it is"):
        litesmith.check(lite, batch=1)
    with pytest.raises(ValueError, match="rnn is one of while, fused, unroll"):
        litesmith.check(network(), rnn="loop")


SPLITS = {"channels": (2, True), "batch": (0, False)}


@pytest.mark.parametrize("name", SPLITS)
def test_the_edge_tpu_splits_no_batches(name):
    axis, is_taken = SPLITS[name]
    inputs = keras.Input((3, 4))
    model = keras.Model(inputs, [part + 1.0 for part in ops.split(inputs, 2, axis)])
    (layer,) = litesmith.check(model, "edgetpu", batch=2).layers
    assert ("it works along the batch" not in layer.why) is is_taken
