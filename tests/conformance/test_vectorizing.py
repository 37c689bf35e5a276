"""Functions that `keras.ops.vectorize` makes, against numpy."""

import numpy as np
import pytest
from keras import ops

from support import converted

RNG = np.random.default_rng(14)
X = RNG.normal(size=(3, 4)).astype("float32")


def check(function, expected, *arrays):
    lite = converted(function, *arrays)
    for batch in (slice(None), slice(0, 1)):
        given = [array[batch] for array in arrays]
        np.testing.assert_allclose(lite.run(given), expected(*given), rtol=1e-6)


def test_a_function_of_scalars():
    check(lambda x, y: ops.vectorize(lambda a, b: a * 2 + b)(x, y), lambda x, y: x * 2 + y, X, X[::-1].copy())
    check(lambda x: ops.vectorize(lambda a, b: ops.maximum(a, b))(x, x[:1]), lambda x: np.maximum(x, x[:1]), X)


def test_branches_on_scalars():
    def step(a):
        return ops.cond(a > 0, lambda: a * 2.0, lambda: a - 1.0)

    check(lambda x: ops.vectorize(step)(x), lambda x: np.where(x > 0, x * 2, x - 1), X)


def test_arguments_that_are_excluded():
    table = np.array([1.0, 2.0, 3.0], "float32")

    def scaled(a, table, power=1):
        return ops.sum(table) * a**power

    check(lambda x: ops.vectorize(scaled, excluded={1, "power"})(x, table, power=2), lambda x: 6 * x**2, X)


@pytest.mark.parametrize("signature", ["(n),(n)->()", "(m,n),(n)->(m)"])
def test_signatures(signature):
    matrices, vectors = RNG.normal(size=(3, 2, 4)).astype("float32"), X
    check(
        lambda a, b: ops.vectorize(lambda a, b: ops.sum(a * b, axis=-1), signature=signature)(
            a if "m" in signature else a[:, 0], b
        ),
        lambda a, b: np.einsum("bmn,bn->bm", a, b)[:, slice(None) if "m" in signature else 0],
        matrices,
        vectors,
    )


def test_several_results():
    check(lambda x: ops.vectorize(lambda a: (a + 1, a * 2))(x)[1], lambda x: x * 2, X)


def test_one_made_before_the_model_is_followed_is_a_finding():
    made = np.vectorize(lambda a: a + 1)  # what Keras returns on numpy
    with pytest.raises(Exception, match="numpy was called"):
        converted(made, X)
