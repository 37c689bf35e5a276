"""Reductions, sorting, products, linear algebra and transforms."""

import numpy as np
import pytest

from torch_support import check_torch, floats, refusal

import torch  # isort: skip
import torch.nn.functional as F  # isort: skip

X, Y = floats(3, 4, 5), floats(3, 4, 5, seed=1)
INTEGERS = torch.as_tensor(np.random.default_rng(0).integers(-7, 8, (3, 4, 5)))
SQUARE = floats(3, 4, 4) + 4 * torch.eye(4)


def sums(x):
    return [
        *(x.sum(), x.sum(1), x.mean((1, 2)), x.mean(-1, keepdim=True), x.amax(1), x.amin((0, 1)), x.prod(1)),
        *(x.max(), x.min(), *x.max(1), *x.min(2, keepdim=True), x.argmax(), x.argmax(1), x.argmin(2)),
    ]


def deviations(x):
    return [x.var(1), x.std(), x.var((1, 2), correction=0), *torch.var_mean(x, 1), *torch.std_mean(x, 2, keepdim=True)]


def norms(x):
    return [
        *(x.logsumexp(1), x.norm(), x.norm(dim=1), x.norm(p=1, dim=(1, 2)), torch.linalg.vector_norm(x, 3, 1)),
        *(torch.linalg.norm(x, dim=1), F.normalize(x, dim=1), torch.linalg.vector_norm(x, float("inf"), (1, 2))),
    ]


def running(x):
    return [x.cumsum(1), x.cumprod(2), x.logcumsumexp(1), *x.cummax(1), *x.cummin(2), x.diff(dim=1)]


def quantiles(x):
    return [*x.median(1), x.median(), *x.kthvalue(2, 1), x.quantile(0.3, 1), x.quantile(torch.tensor([0.1, 0.9]), 1)]


def in_order(x):
    return [*x.sort(1), *x.sort(2, descending=True), x.argsort(1), *x.topk(2, 1), *x.topk(3, 2, largest=False)]


def products(x):
    return [
        *(F.linear(x, floats(6, 5), floats(6)), torch.addmm(floats(6), x[:, 0], floats(5, 6)), torch.bmm(x, x.mT)),
        *(x @ x.mT, x[0] @ x[0].T, x[0, 0] @ x[0, 0], torch.mv(x[0], x[0, 0]), torch.outer(x[0, 0], x[0, 1])),
        *(x @ floats(5), torch.baddbmm(x[:, :, :4], x, x.mT, beta=0.5, alpha=2), torch.tensordot(x, floats(5, 2), 1)),
        *(torch.einsum("...ij->...i", x), F.bilinear(x[:, 0], x[:, 1], floats(3, 5, 5), floats(3))),
    ]


@pytest.mark.parametrize("function", [sums, deviations, norms, running, quantiles, in_order, products])
def test_of_floats(function):
    check_torch(function, X, rtol=2e-6)


def test_of_integers_and_truths():
    check_torch(
        lambda x: [
            *(x.sum(1), x.any(1), x.all(), x.prod(1), x.amax(1), x.float().mean(1), *x.max(1), *x.sort(1)),
            *((x > 0).sum(1), (x > 0).any(1), (x > 0).all(2), torch.count_nonzero(x, 1)),
        ],
        INTEGERS,
    )


def test_distinct_elements():
    check_torch(lambda x: torch.unique(x, return_inverse=True, return_counts=True), INTEGERS)
    check_torch(lambda x: torch.unique(x, dim=1), INTEGERS)


def test_of_two():
    def function(x, y):
        return [
            *(torch.einsum("bij,bkj->bik", x, y), torch.cdist(x, y), torch.cdist(x, y, p=1)),
            *(F.cosine_similarity(x, y, dim=1), F.pairwise_distance(x, y), torch.kron(x[0], y[0])),
            torch.linalg.cross(x[..., :3], y[..., 2:]),
        ]

    check_torch(function, X, Y, rtol=2e-6)


def test_places_among_boundaries():
    limits = torch.tensor([-1.0, 0.0, 1.0])
    check_torch(lambda x: [torch.bucketize(x, limits), torch.searchsorted(limits, x, right=True)], X)


def test_linear_algebra():
    def function(a):
        return [
            *(torch.linalg.inv(a), torch.linalg.det(a), torch.linalg.solve(a, a[:, :, :2]), *torch.linalg.slogdet(a)),
            *(torch.linalg.cholesky(a @ a.mT), torch.linalg.solve_triangular(a.tril(), a, upper=False)),
        ]

    check_torch(function, SQUARE, rtol=1e-4)


def test_decompositions():
    def function(a):
        return [*torch.linalg.qr(a), torch.linalg.svdvals(a), torch.linalg.pinv(a), torch.linalg.eigvalsh(a + a.mT)]

    check_torch(function, SQUARE, rtol=1e-4, dynamic=None)


def test_more_linear_algebra():
    def function(a):
        positive = a @ a.mT
        factor = torch.linalg.cholesky(positive)
        return [
            *(*torch.linalg.lu_factor(a), torch.cholesky_inverse(factor), torch.cholesky_solve(a, factor)),
            *(torch.linalg.eigvals(a).real.sort(-1).values, F.pdist(a[0])),
        ]

    check_torch(function, SQUARE, rtol=1e-4, dynamic=None)


def test_fourier_transforms():
    def function(x):
        return [
            *(torch.fft.rfft(x).abs(), torch.view_as_real(torch.fft.fft(x)), torch.fft.irfft(torch.fft.rfft(x), n=5)),
            *(torch.fft.ifft(torch.fft.fft2(x)).real, torch.fft.rfft(x, norm="ortho").imag),
        ]

    check_torch(function, X, rtol=2e-6)


def test_complex_numbers():
    def function(x, y):
        pairs = torch.view_as_complex(torch.stack([x, y], -1))
        return [pairs.abs(), (pairs * pairs.conj()).real, torch.polar(x.abs(), y).imag, torch.view_as_real(pairs + 1)]

    check_torch(function, X, Y, rtol=2e-6)


def test_branches_run_in_the_file():
    check_torch(lambda x: torch.cond(x.sum() > 0, lambda t: t * 2, lambda t: t - 1, (x,)), X)


def test_what_has_no_form_is_named():
    assert "aten." in refusal(torch.linalg.matrix_exp, SQUARE)
