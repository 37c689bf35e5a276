"""Sources of whole models, and the real interpreter's word on them where it is installed."""

import re

import keras
import numpy as np
import pytest
from keras import layers

import litesmith
from litesmith.diagnostics.base import FindingWarning, LitesmithError


def network():
    keras.utils.set_random_seed(0)
    inputs = keras.Input((16, 16, 3), name="image")
    x = layers.Conv2D(8, 3, strides=2, activation="relu", name="conv")(inputs)
    return keras.Model(inputs, layers.Dense(4, activation="softmax")(layers.GlobalAveragePooling2D()(x)))


def steps():
    inputs = keras.Input((5, 3))
    return keras.Model(inputs, layers.GRU(4)(inputs))


def attention():
    inputs = keras.Input((6, 8))
    return keras.Model(inputs, layers.LayerNormalization()(layers.MultiHeadAttention(2, 4)(inputs, inputs)))


@pytest.mark.filterwarnings("ignore::litesmith.diagnostics.base.FindingWarning")
def test_sources_are_written_beside_the_file(tmp_path):
    lite = litesmith.convert(network(), target="tflm", verify=False)
    made = litesmith.embed(lite, tmp_path / "net.tflite")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["net_resolver.h", "net_tflite.c", "net_tflite.h"]
    assert made.operators == ("CONV_2D", "FULLY_CONNECTED", "MEAN", "SOFTMAX")
    assert f"#define NET_TFLITE_ARENA_BYTES {made.needed}" in (tmp_path / "net_tflite.h").read_text()
    assert f"net_tflite_len = {len(bytes(lite))};" in (tmp_path / "net_tflite.c").read_text()
    assert made.needed >= made.arena
    assert made.needed % 16 == 0


def test_files_of_others_are_taken_by_their_path(tmp_path):
    path = litesmith.convert(network(), batch=1, verify=False).save(tmp_path / "net.tflite")
    assert litesmith.embed(path, path).operators
    with pytest.raises(LitesmithError, match="D103: cpu reads"):
        litesmith.embed(path, path, target="cpu")


def test_an_open_batch_becomes_one_and_that_is_said():
    with pytest.warns(FindingWarning, match="D206: tflm needs a known batch"):
        lite = litesmith.convert(network(), target="tflm", verify=False)
    assert lite.graph.inputs[0].type.shape == (1, 16, 16, 3)


def test_a_batch_that_is_said_stays(recwarn):
    inputs = keras.Input((4,), batch_size=3)
    lite = litesmith.convert(keras.Model(inputs, layers.Dense(2)(inputs)), target="tflm", verify=False)
    assert lite.graph.inputs[0].type.shape == (3, 4)
    lite = litesmith.convert(network(), inputs="2,16,16,3", target="tflm", verify=False)
    assert lite.graph.inputs[0].type.shape == (2, 16, 16, 3)
    assert not [each for each in recwarn if issubclass(each.category, FindingWarning)]


def test_other_open_sizes_are_refused_with_what_to_write():
    inputs = keras.Input((None, 8), name="ids")
    with pytest.raises(LitesmithError) as caught:
        litesmith.convert(keras.Model(inputs, layers.Dense(2)(inputs)), target="tflm")
    finding = caught.value.diagnostics[0]
    assert finding.code == "D203"
    assert "'ids' (1, None, 8)" in finding.message()
    assert 'inputs="ids=1,128,8"' in finding.hint()


def test_an_arena_that_is_too_small_names_the_layer_and_what_lies_there(tmp_path):
    model = network()
    lite = litesmith.convert(model, batch=1, verify=False)
    needed = litesmith.check(lite, "tflm").needed
    with pytest.raises(LitesmithError) as caught:
        litesmith.convert(model, batch=1, target="tflm", arena=needed - 1)
    (finding,) = (each for each in caught.value.diagnostics if each.code == "D204")
    assert finding.where.layer == "conv"
    assert dict(finding.parts)["'conv'"] == 7 * 7 * 8 * 4
    assert "the input 'image'" in dict(finding.parts)
    with pytest.raises(LitesmithError, match="D204"):
        litesmith.embed(lite, tmp_path / "net.tflite", arena=needed - 1)
    assert not list(tmp_path.iterdir())
    assert litesmith.convert(model, batch=1, target="tflm", arena=needed, verify=False)


def test_what_the_target_lacks_is_refused_by_layer():
    inputs = keras.Input((8,))
    model = keras.Model(inputs, layers.Lambda(lambda x: keras.ops.top_k(x, 2)[0], name="best")(inputs))
    with pytest.raises(LitesmithError) as caught:
        litesmith.convert(model, target="tflm")
    (finding,) = (each for each in caught.value.diagnostics if each.code == "D201")
    assert (finding.where.layer, finding.operators) == ("best", ("TOPK_V2",))


def test_files_with_other_open_sizes_are_refused(tmp_path):
    inputs = keras.Input((None, 8), name="ids")
    lite = litesmith.convert(keras.Model(inputs, layers.Dense(2)(inputs)), verify=False)
    with pytest.raises(LitesmithError, match="D203"):
        litesmith.embed(lite, tmp_path / "net.tflite")


@pytest.mark.parametrize("mode", ["dynamic_int8", "weights_int8"])
def test_weights_that_the_target_would_get_wrong_are_refused(mode):
    inputs = keras.Input((64,), batch_size=1)
    model = keras.Model(inputs, layers.Dense(64)(inputs))
    with pytest.raises(LitesmithError, match="D201"):
        litesmith.convert(model, target="tflm", quantize=mode)


def test_an_arena_without_a_target_and_one_that_is_no_number_are_mistakes():
    with pytest.raises(ValueError, match="say target= too"):
        litesmith.convert(network(), arena="2k")
    with pytest.raises(ValueError, match="no number of bytes"):
        litesmith.convert(network(), target="tflm", arena="much")


@pytest.mark.parametrize("batch", [1, None])
@pytest.mark.parametrize("make", [network, steps, attention])
def test_the_interpreter_agrees(make, batch, capfd):
    runtime = pytest.importorskip("tflite_micro.python.tflite_micro.runtime")
    lite = litesmith.convert(make(), batch=batch, verify=False)
    found = litesmith.check(lite, "tflm")
    if not found.runs:
        with pytest.raises(RuntimeError, match="failed to allocate"):
            runtime.Interpreter.from_bytes(bytes(lite), arena_size=2 * found.needed)
        return
    interpreter = runtime.Interpreter.from_bytes(bytes(lite), arena_size=found.needed + 64)
    (value,) = lite.graph.inputs
    given = np.random.default_rng(0).standard_normal((1, *value.type.shape[1:])).astype("float32")
    interpreter.set_input(given, 0)
    interpreter.invoke()
    np.testing.assert_allclose(interpreter.get_output(0), lite.run(given), atol=1e-5)
    interpreter.print_allocations()
    used = int(re.search(r"Arena allocation total (\d+)", capfd.readouterr().err)[1])
    assert found.arena == pytest.approx(used, rel=0.05)
