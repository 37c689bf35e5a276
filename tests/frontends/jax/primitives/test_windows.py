import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from jax_support import check_jax, floats, imported_operators

IMAGE = floats(3, 8, 7, 4)
KINDS = {"max": (-np.inf, lax.max), "min": (np.inf, lax.min), "sum": (0.0, lax.add)}
FORMS = [
    ((1, 2, 2, 1), (1, 2, 2, 1), "VALID"),
    ((1, 3, 3, 1), (1, 2, 2, 1), "SAME"),
    ((1, 3, 2, 1), (1, 1, 1, 1), "SAME"),
    ((1, 1, 1, 2), (1, 1, 1, 1), ((0, 0), (0, 0), (1, 0), (1, 2))),
    ((1, 2, 3, 4), (1, 1, 2, 4), "VALID"),
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", FORMS)
def test_windows_of_floats(kind, form):
    first, function = KINDS[kind]
    check_jax(lambda x: lax.reduce_window(x, first, function, *form), IMAGE, rtol=2e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_dilated_windows_and_tensors(kind):
    first, function = KINDS[kind]
    window, strides = (1, 2, 2, 1), (1, 2, 1, 1)
    check_jax(
        lambda x: (
            lax.reduce_window(x, first, function, window, strides, "SAME", window_dilation=(1, 1, 2, 1)),
            lax.reduce_window(x, first, function, window, strides, "VALID", base_dilation=(1, 2, 1, 1)),
        ),
        IMAGE,
    )


def test_integers():
    check_jax(
        lambda x: (
            lax.reduce_window(x, 0, lax.add, (1, 3, 2), (1, 1, 2), "SAME"),
            lax.reduce_window(x, jnp.int32(-(2**31)), lax.max, (1, 3, 2), (1, 1, 2), "SAME"),
        ),
        np.random.default_rng(0).integers(-99, 99, (3, 6, 5)).astype("int32"),
    )


def test_max_pooling_is_one_operator():
    graph = check_jax(lambda x: lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "SAME"), IMAGE)
    assert imported_operators(graph) == ["MAX_POOL_2D"]
