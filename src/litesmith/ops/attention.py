"""Attention: softmax under masks, and products of queries, keys and values.

Masks are applied by addition, which XNNPACK takes, rather than by selection, which it does not:
a masked logit becomes `MASKED`, next to which any logit of less than 1e31 vanishes.
"""

from __future__ import annotations

import numpy as np

from litesmith.ir.builder import constant, emit
from litesmith.ir.dims import product
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import math
from litesmith.ops.array import Axes, axes_of, cast, reshape, transpose
from litesmith.ops.creation import band
from litesmith.ops.einsum import einsum
from litesmith.ops.errors import Unsupported
from litesmith.opset.elementwise import Softmax
from litesmith.opset.selection import SelectV2

MASKED = float(np.finfo(np.float32).min) * 0.7
"""What JAX puts in place of a masked logit."""


def offsets(mask: Value) -> Value:
    """What a boolean mask adds to logits: nothing where it is true."""
    return emit(SelectV2(), mask, constant(np.float32(0)), constant(np.float32(MASKED)))


def softmax(x: Value, axes: int | Axes = -1) -> Value:
    """exp(x), divided by its sum over one axis or several; float32."""
    rank = x.type.rank
    summed = axes_of(axes, rank)
    order = [*(axis for axis in range(rank) if axis not in summed), *summed]
    moved = transpose(x, order)
    kept = moved.type.shape[: rank - len(summed)]
    merged = reshape(moved, (*kept, product(moved.type.shape[len(kept) :])))
    normalized = reshape(emit(Softmax(), merged), moved.type.shape)
    return transpose(normalized, [order.index(axis) for axis in range(rank)])


def masked_softmax(x: Value, axes: int | Axes, mask: Value) -> Value:
    """Softmax of what a boolean mask, which broadcasts to x, keeps; zeros elsewhere. float32."""
    return math.multiply(softmax(math.add(x, offsets(mask)), axes), cast(mask, DType.FLOAT32))


def dot_product_attention(
    query: Value,
    key: Value,
    value: Value,
    bias: Value | None = None,
    mask: Value | None = None,
    scale: float = 1.0,
    is_causal: bool = False,
) -> Value:
    """Values weighted by the softmax of the scaled products of queries and keys; float32.

    Query is [batch, targets, heads, depth]; key and value are [batch, sources, heads or a divisor
    of them, depth]. `bias` is added to the logits [batch, heads, targets, sources], and positions
    where `mask` is false do not count: both broadcast to them. With `is_causal`, targets see no
    later source.
    """
    if query.type.rank != 4:
        raise Unsupported(f"attention of queries with {query.type.rank} axes")
    batch, targets, heads, depth = query.type.shape
    groups = key.type.shape[2]
    scaled = math.multiply(query, scale)
    grouped = groups not in (1, heads)
    if grouped:
        scaled = reshape(scaled, (batch, targets, groups, heads // groups, depth))
    logits = einsum("btkgh,bskh->bkgts" if grouped else "btnh,bsnh->bnts", [scaled, key])
    by_group = logits.type.shape
    logits = reshape(logits, (batch, heads, *by_group[-2:]))
    if bias is not None:
        logits = math.add(logits, bias)
    kept = _kept(mask, logits, is_causal)
    if kept is not None:
        logits = math.add(logits, offsets(kept))
    weights = reshape(softmax(logits), by_group)
    result = einsum("bkgts,bskh->btkgh" if grouped else "bnts,bsnh->btnh", [weights, value])
    return reshape(result, (batch, targets, heads, value.type.shape[-1]))


def _kept(mask: Value | None, logits: Value, is_causal: bool) -> Value | None:
    """Which logits count, as booleans that broadcast to them; None for all."""
    if not is_causal:
        return mask
    targets, sources = logits.type.shape[-2:]
    causal = band(targets, sources, None, 0)
    return causal if mask is None else math.logical_and(mask, causal)
