import jax
import jax.numpy as jnp
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from jax import lax

from jax_support import check_jax, floats, imported_operators

EXAMPLES = 12
"""JAX compiles each case anew."""

IMAGE = floats(3, 8, 7, 4)
FILTER = floats(3, 3, 4, 5, seed=1)
NHWC = ("NHWC", "HWIO", "NHWC")


def conv(x, filter, strides=(1, 1), padding="SAME", numbers=NHWC, **options):
    return lax.conv_general_dilated(x, filter, strides, padding, dimension_numbers=numbers, **options)


@pytest.mark.parametrize("padding", ["SAME", "VALID", ((1, 2), (0, 3)), ((-1, 0), (2, -2))])
@pytest.mark.parametrize("options", [{}, {"strides": (2, 1)}, {"rhs_dilation": (2, 1)}])
def test_padding_strides_and_dilation(padding, options):
    check_jax(lambda x: conv(x, FILTER, padding=padding, **options), IMAGE)


def test_same_padding_with_a_weight_is_one_operator():
    assert imported_operators(check_jax(lambda x: conv(x, FILTER), IMAGE)) == ["CONV_2D"]


def test_groups():
    check_jax(
        lambda x: (
            conv(x, floats(3, 3, 1, 8), feature_group_count=4),
            conv(x, floats(3, 3, 2, 6), feature_group_count=2),
        ),
        IMAGE,
    )
    check_jax(lambda x: conv(x, floats(3, 3, 4, 6), batch_group_count=3), IMAGE, dynamic=None)


def test_channels_first():
    check_jax(lambda x: conv(x, floats(5, 4, 3, 3), (2, 2), numbers=("NCHW", "OIHW", "NCHW")), floats(3, 4, 8, 7))


def test_one_and_three_axes():
    signal, volume = floats(3, 9, 4), floats(2, 4, 5, 6, 2)
    check_jax(lambda x: conv(x, floats(3, 4, 6), (2,), numbers=("NWC", "WIO", "NWC")), signal)
    check_jax(lambda x: conv(x, floats(2, 3, 2, 2, 3), (1, 1, 2), numbers=("NDHWC", "DHWIO", "NDHWC")), volume)
    check_jax(lambda x: jax.vmap(lambda row: jnp.convolve(row, jnp.arange(3.0), "same"))(x[..., 0]), signal)


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize("strides", [(1, 1), (2, 2), (3, 2)])
def test_transposed(strides, padding):
    check_jax(lambda x: lax.conv_transpose(x, FILTER, strides, padding), IMAGE)


def test_a_filter_that_the_model_computes():
    check_jax(lambda x, f: conv(x, f * 2, padding="VALID"), IMAGE, FILTER, dynamic=None)


amounts = st.tuples(st.integers(-1, 4), st.integers(-1, 4))
pairs = st.tuples(st.integers(1, 3), st.integers(1, 3))


@settings(max_examples=EXAMPLES)
@given(st.tuples(amounts, amounts), pairs, pairs, pairs)
def test_any_form(padding, strides, between, dilations):
    sizes = [(size - 1) * step + 1 + sum(pad) for size, step, pad in zip((8, 7), between, padding, strict=True)]
    assume(all(size >= 2 * dilation + 1 for size, dilation in zip(sizes, dilations, strict=True)))
    check_jax(
        lambda x: conv(x, FILTER, strides, padding, lhs_dilation=between, rhs_dilation=dilations), IMAGE, dynamic=None
    )
