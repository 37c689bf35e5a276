import jax.numpy as jnp
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from jax import lax

from jax_support import check_jax, floats, imported_operators

EXAMPLES = 12
"""JAX compiles each case anew."""

X, CUBE = floats(3, 4), floats(3, 5, 6)


def test_products_of_matrices():
    check_jax(
        lambda x: (
            x @ x.T,
            x @ jnp.ones((4, 2)),
            jnp.einsum("ij,ik->jk", x, x),
            jnp.tensordot(x, x, ((1,), (1,))),
            jnp.outer(x[0], x[1]),
            jnp.vdot(x, x),
            jnp.einsum("bij,bkj->bik", x[:, None], x[:, None] * 2),
        ),
        X,
    )


def test_batches_of_products():
    check_jax(
        lambda x: (
            jnp.einsum("bij,bij->b", x, x),
            x @ jnp.swapaxes(x, 1, 2),
            jnp.einsum("bij,bij->ij", x, x),
            jnp.einsum("bij,jk->bik", x, jnp.arange(12.0).reshape(6, 2)),
        ),
        CUBE,
    )


def test_a_weight_is_one_fully_connected():
    assert imported_operators(check_jax(lambda x: x @ jnp.asarray(floats(4, 5)), X)) == ["FULLY_CONNECTED"]


def test_integers_are_added_up_in_a_wider_type():
    x = np.random.default_rng(0).integers(-128, 128, (3, 4)).astype("int8")
    check_jax(lambda x: jnp.matmul(x, x.T, preferred_element_type=jnp.int32), x)


@settings(max_examples=EXAMPLES)
@given(st.integers(0, 2), st.integers(0, 2), st.integers(0, 2), st.integers(0, 2), st.randoms(use_true_random=False))
def test_any_numbers_of_dimensions(batches, sums, rows, columns, random):
    sizes = iter((2, 3, 4, 2, 3, 4, 5, 2))
    batch, inner = [next(sizes) for _ in range(batches)], [next(sizes) for _ in range(sums)]
    left, right = [next(sizes) for _ in range(rows)], [next(sizes) for _ in range(columns)]

    def operand(own):
        kinds = [("b", i, n) for i, n in enumerate(batch)] + [("k", i, n) for i, n in enumerate(inner)]
        kinds += [("o", i, n) for i, n in enumerate(own)]
        random.shuffle(kinds)
        axes = {kind[:2]: axis for axis, kind in enumerate(kinds)}
        array = floats(*(n for _, _, n in kinds), seed=len(own))
        return array, [axes["k", i] for i in range(sums)], [axes["b", i] for i in range(batches)]

    (x, sum_x, batch_x), (y, sum_y, batch_y) = operand(left), operand(right)
    numbers = ((sum_x, sum_y), (batch_x, batch_y))
    check_jax(lambda x, y: lax.dot_general(x, y, numbers), x, y, dynamic=None)
