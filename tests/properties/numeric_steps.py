"""Steps of random models that compute along axes, of matrices and of spectra."""

from __future__ import annotations

import keras
import numpy as np
from hypothesis import strategies as st
from keras import ops

from properties.steps import Step, _Function, axis_of, pick

WHOLE = ("float32", "int32")
MOST_PAIRS = 20_000
"""Of elements, for operations that take each of one tensor with each of another."""


def known_last(x):
    return x is not None and x.tensor.shape[-1] is not None


def ordered(draw, values):
    """Orders, ranks and what depends on them. Keras' numpy backend sorts equal elements in any order."""
    x = pick(draw, values, draw(st.sampled_from(WHOLE)), range(1, 5), exact=True)
    if x is None:
        return None
    axis, k = axis_of(draw, x), draw(st.integers(1, 3))
    name, function = draw(
        st.sampled_from(
            [
                ("top_k", lambda x: ops.top_k(x, k)[0]),
                ("top_k unordered sum", lambda x: ops.sum(ops.top_k(x, k, sorted=False)[0], axis=-1)),
                ("taken by top_k", lambda x: ops.take_along_axis(x, ops.top_k(x, k)[1], axis=-1)),
                ("flat sort", lambda x: ops.sort(x, axis=None)),
                ("reversed sort", lambda x: ops.flip(ops.sort(x, axis), axis)),
                ("rank", lambda x: ops.argsort(ops.argsort(x * 64 + _places(x, axis), axis), axis)),
                ("quantile", lambda x: ops.quantile(ops.cast(x, "float32"), [0.25, 0.9], axis=axis)),
                ("nearest quantile", lambda x: ops.quantile(ops.cast(x, "float32"), 0.4, axis=axis, method="lower")),
                ("median", lambda x: ops.median(ops.cast(x, "float32"), axis=axis, keepdims=True)),
                ("in_top_k", lambda x: ops.in_top_k(ops.zeros(ops.shape(x)[:1], "int32"), ops.cast(x, "float32"), k)),
                ("max of argmax", lambda x: ops.max(ops.argmax(_unsigned_zero(x), axis))),
                ("searchsorted", lambda x: ops.searchsorted(ops.sort(ops.reshape(x, (-1,))), ops.reshape(x, (-1,)))),
                ("digitize", lambda x: ops.digitize(ops.cast(x, "float32"), np.array([-1.0, 0.0, 1.5], "float32"))),
            ]
        )
    )
    if "top_k" in name and any(array.shape[-1] < k for array in x.arrays):
        return None  # numpy alone takes what there is
    exact = name not in ("quantile", "nearest quantile", "median")
    return Step(f"{name} {axis} {k}", [x], _Function(function), exact=exact)


def _places(x, axis):
    """Where along an axis an element is: what makes equal elements differ."""
    ones = ops.ones_like(x)
    return ops.cumsum(ones, axis) - 1


def _unsigned_zero(x):
    return ops.where(ops.equal(x, 0), ops.zeros_like(x), x)


def along(draw, values):
    x = pick(draw, values, "float32", range(1, 5))
    if x is None:
        return None
    axis, number = axis_of(draw, x), draw(st.sampled_from([0.5, 1.0, 2.0]))
    name, function = draw(
        st.sampled_from(
            [
                ("cumprod", lambda x: ops.cumprod(ops.clip(x, -1.5, 1.5), axis)),
                ("cumulative mean", lambda x: ops.cumsum(x, axis) / ops.cumsum(ops.ones_like(x), axis)),
                ("average", lambda x: ops.average(x, axis, weights=ops.abs(x) + number)),
                ("nanmean", lambda x: ops.nanmean(x, axis)),
                ("nansum", lambda x: ops.nansum(x, axis, keepdims=True)),
                ("ptp", lambda x: ops.ptp(x, axis)),
                ("trapezoid", lambda x: ops.trapezoid(x, dx=number, axis=axis)),
                ("amax", lambda x: ops.amax(x, axis) - ops.amin(x, axis)),
                ("normalize", lambda x: ops.normalize(x + number, axis=axis, order=2)),
                ("norm", lambda x: ops.norm(x, ord=1, axis=axis, keepdims=True)),
                ("standardized", lambda x: _standardized(x, axis)),
                ("moments", lambda x: ops.moments(x, [axis])[1]),
                ("rms", lambda x: ops.rms_normalization(x + number)),
                ("layer norm", lambda x: ops.layer_normalization(x, epsilon=0.1)),
                ("dot", lambda x: ops.vdot(x, x)),
                ("std", lambda x: ops.sqrt(ops.square(ops.std(x, axis)) + 0.1)),
                ("corrected", lambda x: ops.sum(ops.square(x - ops.mean(x, axis, keepdims=True)), axis)),
                ("sparsemax", lambda x: ops.sparsemax(x, axis)),
                ("glu", lambda x: ops.glu(ops.concatenate([x, x * number], axis), axis)),
                ("squareplus", ops.squareplus),
                ("tanh shrink", ops.tanh_shrink),
                ("nan_to_num", lambda x: ops.nan_to_num(ops.where(x > 2, np.float32(np.inf), x), posinf=3.0)),
                ("erfinv", lambda x: ops.erfinv(ops.tanh(x) * 0.9)),
                ("arctanh", lambda x: ops.arctanh(ops.clip(x, -0.9, 0.9))),
                ("arcsinh", ops.arcsinh),
                ("log2", lambda x: ops.log2(ops.abs(x) + number)),
                ("cbrt", lambda x: ops.cbrt(ops.abs(x) + number)),
                ("exp2", lambda x: ops.exp2(ops.clip(x, -4, 4))),
                ("sinc", ops.sinc),
                ("deg2rad", ops.deg2rad),
            ]
        )
    )
    return Step(f"{name} {axis} {number}", [x], _Function(function))


def _standardized(x, axis):
    mean, variance = ops.moments(x, [axis], keepdims=True)
    return (x - mean) / ops.sqrt(variance + 0.1)


def segments(draw, values):
    """Rows of a table, added up by what another tensor says."""
    x = pick(draw, values, "float32", range(1, 4), exact=True)
    ids = pick(draw, values, "int32", range(1, 2))
    if x is None or ids is None:
        return None
    count, name = draw(st.integers(1, 5)), draw(st.sampled_from(["segment_sum", "segment_max"]))

    def function(x, ids):
        return ops.clip(getattr(ops, name)(x, ids % count, num_segments=count), -100.0, 100.0)

    return Step(f"{name} {count}", [x, ids], function, exact=True)


def scattered(draw, values):
    x, ids = pick(draw, values, draw(st.sampled_from(WHOLE)), range(1, 4), exact=True), pick(draw, values, "int32")
    if x is None or ids is None or not all(x.tensor.shape[1:]) or not x.tensor.shape[0:]:
        return None
    name, function = draw(
        st.sampled_from(
            [
                ("scatter", lambda x, i: ops.scatter(ops.reshape(i, (-1, 1)) % 4, _rows(x, i), (4, *x.shape[1:]))),
                ("bincount", lambda x, i: ops.bincount(ops.reshape(i, (-1,)) % 4, minlength=4)),
                ("one_hot", lambda x, i: ops.one_hot(i % 3, 3, axis=0)),
                ("multi_hot", lambda x, i: ops.multi_hot(i % 3, 3)),
                ("taken", lambda x, i: ops.take(x, i % 2, axis=-1)),
                ("along", lambda x, i: ops.take_along_axis(x, ops.cast(x, "int32") * 0, axis=0)),
                ("update", lambda x, i: ops.scatter_update(x, [[0] * len(x.shape)], ops.ones((1,), x.dtype))),
                ("slice", lambda x, i: ops.slice(x, [ops.max(i) * 0] + [0] * (len(x.shape) - 1), [1, *x.shape[1:]])),
                ("select", lambda x, i: ops.select([x > 1, x < -1], [x * 2, x - 1], 0)),
                ("histogram", lambda x, i: ops.histogram(ops.cast(i % 5, "float32"), bins=4, range=(0, 4))[0]),
                ("isin", lambda x, i: ops.isin(i, [0, 2, 3])),
            ]
        )
    )
    return Step(name, [x, ids], _Function(function), exact=True)


def _rows(x, i):
    return ops.repeat(x[:1], ops.size(i), axis=0)


EXPRESSIONS = {
    1: ["a,a->", "a,b->ab", "a->"],
    2: ["ab,ab->a", "ab,cb->ac", "ab,ac->bc", "ab->ba", "ab,ab->", "ab,cd->acbd", "ab,b->a"],
    3: ["abc,abd->acd", "abc,adc->abd", "abc,dbc->ad", "abc->cab", "abc,abc->b", "...c,...c->...", "abc,cd->abd"],
    4: ["abcd,aecd->abe", "abcd,abed->acbe", "abcd->bd", "abcd,abcd->dc", "...cd,...ce->...de"],
}


def contracted(draw, values):
    x = pick(draw, values, "float32", range(1, 5))
    if x is None:
        return None
    expression = draw(st.sampled_from(EXPRESSIONS[x.rank]))
    second = expression.split("->")[0].partition(",")[2]
    if not second:
        return Step(f"einsum {expression}", [x], lambda x: ops.einsum(expression, x))
    y = pick(draw, values, "float32", [len(second)]) if "." not in second else x
    if y is None or ("." not in second and not _fit(expression, x, y)):
        return None
    return Step(f"einsum {expression}", [x, y], lambda x, y: ops.einsum(expression, x, y))


def _fit(expression, x, y):
    """Whether each letter is one size; numpy, unlike others, repeats an axis of size 1."""
    first, second = expression.split("->")[0].split(",")
    shapes = [a.shape + b.shape for a, b in zip(x.arrays, y.arrays, strict=True)]
    return all(len(set(zip(first + second, shape, strict=True))) == len(set(first + second)) for shape in shapes)


def combined(draw, values):
    x = pick(draw, values, "float32", range(1, 4))
    y = pick(draw, values, "float32", range(1, 4))
    if x is None or any(a.size * b.size > MOST_PAIRS for a, b in zip(x.arrays, y.arrays, strict=True)):
        return None
    name, function = draw(
        st.sampled_from(
            [
                ("outer", ops.outer),
                ("inner", ops.inner),
                ("tensordot 1", lambda x, y: ops.tensordot(x, y, 1)),
                ("tensordot 0", lambda x, y: ops.tensordot(x, y, 0)),
                ("tensordot ends", lambda x, y: ops.tensordot(x, y, [[-1], [-1]])),
                ("dot", ops.dot),
                ("kron", ops.kron),
                (
                    "cross",
                    lambda x, y: ops.cross(*(ops.concatenate([z[..., :1]] * 3, -1) * [1.0, -2.0, 0.5] for z in (x, y))),
                ),
                ("meshgrid", lambda x, y: ops.meshgrid(ops.ravel(x), ops.ravel(y))[1]),
                ("correlate", lambda x, y: ops.correlate(ops.ravel(x), ops.ravel(y)[:2], mode="full")),
                ("vstack", lambda x, y: ops.vstack([x, y])),
                ("hstack", lambda x, y: ops.hstack([x, y])),
                ("lerp", lambda x, y: x + 0.25 * (y - x)),
                ("clip by", lambda x, y: ops.clip(x, -ops.abs(y), ops.abs(y))),
                ("heaviside", lambda x, y: ops.heaviside(ops.ones_like(x), y)),
                ("cdist", lambda x, y: ops.sum(ops.abs(x[..., :, None] - y[..., None, :]), axis=-1)),
            ]
        )
    )
    return Step(name, [x, y], _Function(function))


def matrices(draw, values):
    """Linear algebra of matrices that are far from singular."""
    x = pick(draw, values, "float32", range(2, 5))
    if not known_last(x) or x.tensor.shape[-1] > 6:
        return None
    size = x.tensor.shape[-1]

    def definite(x):
        scaled = x / (1.0 + ops.max(ops.abs(x)))
        return ops.matmul(ops.swapaxes(scaled, -1, -2), scaled) + 2.0 * ops.eye(size)

    name, function = draw(
        st.sampled_from(
            [
                ("cholesky", lambda x: ops.cholesky(definite(x))),
                ("det", lambda x: ops.det(definite(x))),
                ("slogdet", lambda x: ops.slogdet(definite(x))[1]),
                ("inv", lambda x: ops.inv(definite(x))),
                ("solve", lambda x: ops.solve(definite(x), ops.tanh(definite(x)))),
                (
                    "solve_triangular",
                    lambda x: ops.solve_triangular(definite(x), ops.tanh(definite(x)), lower=True),
                ),
                ("eigvalsh", lambda x: ops.eigh(definite(x))[0]),
                ("svd", lambda x: ops.svd(definite(x), compute_uv=False)),
                ("qr", lambda x: ops.abs(ops.qr(definite(x))[1])),
                ("pinv", lambda x: ops.pinv(definite(x))),
                ("lu", lambda x: ops.lu_factor(definite(x))[0]),
                ("trace", lambda x: ops.trace(x, axis1=-2, axis2=-1)),
                ("diagonal", lambda x: ops.diagonal(definite(x), axis1=-2, axis2=-1)),
                ("norm", lambda x: ops.norm(definite(x), axis=(-2, -1))),
                ("power", lambda x: ops.matmul(definite(x), definite(x))),
                ("triu", lambda x: ops.triu(definite(x), k=1)),
                ("matrix_rank", lambda x: ops.matrix_rank(definite(x))),
            ]
        )
    )
    return Step(f"matrix {name}", [x], _Function(function))


def spectra(draw, values):
    x = pick(draw, values, "float32", range(1, 4))
    if not known_last(x):
        return None
    name, function = draw(
        st.sampled_from(
            [
                ("rfft", lambda x: ops.rfft(x)[0]),
                ("rfft 5", lambda x: ops.rfft(x, 5)[1]),
                ("fft", lambda x: ops.fft((x, x * 0.5))[1]),
                ("ifft2", lambda x: ops.ifft2((x, x * 0.5))[0]),
                ("irfft", lambda x: ops.irfft(ops.rfft(x, 6))),
                ("sequences", lambda x: ops.extract_sequences(x, 3, 2)),
                ("stft", lambda x: ops.stft(x, 4, 2, 4)[0]),
            ]
        )
    )
    return Step(name, [x], _Function(function))


def lost(draw, values):
    """Losses as outputs of a model."""
    x, y = pick(draw, values, "float32", range(2, 4)), pick(draw, values, "float32", range(2, 4))
    if not known_last(x):
        return None
    names = (
        *("mean_squared_error", "mean_absolute_error", "huber", "log_cosh", "cosine_similarity", "hinge"),
        *("mean_squared_logarithmic_error", "kl_divergence", "poisson", "squared_hinge", "categorical_hinge"),
    )
    crossed = ("binary_crossentropy", "categorical_crossentropy", "binary_focal_crossentropy", "dice", "tversky")
    name = draw(st.sampled_from([*names, *crossed]))
    loss = getattr(keras.losses, name)
    if name in crossed:
        return Step(name, [x, y], _Function(lambda x, y: loss(ops.softmax(x), ops.softmax(y))))
    return Step(name, [x, y], _Function(lambda x, y: loss(ops.tanh(x) + 1.5, ops.tanh(y) + 1.5)))


STEPS = [ordered, ordered, along, along, segments, scattered, contracted, combined, matrices, spectra, lost]
