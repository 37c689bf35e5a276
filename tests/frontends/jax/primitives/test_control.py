import jax
import jax.numpy as jnp
import pytest
from jax import lax

from jax_support import check_jax, floats, imported_operators

X = floats(3, 4)


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("size", [1, 3, 5, 70])
def test_scan(size, reverse):
    def scanned(x):
        return lax.scan(lambda carry, row: (carry + row, (carry * row, row > 0)), x[:, 0], x.T, reverse=reverse)

    check_jax(scanned, floats(3, size))


def test_scan_over_an_unknown_number_of_steps():
    check_jax(lambda x: lax.scan(lambda carry, row: (carry * 0.5 + row, carry.sum()), jnp.zeros(4), x), X)


def test_short_scans_are_written_out():
    assert "WHILE" not in imported_operators(check_jax(lambda x: lax.map(lambda row: row * 2, x.T), X))


def test_while():
    check_jax(
        lambda x: (
            lax.while_loop(lambda c: c[0].sum() < 100, lambda c: (c[0] * 2, c[1] + 1), (jnp.abs(x) + 1, 0)),
            lax.fori_loop(0, 9, lambda i, c: c * 1.1 + i, x),
            lax.fori_loop(0, x.shape[0], lambda i, c: c + 1, x),
        ),
        X,
    )


def test_branches():
    check_jax(
        lambda x: (
            lax.cond(x.sum() > 0, lambda a: a, lambda a: -a, x),
            lax.switch(jnp.int32(x[0, 0] * 3), [lambda: x, lambda: -x, lambda: x * 2]),
            lax.switch(jnp.int32(9), [lambda: x, lambda: -x]),
            lax.switch(jnp.int32(x[0, 0] * 0 - 5), [lambda: x, lambda: -x]),
        ),
        X,
    )


def test_programs_within():
    @jax.custom_jvp
    def tripled(x):
        return x * 3

    tripled.defjvp(lambda x, t: (x[0] * 3, t[0] * 3))

    @jax.custom_vjp
    def squared(x):
        return x * x

    squared.defvjp(lambda x: (x * x, x), lambda x, g: (g * x,))
    check_jax(lambda x: (jax.jit(tripled)(x), squared(x), jax.checkpoint(jnp.sin)(x), jax.jit(jax.jit(jnp.cos))(x)), X)


def test_derivatives():
    check_jax(lambda x: jax.grad(lambda x: jnp.sum(jax.nn.gelu(x) ** 2))(x), X)
    check_jax(lambda x: jax.vmap(jax.grad(lambda row: jnp.max(row) * jnp.tanh(row).sum()))(x), X)
