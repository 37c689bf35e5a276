"""Linear algebra against Keras, in the runtime; factors whose signs are free by what they are factors of."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import ops

import litesmith
from litesmith.diagnostics.base import LitesmithError
from support import builtins_of, check_converts, check_function

SIZES = [1, 2, 3, 6, 32]
SHAPES = [(4, 1), (1, 4), (7, 5), (5, 8), (32, 9)]
CLOSE = 1e-4
"""Of the norm, for condition numbers up to 10: what the decompositions promise."""


def random(*shape, seed=0):
    return np.random.default_rng([seed, *shape]).normal(size=shape).astype("float32")


def orthogonal(*shape):
    return np.linalg.qr(random(*shape).astype(float))[0]


def conditioned(count, size, seed=0):
    """Matrices with singular values from 1 to 10."""
    left, right = (np.linalg.qr(random(count, size, size, seed=seed + i))[0] for i in (0, 1))
    return (left * np.linspace(1, 10, size) @ right).astype("float32")


def definite(count, size):
    """Symmetric matrices with eigenvalues from 1 to 10."""
    basis = orthogonal(count, size, size)
    return (basis * np.linspace(1, 10, size) @ np.swapaxes(basis, -1, -2)).astype("float32")


def turned(x):
    return ops.swapaxes(x, -1, -2)


def as_model(function):
    """A model that is a function of one tensor."""

    class Body(keras.layers.Layer):
        def call(self, tensors):
            return function(*tensors)

    model = Body()
    model.built = True
    return model


def converted(function, *shape, dtype="float32"):
    """A function of one batch of matrices, which is not compared with Keras."""
    shapes = [keras.InputSpec(shape=(None, *shape), dtype=dtype)]
    return litesmith.convert(as_model(function), inputs=shapes, verify=False)


@pytest.mark.parametrize("size", SIZES)
def test_elimination(size):
    def function(x):
        return ops.det(x), ops.slogdet(x), ops.logdet(x), ops.inv(x), ops.lu_factor(x)

    check_function(function, conditioned(3, size), rtol=CLOSE)


@pytest.mark.parametrize("shape", SHAPES)
def test_lu_factor_of_other_shapes(shape):
    check_function(ops.lu_factor, random(3, *shape), rtol=CLOSE)


def test_a_matrix_without_determinant():
    singular = np.array([[[1, 2], [2, 4]], [[0, 0], [0, 0]], [[0, 1], [1, 0]]], "float32")
    check_function(ops.det, singular)
    check_function(ops.slogdet, singular)
    zeros_between = np.array([[[0, 0, 1], [0, 0, 2], [3, 0, 1]]], "float32")
    check_function(ops.lu_factor, zeros_between)


@pytest.mark.parametrize("size", SIZES)
def test_solve(size):
    check_function(ops.solve, conditioned(3, size), random(3, size, 2), rtol=CLOSE)


@pytest.mark.parametrize("size", SIZES)
def test_solve_triangular(size):
    def function(a, b):
        return ops.solve_triangular(a, b, lower=True), ops.solve_triangular(a, b), ops.solve_triangular(a, b[..., 0])

    matrix = random(3, size, size) + 3 * np.sqrt(size) * np.eye(size, dtype="float32")
    check_function(function, matrix, random(3, size, 2), rtol=CLOSE)


def test_solve_for_vectors():
    check_function(ops.solve, conditioned(1, 5)[0], random(5), dynamic_batch=False, rtol=CLOSE)
    lite = converted(lambda a: ops.solve(a, a[..., 0] + a[..., 1]), 5, 5)
    # numpy takes a matrix for a batch of vectors.
    np.testing.assert_allclose(lite.run([conditioned(3, 5)]), [[1, 1, 0, 0, 0]] * 3, rtol=0, atol=1e-5)


def test_a_constant_matrix_is_inverted_at_conversion():
    matrix = conditioned(1, 6) + 10 * np.eye(6, dtype="float32")

    def function(b):
        return ops.solve(matrix, b), ops.solve_triangular(matrix, b), ops.solve_triangular(matrix, b, lower=True)

    lite = check_function(function, random(1, 6, 3), dynamic_batch=False, rtol=CLOSE)
    assert set(builtins_of(lite)) <= {"FULLY_CONNECTED", "RESHAPE", "TRANSPOSE"}


@pytest.mark.parametrize("size", SIZES)
def test_cholesky(size):
    def function(x):
        return ops.cholesky(x), ops.cholesky(x, upper=True)

    check_function(function, definite(3, size), rtol=CLOSE)


@pytest.mark.parametrize("upper", [False, True])
def test_cholesky_reads_one_triangle(upper):
    unread = np.tril(np.ones((5, 5), "float32"), -1) if upper else np.triu(np.ones((5, 5), "float32"), 1)
    check_function(lambda x: ops.cholesky(x, upper=upper), definite(2, 5) + 7 * unread, rtol=CLOSE)
    factor = np.linalg.cholesky(definite(1, 5)[0], upper=upper)
    check_function(lambda x: ops.cholesky_inverse(x, upper=upper), factor, dynamic_batch=False, rtol=CLOSE)


def test_cholesky_inverse_of_a_batch():
    lite, matrices = converted(ops.cholesky_inverse, 4, 4), definite(3, 4)
    # Keras' numpy backend transposes the batch as well.
    np.testing.assert_allclose(lite.run([np.linalg.cholesky(matrices)]), np.linalg.inv(matrices), atol=1e-5)


@pytest.mark.parametrize("shape", [*SHAPES, (3, 3), (32, 32)])
def test_qr(shape):
    check_function(lambda x: (ops.qr(x), ops.qr(x, mode="complete")), random(3, *shape), rtol=CLOSE)


def test_qr_keeps_the_sign_of_columns_that_need_no_reflection():
    triangular = np.array([[[-1, 2, 3], [0, 4, -1], [0, 0, -2]], np.diag([0, 3, 1])], "float32")
    check_function(ops.qr, triangular)
    check_function(ops.qr, np.zeros((2, 3, 2), "float32"))


@pytest.mark.parametrize("scale", [1e-25, 1e25])
def test_squares_out_of_range(scale):
    matrix = conditioned(2, 5) * np.float32(scale)
    check_function(ops.qr, matrix, rtol=CLOSE, atol=0)
    check_function(lambda x: ops.svd(x, compute_uv=False), matrix, rtol=CLOSE, atol=0)
    check_function(lambda x: ops.eigh(x)[0], definite(2, 5) * np.float32(scale), rtol=CLOSE, atol=0)


def whole_again(x):
    """Eigenvalues, the matrix made of them again, and the products of the eigenvectors."""
    values, vectors = ops.eigh(x)
    return values, ops.matmul(vectors * values[..., None, :], turned(vectors)), ops.matmul(turned(vectors), vectors)


@pytest.mark.parametrize("size", [*SIZES, 31])
def test_eigh(size):
    check_function(whole_again, definite(3, size), rtol=CLOSE)
    random_symmetric = random(2, size, size) + np.swapaxes(random(2, size, size), 1, 2)
    check_function(whole_again, random_symmetric, rtol=CLOSE)


def test_eigh_reads_the_lower_triangle():
    check_function(lambda x: ops.eigh(x)[0], random(3, 6, 6), rtol=CLOSE)


@pytest.mark.parametrize("size", [2, 3, 16, 31])
def test_eigh_of_unusual_spectra(size):
    spectra = [
        np.ones(size),
        np.where(np.arange(size) < size // 2, 0.5, 1),
        np.logspace(0, -8, size),
        np.zeros(size),
        -np.arange(1, size + 1) / size,
    ]
    basis = orthogonal(len(spectra), size, size)
    mixed = basis * np.array(spectra)[:, None] @ np.swapaxes(basis, 1, 2)
    check_function(whole_again, np.append(mixed, [np.diag(np.linspace(1, -1, size))], 0).astype("float32"), rtol=CLOSE)


def test_eigenvectors_are_those_of_keras_up_to_their_sign():
    check_function(lambda x: ops.abs(ops.eigh(x)[1]), definite(3, 6), rtol=CLOSE)
    check_function(lambda x: tuple(map(ops.abs, ops.svd(x))), conditioned(3, 6), rtol=CLOSE)


def made_again(full):
    """Singular values, the matrix made of the factors again, and the products of their columns and rows."""

    def function(x):
        u, s, vt = ops.svd(x, full_matrices=full)
        count = s.shape[-1]
        product = ops.matmul(u[..., :count] * s[..., None, :], vt[..., :count, :])
        return s, product, ops.matmul(turned(u), u), ops.matmul(vt, turned(vt))

    return function


@pytest.mark.parametrize("shape", [*SHAPES, (2, 2), (32, 32)])
def test_svd(shape):
    check_function(made_again(True), random(3, *shape), rtol=CLOSE)


@pytest.mark.parametrize("shape", [(1, 4), (7, 5), (5, 8)])
def test_what_follows_from_singular_values(shape):
    def function(x):
        return made_again(False)(x), ops.svd(x, compute_uv=False), ops.pinv(x), ops.matrix_rank(x)

    check_function(function, random(3, *shape), rtol=CLOSE)


@pytest.mark.parametrize("shape", [(6, 6), (9, 5), (4, 8)])
def test_factors_are_orthogonal_where_singular_values_are_zero(shape):
    rows, columns = shape
    matrices = [random(rows, rank) @ random(rank, columns, seed=1) for rank in (0, 1, 3)]
    check_function(lambda x: (made_again(True)(x), ops.matrix_rank(x)), np.array(matrices), rtol=CLOSE)


def test_cutoffs():
    graded = (orthogonal(2, 5, 5) * np.array([4, 2, 1, 0.1, 0.01]) @ orthogonal(2, 5, 5)).astype("float32")
    check_function(lambda x: ops.pinv(x, rcond=0.05), graded, rtol=CLOSE)
    check_function(lambda x: ops.matrix_rank(x, tol=0.5), graded)
    check_function(lambda a, b: ops.lstsq(a, b, rcond=0.05), graded[0], random(5), dynamic_batch=False, rtol=CLOSE)
    check_function(ops.pinv, np.zeros((2, 3, 2), "float32"))


@pytest.mark.parametrize(("shape", "columns"), [((7, 3), ()), ((3, 7), (2,)), ((5, 5), (2,))])
def test_lstsq(shape, columns):
    matrix, right = random(*shape), random(shape[0], *columns)
    check_function(ops.lstsq, matrix, right, dynamic_batch=False, rtol=CLOSE)
    lite = check_function(lambda b: ops.lstsq(matrix, b), right, dynamic_batch=False, rtol=CLOSE)
    assert "WHILE" not in builtins_of(lite)


def test_lstsq_of_any_number_of_equations():
    for count in (7, 2):
        check_function(ops.lstsq, random(count, 4), random(count, 2), rtol=CLOSE)
        check_function(lambda x: ops.pinv(ops.transpose(x)), random(count, 4), rtol=CLOSE)


def test_matrices_of_dynamic_size():
    def function(rows):
        x = ops.matmul(rows, turned(rows)) + ops.eye(ops.shape(rows)[1])
        factors, right = ops.lu_factor(x), x[..., :1]
        return ops.det(x), ops.inv(x), factors, ops.solve(x, right), ops.solve_triangular(x, right), ops.cholesky(x)

    shape = keras.InputSpec(shape=(None, None, 3), dtype="float32")
    inputs = ([random(*sizes, 3)] for sizes in ((2, 4), (1, 7), (3, 1)))
    check_converts(as_model(function), *inputs, rtol=CLOSE, convert={"inputs": [shape]})


def test_leading_axes():
    def function(x):
        return ops.inv(x), ops.slogdet(x), ops.qr(x), ops.matrix_rank(x), ops.eigh(x)[0]

    check_function(function, conditioned(6, 3).reshape(3, 2, 3, 3), rtol=CLOSE)
    check_function(function, conditioned(1, 3)[0], dynamic_batch=False, rtol=CLOSE)


@pytest.mark.parametrize("dtype", ["float16", "int32", "float64", "uint8"])
def test_other_element_types(dtype):
    def function(x):
        return ops.inv(x), ops.det(x), ops.norm(x), ops.eigh(x)[0]

    matrix = (np.array([[4, 1, 0], [1, 5, 2], [0, 2, 6]]) + np.zeros((2, 1, 1))).astype(dtype)
    if dtype != "float16":
        check_function(function, matrix, rtol=CLOSE, numpy_is_wider=True)
        return
    # numpy has no linear algebra of float16.
    lite = converted(function, 3, 3, dtype=dtype)
    for found, expected in zip(lite.run([matrix]), function(matrix.astype("float32")), strict=True):
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-3 * np.max(np.abs(expected)))


@pytest.mark.parametrize("order", [None, "fro", "nuc", np.inf, -np.inf, 1, -1, 2, -2])
def test_norms_of_matrices(order):
    def function(x):
        return ops.norm(x, order, (1, 2)), ops.norm(x, order, (-1, 1)), ops.norm(x, order, (1, 2), keepdims=True)

    check_function(function, random(3, 4, 5), rtol=CLOSE)


@pytest.mark.parametrize("order", [None, np.inf, -np.inf, 0, 1, -1, 2, -2, 3, 0.5])
def test_norms_of_vectors(order):
    check_function(lambda x: (ops.norm(x, order, 1), ops.norm(x, order, (-1,), keepdims=True)), random(3, 4, 5))


@pytest.mark.parametrize("order", [None, "nuc", np.inf])
def test_norms_of_all_axes(order):
    check_function(lambda x: ops.norm(x, order), random(4, 5), rtol=CLOSE)


@pytest.mark.parametrize(
    ("shapes", "axes"),
    [
        (((3, 4, 3), (3, 4, 3)), {}),
        (((3, 4, 3), (3, 1, 3)), {}),
        (((3, 3, 4), (3, 3, 4)), {"axis": 1}),
        (((3, 3, 4), (3, 4, 3)), {"axisa": 1, "axisb": 2, "axisc": 1}),
        (((3, 2), (3, 3)), {}),
        (((3, 3), (3, 2)), {}),
    ],
)
def test_cross(shapes, axes):
    arrays = [random(*shape, seed=i) for i, shape in enumerate(shapes)]
    check_function(lambda x, y: ops.cross(x, y, **axes), *arrays)
    check_function(lambda x, y: ops.cross(x, y, **axes), *((9 * array).astype("int32") for array in arrays))


def test_cross_with_a_constant():
    check_function(lambda x: ops.cross(x, np.array([0, 0, 1], "float32")), random(4, 3))
    check_function(lambda x, y: ops.cross(x, y), random(4, 2), random(4, 2, seed=1))


@pytest.mark.parametrize("shapes", [((3,), (2, 2)), ((2, 3), (4,)), ((2, 3, 2), (2, 2, 3))])
@pytest.mark.parametrize("dtype", ["float32", "int32"])
def test_kron(shapes, dtype):
    first, second = ((random(*shape, seed=i) * 9).astype(dtype) for i, shape in enumerate(shapes))
    check_function(lambda x: ops.kron(x, second), first)
    check_function(ops.kron, first, second, dynamic_batch=False)


@pytest.mark.parametrize("function", [ops.det, ops.inv, ops.qr, ops.svd, ops.eigh])
def test_32_columns_make_a_small_file(function):
    lite = converted(function, 32, 32)
    assert len(bytes(lite)) < 60_000
    assert len(builtins_of(lite)) < 150


def test_what_has_no_form():
    with pytest.raises(LitesmithError, match="dynamic size"):
        converted(lambda x: ops.qr(ops.matmul(x, turned(x))), None, 3)
    with pytest.raises(LitesmithError, match="over 3 axes"):
        converted(lambda x: ops.norm(x, 2), 3, 3)


def unusual(size):
    """Matrices whose eigenvalues are of one magnitude, equal, known, few, and those of a nilpotent one."""
    cycle, counted = np.roll(np.eye(size), 1, 0), np.diag(np.arange(size, dtype=float))
    return np.stack([cycle, np.eye(size), counted, np.ones((size, size)), np.eye(size, k=1), np.zeros((size, size))])


def check_eigen(matrices, values, vectors):
    """Eigenvalues are numpy's in some order, and eigenvectors of length 1 belong to them."""
    norm = np.linalg.norm(matrices.astype(float), axis=(1, 2)).max()
    for matrix, found in zip(matrices, values, strict=True):
        apart = abs(found[:, None] - np.linalg.eigvals(matrix.astype(float)))
        assert max(apart.min(0).max(), apart.min(1).max()) < CLOSE * norm
    assert abs(matrices @ vectors - vectors * values[:, None]).max() < CLOSE * norm
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert (vectors.imag[np.broadcast_to(values.imag[:, None] == 0, vectors.shape)] == 0).all()


@pytest.mark.parametrize("size", SIZES)
def test_eig(size):
    lite = converted(ops.eig, size, size)
    for matrices in (conditioned(3, size), definite(3, size), random(1, size, size), unusual(size).astype("float32")):
        values, vectors = lite.run([matrices])
        assert values.dtype == vectors.dtype == np.complex64
        check_eigen(matrices, values, vectors)


def test_eig_of_large_and_small_numbers():
    lite = converted(ops.eig, 4, 4)
    for scale in (1e-30, 1e30):
        matrices = random(3, 4, 4).astype(float)
        values, vectors = lite.run([(matrices * scale).astype("float32")])
        check_eigen(matrices, values.astype(complex) / scale, vectors)


def test_eigenvalues_are_pairs():
    values, _ = converted(ops.eig, 6, 6).run([random(3, 6, 6)])
    for row in values:
        places = np.flatnonzero(row.imag > 0)
        np.testing.assert_array_equal(row[places + 1], row[places].conj())
        assert (row.imag != 0).sum() == 2 * len(places)


def test_more_axes_before_the_matrices():
    matrices = random(2, 3, 5, 5)
    values, vectors = converted(ops.eig, 3, 5, 5).run([matrices])
    assert values.shape == (2, 3, 5)
    check_eigen(matrices.reshape(6, 5, 5), values.reshape(6, 5), vectors.reshape(6, 5, 5))
