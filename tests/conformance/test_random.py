"""Random numbers in inference: constants where a seed says what Keras draws, operators elsewhere."""

import inspect

import keras
import numpy as np
import pytest
from keras import layers, ops

import litesmith
from litesmith.frontends.keras.registry import lowering
from support import builtins_of, check_function, converted

pytestmark = pytest.mark.filterwarnings("ignore:.*encountered in:RuntimeWarning")  # of numpy, that looks for shapes

X = np.random.default_rng(0).normal(size=(3, 8)).astype("float32")
MANY = np.zeros((4000, 8), "float32")

DRAWING = {
    "normal": lambda x, seed: keras.random.normal(ops.shape(x), 1.0, 2.0, seed=seed),
    "normal of its own": lambda x, seed: keras.random.normal(ops.shape(x), x + 1, 2.0 - x, seed=seed),
    "truncated_normal": lambda x, seed: keras.random.truncated_normal(ops.shape(x), 1.0, 2.0, seed=seed),
    "uniform": lambda x, seed: keras.random.uniform(ops.shape(x), -1.0, 2.0, seed=seed),
    "randint": lambda x, seed: keras.random.randint(ops.shape(x), -3, 9, seed=seed),
    "randint of a wide range": lambda x, seed: keras.random.randint(ops.shape(x), -3, 2_000_000_000, seed=seed),
    "dropout": lambda x, seed: keras.random.dropout(x + 3.0, 0.4, seed=seed),
    "dropout of rows": lambda x, seed: keras.random.dropout(x + 3.0, 0.4, (None, 1), seed=seed),
    "gamma": lambda x, seed: keras.random.gamma(ops.shape(x), 2.5, seed=seed),
    "gamma below 1": lambda x, seed: keras.random.gamma(ops.shape(x), 0.3, seed=seed),
    "beta": lambda x, seed: keras.random.beta(ops.shape(x), 0.05, 2.0, seed=seed),
    "binomial": lambda x, seed: keras.random.binomial(ops.shape(x), 9, 0.3, seed=seed),
    "shuffle": lambda x, seed: keras.random.shuffle(x + ops.arange(8, dtype="float32"), 1, seed=seed),
}


def generator(seed=1337):
    return keras.random.SeedGenerator(seed)


@pytest.mark.parametrize("name", DRAWING)
def test_a_seed_and_known_sizes_make_the_numbers_of_keras(name):
    lite = check_function(lambda x: DRAWING[name](x, 7), X, dynamic_batch=False)
    assert not {"RANDOM_UNIFORM", "RANDOM_STANDARD_NORMAL"} & set(builtins_of(lite))


def test_a_seed_and_constant_logits_make_the_classes_of_keras():
    logits = np.log(np.array([[0.2, 0.8], [0.5, 0.5]], "float32"))
    check_function(lambda x: x + ops.cast(keras.random.categorical(logits, 8, seed=3)[:1], "float32"), X)


def shares(numbers, limits):
    """How much of some numbers is not above each limit."""
    return np.array([np.mean(np.asarray(numbers) <= limit) for limit in limits])


@pytest.mark.parametrize("name", DRAWING)
def test_numbers_have_the_distribution_of_keras_and_change_from_call_to_call(name):
    seeds = generator()
    lite = converted(lambda x: DRAWING[name](x, seeds), X)
    first, second = np.asarray(lite.run([MANY])), np.asarray(lite.run([MANY]))
    assert not np.array_equal(first, second)
    expected = np.asarray(DRAWING[name](MANY, 3))
    limits = np.quantile(expected, [0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98])
    for found in (first, second):
        assert np.abs(shares(found, limits) - shares(expected, limits)).max() < 0.05
        assert abs(found.mean() - expected.mean()) < 0.1 * expected.std()


@pytest.mark.parametrize("name", sorted(set(DRAWING) - {"gamma", "gamma below 1", "beta", "binomial"}))
def test_a_seeded_generator_begins_the_same_sequence_after_each_loading(name):
    seeds = generator()
    lite = converted(lambda x: DRAWING[name](x, seeds), X)
    again = litesmith.LiteModel(bytes(lite))
    for _ in range(2):
        np.testing.assert_array_equal(lite.run([X]), again.run([X]))


def test_classes_are_drawn_by_their_logits():
    probabilities = np.array([[0.1, 0.2, 0.7], [0.5, 0.5, 0.0]], "float32")
    seeds = generator()
    with np.errstate(divide="ignore"):
        logits = np.log(probabilities)
    drawn = np.asarray(converted(lambda x: keras.random.categorical(x, 8000, seed=seeds), logits).run([logits]))
    assert drawn.dtype == "int32"
    found = np.stack([np.bincount(row, minlength=3) / 8000 for row in drawn])
    assert np.abs(found - probabilities).max() < 0.02


def test_two_operators_draw_different_numbers():
    seeds = generator()

    def twice(x):
        return keras.random.normal(ops.shape(x), seed=seeds), keras.random.normal(ops.shape(x), seed=seeds)

    lite = converted(twice, X)
    first, second = lite.run([X])
    assert builtins_of(lite).count("RANDOM_STANDARD_NORMAL") == 2
    assert np.abs(first - second).min() > 0


def test_numbers_of_fixed_sizes_are_no_constants():
    lite = converted(lambda x: x + keras.random.normal((8,)), X)
    assert "RANDOM_STANDARD_NORMAL" in builtins_of(lite)
    assert np.abs(lite.run([X]) - lite.run([X])).min() > 0


def test_numbers_drawn_in_a_loop_are_new_in_each_round_and_call():
    seeds = generator()

    def sums(x):
        return ops.fori_loop(0, 40, lambda i, total: total + keras.random.normal((3, 8), seed=seeds), x * 0)

    lite = converted(sums, X, dynamic_batch=False)
    drawn = np.stack([lite.run([X]) for _ in range(100)])
    assert abs(drawn.std() - np.sqrt(40)) < 0.5


class Sampling(layers.Layer):
    """What every variational autoencoder has."""

    def __init__(self, scale=1.0, **options):
        super().__init__(**options)
        self.scale = scale
        self.seed_generator = generator()

    def call(self, inputs):
        mean, log_variance = inputs
        noise = keras.random.normal(ops.shape(mean), seed=self.seed_generator)
        return mean + self.scale * ops.exp(0.5 * log_variance) * noise


def autoencoder(scale=1.0):
    keras.utils.set_random_seed(0)
    x = keras.Input((16,), name="x")
    hidden = layers.Dense(8, activation="relu")(x)
    mean, log_variance = layers.Dense(40, name="mean")(hidden), layers.Dense(40, name="log_variance")(hidden)
    return keras.Model(x, {"mean": mean, "sample": Sampling(scale)([mean, log_variance])})


def test_a_variational_autoencoder_is_verified_by_averages_where_it_draws():
    model = autoencoder()
    report = litesmith.verify(model, litesmith.convert(model))
    assert {output.name: output.averaged for output in report.outputs} == {"mean": False, "sample": True}
    assert "sample: same on average, as it is drawn at random" in str(report)
    assert [output["averaged"] for output in report.to_json()["outputs"]] == [False, True]


@pytest.mark.parametrize("scale", [0.0, 0.5, 2.0])
def test_another_distribution_is_another_model(scale):
    report = litesmith.verify(autoencoder(), litesmith.convert(autoencoder(scale), verify=False))
    assert [output.passed for output in report.outputs] == [True, False]


class StaysOn(layers.Layer):
    """Monte Carlo dropout."""

    def __init__(self):
        super().__init__()
        self.dropout = layers.Dropout(0.5, seed=1)

    def call(self, x):
        return self.dropout(x, training=True)


def test_dropout_that_stays_on_is_verified_by_averages():
    x = keras.Input((6,))
    lite = litesmith.convert(keras.Model(x, StaysOn()(x)))
    assert "RANDOM_UNIFORM" in builtins_of(lite)


def test_numbers_that_keras_draws_once_may_be_drawn_anew():
    """A seed says one draw in Keras; where sizes are open, an operator draws others in each call."""
    x = keras.Input((40,))
    draw = layers.Lambda(lambda x: x + keras.random.normal(ops.shape(x), seed=11), output_shape=(40,))
    (output,) = (report := litesmith.verify(model := keras.Model(x, draw(x)), litesmith.convert(model))).outputs
    assert report
    assert output.averaged


def test_a_branch_that_draws_is_verified_by_averages():
    seeds = generator()

    def maybe(x):
        return ops.cond(ops.sum(x) < 1e9, lambda: x + keras.random.normal((3, 8), seed=seeds), lambda: x)

    x = keras.Input((8,), batch_size=3)
    model = keras.Model(x, layers.Lambda(maybe, output_shape=(8,))(x))
    (output,) = litesmith.verify(model, litesmith.convert(model)).outputs
    assert output.averaged
    assert output.passed


def test_every_function_that_draws_has_a_lowering():
    names = [name for name, member in vars(keras.random).items() if inspect.isfunction(member)]
    assert [name for name in names if lowering(f"random.{name}") is None] == []
    assert "normal" in names
