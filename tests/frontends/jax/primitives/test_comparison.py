import jax.numpy as jnp
import numpy as np
import pytest

from jax_support import check_jax, floats

EDGES = np.array([[0, -0.0, np.inf, -np.inf], [1, np.nan, np.inf, np.inf], [np.nan, 0.5, -np.inf, np.inf]], "float32")


@pytest.mark.parametrize("name", ["less", "less_equal", "greater", "greater_equal", "equal", "not_equal"])
def test_comparisons_with_infinities_and_what_is_no_number(name):
    function = getattr(jnp, name)
    check_jax(
        lambda x, y: (function(x, y), function(x, x), function(x, 0.5), function(x > 0, y > 0)), EDGES, EDGES[::-1]
    )


def test_integers():
    x = np.arange(12, dtype="int32").reshape(3, 4)
    check_jax(lambda x: (x == 5, x != 5, x < x[:, ::-1], x.astype("uint8") == 3), x)


def test_nothing_is_added_where_one_side_is_finite():
    from jax_support import imported_operators

    assert imported_operators(check_jax(lambda x: x == 1.0, floats(3, 4))) == ["EQUAL"]
