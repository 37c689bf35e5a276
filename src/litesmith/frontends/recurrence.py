"""Loops over time that no layer of Keras stands for, in the form that the conversion asks for."""

from __future__ import annotations

from collections.abc import Sequence

from litesmith.frontends.options import options
from litesmith.ir.dims import Size
from litesmith.ir.graph import Value
from litesmith.ir.loops import note_loop
from litesmith.ops.control import steps_text
from litesmith.ops.lstm_cells import NotAnLstm
from litesmith.ops.lstm_loops import scan_as_lstm
from litesmith.ops.scan import Step
from litesmith.ops.scan import scan as scan_as_loop

Found = tuple[list[Value], list[Value]]
"""The carried values after the last step, and the outputs."""


def scan(
    step: Step, carried: Sequence[Value], sequences: Sequence[Value], length: Size, *, name: str = "scan"
) -> Found:
    """`ops.scan.scan` along the first axis; with `rnn="fused"` as fused operators, or the report says why not."""
    refused = ""
    if options().rnn == "fused":
        try:
            return fused_scan(step, carried, sequences, length)
        except NotAnLstm as reason:
            refused = f", which the fused operator does not compute: {reason}"
    note_loop("loop", length, steps_text(length) + refused)
    return scan_as_loop(step, carried, sequences, length, name=name)


def fused_scan(step: Step, carried: Sequence[Value], sequences: Sequence[Value], length: Size) -> Found:
    """The scan as fused operators; NotAnLstm where it is something else, or `rnn="fused"` was not asked for."""
    if options().rnn != "fused":
        raise NotAnLstm('rnn="fused" was not asked for')
    found = scan_as_lstm(step, carried, sequences, length)
    note_loop("fused", length, 'rnn="fused"')
    return found
