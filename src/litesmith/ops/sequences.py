"""Signals as overlapping sequences, and back, in LiteRT operators."""

from __future__ import annotations

from math import gcd

import numpy as np

from litesmith.ir.builder import constant, emit
from litesmith.ir.dims import Dim, ceil_div, product
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import math
from litesmith.ops.array import full, reshape, slice_axis, transpose
from litesmith.ops.creation import count_up
from litesmith.ops.padding import pad
from litesmith.opset.slicing import Gather


def sequences(x: Value, length: int, stride: int) -> Value:
    """[..., n] as [..., count, length]: each sequence begins `stride` elements behind the one before it.

    The signal is cut into blocks of which both are multiples, so that GATHER moves as much as it can at once.
    """
    *leading, size = x.type.shape
    count = (size - length) // stride + 1
    if not isinstance(count, Dim) and count <= 0:
        return full((*leading, 0, length), 0, x.type.dtype)
    block = gcd(length, stride)
    blocks = count * (stride // block) + (length - stride) // block
    used = reshape(slice_axis(x, -1, 0, blocks * block), (*leading, blocks, block))
    if length == stride:
        return used
    starts = math.multiply(reshape(count_up(0, count), (count, 1)), stride // block)
    places = math.add(starts, constant(np.arange(length // block), DType.INT32))
    return reshape(emit(Gather(axis=len(leading)), used, places), (*leading, count, length))


def overlap_add(x: Value, stride: int) -> Value:
    """[..., count, length] as [..., (count - 1) * stride + length]: the sum of sequences at their places.

    Sequences are cut into pieces of `stride` elements. With the pieces in columns, each column is shifted by
    one against the column before it: by a longer row, read as rows that are one piece shorter.
    """
    *leading, count, length = x.type.shape
    assert not isinstance(length, Dim)
    total, pieces = (count - 1) * stride + length, ceil_div(length, stride)
    rows = product(leading)
    flat = reshape(x, (rows, count, length))
    cut = reshape(pad(flat, [(0, 0), (0, 0), (0, pieces * stride - length)]), (rows, count, pieces, stride))
    columns = pad(transpose(cut, (0, 2, 1, 3)), [(0, 0), (0, 0), (0, pieces), (0, 0)])
    line = reshape(columns, (rows, pieces * (count + pieces) * stride))
    width = (count + pieces - 1) * stride
    shifted = reshape(slice_axis(line, -1, 0, pieces * width), (rows, pieces, width))
    return reshape(slice_axis(math.sum(shifted, 1), -1, 0, total), (*leading, total))
