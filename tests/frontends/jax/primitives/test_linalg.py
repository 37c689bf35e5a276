import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from jax_support import check_jax, floats, refusal

SQUARE = floats(3, 4, 4)
POSITIVE = (SQUARE @ SQUARE.swapaxes(1, 2) + 2 * np.eye(4)).astype("float32")


def check(function, x=POSITIVE):
    """Within 1e-4 of the norm, as linear algebra is computed in loops of float32."""
    check_jax(function, x, rtol=1e-4)


def test_systems():
    check(lambda x: (jnp.linalg.inv(x), jnp.linalg.solve(x, x[:, :, :2]), jnp.linalg.det(x), jnp.linalg.slogdet(x)))


@pytest.mark.parametrize("lower", [False, True])
@pytest.mark.parametrize("unit", [False, True])
def test_triangles(lower, unit):
    def solved(x):
        options = {"lower": lower, "unit_diagonal": unit}
        return [
            lax.linalg.triangular_solve(x, x + 1, left_side=left, transpose_a=turned, **options)
            for left in (False, True)
            for turned in (False, True)
        ]

    check(solved)


def test_factors():
    check(lambda x: (jnp.linalg.cholesky(x), *lax.linalg.lu(x), jnp.linalg.svd(x, compute_uv=False)))


def test_products_of_factors():
    """Factors themselves have signs of their own."""

    def products(x):
        q, r = jnp.linalg.qr(x)
        u, s, v = jnp.linalg.svd(x, full_matrices=False)
        values, vectors = jnp.linalg.eigh(x)
        return q @ r, (u * s[:, None]) @ v, (vectors * values[:, None]) @ jnp.swapaxes(vectors, 1, 2), values

    check(products)


def test_what_follows_from_factors():
    check(lambda x: (jnp.linalg.pinv(x), jnp.linalg.norm(x, axis=(1, 2)), jnp.linalg.matrix_power(x, 3)))
    check(lambda x: jax.scipy.linalg.cho_solve((jnp.linalg.cholesky(x), True), x))


def test_eigenvalues_of_any_matrices():
    """In some order, with vectors that are turned in some way."""

    def added_up(x):
        values, vectors = jnp.linalg.eig(x)
        return (vectors * values[:, None]) @ jnp.swapaxes(vectors, 1, 2).conj(), jnp.sum(jnp.linalg.eigvals(x), 1)

    check(lambda x: [part(leaf) for leaf in added_up(x) for part in (jnp.real, jnp.imag)], SQUARE)


def test_left_eigenvectors_are_refused():
    assert "left eigenvectors" in refusal(lambda x: lax.linalg.eig(x)[1], SQUARE)
