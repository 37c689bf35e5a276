"""Variables that a model assigns: what one call leaves, the next one finds."""

import keras
import numpy as np
import pytest
from keras import layers, ops

import litesmith
from litesmith import LitesmithError
from litesmith.frontends.keras.running import run_keras, variables_of
from litesmith.lite_model import LiteModel
from litesmith.runtime.interpreter import Session
from support import builtins_of, compare_arrays

RNG = np.random.default_rng(7)
KINDS = [layers.LSTM, layers.GRU, layers.SimpleRNN]


def floats(*shape):
    return RNG.standard_normal(shape).astype("float32")


def held(model):
    return [variable.numpy().copy() for variable in variables_of(model)]


def check_in_turn(model, *calls, rtol=1e-5, **options):
    """Keras and the file agree in calls one after the other, and once more after both were reset."""
    before = held(model)
    lite = litesmith.convert(model, **options)
    compare_arrays(before, held(model), rtol=0, atol=0)
    expected = [np.asarray(model(call, training=False)) for call in calls]
    for variable, value in zip(variables_of(model), before, strict=True):
        variable.assign(value)
    files = [lite, LiteModel(bytes(lite)), LiteModel(bytes(lite), isolated=True)]
    for each in files:
        for _ in range(2):
            for call, want in zip(calls, expected, strict=True):
                compare_arrays([want], [each.run(call)], rtol)
            each.reset()
    plain = Session(bytes(lite), delegates=False)
    for call, want in zip(calls, expected, strict=True):
        compare_arrays([want], plain.run([np.asarray(call)]), rtol)
    return lite


def of_layer(layer, *shape, dtype="float32", batch=2):
    x = keras.Input(shape, batch_size=batch, dtype=dtype, name="x")
    return keras.Model(x, layer(x))


@pytest.mark.parametrize("rnn", ["while", "unroll", "fused"])
@pytest.mark.parametrize("kind", KINDS)
def test_stateful_recurrent_layers_go_on_where_they_were(kind, rnn):
    model = of_layer(kind(4, stateful=True), 5, 3)
    lite = check_in_turn(model, *(floats(2, 5, 3) for _ in range(3)), rnn=rnn)
    is_fused = kind is layers.LSTM and rnn == "fused"
    assert ("UNIDIRECTIONAL_SEQUENCE_LSTM" in builtins_of(lite)) == is_fused


@pytest.mark.parametrize(
    "layer",
    [
        layers.Bidirectional(layers.GRU(3, stateful=True)),
        layers.LSTM(3, stateful=True, return_sequences=True, go_backwards=True),
        layers.RNN([layers.LSTMCell(3), layers.GRUCell(2)], stateful=True),
    ],
    ids=["both ways", "backwards", "a stack of cells"],
)
def test_other_stateful_recurrent_layers(layer):
    check_in_turn(of_layer(layer, 4, 3), *(floats(2, 4, 3) for _ in range(3)))


def test_a_stateful_convolutional_layer():
    model = of_layer(layers.ConvLSTM1D(2, 3, stateful=True), 3, 6, 2, batch=1)
    check_in_turn(model, *(floats(1, 3, 6, 2) for _ in range(3)))


def test_a_stateful_layer_with_a_mask():
    layer = layers.LSTM(3, stateful=True)
    x = keras.Input((5, 2), batch_size=2, name="x")
    calls = [floats(2, 5, 2) for _ in range(3)]
    for call in calls:
        call[0, 3:] = 0
    check_in_turn(keras.Model(x, layer(layers.Masking()(x))), *calls)


def test_pieces_of_any_length():
    model = of_layer(layers.GRU(4, stateful=True, return_sequences=True), None, 3, batch=1)
    whole = floats(1, 12, 3)
    lite = check_in_turn(model, whole[:, :5], whole[:, 5:6], whole[:, 6:])
    together = lite.run(whole)
    lite.reset()
    pieces = [lite.run(whole[:, start : start + 3]) for start in range(0, 12, 3)]
    compare_arrays([together], [np.concatenate(pieces, axis=1)])


def test_layers_behind_each_other_have_states_of_their_own():
    x = keras.Input((4, 3), batch_size=1, name="x")
    y = layers.LSTM(3, stateful=True, return_sequences=True)(x)
    model = keras.Model(x, layers.LSTM(3, stateful=True)(y))
    lite = check_in_turn(model, floats(1, 4, 3), floats(1, 4, 3))
    assert len(lite.first_state) == 4


def test_the_file_begins_with_what_the_variables_hold():
    model = of_layer(layers.GRU(4, stateful=True), 5, 3)
    model(floats(2, 5, 3))
    assert any(np.any(state.numpy()) for state in model.layers[1].states)
    lite = check_in_turn(model, floats(2, 5, 3), floats(2, 5, 3))
    model(floats(2, 5, 3))
    assert litesmith.verify(model, lite)


def test_layers_without_state_have_no_variables():
    lite = litesmith.convert(of_layer(layers.LSTM(4), 5, 3))
    assert not lite.has_state
    assert set(lite.signatures) == {"serving_default"}
    assert not {"VAR_HANDLE", "CALL_ONCE"} & set(builtins_of(lite))
    lite.reset()


class Counter(layers.Layer):
    """How often it was called, times the input."""

    def build(self, shape):
        self.count = self.add_weight(shape=(), dtype="int32", initializer="zeros", trainable=False, name="count")

    def call(self, x):
        self.count.assign_add(1)
        return x * ops.cast(self.count, x.dtype)


class Mean(layers.Layer):
    """The running mean of the inputs' means, of any batch."""

    def build(self, shape):
        self.mean = self.add_weight(shape=(shape[-1],), initializer="ones", name="mean")

    def call(self, x):
        old = self.mean + 0.0
        self.mean.assign(0.9 * self.mean + 0.1 * ops.mean(x, axis=0))
        return x - self.mean + old * old


class Delay(layers.Layer):
    """What came `steps` calls ago."""

    def __init__(self, steps=2, dtype=None):
        super().__init__(dtype=dtype)
        self.steps = steps

    def build(self, shape):
        self.line = self.add_weight(shape=(self.steps, *shape), initializer="zeros", dtype=self.dtype, name="line")

    def call(self, x):
        came = self.line[0]
        self.line.assign(ops.concatenate([self.line[1:], x[None]], axis=0))
        return came


class Cache(layers.Layer):
    """Attention to all tokens so far, whose keys and values are kept."""

    def __init__(self, length=12):
        super().__init__()
        self.length = length

    def build(self, shape):
        self.projection = layers.Dense(3 * shape[-1], use_bias=False)
        self.projection.build(shape)
        for name in ("keys", "values"):
            kept = self.add_weight(shape=(1, self.length, shape[-1]), initializer="zeros", trainable=False, name=name)
            setattr(self, name, kept)
        self.place = self.add_weight(shape=(), dtype="int32", initializer="zeros", trainable=False, name="place")

    def call(self, x):
        query, key, value = ops.split(self.projection(x), 3, axis=-1)
        start = (0, self.place, 0)
        self.keys.assign(ops.slice_update(self.keys + 0.0, start, key))
        self.values.assign(ops.slice_update(self.values + 0.0, start, value))
        seen = ops.arange(self.length)[None, :] <= self.place + ops.arange(ops.shape(x)[1])[:, None]
        scores = ops.where(seen, ops.matmul(query, ops.transpose(self.keys, (0, 2, 1))), -1e9)
        self.place.assign(self.place + ops.shape(x)[1])
        return ops.matmul(ops.softmax(scores), self.values)


def test_a_counter_counts_calls():
    lite = check_in_turn(of_layer(Counter(), 3, batch=None), *(np.ones((size, 3), "float32") for size in (1, 4, 2, 2)))
    assert list(lite.first_state) == ["counter/count"]
    assert lite.signatures["reset"] == {"inputs": {}, "outputs": {}}


def test_a_running_mean_of_any_batch():
    check_in_turn(of_layer(Mean(), 3, batch=None), floats(1, 3), floats(4, 3), floats(2, 3))


@pytest.mark.parametrize("dtype", ["float32", "float16", "float64", "int32", "int8", "int64", "bool"])
def test_variables_of_a_type(dtype):
    layer = Delay(dtype="float32" if dtype in ("int32", "int8", "int64", "bool") else dtype)
    layer.build = lambda shape: setattr(
        layer, "line", layer.add_weight(shape=(2, *shape), initializer="zeros", dtype=dtype, name="line")
    )
    calls = [(floats(1, 3) > 0).astype(dtype) for _ in range(5)]
    model = of_layer(layer, 3, dtype=dtype, batch=1)
    lite = litesmith.convert(model)
    line = [np.zeros((1, 3))] * 2
    for call in calls:
        line.append(call)
        np.testing.assert_array_equal(lite.run(call), line.pop(0))


def test_a_cache_of_keys_and_values():
    check_in_turn(of_layer(Cache(), 1, 4, batch=1), *(floats(1, 1, 4) for _ in range(4)))
    check_in_turn(of_layer(Cache(), 3, 4, batch=1), floats(1, 3, 4), floats(1, 3, 4))


class Reads(layers.Layer):
    """`read` of a variable of ones that the input is added to."""

    def __init__(self, read):
        super().__init__()
        self.read = read

    def build(self, shape):
        self.sum = self.add_weight(shape=shape, initializer="ones", name="sum")

    def call(self, x):
        result = self.read(self.sum)
        self.sum.assign_add(x)
        return result


@pytest.mark.parametrize(
    "read",
    [
        lambda v: v * v,
        lambda v: v + v,
        lambda v: ops.concatenate([v, v, v], axis=1),
        lambda v: ops.maximum(v, v) + ops.exp(v),
        lambda v: ops.matmul(v, ops.transpose(v)),
        lambda v: v + 0.0,
        lambda v: ops.while_loop(lambda x: ops.max(x) < 9.0, lambda x: (x * 2.0 + v,), (v,))[0],
    ],
    ids=["squared", "doubled", "joined", "branches", "transposed", "as it is", "in a loop"],
)
def test_a_variable_read_before_it_is_assigned(read):
    check_in_turn(of_layer(Reads(read), 4, batch=1), floats(1, 4), floats(1, 4), floats(1, 4))


def test_two_variables_that_change_places():
    class Swap(layers.Layer):
        def build(self, shape):
            self.a = self.add_weight(shape=shape, initializer="ones", name="a")
            self.b = self.add_weight(shape=shape, initializer="zeros", name="b")

        def call(self, x):
            a, b = self.a + 0.0, self.b + 0.0
            self.a.assign(b)
            self.b.assign(a + x)
            return a - 2.0 * b

    check_in_turn(of_layer(Swap(), 4, batch=1), floats(1, 4), floats(1, 4), floats(1, 4))


def test_layers_of_one_name_have_variables_of_their_own():
    a, b = Counter(name="twin"), Counter(name="twin")
    x = keras.Input((2,), name="x")

    class Both(keras.Model):
        def __init__(self):
            super().__init__()
            self.a, self.b = a, b

        def call(self, x):
            return self.b(self.a(self.a(x)))

    model = Both()
    model(np.zeros((1, 2), "float32"))
    for each in (a, b):
        each.count.assign(0)
    lite = check_in_turn(model, np.ones((1, 2), "float32"), np.ones((3, 2), "float32"), inputs=(None, 2))
    assert len(lite.first_state) == 2
    del x


def test_what_no_output_depends_on_is_not_kept():
    class Unread(Counter):
        def call(self, x):
            self.count.assign_add(1)
            return x * 2.0

    lite = litesmith.convert(of_layer(Unread(), 3))
    assert builtins_of(lite) == ["MUL"]


def test_assigned_before_it_is_read_is_no_state():
    class Scratch(Counter):
        def call(self, x):
            self.count.assign(ops.cast(ops.max(x), "int32"))
            return x * ops.cast(self.count, "float32")

    model = of_layer(Scratch(), 3)
    lite = litesmith.convert(model)
    assert not lite.has_state
    compare_arrays([run_keras(model, floats(2, 3))], [lite.run(np.zeros((2, 3), "float32")) * 0], atol=1e9)


def test_metrics_are_left_out():
    class Measured(keras.Model):
        def __init__(self):
            super().__init__()
            self.measure = keras.metrics.Mean()

        def call(self, x):
            self.measure.update_state(x)
            return x + 1.0

    assert builtins_of(litesmith.convert(Measured(), inputs=(None, 3))) == ["ADD"]


def refusal(model, **options):
    with pytest.raises(LitesmithError) as caught:
        litesmith.convert(model, **options)
    return str(caught.value)


def test_a_variable_with_a_size_that_stays_open_is_a_finding():
    class Last(layers.Layer):
        def build(self, shape):
            self.last = self.add_weight(shape=(3, 4), initializer="zeros", name="last")

        def call(self, x):
            old = self.last + 0.0
            self.last.assign(x)
            return x + old

    class Model(keras.Model):
        def __init__(self):
            super().__init__()
            self.last = Last(name="last")

        def call(self, x):
            return self.last(x)

    message = refusal(Model(), inputs=(None, 4))
    assert "/last' of shape (3, 4) is given a tensor of open sizes (batch, 4)" in message
    check_in_turn(of_layer(Last(), 4, batch=3), floats(3, 4), floats(3, 4))


def test_a_variable_assigned_in_a_loop_is_a_finding():
    class Loop(Counter):
        def call(self, x):
            def body(x):
                self.count.assign_add(1)
                return (x * 2.0,)

            return ops.while_loop(lambda x: ops.max(x) < 9.0, body, (x,))[0] + ops.cast(self.count, "float32")

    assert "the variable 'loop/count' is assigned inside of a loop or branch" in refusal(of_layer(Loop(name="loop"), 3))


def test_a_difference_in_a_later_call_is_found():
    model = of_layer(Counter(), 3)
    lite = litesmith.convert(model)

    class Forgetful(Counter):
        def call(self, x):
            return x * ops.cast(self.count + 1, "float32")

    other = of_layer(Forgetful(), 3)
    report = litesmith.verify(other, lite)
    assert not report


def test_verification_leaves_the_state_of_the_file():
    model = of_layer(Counter(), 3)
    lite = litesmith.convert(model)
    ones = np.ones((2, 3), "float32")
    assert lite.run(ones)[0, 0] == 1
    assert litesmith.verify(model, lite)
    assert lite.run(ones)[0, 0] == 2


def test_arrays_without_elements_are_refused():
    lite = litesmith.convert(of_layer(Counter(), 3, batch=None))
    with pytest.raises(ValueError, match="keeps state"):
        lite.run(np.zeros((0, 3), "float32"))


def test_the_other_interface_of_the_runtime_keeps_and_resets_it():
    from ai_edge_litert.compiled_model import CompiledModel

    compiled = CompiledModel.from_buffer(bytes(litesmith.convert(of_layer(Counter(), 3, batch=1))))
    names = list(compiled.get_signature_list())

    def run(name):
        index = names.index(name)
        inputs, outputs = compiled.create_input_buffers(index), compiled.create_output_buffers(index)
        for buffer in inputs:
            buffer.write(np.ones((1, 3), "float32"))
        compiled.run_by_index(index, inputs, outputs)
        return outputs[0].read(3, np.float32)[0] if outputs else None

    assert [run("serving_default") for _ in range(3)] == [1, 2, 3]
    run("reset")
    assert run("serving_default") == 1
