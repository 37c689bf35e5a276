"""Products of matrices, and attention."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from litesmith.frontends.torch.registry import Deferred, imports
from litesmith.ir.builder import constant
from litesmith.ir.dims import Dim
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import attention, math
from litesmith.ops.array import as_value, expand_dims, squeeze, transpose
from litesmith.ops.creation import band
from litesmith.ops.einsum import einsum as einsum_of
from litesmith.ops.errors import Unsupported
from litesmith.ops.indexing import gather, select
from litesmith.ops.rearranging import repeat, swap_axes


@imports("linear")
def linear(x: Value, weight: Value, bias: Value | None = None) -> Value:
    """X times the rows of the weight [out, in]."""
    return math.dense(x, transpose(weight), bias) if weight.type.rank > 1 else matmul(x, weight)


@imports("addmm")
def addmm(x: Value, mat1: Value, mat2: Value, beta: Any = 1, alpha: Any = 1) -> Value:
    if beta == 1 and alpha == 1 and x.type.rank == 1:
        return math.dense(mat1, mat2, x)
    return _added(x, math.matmul(mat1, mat2), beta, alpha)


@imports("addmv")
def addmv(x: Value, mat: Value, vec: Value, beta: Any = 1, alpha: Any = 1) -> Value:
    return _added(x, matmul(mat, vec), beta, alpha)


@imports("baddbmm")
def baddbmm(x: Value, batch1: Value, batch2: Value, beta: Any = 1, alpha: Any = 1) -> Value:
    return _added(x, math.matmul(batch1, batch2), beta, alpha)


def _added(x: Value, product: Value, beta: Any, alpha: Any) -> Value:
    scaled = product if alpha == 1 else math.multiply(product, as_value(alpha, product.type.dtype))
    if not isinstance(beta, Value) and beta == 0:
        return scaled
    return math.add(x if beta == 1 else math.multiply(x, as_value(beta, x.type.dtype)), scaled)


@imports("addbmm")
def addbmm(x: Value, batch1: Value, batch2: Value, beta: Any = 1, alpha: Any = 1) -> Value:
    return _added(x, math.sum(math.matmul(batch1, batch2), 0), beta, alpha)


@imports("mm", "bmm")
def mm(x: Value, mat2: Value) -> Value:
    return math.matmul(x, mat2)


@imports("mv")
def mv(x: Value, vec: Value) -> Value:
    return matmul(x, vec)


@imports("dot", "vdot")
def dot(x: Value, tensor: Value | None = None, other: Value | None = None) -> Value:
    right = tensor if tensor is not None else other
    assert right is not None
    return math.sum(math.multiply(x, right))


@imports("inner")
def inner(x: Value, other: Value) -> Value:
    if not x.type.rank or not other.type.rank:
        return math.multiply(x, other)
    return matmul(x, swap_axes(other, -1, -2)) if other.type.rank > 1 else matmul(x, other)


@imports("outer", "ger")
def outer(x: Value, vec2: Value) -> Value:
    return math.multiply(expand_dims(x, 1), expand_dims(vec2, 0))


@imports("matmul", "linalg_matmul")
def matmul(x: Value, other: Value) -> Value:
    """Vectors are rows on the left and columns on the right."""
    left = expand_dims(x, 0) if x.type.rank == 1 else x
    right = expand_dims(other, 1) if other.type.rank == 1 else other
    result = math.matmul(left, right)
    if other.type.rank == 1:
        result = squeeze(result, -1)
    return squeeze(result, -1 if other.type.rank == 1 else -2) if x.type.rank == 1 else result


@imports("einsum")
def einsum(equation: str, tensors: Sequence[Value]) -> Value:
    return einsum_of(equation.replace(" ", ""), tensors)


@imports("tensordot")
def tensordot(x: Value, other: Value, dims_self: Sequence[int], dims_other: Sequence[int]) -> Value:
    letters = "abcdefghijklmnopqrstuvwxyz"
    left = list(letters[: x.type.rank])
    right = list(letters[x.type.rank : x.type.rank + other.type.rank])
    for one, two in zip(dims_self, dims_other, strict=True):
        right[two % other.type.rank] = left[one % x.type.rank]
    summed = {left[one % x.type.rank] for one in dims_self}
    kept = "".join(each for each in (*left, *right) if each not in summed)
    return einsum_of(f"{''.join(left)},{''.join(right)}->{kept}", [x, other])


@imports("bilinear")
def bilinear(input1: Value, input2: Value, weight: Value, bias: Value | None = None) -> Value:
    found = einsum_of("...i,oij,...j->...o", [input1, weight, input2])
    return found if bias is None else math.add(found, bias)


@imports("scaled_dot_product_attention")
def scaled_dot_product_attention(
    query: Value,
    key: Value,
    value: Value,
    attn_mask: Value | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
) -> Value:
    """[..., heads, length, depth]; keys and values may have fewer heads, each of which several queries share.

    Rows of which nothing is seen are zeros, as in torch.
    """
    heads, shared = query.type.shape[-3:-2], key.type.shape[-3:-2]
    if heads and heads != shared and shared != (1,):
        key, value = (repeat(each, (heads[0] // shared[0],), -3) for each in (key, value))
    factor = float(query.type.shape[-1]) ** -0.5 if scale is None else scale
    logits = math.matmul(math.multiply(query, factor), swap_axes(key, -1, -2))
    seen = band(query.type.shape[-2], key.type.shape[-2], None, 0) if is_causal else None
    if attn_mask is not None and attn_mask.type.dtype is DType.BOOL:
        seen = attn_mask
    elif attn_mask is not None:
        logits = math.add(logits, _limited(attn_mask))
    if seen is None:
        return math.matmul(attention.softmax(logits), value)
    weights = attention.softmax(math.add(logits, attention.offsets(seen)))
    if not is_causal:
        weights = select(math.any(seen, -1, True), weights, constant(0.0, weights.type.dtype))
    return math.matmul(weights, value)


def _limited(mask: Value) -> Value:
    """What is added to logits, minus infinity as a large number: a row of nothing else has no softmax."""
    return math.maximum(mask, attention.MASKED)


@imports("_scaled_dot_product_flash_attention_for_cpu")
def flash_attention(
    query: Value,
    key: Value,
    value: Value,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    attn_mask: Value | None = None,
    scale: float | None = None,
) -> Sequence[Any]:
    """The second result is for gradients."""
    found = scaled_dot_product_attention(query, key, value, attn_mask, dropout_p, is_causal, scale)
    return [found, Deferred(_for_gradients)]


def _for_gradients() -> Value:
    raise Unsupported("what attention returns for gradients")


@imports("_cdist_forward", "cdist", "_euclidean_dist")
def cdist(x1: Value, x2: Value, p: float = 2.0) -> Value:
    """Distances of all rows to all rows."""
    apart = math.absolute(math.subtract(expand_dims(x1, -2), expand_dims(x2, -3)))
    if p == 2:
        return math.sqrt(math.sum(math.square(apart), -1))
    if p == 1:
        return math.sum(apart, -1)
    if p == float("inf"):
        return math.max(apart, -1)
    if p == 0:
        return math.sum(math.sign(apart), -1)
    return math.power(math.sum(math.power(apart, p), -1), 1 / p)


@imports("_pdist_forward", "pdist")
def pdist(x: Value, p: float = 2.0) -> Value:
    """Distances of each row to those behind it."""
    rows = x.type.shape[0]
    if isinstance(rows, Dim):
        raise Unsupported("pdist of an open number of rows; use torch.cdist")
    first, second = (constant(places.astype("int32")) for places in np.triu_indices(rows, 1))
    left, right = (expand_dims(gather(x, places, 0), -2) for places in (first, second))
    return squeeze(cdist(left, right, p), (-1, -2))


@imports("cosine_similarity")
def cosine_similarity(x1: Value, x2: Value, dim: int = 1, eps: float = 1e-8) -> Value:
    sizes = [math.maximum(math.sqrt(math.sum(math.square(each), dim, True)), eps) for each in (x1, x2)]
    return math.sum(math.multiply(*(math.divide(x, size) for x, size in zip((x1, x2), sizes, strict=True))), dim)
