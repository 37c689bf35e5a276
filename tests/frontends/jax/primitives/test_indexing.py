import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jax import lax

from jax_support import check_jax, floats, imported_operators

EXAMPLES = 12
"""JAX compiles each case anew."""

X = floats(3, 4)
INSIDE = np.array([0, 2, 1], "int32")
BEYOND = np.array([0, 2, 9], "int32")


def test_picked_along_an_axis():
    check_jax(
        lambda x, i: (jnp.take(x, i, 1), x[:, i], x[i], x[i, i], x[:, jnp.array([3, 0])], x[i][:, None]), X, INSIDE
    )


@pytest.mark.parametrize("mode", ["fill", "clip", "wrap"])
def test_indices_that_are_not_inside(mode):
    check_jax(lambda x, i: (jnp.take(x, i, 1, mode=mode), jnp.take(x, -i, 1, mode=mode)), X, BEYOND)


def test_integers_that_are_filled():
    x = np.arange(12, dtype="int32").reshape(3, 4)
    check_jax(lambda x, i: (jnp.take(x, i, 1), jnp.take(x, i, 1, fill_value=-7)), x, BEYOND)


def test_an_embedding_is_one_gather():
    table = jnp.asarray(floats(9, 4))
    graph = check_jax(lambda i: table.at[i].get(mode="promise_in_bounds"), np.array([[1, 8], [0, 3]], "int32"))
    assert imported_operators(graph).count("GATHER") == 1


def test_along_an_axis_by_rows():
    check_jax(
        lambda x: (
            jnp.take_along_axis(x, jnp.argmax(x, 1)[:, None], 1),
            jnp.take_along_axis(x, jnp.argsort(x, 1), 1),
            jax.vmap(lambda row: row[jnp.argmax(row)])(x),
            jax.vmap(lambda row: lax.dynamic_slice(row, (jnp.argmax(row),), (2,)))(x),
        ),
        X,
    )


def test_written():
    check_jax(
        lambda x: (
            x.at[:, 1].set(0.0),
            x.at[0].add(1.0),
            x.at[:, jnp.array([0, 0, 3])].add(2.0),
            x.at[:, 1:3].min(0.0),
            x.at[:, ::2].multiply(3.0),
            jax.vmap(lambda row: row.at[jnp.argmax(row)].set(0.0))(x),
            jax.vmap(lambda row: lax.dynamic_update_slice(row, row[:2], (jnp.argmax(row),)))(x),
        ),
        X,
    )


@pytest.mark.parametrize("how", ["set", "add", "subtract", "multiply", "min", "max"])
def test_written_at_computed_places(how):
    """Indices that are not inside are dropped."""

    def written(x, i):
        rows = x.at[i]
        return (
            getattr(rows, how)(x + 0.5),
            getattr(x.at[i, 1], how)(jnp.arange(3.0)),
            getattr(x.at[:, i[0]], how)(2.0),
            getattr(x.at[i[2]], how)(2.0),
            getattr(x.at[i[1], i[0]], how)(2.0),
        )

    check_jax(written, X, BEYOND, dynamic=None)


def test_segments():
    ids = np.array([1, 0, 1], "int32")
    check_jax(lambda x, i: (jax.ops.segment_sum(x, i, 3), jax.ops.segment_max(x, i, 2)), X, ids, dynamic=None)


@st.composite
def gathers(draw):
    """A tensor, indices, and numbers of dimensions that fit together."""
    rank = draw(st.integers(1, 4))
    shape = tuple(draw(st.integers(1, 4)) for _ in range(rank))
    mapped = draw(st.permutations(range(rank)))[: draw(st.integers(1, rank))]
    sizes = tuple(draw(st.integers(1, size)) for size in shape)
    collapsed = tuple(axis for axis in range(rank) if sizes[axis] == 1 and draw(st.booleans()))
    batch = tuple(draw(st.lists(st.integers(1, 3), max_size=2)))
    kept = rank - len(collapsed)
    offsets = tuple(sorted(draw(st.permutations(range(kept + len(batch))))[:kept]))
    seed = draw(st.integers(0, 99))
    indices = np.random.default_rng(seed).integers(-2, 5, (*batch, len(mapped))).astype("int32")
    return floats(*shape, seed=seed), indices, (offsets, collapsed, tuple(mapped), sizes)


@settings(max_examples=EXAMPLES)
@given(gathers(), st.sampled_from(["clip", "fill"]))
def test_gather_of_any_numbers_of_dimensions(case, mode):
    x, indices, (offsets, collapsed, mapped, sizes) = case
    numbers = lax.GatherDimensionNumbers(offsets, collapsed, mapped)
    check_jax(lambda x, i: lax.gather(x, i, numbers, sizes, mode=mode), x, indices, dynamic=None)


@settings(max_examples=EXAMPLES)
@given(gathers(), st.sampled_from(["clip", "drop"]), st.sampled_from([lax.scatter_add, lax.scatter_min]))
def test_scatter_of_any_numbers_of_dimensions(case, mode, function):
    x, indices, (windows, inserted, mapped, sizes) = case
    numbers = lax.ScatterDimensionNumbers(windows, inserted, mapped)
    kept = iter(size for axis, size in enumerate(sizes) if axis not in inserted)
    batch = iter(indices.shape[:-1])
    rank = len(windows) + indices.ndim - 1
    updates = floats(*(next(kept) if axis in windows else next(batch) for axis in range(rank)), seed=7)
    check_jax(lambda x, i, u: function(x, i, u, numbers, mode=mode), x, indices, updates, dynamic=None)
