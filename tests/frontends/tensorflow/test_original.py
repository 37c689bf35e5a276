"""Functions of TensorFlow, SavedModels and frozen graphs: converted, compared, and read without TensorFlow."""

import inspect
import shutil

import numpy as np
import pytest
import tensorflow as tf

import litesmith
from hidden_tensorflow import without_tensorflow
from litesmith.diagnostics.base import LitesmithError
from tensorflow_support import floats

X = floats(3, 4)
WEIGHTS = tf.Variable(floats(4, 5, seed=1), name="weights")


@tf.function(input_signature=[tf.TensorSpec([None, 4], tf.float32, name="x")])
def classify(x):
    """The line of the sine is looked for."""
    h = tf.matmul(x, WEIGHTS)
    return {"classes": tf.nn.softmax(tf.sin(h)), "size": tf.reduce_sum(h, -1)}


@tf.function
def scaled(x, y, scale=2.0):
    return scale * x @ y, tf.shape(y)[1]


def test_a_function_that_says_its_types():
    lite = litesmith.convert(classify)
    found, expected = lite.run(X), classify(tf.constant(X))
    np.testing.assert_allclose(found["classes"], expected["classes"], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found["size"], expected["size"], rtol=1e-5, atol=1e-5)
    assert litesmith.verify(classify, lite).framework == "TensorFlow"
    assert list(lite.signatures["serving_default"]["inputs"]) == ["x"]


def test_every_operator_names_the_function_and_the_users_line():
    (sine,) = (each for each in litesmith.convert(classify).graph.operations if each.operator.builtin == "SIN")
    lines, first = inspect.getsourcelines(classify.python_function)
    (line,) = (first + place for place, text in enumerate(lines) if "tf.sin" in text)
    assert (sine.source.layer, sine.source.operation) == ("classify", "tf.Sin")
    assert (sine.source.file, sine.source.line) == (__file__, line)


def test_a_concrete_function_with_its_batch_fixed():
    lite = litesmith.convert(classify.get_concrete_function(), batch=2)
    assert lite.signatures["serving_default"]["inputs"]["x"].shape == (2, 4)


def test_a_function_of_the_inputs_that_the_caller_says():
    lite = litesmith.convert(scaled, inputs=[(None, 3), (3, "n")])
    product, size = lite.run([np.ones((2, 3)), np.ones((3, 7))])
    assert product.shape == (2, 7)
    assert np.all(product == 6)
    assert size == 7


def test_several_functions_in_one_file_share_weights():
    types = [tf.TensorSpec([None, 4], tf.float32, name="x")]
    doubled = tf.function(lambda x: tf.matmul(x, WEIGHTS) * 2, input_signature=types)
    lite = litesmith.convert(classify, signatures={"one": None, "two": (doubled, None)})
    np.testing.assert_allclose(lite.run(X, "two"), 2 * X @ WEIGHTS.numpy(), rtol=1e-5, atol=1e-5)
    assert len(lite) < 1.5 * len(litesmith.convert(classify)) + WEIGHTS.numpy().nbytes


@pytest.mark.parametrize(
    ("function", "options", "code"),
    [
        (scaled, {}, "P101"),
        (scaled, {"inputs": [(2, 3), (4, 5)]}, "P103"),
        (classify, {"inputs": (None, 7)}, "K302"),
        (classify, {"inputs": {"y": (None, 4)}}, "K302"),
        (tf.constant([1.0]), {}, "K303"),
    ],
)
def test_what_cannot_be_converted_is_one_finding(function, options, code):
    with pytest.raises(LitesmithError) as raised:
        litesmith.convert(function, **options)
    (finding,) = raised.value.diagnostics
    assert finding.code == code


def test_all_operations_without_a_form_are_told_at_once():
    @tf.function(input_signature=[tf.TensorSpec([None, 4], tf.float32)])
    def texts(x):
        return tf.strings.to_number(tf.strings.as_string(x))

    with pytest.raises(LitesmithError) as raised:
        litesmith.convert(texts)
    assert sorted(finding.operation for finding in raised.value.diagnostics) == ["tf.AsString", "tf.StringToNumber"]
    assert all(finding.source.line for finding in raised.value.diagnostics)


def test_assertions_and_prints_are_left_out():
    @tf.function(input_signature=[tf.TensorSpec([None, 4], tf.float32)])
    def careful(x):
        tf.debugging.assert_greater(tf.reduce_sum(tf.abs(x)), -1.0)
        tf.print("size", tf.shape(x))
        return x + 1

    assert len(litesmith.convert(careful).graph.operations) == 1


class Module(tf.Module):
    """Functions that share variables, one of them in another function, a loop and a branch."""

    def __init__(self):
        self.kernel = tf.Variable(floats(4, 3))
        self.bias = tf.Variable(floats(3, seed=1))

    @tf.function(input_signature=[tf.TensorSpec([None, None, 4], tf.float32, name="x")])
    def encode(self, x):
        return {"out": self.dense(x)}

    @tf.function(
        input_signature=[tf.TensorSpec([None, 4], tf.float32, name="x"), tf.TensorSpec([], tf.int32, name="n")]
    )
    def repeat(self, x, n):
        h = self.dense(x)
        for _ in tf.range(n):
            h = tf.tanh(h) + self.bias
        return {"out": h, "largest": tf.reduce_max(h) if tf.reduce_sum(h) > 0 else tf.reduce_min(h)}

    @tf.function
    def dense(self, x):
        return tf.tensordot(x, self.kernel, 1) + self.bias


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A SavedModel, a frozen graph of the same, and what they compute."""
    folder, module = tmp_path_factory.mktemp("saved"), Module()
    signatures = {"serving_default": module.encode, "repeat": module.repeat}
    tf.saved_model.save(module, str(folder / "model"), signatures=signatures)
    kernel, bias, frozen = module.kernel.numpy(), module.bias.numpy(), tf.compat.v1.Graph()
    with frozen.as_default():
        x = tf.compat.v1.placeholder(tf.float32, [None, 4], "x")
        hidden = tf.nn.relu(tf.matmul(x, kernel), name="hidden/relu")
        tf.nn.softmax(hidden + bias, name="classes")
    (folder / "frozen.pb").write_bytes(frozen.as_graph_def().SerializeToString())
    steps = floats(2, 7, 4, seed=3)
    np.savez(
        folder / "expected.npz",
        steps=steps,
        encoded=module.encode(steps)["out"],
        rows=X,
        repeated=module.repeat(X, 3)["out"],
        classes=tf.nn.softmax(tf.nn.relu(X @ kernel) + bias),
    )
    return folder


def test_a_saved_model_is_compared_with_tensorflow(saved):
    lite = litesmith.convert(saved / "model")
    expected = np.load(saved / "expected.npz")
    np.testing.assert_allclose(lite.run(expected["steps"])["out"], expected["encoded"], rtol=1e-5, atol=1e-5)
    assert litesmith.verify(saved / "model", lite).framework == "TensorFlow"


def test_another_signature_and_several(saved):
    expected = np.load(saved / "expected.npz")
    lite = litesmith.convert(saved / "model", signature="repeat")
    assert lite.run({"x": X, "n": 3})["out"] == pytest.approx(expected["repeated"], abs=1e-5)
    both = litesmith.convert(saved / "model", signatures={"serving_default": None, "repeat": {"x": (1, 4)}})
    assert both.run({"x": X[:1], "n": 3}, "repeat")["out"] == pytest.approx(expected["repeated"][:1], abs=1e-5)


def test_a_frozen_graph(saved):
    expected = np.load(saved / "expected.npz")
    assert litesmith.convert(saved / "frozen.pb").run(X) == pytest.approx(expected["classes"], abs=1e-6)
    inner = litesmith.convert(saved / "frozen.pb", inputs={"hidden/relu": (None, 3)}, outputs=["classes"])
    assert list(inner.signatures["serving_default"]["inputs"]) == ["hidden/relu"]
    assert inner.graph.operations[-1].source.layer in ("", "classes")


@pytest.mark.parametrize(
    ("path", "options", "code", "hint"),
    [
        ("model", {"signature": "decode"}, "G101", "It has 'repeat', 'serving_default'"),
        ("frozen.pb", {"outputs": ["clases"]}, "G102", "Did you mean 'classes'"),
    ],
)
def test_names_that_are_not_there(path, options, code, hint, saved):
    with pytest.raises(LitesmithError) as raised:
        litesmith.convert(saved / path, **options)
    (finding,) = raised.value.diagnostics
    assert finding.code == code
    assert hint in finding.hint()


WITHOUT_TENSORFLOW = """

    import numpy as np
    import litesmith

    expected = np.load("expected.npz")
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        encode = litesmith.convert("model")
        repeat = litesmith.convert("model", signature="repeat")
        frozen = litesmith.convert("frozen.pb")
    print(json.dumps({
        "told": [str(each.message)[:4] for each in told],
        "modules": [name for name in ("tensorflow", "keras") if name in sys.modules],
        "errors": [
            float(np.abs(encode.run(expected["steps"])["out"] - expected["encoded"]).max()),
            float(np.abs(repeat.run({"x": expected["rows"], "n": 3})["out"] - expected["repeated"]).max()),
            float(np.abs(frozen.run(expected["rows"]) - expected["classes"]).max()),
        ],
    }))
"""


def test_files_are_read_where_there_is_no_tensorflow(saved):
    found = without_tensorflow(WITHOUT_TENSORFLOW, saved, timeout=120)
    assert found["told"] == ["V103"] * 3
    assert found["modules"] == []
    assert max(found["errors"]) < 1e-5


class Counter(tf.Module):
    """Counts what it was given, and forgets it."""

    def __init__(self):
        self.total = tf.Variable(tf.zeros(4), name="total")
        self.calls = tf.Variable(10, name="calls")

    @tf.function(input_signature=[tf.TensorSpec([None, 4], tf.float32, name="x")])
    def add(self, x):
        self.total.assign_add(tf.reduce_sum(x, 0))
        self.calls.assign(self.calls + 1)
        return {"mean": self.total / tf.cast(self.calls, tf.float32), "calls": self.calls.read_value()}

    @tf.function(input_signature=[tf.TensorSpec([], tf.float32, name="by")])
    def scale(self, by):
        self.total.assign(self.total * by)
        return {"total": self.total.read_value()}


def test_what_a_function_assigns_is_state():
    counter = Counter()
    lite = litesmith.convert(counter.add, signatures={"add": None, "scale": (counter.scale, None)})
    assert counter.calls.numpy() == 10
    first, second = (lite.run(X, "add") for _ in range(2))
    assert (first["calls"], second["calls"]) == (11, 12)
    np.testing.assert_allclose(second["mean"], 2 * X.sum(0) / 12, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(lite.run(0.5, "scale")["total"], X.sum(0), rtol=1e-5, atol=1e-6)
    lite.reset()
    assert lite.run(X, "add")["calls"] == 11


def test_the_state_of_a_saved_model(tmp_path):
    counter = Counter()
    tf.saved_model.save(counter, str(tmp_path / "counter"), signatures={"add": counter.add, "scale": counter.scale})
    lite = litesmith.convert(tmp_path / "counter", signatures={"add": None, "scale": None})
    assert [lite.run(X, "add")["calls"].item() for _ in range(2)] == [11, 12]


def test_options_that_would_make_no_difference_are_refused(saved):
    with pytest.raises(ValueError, match="outputs= is for frozen graphs"):
        litesmith.convert(saved / "model", outputs=["out"])
    with pytest.raises(ValueError, match="leave signature= out"):
        litesmith.convert(saved / "model", signature="repeat", signatures={"repeat": None})
    with pytest.raises(ValueError, match="which part of a file"):
        litesmith.convert(classify, signature="repeat")


@pytest.mark.parametrize("resource", [False, True])
def test_models_of_tensorflow_1(resource, tmp_path):
    """Variables that are references, and a branch that is taken in training only."""
    v1, graph = tf.compat.v1, tf.Graph()
    v1.disable_control_flow_v2()
    with graph.as_default(), v1.Session(graph=graph) as session:
        x = v1.placeholder(tf.float32, [None, 4], "x")
        training = v1.placeholder_with_default(tf.constant(False), [], "learning_phase")
        h = tf.matmul(x, v1.get_variable("kernel", [4, 3], use_resource=resource))
        y = tf.identity(v1.cond(training, lambda: h * 2, lambda: tf.nn.sigmoid(h)), "y")
        session.run(v1.global_variables_initializer())
        v1.saved_model.simple_save(session, str(tmp_path / "model"), {"x": x}, {"y": y})
        frozen = v1.graph_util.convert_variables_to_constants(session, graph.as_graph_def(), ["y"])
        expected = session.run(y, {x: X})
    v1.enable_control_flow_v2()
    (tmp_path / "frozen.pb").write_bytes(frozen.SerializeToString())
    assert litesmith.convert(tmp_path / "model").run(X)["y"] == pytest.approx(expected, abs=1e-6)
    lite = litesmith.convert(tmp_path / "frozen.pb", inputs={"x": (None, 4)}, outputs=["y"])
    assert lite.run(X) == pytest.approx(expected, abs=1e-6)
    assert [each.operator.builtin for each in lite.graph.operations] == ["FULLY_CONNECTED", "LOGISTIC"]


@pytest.mark.parametrize("file", ["saved_model.pb", "variables/variables.index"])
def test_changed_bytes_of_a_saved_model_give_a_finding_or_a_model(file, saved, tmp_path):
    chance, told = np.random.default_rng(0), []
    for _ in range(40):
        shutil.copytree(saved / "model", tmp_path / "model", dirs_exist_ok=True)
        content = bytearray((saved / "model" / file).read_bytes())
        for place in chance.integers(0, len(content), chance.integers(1, 6)):
            content[place] = chance.integers(256)
        (tmp_path / "model" / file).write_bytes(content)
        try:
            litesmith.convert(tmp_path / "model", verify=False)
        except LitesmithError as error:
            told.append(error.diagnostics[0].code)
    assert "F108" in told


def test_weights_that_are_cut_off(saved, tmp_path):
    shutil.copytree(saved / "model", tmp_path / "model")
    (data,) = (tmp_path / "model" / "variables").glob("*.data-*")
    data.write_bytes(data.read_bytes()[:10])
    with pytest.raises(LitesmithError) as raised:
        litesmith.convert(tmp_path / "model", verify=False)
    assert [finding.code for finding in raised.value.diagnostics] == ["F108"]
    assert "behind the end of its file" in raised.value.diagnostics[0].message()
