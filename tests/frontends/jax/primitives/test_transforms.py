import jax.numpy as jnp
import pytest

from jax_support import check_jax, floats


@pytest.mark.parametrize("size", [8, 9])
def test_one_axis(size):
    check_jax(
        lambda x: (
            jnp.fft.fft(x).real,
            jnp.fft.ifft(x).imag,
            jnp.fft.rfft(x).imag,
            jnp.fft.irfft(jnp.fft.rfft(x) * 2, x.shape[1]),
            jnp.abs(jnp.fft.rfft(x, 12)),
        ),
        floats(3, size),
        rtol=2e-6,
    )


def test_several_axes():
    check_jax(
        lambda x: (
            jnp.fft.fft2(x).imag,
            jnp.fft.rfft2(x).real,
            jnp.fft.irfft2(jnp.fft.rfft2(x)),
            jnp.fft.ifftn(x, axes=(1, 2)).real,
        ),
        floats(3, 6, 8),
        rtol=2e-6,
    )
