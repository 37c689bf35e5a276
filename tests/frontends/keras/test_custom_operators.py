"""Functions that are custom operators: what they compute in Keras, and the one operator that they become."""

import keras
import numpy as np
import pytest
from keras import layers, ops

import litesmith
from litesmith import LitesmithError
from litesmith.custom_operators.twin import NotRunnable, custom_operators_of, twin_of
from litesmith.frontends.keras import custom_operators
from litesmith.frontends.keras.custom_operators import custom_op
from litesmith.ir.dims import Dim
from litesmith.opset.custom import Custom, decode_options

TAPS = np.array([0.5, 0.3, 0.2], np.float32)
RANDOM = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def declarations(monkeypatch):
    """What a test declares, the next one does not know."""
    monkeypatch.setattr(custom_operators, "_declared", {})


@pytest.fixture
def fir():
    @custom_op("MyFir", version=2)
    def my_fir(x, taps, *, stride=1):
        count = taps.shape[0]
        windows = ops.stack([x[:, i : x.shape[1] - count + 1 + i] for i in range(count)], axis=-1)
        return ops.sum(windows * taps, axis=-1)[:, ::stride]

    return my_fir


@pytest.fixture
def split():
    @custom_op("Split")
    def split(x, *, by: int):
        return {"front": x[:, :by], "back": ops.cast(x[:, by:] > 0, "int32")}

    return split


def model_of(function, *shapes):
    inputs = [keras.Input(shape) for shape in shapes]
    return keras.Model(inputs, function(*inputs))


def customs(lite):
    return [each for each in lite.graph.operations if isinstance(each.operator, Custom)]


def converted(model, **options):
    return litesmith.convert(model, verify=False, **options)


def test_it_computes_by_its_function(fir):
    x = RANDOM.normal(size=(2, 8)).astype("float32")
    expected = np.stack([np.convolve(row, TAPS[::-1], "valid")[::2] for row in x])
    np.testing.assert_allclose(fir(x, TAPS, stride=2), expected, rtol=1e-6)
    np.testing.assert_allclose(model_of(lambda x: fir(x, TAPS, stride=2), (8,))(x), expected, rtol=1e-6)
    np.testing.assert_allclose(layers.Lambda(lambda x: fir(x, taps=TAPS, stride=2))(x), expected, rtol=1e-6)


def test_a_call_becomes_one_operator_with_its_operands_and_options(fir):
    def function(x):
        return layers.Dense(3)(fir(layers.Dense(8, activation="relu")(x), TAPS, stride=2))

    lite = converted(model_of(function, (5,)))
    (operation,) = customs(lite)
    assert [type(each.operator).__name__ for each in lite.graph.operations] == [
        "FullyConnected",
        "Custom",
        "FullyConnected",
    ]
    assert (operation.operator.name, operation.operator.opcode_version) == ("MyFir", 2)
    assert decode_options(operation.operator.custom_options) == {"stride": 2}
    x, taps = operation.operands
    assert x.producer is lite.graph.operations[0]
    np.testing.assert_array_equal(taps.constant.array(), TAPS)
    batch, length = operation.result.type.shape
    assert isinstance(batch, Dim)
    assert length == 3


def test_open_sizes_of_results_are_those_of_the_function(fir):
    lite = converted(model_of(lambda x: fir(x, TAPS), (None,)))
    (operation,) = customs(lite)
    time = lite.graph.inputs[0].type.shape[1]
    assert str(operation.result.type.shape[1]) == str(time - 2)


def test_results_keep_how_they_are_nested(split):
    lite = converted(model_of(lambda x: split(x, by=2), (6,)))
    (operation,) = customs(lite)
    assert [str(value.type.dtype.value) for value in operation.results] == ["int32", "float32"]
    x = RANDOM.normal(size=(3, 6)).astype("float32")
    found = twin_of(lite).run([x])
    np.testing.assert_array_equal(found["front"], x[:, :2])
    np.testing.assert_array_equal(found["back"], x[:, 2:] > 0)


class Filter(layers.Layer):
    def __init__(self, fir, **options):
        super().__init__(**options)
        self.fir = fir

    def build(self, shape):
        self.taps = self.add_weight(shape=(3,), name="taps", initializer=lambda *_, **__: TAPS)

    def call(self, x):
        return ops.relu(self.fir(x, self.taps, stride=2)) + 1


def test_inside_a_layer_a_weight_is_an_operand(fir):
    model = keras.Sequential([keras.Input((8,)), Filter(fir), layers.Dense(2)])
    lite = converted(model)
    (operation,) = customs(lite)
    np.testing.assert_array_equal(operation.operands[1].constant.array(), TAPS)
    assert operation.source.layer == "filter"
    assert operation.source.operation == "MyFir"
    x = RANDOM.normal(size=(3, 8)).astype("float32")
    np.testing.assert_allclose(twin_of(lite).run(x), model(x), rtol=1e-5, atol=1e-6)


def test_equal_calls_are_one_operator_and_others_are_not(fir):
    lite = converted(model_of(lambda x: (fir(x, TAPS), fir(x, TAPS), fir(x, TAPS, stride=3)), (8,)))
    assert len(customs(lite)) == 2


def test_calls_in_a_loop_are_operators_of_its_body(fir):
    def function(x):
        return ops.fori_loop(0, 5, lambda i, y: ops.pad(fir(y, TAPS), [[0, 0], [0, 2]]), x)

    model = model_of(lambda x: layers.Lambda(function)(x), (8,))
    lite = converted(model)
    assert custom_operators_of(lite.model) == ("MyFir",)
    assert not customs(lite)
    x = RANDOM.normal(size=(2, 8)).astype("float32")
    np.testing.assert_allclose(twin_of(lite).run([x]), model([x]), rtol=1e-5, atol=1e-6)


def test_a_float16_model_computes_the_operator_in_float32(fir):
    x = keras.Input((8,), dtype="float16")
    model = keras.Model(x, fir(ops.exp(x), TAPS.astype("float16")))
    lite = converted(model)
    (operation,) = customs(lite)
    assert {value.type.dtype.value for value in (*operation.operands, *operation.results)} == {"float32"}
    given = RANDOM.normal(size=(2, 8)).astype("float16")
    np.testing.assert_allclose(twin_of(lite).run(given), model(given), rtol=1e-2)


def test_a_twin_follows_the_file_not_the_model(fir):
    """Operands and options are read from the operator, so that a wrong one in the file is a difference."""
    lite = converted(model_of(lambda x: fir(x, TAPS, stride=2), (9,)))
    x = RANDOM.normal(size=(2, 9)).astype("float32")
    (operation,) = customs(lite)
    lite.graph.set_operands(operation, [operation.operands[0], operation.operands[1]])
    operation.operator = Custom(name="MyFir", custom_options=custom_operators_options(3))
    np.testing.assert_allclose(twin_of(lite).run([x]), fir(x, TAPS, stride=3), rtol=1e-5)


def custom_operators_options(stride):
    from litesmith.opset.custom import encode_options

    return encode_options({"stride": stride})


def test_a_twin_leaves_the_model_as_it_is(fir):
    lite = converted(model_of(lambda x: fir(x, TAPS), (9,)))
    twin_of(lite)
    assert len(customs(lite)) == 1
    assert custom_operators_of(litesmith.lite_model.LiteModel(bytes(lite)).model) == ("MyFir",)


def test_a_model_with_it_is_saved_and_loaded(fir, tmp_path):
    model = model_of(lambda x: layers.Dense(2)(fir(x, TAPS, stride=2)), (8,))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    x = RANDOM.normal(size=(2, 8)).astype("float32")
    np.testing.assert_array_equal(loaded([x]), model([x]))
    assert custom_operators_of(converted(tmp_path / "model.keras").model) == ("MyFir",)


def test_a_file_whose_function_is_not_declared_is_refused(fir, tmp_path):
    model_of(lambda x: fir(x, TAPS), (8,)).save(tmp_path / "model.keras")
    custom_operators._declared.clear()
    with pytest.raises(LitesmithError) as caught:
        litesmith.convert(tmp_path / "model.keras")
    (finding,) = caught.value.diagnostics
    assert finding.code == "F130"
    assert finding.names == ("MyFir",)


def test_an_output_spec_types_what_cannot_be_run_symbolically():
    @custom_op("Sorted", output_spec=lambda x, *, most: keras.KerasTensor((x.shape[0], most), x.dtype))
    def largest(x, *, most):
        return np.sort(np.asarray(x), axis=-1)[:, -most:]

    lite = converted(model_of(lambda x: largest(x, most=2), (6,)))
    (operation,) = customs(lite)
    batch, most = operation.result.type.shape
    assert isinstance(batch, Dim)
    assert most == 2
    with pytest.raises(NotRunnable, match="'Sorted' calls numpy on tensors"):
        twin_of(lite)


def refused(function, *shapes):
    with pytest.raises(LitesmithError) as caught:
        converted(model_of(lambda *tensors: layers.Lambda(lambda given: function(*given))(tensors), *shapes))
    (finding,) = caught.value.diagnostics
    return finding.message()


def test_a_function_of_numpy_without_a_spec_is_refused():
    @custom_op("Numpy")
    def function(x):
        return np.fft.fft(x).real

    assert "calls numpy on tensors" in refused(function, (6,))


def test_what_a_kernel_cannot_see_is_refused():
    weight = keras.Variable(np.ones(6, np.float32), name="hidden")

    @custom_op("Weighted")
    def weighted(x):
        return x * weight

    @custom_op("Noisy")
    def noisy(x):
        return x + keras.random.normal(ops.shape(x), seed=keras.random.SeedGenerator(1))

    assert "reads the weight" in refused(weighted, (6,))
    assert "draws random numbers" in refused(noisy, (6,))


def test_a_tensor_that_is_no_argument_is_refused():
    def function(x, y):
        @custom_op("Captured")
        def captured(x):
            return x + y

        return captured(x)

    assert "which is not among its arguments" in refused(function, (6,), (6,))


def test_sizes_of_the_model_are_no_options(fir):
    assert "a size that is known only when the model runs" in refused(
        lambda x: fir(x, TAPS, stride=x.shape[1]), (None,)
    )


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda x, taps=None: x, "'taps' has a default"),
        (lambda x, **options: x, r"takes no \*\*options"),
        (lambda x, *, mode=len: x, "the option 'mode' is builtin_function_or_method"),
    ],
)
def test_parameters_are_tensors_or_options(function, said):
    with pytest.raises(TypeError, match=said):
        custom_op("Wrong")(function)


@pytest.mark.parametrize("arguments", [{"name": "My Fir"}, {"name": ""}, {"name": "A", "version": 0}])
def test_names_and_versions_are_checked(arguments):
    with pytest.raises(ValueError, match="an operator"):
        custom_op(**arguments)


def test_what_is_no_tensor_is_no_operand(fir):
    with pytest.raises(TypeError, match="operands and results of a custom operator are tensors, not None"):
        fir(np.zeros((1, 8), "float32"), None)
