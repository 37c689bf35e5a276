import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from jax_support import check_jax

DTYPES = ["int32", "uint32", "int8", "uint8", "int16"]


def numbers(dtype):
    information = np.iinfo(dtype)
    drawn = np.random.default_rng(0).integers(information.min, information.max, (3, 5), dtype=dtype, endpoint=True)
    drawn[0, :4] = information.min, information.max, 0, 1
    return drawn


@pytest.mark.parametrize("dtype", DTYPES)
def test_bits_combined(dtype):
    check_jax(lambda x: (x & x[:, ::-1], x | 6, x ^ x[:, ::-1], ~x), numbers(dtype))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("places", [0, 1, 3, 7])
def test_shifts_by_known_places(dtype, places):
    by = jnp.asarray(places, dtype)
    check_jax(
        lambda x: (x << by, lax.shift_right_logical(x, by), lax.shift_right_arithmetic(x, by)),
        numbers(dtype),
    )


@pytest.mark.parametrize("dtype", ["int32", "uint8"])
def test_shifts_by_computed_places_and_beyond_the_width(dtype):
    places = np.array([[0, 1, 7, 8, 9], [31, 32, 33, 2, 5], [3, 30, 15, 16, 17]]).astype(dtype)
    check_jax(
        lambda x, by: (lax.shift_left(x, by), lax.shift_right_logical(x, by), lax.shift_right_arithmetic(x, by)),
        numbers(dtype),
        places,
    )


@pytest.mark.parametrize("dtype", DTYPES)
def test_counts_of_bits(dtype):
    check_jax(lambda x: (lax.population_count(x), lax.clz(x)), numbers(dtype))


def test_bits_read_as_another_type():
    check_jax(
        lambda x: (
            lax.bitcast_convert_type(x, jnp.int32),
            lax.bitcast_convert_type(x, jnp.uint8),
            lax.bitcast_convert_type(lax.bitcast_convert_type(x, jnp.uint16), jnp.float32),
        ),
        np.random.default_rng(0).standard_normal((3, 4)).astype("float32"),
    )


def test_truths():
    check_jax(lambda x: ((x > 0) & (x < 9), (x > 0) ^ (x > 1), ~(x > 0)), numbers("int32"))
