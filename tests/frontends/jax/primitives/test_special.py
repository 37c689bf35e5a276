import jax.scipy.special as special
import numpy as np
import pytest

from jax_support import check_jax, floats

POSITIVE = np.abs(floats(3, 4)) + 0.2
WIDE = np.array([[0.5, 1, 2, 3], [30, 200, 1e4, 1e-3], [-0.5, -1.25, -2.5, -7.75]], "float32")


@pytest.mark.parametrize("function", [special.gammaln, special.digamma])
def test_gamma(function):
    check_jax(function, WIDE, rtol=2e-6)
    check_jax(function, floats(30, 4, scale=5), rtol=3e-6)


def test_poles():
    x = np.array([[0.0, -1.0, -2.0]], "float32")
    check_jax(lambda x: special.gammaln(x), x)


@pytest.mark.parametrize("name", ["gammainc", "gammaincc"])
def test_incomplete_gamma(name):
    check_jax(getattr(special, name), POSITIVE, np.abs(floats(3, 4, seed=3)) + 0.1, rtol=1e-5)


def test_incomplete_beta_and_bessel():
    check_jax(lambda a, x: (special.betainc(a, a + 1, x / 4), special.i0e(x)), POSITIVE, POSITIVE, rtol=1e-5)


def test_zeta_and_polygamma():
    check_jax(
        lambda x: (special.zeta(x + 1.5, x), special.polygamma(1, x), special.polygamma(2, x)), POSITIVE, rtol=1e-5
    )
