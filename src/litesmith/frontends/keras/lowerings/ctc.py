"""Connectionist temporal classification."""

from __future__ import annotations

from typing import Any

from litesmith.frontends.keras.lowerings.promotion import float_value
from litesmith.frontends.keras.registry import lowers
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import ctc, ctc_beam
from litesmith.ops.array import as_value
from litesmith.ops.errors import Unsupported


@lowers("ops.ctc_loss")
def ctc_loss(target: Any, output: Any, target_length: Any, output_length: Any, mask_index: int = 0) -> Value:
    labels, lengths, steps = (as_value(x, DType.INT32) for x in (target, target_length, output_length))
    return ctc.loss(labels, as_value(output, DType.FLOAT32), lengths, steps, mask_index)


@lowers("ops.ctc_decode")
def ctc_decode(
    inputs: Any,
    sequence_lengths: Any,
    strategy: str = "greedy",
    beam_width: int = 100,
    top_paths: int = 1,
    merge_repeated: bool = True,
    mask_index: int = 0,
) -> tuple[Value, Value]:
    x, lengths = as_value(float_value(inputs), DType.FLOAT32), as_value(sequence_lengths, DType.INT32)
    if strategy == "beam_search":
        return ctc_beam.beam_decode(x, lengths, beam_width, top_paths, mask_index)
    if strategy != "greedy":
        raise Unsupported(f"the strategy {strategy!r} (there are 'greedy' and 'beam_search')")
    return ctc.greedy_decode(x, lengths, mask_index, merge_repeated)
