import jax.numpy as jnp
import numpy as np
from jax import lax

from jax_support import check_jax, floats

X = floats(3, 9)


def test_sorted():
    check_jax(
        lambda x: (
            jnp.sort(x, 1),
            jnp.argsort(x, 1),
            -jnp.sort(-x, 1),
            jnp.argsort(x, 1, descending=True),
            lax.top_k(x, 2),
        ),
        X,
    )


def test_ties_by_place_and_several_keys():
    check_jax(lambda x: lax.sort((jnp.round(x), jnp.round(x * 2), x, x > 0), dimension=1, num_keys=2), X)


def test_along_another_axis():
    check_jax(lambda x: (jnp.sort(x, 1), jnp.argsort(x, 1), lax.sort((x, -x), dimension=1)), floats(3, 5, 4))


def test_integers():
    for dtype in ("int32", "uint8", "int8", "uint32"):
        information = np.iinfo(dtype)
        x = np.random.default_rng(0).integers(information.min, information.max, (3, 9), dtype=dtype, endpoint=True)
        check_jax(lambda x: (jnp.sort(x, 1), jnp.argsort(x, 1)), x)


def test_quantiles():
    check_jax(lambda x: (jnp.median(x, 1), jnp.quantile(x, 0.3, axis=1), jnp.percentile(x, 75, axis=1)), X)
