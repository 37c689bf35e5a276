"""What `bisect` says of every way to go wrong."""

import keras
import numpy as np
import pytest
from keras import layers, ops

import litesmith
from bisection.planted import WrongResult, WrongWeight, changed, deadly, endless, plant, refused, root
from litesmith import LitesmithError
from litesmith.flatbuffer.read import read


def small(**options):
    keras.utils.set_random_seed(3)
    x = keras.Input((6,), name="x")
    inner = keras.Input((5,))
    block = keras.Model(inner, layers.Dense(4, name="wide", **options)(inner), name="block")
    y = block(layers.Dense(5, name="first")(x))
    return keras.Model(x, layers.Dense(3, name="last")(layers.ReLU(name="relu")(y)), name="small")


@pytest.fixture
def model():
    return small()


@pytest.fixture
def lite(model):
    return litesmith.convert(model, verify=False)


def codes(found):
    return [finding.code for finding in found.findings]


def reproduces(found, kind):
    """The smallest model, read back from its file, fails in the same way on its inputs."""
    again = litesmith.bisect(found.smallest.model, data=dict(found.smallest.inputs))
    return again.kind is not None and again.kind.value == kind


def test_a_right_file_passes(model, lite):
    for given in (lite, None):
        found = litesmith.bisect(model, given)
        assert found.passed
        assert bool(found)
        assert (found.kind, found.layer, found.findings, found.smallest) == (None, None, (), None)
        assert "nothing fails: the file computes what Keras does" in str(found)


def test_a_file_of_other_weights_names_the_layers_that_differ(model, lite):
    layer = model.get_layer("block").get_layer("wide")
    layer.set_weights([weight + 0.5 for weight in layer.get_weights()])
    found = litesmith.bisect(model, lite)
    assert codes(found) == ["V201", "V202"]
    assert found.findings[1].layers == ("block/wide",)
    assert (found.kind.value, found.is_in_file, found.smallest) == ("difference", True, None)
    assert [(step.layer, step.fate.value) for step in found.steps][:3] == [
        ("first", "same"),
        ("block/wide", "not in the file"),
        ("block", "not in the file"),
    ]
    first = found.findings[0]
    assert (first.layer, first.right, first.between) == ("relu", ("first",), ("block/wide",))
    assert first.operators == ("FULLY_CONNECTED",)


def test_a_fault_of_the_file_alone_is_said(model, lite):
    found = litesmith.bisect(model, changed(lite, WrongResult("last", root)))
    assert (found.kind.value, found.is_in_file, found.layer) == ("difference", True, "last")
    assert codes(found) == ["V201", "V203"]
    assert "converted anew by Litesmith, the model gives the right numbers" in " ".join(str(found).split())


def test_the_first_layer_with_nan_is_found(model, monkeypatch):
    plant(monkeypatch, WrongResult("wide", root))
    found = litesmith.bisect(small(activation="tanh"))
    assert (found.kind.value, found.layer) == ("nan", "block/wide")
    step = next(step for step in found.steps if step.layer == "block/wide")
    assert step.problem == "infinities or NaNs stand in different places"
    assert found.smallest.layers == ("block/wide",)
    assert reproduces(found, "nan")


def test_the_operator_that_ends_the_runtime_is_found_in_a_file(model, lite):
    found = litesmith.bisect(model, changed(lite, WrongResult("last", deadly)))
    assert (found.kind.value, found.layer, found.operator.name, found.is_in_file) == ("crash", "last", "SUB", True)
    assert codes(found) == ["V204", "V203"]
    assert "SIG" in found.findings[0].message()
    assert (found.operator.place, found.operator.operators) == (3, 6)


def test_a_crash_of_a_conversion_is_shown_by_one_layer(monkeypatch):
    plant(monkeypatch, WrongResult("wide", deadly))
    found = litesmith.bisect(small(activation="tanh"))
    assert (found.kind.value, found.layer, found.operator.name) == ("crash", "block/wide", "SUB")
    assert found.smallest.layers == ("block/wide",)
    assert reproduces(found, "crash")


def test_the_operator_that_the_runtime_refuses_is_found(monkeypatch, model, lite):
    found = litesmith.bisect(model, changed(lite, WrongResult("last", refused)))
    assert (found.kind.value, found.layer, found.operator.name, found.is_in_file) == ("refusal", "last", "Nope", True)
    plant(monkeypatch, WrongResult("first", refused))
    found = litesmith.bisect(model)
    assert (found.kind.value, found.layer, found.smallest.layers) == ("refusal", "first", ("first",))
    assert reproduces(found, "refusal")


@pytest.mark.slow
def test_a_loop_without_end_is_found(model, lite):
    found = litesmith.bisect(model, changed(lite, WrongResult("last", endless)), timeout=5)
    assert (found.kind.value, found.operator.name, found.layer) == ("timeout", "WHILE", "last")


class Middle(layers.Layer):
    """Nothing that converts."""

    def call(self, x):
        return ops.quantile(x, 0.5, axis=-1, method="hazen", keepdims=True)


class FixedLength(layers.Layer):
    """It needs to know a length that is open."""

    def call(self, x):
        return x + ops.convert_to_tensor(np.arange(ops.shape(x)[1], dtype="float32")[:, None])

    def compute_output_spec(self, x):
        return keras.KerasTensor(x.shape)


def test_a_layer_that_does_not_convert_is_cut_out(tmp_path):
    x = keras.Input((6,), name="x")
    y = Middle(name="middle")(layers.Dense(4, name="first")(x))
    model = keras.Model(x, [layers.Dense(2, name="one")(y), layers.Dense(3, name="two")(y)])
    found = litesmith.bisect(model)
    assert (found.kind.value, found.layer, codes(found)) == ("conversion", "middle", ["K102"])
    assert found.smallest.layers == ("middle",)
    path, _ = found.smallest.save(tmp_path / "new" / "folder")
    with pytest.raises(LitesmithError, match="K102"):
        litesmith.convert(path, custom_objects={"Middle": Middle})


def test_sizes_stay_open_in_the_smallest_model():
    steps = keras.Input((None, 4), name="steps")
    y = FixedLength(name="lengths")(layers.Dense(4, name="first")(steps))
    found = litesmith.bisect(keras.Model(steps, layers.Dense(2, name="last")(y)))
    assert (found.kind.value, codes(found), found.smallest.layers) == ("conversion", ["K201"], ("lengths",))


def test_what_breaks_without_naming_a_layer_is_found_by_halving(monkeypatch, model):
    def broken(value):
        raise KeyError("broken")

    plant(monkeypatch, WrongResult("last", broken))
    found = litesmith.bisect(model)
    assert (found.kind.value, codes(found), found.layer) == ("conversion", ["X201"], "last")
    assert found.smallest.layers == ("last",)


def test_a_fault_that_needs_two_layers_is_shown_by_two(monkeypatch, model):
    class OfTwo(WrongWeight):
        def run(self, graph, record):
            layers = {operation.source.layer for operation in graph.operations}
            return super().run(graph, record) if any(layer.endswith("first") for layer in layers) else 0

    plant(monkeypatch, OfTwo("wide"))
    found = litesmith.bisect(model)
    assert found.smallest.layers == ("first", "block/wide")
    assert reproduces(found, "difference")


class Branches(keras.Model):
    """Layers with something between them that no layer computes."""

    def __init__(self):
        super().__init__()
        self.a, self.b, self.c = (layers.Dense(4, name=name) for name in "abc")

    def call(self, x):
        h = self.a(x)
        return self.c(ops.relu(self.b(h)) + 2 * h) / 3


@pytest.mark.parametrize("layer", "abc")
def test_layers_of_a_subclassed_model(layer, monkeypatch):
    model = Branches()
    model(np.zeros((2, 6), "float32"))
    plant(monkeypatch, WrongWeight(layer))
    found = litesmith.bisect(model)
    assert (found.layer, found.smallest.layers) == (layer, (layer,))


def test_the_users_model_does_not_remember(monkeypatch, model, tmp_path):
    def nodes():
        return [(len(each._inbound_nodes), len(each._outbound_nodes)) for each in model._flatten_layers()]

    before = nodes()
    plant(monkeypatch, WrongWeight("wide"))
    assert not litesmith.bisect(model)
    assert nodes() == before


def test_a_mask_goes_with_the_layer_that_reads_it(monkeypatch):
    words = keras.Input((7,), dtype="int32", name="words")
    y = layers.Embedding(9, 4, mask_zero=True, name="table")(words)
    model = keras.Model(words, layers.LSTM(3, name="memory")(y))
    plant(monkeypatch, WrongWeight("memory"))
    found = litesmith.bisect(model, data=np.array([[1, 2, 3, 0, 0, 0, 0], [4, 5, 6, 7, 8, 0, 0]], "int32"))
    assert found.smallest.layers == ("memory",)
    assert [array.dtype.name for array in found.smallest.inputs.values()] == ["float32", "bool"]


def test_functions_have_no_layers_and_their_files_are_looked_at(tmp_path):
    jax = pytest.importorskip("jax")

    def wave(x):
        return jax.numpy.tanh(x) * 2

    lite = litesmith.convert(wave, inputs=(None, 4), verify=False)
    assert litesmith.bisect(wave, lite).passed
    (first, *_) = read(bytes(lite)).main.operations
    found = litesmith.bisect(wave, changed(lite, WrongResult(first.source.layer, deadly)))
    assert (found.kind.value, found.operator.name) == ("crash", "SUB")
    assert "V206" in codes(found)


class Table(layers.Layer):
    """A layer that does not say how it was made, so that Keras cannot save it."""

    def __init__(self, factors, **options):
        super().__init__(**options)
        self.factors = factors

    def call(self, x):
        return ops.tanh(x) * self.factors


def test_a_layer_that_cannot_be_saved_is_said(monkeypatch):
    x = keras.Input((3,), name="x")
    model = keras.Model(x, Table(np.arange(3, dtype="float32"), name="table")(layers.Dense(3, name="first")(x)))
    plant(monkeypatch, WrongWeight("table"))
    found = litesmith.bisect(model)
    assert codes(found) == ["V201", "V205"]
    assert (found.smallest.layers, found.smallest.content) == (("table",), None)


def test_data_by_name_is_nested_as_the_model_takes_it(monkeypatch):
    a, b = keras.Input((4,), name="a"), keras.Input((6,), name="b")
    model = keras.Model([b, a], layers.Dense(2, name="join")(layers.Concatenate()([a, b])))
    data = {"a": np.ones((2, 4), "float32"), "b": np.zeros((2, 6), "float32")}
    assert litesmith.bisect(model, data=data).passed
    plant(monkeypatch, WrongWeight("join"))
    assert litesmith.bisect(model, data=data).layer == "join"
    with pytest.raises(LitesmithError, match="K302"):
        litesmith.bisect(model, data={"a": data["a"], "c": data["b"]})


def test_data_that_does_not_fit_is_a_mistake(model, lite):
    with pytest.raises(LitesmithError, match="V102") as raised:
        litesmith.bisect(model, lite, data=np.ones((2, 9), "float32"))
    assert raised.value.diagnostics[0].bad_input
    with pytest.raises(TypeError, match="the Keras model first"):
        litesmith.bisect(lite, model)
    with pytest.raises(ValueError, match="quantize is one of"):
        litesmith.bisect(model, quantize="int3")


def test_a_folder_that_cannot_be_made_is_a_finding(monkeypatch, model, tmp_path):
    plant(monkeypatch, WrongWeight("last"))
    (tmp_path / "file").write_text("")
    with pytest.raises(LitesmithError, match="F201"):
        litesmith.bisect(model).smallest.save(tmp_path / "file" / "folder")
