"""Operators that choose."""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import ops

from litesmith.frontends.keras.training.registry import Call, evaluates, library
from litesmith.opset.selection import MatrixDiag, MatrixSetDiag, OneHot, SelectV2, TopKV2


@evaluates(SelectV2)
def _chosen(call: Call) -> Any:
    return library(*call.operands).where(*call.operands)


@evaluates(TopKV2)
def _largest(call: Call) -> Any:
    values, places = ops.top_k(call.operands[0], int(call.known(1).reshape(-1)[0]))
    return values, ops.cast(places, "int32")


@evaluates(OneHot)
def _one_hot(call: Call) -> Any:
    indices, _, on, off = call.operands
    found = ops.one_hot(indices, int(call.known(1).reshape(-1)[0]), axis=call.operator.axis, dtype="bool")
    return ops.where(found, on, off)


@evaluates(MatrixDiag)
def _diagonal(call: Call) -> Any:
    operand = call.operands[0]
    zero = 0 if call.steps[0] is None else call.steps[0].zero
    return ops.where(np.eye(operand.shape[-1], dtype=bool), ops.expand_dims(operand, -2), np.float32(zero))


@evaluates(MatrixSetDiag)
def _with_diagonal(call: Call) -> Any:
    matrix, diagonal = call.operands
    rows, columns = matrix.shape[-2:]
    edges = [(0, 0)] * (len(matrix.shape) - 2) + [(0, max(columns - rows, 0))]
    return ops.where(np.eye(rows, columns, dtype=bool), ops.expand_dims(ops.pad(diagonal, edges), -2), matrix)
