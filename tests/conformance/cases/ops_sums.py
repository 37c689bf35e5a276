"""Reductions, running sums, quantiles, products of tensors and linear algebra."""

import numpy as np
from keras import ops

from cases.case import EXACT, Case, does, op
from cases.inputs import NAN, SPECIAL, WHOLE, bools, constant, f, fixed, ints, named, of, pos, unit

X, Y = f(3, 4, 5), unit(3, 4, 5)
AXES = ((None, False), (0, False), (1, True), (-1, False), ((1, 2), True))
TYPES = ("int8", "uint8", "int32", "bool")
FEW = ((None, False), (1, True), (-1, False))

REDUCTIONS: list[Case] = [
    *(op(name, X, axis=axis, keepdims=keep, bound=EXACT) for name in ("amax", "amin", "max", "min") for axis, keep in AXES),
    *(op(name, X, axis=axis, keepdims=keep) for name in ("mean", "prod", "std", "sum", "var", "ptp", "median") for axis, keep in AXES),
    *(op(name, bools(3, 4, 5), axis=axis, keepdims=keep, bound=EXACT) for name in ("all", "any") for axis, keep in AXES),
    *(op(name, of(dtype, 3, 4), axis=1) for name in ("sum", "prod", "mean", "max", "min", "any", "all", "var", "median") for dtype in TYPES if not (name in ("max", "min") and dtype == "bool")),
    *(op(name, SPECIAL, axis=0) for name in ("sum", "mean", "any", "all")),
    *(op(name, X, axis=1, initial=0.5, bound=EXACT) for name in ("max", "min")), op("prod", of("uint8", 3, 4), axis=1, dtype="int32", bound=EXACT),
    *(op("average", X, axis=axis) for axis in (None, 1)), op("average", X, axis=1, weights=pos(3, 4, 5)), op("average", f(3, 4, 1), axis=1, weights=pos(3, 4, 1)), op("average", X, axis=2, weights=[1.0, 2, 3, 4, 5], known=(2,)),
    *(op(name, x, axis=axis, keepdims=keep) for name in ("nanmax", "nanmean", "nanmedian", "nanmin", "nanprod", "nanstd", "nansum", "nanvar") for x, axis, keep in ((NAN, None, False), (NAN, 1, True), (X, -1, False), (ints(3, 4), 0, False))),
    *(op(name, x, axis=axis, bound=EXACT) for name in ("nanargmax", "nanargmin") for x, axis in ((NAN, None), (NAN, 1), (X, 1))),
    *(op(name, x, q, axis=axis) for name, scale in (("quantile", 1), ("percentile", 100)) for x, q, axis in ((X, 0.3 * scale, None), (X, [0.1 * scale, 0.9 * scale], 1), (WHOLE, 0.5 * scale, 0))),
    *(op(name, NAN, q, axis=axis) for name, scale in (("nanquantile", 1), ("nanpercentile", 100)) for q, axis in ((0.3 * scale, None), ([0.1 * scale, 0.9 * scale], 1))),
    *(op(name, X, 0.4, axis=-1, method=method) for name in ("quantile", "nanquantile") for method in ("lower", "higher", "midpoint", "nearest")),
    op("quantile", X, 0.4, axis=1, method="hazen", refused="K102", because="Keras lists five other methods"),
    *(op("moments", X, axes=axes, keepdims=keep) for axes, keep in (((0,), False), ((1, 2), True))),
    *(op(name, x, axis=axis) for name in ("cumsum", "cumprod") for x, axis in ((X, None), (X, 1), (X, -1), (ints(3, 4), 1), (bools(3, 4), 1))),
    op("cumsum", of("uint8", 3, 4), axis=1, dtype="int32", bound=EXACT),
    *(op(name, NAN, axis=axis) for name in ("nancumsum", "nancumprod") for axis in (None, 1)),
    *(op("diff", X, n=n, axis=axis) for n, axis in ((1, -1), (2, 1), (1, 0))), op("diff", of("int32", 3, 6)),
    *(op("trapezoid", X, **options) for options in ({}, {"dx": 0.5, "axis": 1}, {"x": constant(5), "known": (2,)})),
    *(op("bincount", x, **options) for x, options in ((fixed(ints(9)), {}), (fixed(ints(9)), {"minlength": 7}), (ints(3, 5), {"minlength": 4}))),
    does("bincount", "weighted", lambda x, w: ops.bincount(x, weights=w, minlength=4), fixed(ints(9)), fixed(f(9))),
    *(does("histogram", str(options), lambda x, options=options: ops.histogram(x, **options), fixed(f(40))) for options in ({}, {"bins": 4, "range": (-1.0, 1.0)})),
    op("corrcoef", fixed(f(4, 9))), *(op("correlate", fixed(f(9)), fixed(f(4)), mode=mode) for mode in ("valid", "same", "full")),
    *(op(f"segment_{how}", fixed(f(6, 3)), np.array([0, 0, 1, 3, 3, 1]), num_segments=n) for how in ("sum", "max", "min", "prod") for n in (4, 6)),
    *(op(f"segment_{how}", fixed(f(6, 3)), fixed(named("sorted ids", [0, 0, 1, 1, 3, 3], "int32")), num_segments=5, sorted=True) for how in ("sum", "max")),
    op("segment_sum", fixed(f(6)), fixed(ints(6))), op("segment_sum", fixed(of("int32", 6)), fixed(ints(6)), num_segments=4, bound=EXACT),
    op("psnr", X, Y, 2.0),
]  # fmt: skip

M, N = f(3, 4, 6), f(3, 6, 5)
PRODUCTS: list[Case] = [
    *(op("matmul", *pair, **({"known": (-1,) if pair[0].has_batch else (-2,)} if not isinstance(pair[1], type(M)) or not (pair[0].has_batch and pair[1].has_batch) else {})) for pair in ((M, N), (M, fixed(f(6, 5))), (f(3, 2, 4, 6), f(3, 2, 6, 5)), (f(3, 6), fixed(f(6))), (fixed(f(6)), fixed(f(6))), (M, constant(6, 5)), (fixed(f(6)), f(3, 6, 2)))),
    *(op("matmul", ints(3, 4, 6, dtype=dtype), ints(3, 6, 5, dtype=dtype), bound=EXACT) for dtype in ("int32", "int8", "uint8")),
    *(op("dot", *pair, known=(-1,)) for pair in ((f(3, 6), fixed(f(6, 5))), (fixed(f(6)), fixed(f(6))), (2.0, X), (X, constant(5)))),
    *(op("inner", *pair, known=(-1,)) for pair in ((f(3, 6), fixed(f(4, 6))), (fixed(f(6)), fixed(f(6))))), op("outer", fixed(f(3)), fixed(f(4))), op("outer", X, constant(2)), op("vdot", fixed(X), fixed(Y)),
    *(op("tensordot", M, fixed(N), axes=axes, known=(-1,)) for axes in (0, [[2], [1]])), op("tensordot", fixed(M), fixed(N), axes=[[2, 0], [1, 0]]), op("tensordot", M, fixed(f(6, 5)), axes=1, known=(-1,)),
    *(op("einsum", text, *inputs, known=() if all(given.has_batch for given in inputs) else (-1,) if len(inputs) < 3 else None) for text, *inputs in (("bij,bjk->bik", M, N), ("bij,kj->bki", M, fixed(f(5, 6))), ("bii->bi", f(3, 4, 4)), ("bij->b", M), ("bij->bji", M), ("bij,bij->bi", X, Y), ("bi,bj->bij", f(3, 4), f(3, 5)), ("...ij,...jk", M, N), ("bij,bjk,kl->bil", M, N, fixed(f(5, 2))))),
    *(op("cross", *pair, known=(-1,)) for pair in ((f(3, 4, 3), unit(3, 4, 3)), (f(3, 2), unit(3, 2)), (f(3, 3), np.array([0, 0, 1], "float32")))), op("cross", f(3, 3, 4), unit(3, 3, 4), axis=1, known=(1,)),
    *(op("kron", fixed(f(2, 3)), fixed(f(*shape))) for shape in ((2, 2), (4,))),
    op("cdist", f(3, 4, 2), f(3, 5, 2)),
]  # fmt: skip


def _conditioned(count, size, definite=False):
    """Matrices with singular values from 1 to 10."""
    left, right = (np.linalg.qr(np.random.default_rng(seed).normal(size=(count, size, size)))[0] for seed in (0, 1))
    right = np.swapaxes(left, 1, 2) if definite else right
    return named(
        f"{count} {'definite' if definite else 'conditioned'} {size}x{size}", left * np.linspace(1, 10, size) @ right
    )


MATRICES = [_conditioned(3, size) for size in (1, 2, 5, 12)]
DEFINITE = [_conditioned(3, size, definite=True) for size in (1, 2, 5, 12)]
SINGULAR = named("singular", [[[1, 2], [2, 4]], [[0, 0], [0, 0]], [[0, 1], [1, 0]]])
NORM = {"bound": 1e-4, "only_batch": True}
KEPT = {"bound": 1e-4, "known": None}
ORDERS = (None, "fro", "nuc", np.inf, -np.inf, 1, -1, 2, -2)


def _turned(x):
    return ops.swapaxes(x, -1, -2)


def _made_again(full):
    def function(x):
        u, s, vt = ops.svd(x, full_matrices=full)
        return s, ops.matmul(u[..., : s.shape[-1]] * s[..., None, :], vt[..., : s.shape[-1], :])

    return function


def _whole_again(x):
    values, vectors = ops.eigh(x)
    return values, ops.matmul(vectors * values[..., None, :], _turned(vectors))


def _added_up(x):
    """What neither the order of eigenvalues nor the turns of eigenvectors change; the imaginary parts add up to 0."""
    values, vectors = ops.eig(x)
    return ops.real(ops.matmul(vectors * values[:, None, :], _turned(ops.conj(vectors))))


UNUSUAL = named("unusual", [np.roll(np.eye(6), 1, 0), np.diag(np.arange(6.0)), np.tri(6) + np.diag(np.arange(6.0))])
LINALG: list[Case] = [
    *(op(name, x, **NORM) for name in ("det", "slogdet", "logdet", "inv", "lu_factor") for x in MATRICES), op("det", SINGULAR, **NORM), op("slogdet", SINGULAR, **NORM),
    *(op("cholesky", x, upper=upper, **NORM) for x in DEFINITE for upper in (False, True)),
    op("cholesky_inverse", fixed(named("factor", np.linalg.cholesky(DEFINITE[2].values[0]))), **NORM),
    *(op("solve", x, f(3, x.values.shape[1], 2), **NORM) for x in MATRICES), op("solve", fixed(named("one matrix", MATRICES[2].values[0])), fixed(f(5)), **NORM),
    *(op("solve_triangular", x, f(3, x.values.shape[1], 2), lower=lower, **NORM) for x in DEFINITE[:3] for lower in (True, False)),
    *(op("qr", f(3, *shape), mode=mode, **NORM) for shape in ((4, 4), (7, 3), (3, 5)) for mode in ("reduced", "complete")),
    *(does("svd", "made again", _made_again(full), f(3, *shape), **KEPT) for shape in ((4, 4), (7, 3), (3, 5)) for full in (True,)), does("svd", "made again, not full", _made_again(False), f(3, 7, 3), **KEPT), op("svd", f(3, 4, 6), compute_uv=False, **NORM),
    *(does("eigh", "made again", _whole_again, x, **KEPT) for x in DEFINITE), *(does("eig", "added up", _added_up, x, **KEPT) for x in (*MATRICES, *DEFINITE, UNUSUAL)),
    *(op("pinv", f(3, *shape), known=(-1,), bound=1e-4) for shape in ((4, 4), (6, 3), (2, 5))), op("pinv", f(3, 4, 4), rcond=0.3, known=(-1,), bound=1e-4),
    *(op("matrix_rank", x, known=(-1,), bound=EXACT) for x in (f(3, 4, 6), SINGULAR)), op("matrix_rank", f(3, 4, 4), tol=1.0, known=(-1,), bound=EXACT),
    *(op("lstsq", fixed(f(*shape)), fixed(f(shape[0], 2)), **NORM) for shape in ((7, 3), (3, 7), (5, 5))),
    *(op("norm", f(3, 4, 5), ord=order, axis=(1, 2), **NORM) for order in ORDERS), *(op("norm", X, ord=order, axis=-1, keepdims=True) for order in (None, np.inf, 0, 1, 2, 3)), op("norm", X),
]  # fmt: skip


def _running(carry, x):
    return carry + x, carry * x


LOOPS: list[Case] = [
    does("cond", "of a sum", lambda x: ops.cond(ops.sum(x) > 0, lambda: x * 2.0, lambda: x - 1.0), X),
    does("switch", "of an input", lambda i, x: ops.switch(i[0], [ops.sin, ops.cos, ops.negative], x), fixed(named("index", [1], "int32")), X),
    does("while_loop", "to a limit", lambda x: ops.while_loop(lambda i, v: ops.sum(ops.abs(v)) < 1e3, lambda i, v: (i + 1, v * 2.0), (0, x)), X),
    does("while_loop", "at most 3 times", lambda x: ops.while_loop(lambda v: ops.sum(v * v) < 1e3, lambda v: (v * 1.5,), (x,), maximum_iterations=3), X),
    does("fori_loop", "5 times", lambda x: ops.fori_loop(0, 5, lambda i, v: v * 0.9 + ops.cast(i, "float32"), x), X),
    does("scan", "running sum", lambda x: ops.scan(_running, ops.zeros_like(x[:, 0]), ops.transpose(x, (1, 0, 2))), X),
    does("scan", "backwards", lambda x: ops.scan(_running, ops.zeros_like(x[:, 0]), ops.transpose(x, (1, 0, 2)), reverse=True), X),
    *(does("associative_scan", f"axis {axis}", lambda x, axis=axis: ops.associative_scan(ops.add, x, axis=axis), X) for axis in (1, 2)),
    *(does(name, "of rows without signs", lambda x, name=name: getattr(ops, name)(lambda row: ops.flip(row), x), of("uint8", 6, 4)) for name in ("map", "vectorized_map")),
    does("map", "of rows", lambda x: ops.map(lambda row: ops.softmax(row) * 2.0, x), X),
    does("vectorized_map", "of rows", lambda x: ops.vectorized_map(lambda row: ops.matmul(row, ops.transpose(row)), x), X),
    does("vectorize", "of vectors", lambda x: ops.vectorize(lambda v: ops.sum(v * v), signature="(n)->()")(x), X),
]  # fmt: skip

CASES = [*REDUCTIONS, *PRODUCTS, *LINALG, *LOOPS]
