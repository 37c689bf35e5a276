import jax.numpy as jnp
import numpy as np
from jax import lax

from jax_support import check_jax, floats, imported_operators

X = floats(3, 5)


def test_slices():
    check_jax(
        lambda x: (
            lax.slice(x, (0, 1), (x.shape[0], 4), (1, 2)),
            x[:, 1:3],
            x[1:],
            x[:-1, ::2],
            x[:, ::-1],
            x[:, -2:],
            x[0],
            x[:, 1],
        ),
        X,
    )


def test_blocks_are_moved_inside():
    places = np.array([0, 2, 9, -1], "int32")
    check_jax(
        lambda x, i: [
            part
            for place in range(4)
            for part in (
                lax.dynamic_slice(x, (i[place], i[place]), (2, 3)),
                lax.dynamic_update_slice(x, x[:2, :3] * 0, (i[place], i[place])),
                lax.dynamic_index_in_dim(x, i[place], 1),
            )
        ],
        X,
        places,
        dynamic=None,
    )


def test_blocks_of_an_unknown_size():
    check_jax(lambda x, i: lax.dynamic_slice(x, (0, i[0]), (x.shape[0], 2)), X, np.array([3, 1, 2], "int32"))


def test_known_starts_are_plain_slices():
    graph = check_jax(lambda x: lax.dynamic_slice(x, (0, jnp.int32(7)), (x.shape[0], 2)), X)
    assert imported_operators(graph) == ["STRIDED_SLICE"]


def test_other_element_types():
    check_jax(
        lambda x, i: (lax.dynamic_update_slice(x > 0, x[:1, :2] < 0, (i[0], i[1])), (x > 0)[:, i[0]]),
        X,
        np.array([1, 2], "int32"),
        dynamic=None,
    )
