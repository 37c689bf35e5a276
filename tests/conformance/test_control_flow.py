import keras
import numpy as np
import pytest
from keras import ops

import litesmith
from litesmith.diagnostics.base import LitesmithError
from support import builtins_of, check_converts, check_function

X = np.array([[1.0, -2.0, 3.0], [0.5, 4.0, -1.0], [2.0, 2.0, 0.25]], "float32")
LOW, HIGH = X - 10, X + 10
fixed = {"dynamic_batch": False}


@pytest.mark.parametrize("x", [LOW, HIGH, X])
def test_cond_runs_the_branch_that_holds(x):
    lite = check_function(lambda x: ops.cond(ops.sum(x) > 5, lambda: x * 2, lambda: ops.tanh(x) - 1), x)
    assert "IF" in builtins_of(lite)


@pytest.mark.parametrize("x", [LOW, HIGH])
def test_cond_returns_nested_values_and_outer_tensors(x):
    def function(x):
        y = x + 1
        result = ops.cond(ops.any(x > 0), lambda: {"a": y, "b": (x, x * y)}, lambda: {"a": x, "b": (y, y)})
        return result["a"], result["b"][0] + result["b"][1]

    check_function(function, x)


def test_cond_on_a_number_known_now_is_no_operator():
    lite = check_function(lambda x: ops.cond(True, lambda: x * 2, lambda: x), X)
    assert "IF" not in builtins_of(lite)


@pytest.mark.parametrize("x", [LOW, HIGH, X])
def test_conds_inside_each_other(x):
    def inner(x):
        return ops.cond(ops.max(x) > 100, lambda: x, lambda: x - ops.mean(x))

    check_function(lambda x: ops.cond(ops.sum(x) > 5, lambda: inner(x) * 2, lambda: inner(x + 1)), x)


@pytest.mark.parametrize("x", [LOW, HIGH])
def test_cond_of_constants(x):
    check_function(lambda x: ops.cond(ops.sum(x) > 0, lambda: ops.ones((2,)), lambda: ops.zeros((2,))), x)


@pytest.mark.parametrize("index", [-3, 0, 1, 2, 7])
def test_switch_takes_the_nearest_branch(index):
    branches = [lambda x: x + 1, lambda x: x * 2, lambda x: -x]

    def function(x, index):
        return ops.switch(ops.reshape(index, ()), branches, x)

    check_function(function, X, np.array([index], "int32"), **fixed)


def test_branches_of_different_types_are_refused():
    with pytest.raises(LitesmithError, match="branches that return"):
        check_function(lambda x: ops.cond(ops.sum(x) > 0, lambda: x, lambda: ops.sum(x, axis=-1)), X)


def test_branches_that_compute_with_symbolic_tensors_are_refused():
    """Keras itself returns a symbolic tensor, or fails, where such a model is called."""
    x = keras.Input((3,))
    model = keras.Model(x, ops.cond(ops.sum(x) > 0, lambda: x * 2.0, lambda: x - 1.0))
    with pytest.raises(LitesmithError, match=r"K102: .*cond.* symbolic tensors from around them"):
        litesmith.convert(model)


def test_branches_of_different_nesting_are_refused():
    with pytest.raises(LitesmithError, match="differently nested"):
        check_function(lambda x: ops.cond(ops.sum(x) > 0, lambda: [x, x], lambda: (x, [x]))[0], X)


@pytest.mark.parametrize("x", [X * 0, X, HIGH * 9])
def test_while_loop_stops_by_its_condition(x):
    def function(x):
        return ops.while_loop(lambda i, x: ops.sum(x) < 100, lambda i, x: (i + 1, x * 1.5 + 1), (0, x))

    lite = check_function(function, x)
    assert builtins_of(lite).count("WHILE") == 1


def test_while_loop_over_one_value_captures_what_it_reads():
    def function(x):
        step = ops.mean(ops.abs(x)) + 1
        return ops.while_loop(lambda v: ops.max(v) < 50 * step, lambda v: v + step * x + 1, x)

    check_function(function, X)


@pytest.mark.parametrize("limit", [0, 1, 4])
def test_while_loop_ends_after_the_maximum_of_iterations(limit):
    def function(x):
        return ops.while_loop(lambda x: ops.all(x < 1e6), lambda x: (x + 1,), (x,), maximum_iterations=limit)

    check_function(function, X)


def test_values_that_change_places_in_a_loop():
    def function(x, y):
        def body(i, a, b, c):
            return i + 1, b, a, a + c

        return ops.while_loop(lambda i, a, b, c: i < 3, body, (0, x, y, x))[1:]

    check_function(function, X, HIGH)


def test_booleans_that_change_places_in_a_loop():
    def function(x):
        positive = x > 0
        first, second = ops.fori_loop(0, 5, lambda i, s: (s[1], s[0]), (positive, ops.logical_not(positive)))
        return ops.cast(first, "float32"), ops.cast(second, "int32")

    check_function(function, X)


def test_a_loop_returns_an_outer_tensor():
    check_function(lambda x: ops.while_loop(lambda i, v: i < 2, lambda i, v: (i + 1, x), (0, x * 3))[1], X)


@pytest.mark.parametrize("rounds", [0, 3])
@pytest.mark.parametrize("added", [1, 2])
@pytest.mark.parametrize("first", [0, 1, 2])
@pytest.mark.parametrize("axis", [0, 1])
def test_a_loop_value_that_gets_longer_in_each_round(axis, first, added, rounds):
    """From one place to two is no broadcasting; and the kernel cannot begin with none."""
    part = (slice(None),) * axis

    def function(x):
        def longer(i, t):
            return i + 1, ops.concatenate([t, x[(*part, slice(added))] + ops.sum(t)], axis)

        return ops.while_loop(lambda i, t: i < rounds, longer, (0, x[(*part, slice(first))]))[1]

    check_function(function, X, **fixed)


@pytest.mark.parametrize("dtype", ["bool", "int32"])
def test_a_loop_value_without_elements_of_other_types(dtype):
    def function(x):
        new = ops.cast(x[:1, 0], dtype)
        return ops.fori_loop(0, 3, lambda i, t: ops.concatenate([t, new]), ops.zeros(0, dtype))

    check_function(function, X)


def test_a_loop_value_that_grows_by_broadcasting():
    def function(x):
        return ops.fori_loop(0, 5, lambda i, s: s + x, ops.zeros((1, 3)))

    check_function(function, X)


GROWING = {
    "for": lambda x: ops.fori_loop(0, ops.shape(x)[0] + 4, lambda i, s: ops.concatenate([s, x], axis=0), x),
    "from nothing": lambda x: ops.fori_loop(0, 6, lambda i, s: ops.concatenate([s, x[:, :1]], axis=1), x[:, :0]),
    "shrinking": lambda x: ops.fori_loop(0, 5, lambda i, s: s[:, 1:], ops.tile(x, (1, 3))),
    "from values": lambda x: ops.while_loop(
        lambda i, s: ops.sum(s) < 50, lambda i, s: (i + 1, ops.concatenate([s, ops.abs(x) + 1], axis=1)), (0, x)
    ),
    "of two": lambda x: ops.while_loop(
        lambda i, a, b: i < 3, lambda i, a, b: (i + 1, ops.concatenate([a, b], axis=1), a[:, :1]), (0, x, x[:, :2])
    ),
    "unrolled": lambda x: ops.fori_loop(0, 3, lambda i, s: ops.concatenate([s, s]), x),
}


@pytest.mark.parametrize("name", GROWING)
def test_loop_values_whose_size_changes(name):
    check_function(GROWING[name], X)


def test_loop_values_whose_number_of_axes_changes_are_refused():
    with pytest.raises(LitesmithError, match=r"K102.*axes"):
        check_function(lambda x: ops.fori_loop(0, 9, lambda i, s: s[None], x), X)


BRANCHES = {
    "sizes": lambda x: ops.cond(ops.sum(x) > 0, lambda: ops.concatenate([x, x], axis=1), lambda: x[:, :2]),
    "sizes that are used": lambda x: ops.sum(ops.cond(ops.sum(x) > 0, lambda: x, lambda: x[:, :1]) * 2, axis=1),
    "sizes from values": lambda x: ops.cond(ops.sum(x) > 0, lambda: x[x > 0], lambda: x[x < 0]) * 2,
    "three": lambda x: ops.switch(
        ops.cast(ops.max(x), "int32") % 3, [lambda y: y[:, :1], lambda y: y, lambda y: ops.tile(y, (1, 2))], x
    ),
}


@pytest.mark.parametrize("x", [LOW, HIGH, X])
@pytest.mark.parametrize("name", BRANCHES)
def test_branches_of_different_sizes(name, x):
    check_function(BRANCHES[name], x)


def forms(function, *arrays, **options):
    loops = check_function(function, *arrays, **options).model.loops
    return [(loop.form, loop.steps, loop.reason) for loop in loops]


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (lambda x: ops.fori_loop(0, 4, lambda i, s: s + x, x), ("unrolled", 4, "4 steps or fewer")),
        (lambda x: ops.fori_loop(0, 5, lambda i, s: s + x, x), ("loop", 5, "5 steps")),
        (
            lambda x: ops.fori_loop(0, ops.shape(x)[0], lambda i, s: s + x, x),
            ("loop", None, "its number of steps is open, batch"),
        ),
        (lambda x: ops.while_loop(lambda s: ops.max(s) < 9, lambda s: (s + 1,), (x,)),
         ("loop", None, "the model computes when it ends")),
        (lambda x: ops.scan(lambda c, _: (c * 2, c), x, length=3), ("unrolled", 3, "4 steps or fewer")),
        (lambda x: ops.scan(lambda c, _: (c * 2, c), x, length=7, unroll=True), ("unrolled", 7, "unroll=True")),
        (lambda x: ops.map(ops.exp, x), ("loop", None, "its number of steps is open, batch")),
    ],
)  # fmt: skip
def test_the_report_says_what_became_of_a_loop(function, expected):
    assert forms(function, X) == [expected]


@pytest.mark.parametrize(
    ("rnn", "unroll", "expected"),
    [
        ("while", False, ("loop", 5, "5 steps")),
        ("while", True, ("unrolled", 5, "unroll=True")),
        ("unroll", False, ("unrolled", 5, 'rnn="unroll"')),
        ("fused", False, ("fused", 5, 'rnn="fused"')),
    ],
)
def test_the_report_says_what_became_of_a_recurrent_layer(rnn, unroll, expected):
    model = keras.Sequential([keras.Input((5, 2)), keras.layers.LSTM(3, unroll=unroll, name="cell")])
    (loop,) = litesmith.convert(model, rnn=rnn, verify=False).model.loops
    assert (loop.form, loop.steps, loop.reason) == expected
    assert (loop.layer, loop.operation) == ("cell", "backend.lstm")


def test_a_scan_as_long_as_the_model_computes():
    def function(x):
        return ops.scan(lambda c, _: (c * 0.5, (c, ops.sum(c))), x[0], length=ops.cast(ops.max(x), "int32") + 1)

    for x in (X, HIGH):
        check_function(function, x)


def test_a_custom_gradient_is_no_part_of_inference():
    @ops.custom_gradient
    def doubled(x):
        return ops.tanh(x) * 2, lambda *args, upstream=None: upstream

    check_function(lambda x: ops.fori_loop(0, 5, lambda i, s: doubled(s) + ops.stop_gradient(x), x), X)


@pytest.mark.parametrize("bounds", [(0, 4), (2, 5), (3, 3)])
def test_fori_loop_counts(bounds):
    check_function(lambda x: ops.fori_loop(*bounds, lambda i, s: s * 0.5 + ops.cast(i, "float32"), x), X)


def test_fori_loop_up_to_a_size():
    def function(x):
        return ops.fori_loop(0, ops.shape(x)[0], lambda i, s: s + ops.take(x, i, axis=0), ops.zeros((3,)))

    lite = check_function(function, X)
    assert "WHILE" in builtins_of(lite)


def test_fori_loop_up_to_a_tensor():
    def function(x, n):
        return ops.fori_loop(0, ops.sum(n), lambda i, s: s * 2, ops.convert_to_tensor(1.0)) + x

    check_function(function, X, np.array([2, 1, 3], "int32"))


def test_loops_inside_each_other():
    def function(x):
        def outer(i, s):
            return ops.fori_loop(0, i + 1, lambda j, t: t + x * ops.cast(j, "float32"), s)

        return ops.fori_loop(0, 6, outer, x)

    lite = check_function(function, X)
    assert builtins_of(lite).count("WHILE") == 2


def test_a_dynamic_size_is_known_inside_of_nested_graphs():
    def function(x):
        def body(i, s):
            zeros = ops.zeros((ops.shape(x)[0], 2))
            more = ops.cond(ops.sum(s) > 0, lambda: ops.ones((ops.shape(x)[0], 2)), lambda: zeros)
            return s + ops.sum(ops.concatenate([zeros, more], axis=1))

        return ops.fori_loop(0, 5, body, ops.mean(x))

    check_function(function, X)


@pytest.mark.parametrize("reverse", [False, True])
def test_scan_stacks_what_each_step_returns(reverse):
    def function(x):
        def step(carry, row):
            total = carry["sum"] + row
            return {"sum": total}, (total, ops.max(row))

        carry, ys = ops.scan(step, {"sum": ops.zeros((3,))}, x, reverse=reverse)
        return carry["sum"], ys[0], ys[1]

    check_function(function, X)


def test_scan_over_several_sequences_and_over_none():
    def function(x):
        carry, _ = ops.scan(lambda c, xs: (c * xs[0] + xs[1], c), ops.ones((3,)), (x, x * 2))
        doubled, counted = ops.scan(lambda c, _: (c * 2, c[0]), x[0], length=4)
        return carry, doubled, counted

    check_function(function, X)


@pytest.mark.parametrize("function", [ops.map, ops.vectorized_map])
def test_map_over_the_first_axis(function):
    check_function(lambda x: function(lambda row: ops.cumsum(row) / ops.max(row), x), X)


def test_map_of_nested_values():
    def function(x):
        result = ops.map(lambda xs: {"a": xs[0] + xs[1], "b": ops.sum(xs[0])}, (x, x * x))
        return result["a"], result["b"]

    check_function(function, X)


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("length", [1, 2, 5, 8])
def test_associative_scan(reverse, length):
    x = np.random.default_rng(0).standard_normal((3, length, 2)).astype("float32")
    for function in (ops.add, ops.maximum):
        check_function(
            lambda x: ops.associative_scan(function, x, reverse=reverse, axis=1),  # noqa: B023
            x,
            numpy_is_wider=True,
        )


def test_associative_scan_of_matrices_keeps_the_order():
    x = np.random.default_rng(0).standard_normal((2, 5, 2, 2)).astype("float32")
    check_function(lambda x: ops.associative_scan(ops.matmul, x, axis=1), x, numpy_is_wider=True)


def test_an_error_in_a_branch_names_the_users_line():
    def function(x):
        return ops.cond(ops.sum(x) > 0, lambda: x.missing, lambda: x)

    with pytest.raises(LitesmithError, match=r"K103.*missing"):
        check_function(function, X)


def test_what_is_missing_inside_of_a_loop_is_reported():
    def function(x):
        return ops.fori_loop(0, 2, lambda i, s: s + ops.quantile(s * x, 0.4, method="hazen"), x)

    with pytest.raises(LitesmithError, match=r"K102.*quantile"):
        check_function(function, X, **fixed)


class Iterated(keras.layers.Layer):
    """A layer with weights that runs a loop of its own."""

    def build(self, shape):
        self.kernel = self.add_weight((shape[-1], shape[-1]), name="kernel")

    def call(self, x):
        return ops.fori_loop(0, 5, lambda i, s: ops.tanh(ops.matmul(s, self.kernel) + x), x)


def test_a_layer_with_weights_in_a_loop():
    x = keras.Input((4,))
    lite = check_converts(keras.Model(x, Iterated()(Iterated()(x))))
    names = [graph.name for graph in lite.model.all_graphs()]
    assert len(set(names)) == len(names) == 5


def test_plain_keras_is_left_alone_while_nothing_is_imported():
    litesmith.convert(keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]))
    assert ops.fori_loop(0, 3, lambda i, s: s + i, 1) == 4


class ScansAnLstm(keras.layers.Layer):
    """An LSTM that is written as a scan over the first axis."""

    def __init__(self, activation=ops.tanh, unroll=1):
        super().__init__()
        self.activation, self.unroll = activation, unroll

    def build(self, shape):
        self.kernel = self.add_weight((shape[-1], 16), name="kernel")
        self.recurrent = self.add_weight((4, 16), name="recurrent")

    def call(self, x):
        def step(states, x):
            h, c = states
            i, f, g, o = ops.split(ops.matmul(x, self.kernel) + ops.matmul(h, self.recurrent), 4, axis=-1)
            c = ops.sigmoid(f) * c + ops.sigmoid(i) * self.activation(g)
            h = ops.sigmoid(o) * self.activation(c)
            return (h, c), h

        first = ops.zeros((ops.shape(x)[0], 4))
        (_, c), outputs = ops.scan(step, (first, first), ops.transpose(x, (1, 0, 2)), unroll=self.unroll)
        return ops.transpose(outputs, (1, 0, 2)), c


@pytest.mark.parametrize(
    ("layer", "length", "rnn", "form"),
    [
        (ScansAnLstm(), None, "fused", "fused"),
        (ScansAnLstm(), 3, "fused", "fused"),
        (ScansAnLstm(ops.softsign), None, "fused", "loop"),
        (ScansAnLstm(), None, "while", "loop"),
        (ScansAnLstm(), 9, "unroll", "unrolled"),
        (ScansAnLstm(unroll=True), 9, "fused", "unrolled"),
    ],
)
def test_a_scan_that_is_an_lstm_has_the_form_that_is_asked_for(layer, length, rnn, form):
    x = keras.Input((length, 3))
    lite = check_converts(keras.Model(x, layer(x)), convert={"rnn": rnn})
    assert [loop.form for loop in lite.model.loops] == [form]
    assert ("UNIDIRECTIONAL_SEQUENCE_LSTM" in builtins_of(lite)) is (form == "fused")
