"""Loops over time that no layer of Keras stands for, in the form that the conversion asks for."""

from __future__ import annotations

from collections.abc import Sequence

from litesmith.frontends.options import options
from litesmith.ir.dims import Dim, Size
from litesmith.ir.graph import Value
from litesmith.ir.loops import note_loop
from litesmith.ops.control import steps_text
from litesmith.ops.lstm_cells import NotAnLstm
from litesmith.ops.lstm_loops import scan_as_lstm
from litesmith.ops.scan import Step, scan

Found = tuple[list[Value], list[Value]]
"""The carried values after the last step, and the outputs."""


def fused_scan(
    step: Step,
    carried: Sequence[Value],
    sequences: Sequence[Value],
    length: Size,
    *,
    stacked: bool = True,
    until: Value | None = None,
) -> Found:
    """What `ops.scan.scan` gives along the first axis, as fused operators.

    NotAnLstm where it is something else, or `rnn="fused"` was not asked for.
    """
    if options().rnn != "fused":
        raise NotAnLstm("")
    if until is not None:
        raise NotAnLstm("the model computes when it ends")
    found = scan_as_lstm(step, carried, sequences, length, stacked=stacked)
    note_loop("fused", length, 'rnn="fused"')
    return found


def is_written_out(length: Size, most: int) -> bool:
    """Whether a scan is written out step by step: of so many known steps, or where `rnn="unroll"` asks for it.

    Loops of open lengths stay loops.
    """
    return not isinstance(length, Dim) and (length <= most or options().rnn == "unroll")


def note_written_out(length: Size, most: int, why_not_fused: str = "") -> None:
    """Let the report tell that the steps stand one after the other, asked for or as they are few."""
    asked = options().rnn == "unroll" and length > most
    note_loop("unrolled", length, 'rnn="unroll"' if asked else f"{most} steps or fewer" + _refusal(why_not_fused))


def scan_as_loop(
    step: Step,
    carried: Sequence[Value],
    sequences: Sequence[Value],
    length: Size,
    *,
    stacked: bool = True,
    until: Value | None = None,
    name: str = "scan",
    why_not_fused: str = "",
) -> Found:
    """`ops.scan.scan` along the first axis; the report is told why it is a loop."""
    left = ', which rnn="unroll" cannot write out' if options().rnn == "unroll" else _refusal(why_not_fused)
    steps = length if until is None else None
    note_loop("loop", steps, steps_text(steps) + left)
    return scan(step, carried, sequences, length, stacked=stacked, until=until, name=name)


def _refusal(why_not_fused: str) -> str:
    """Why a scan is not fused."""
    return f", which the fused operator does not compute: {why_not_fused}" if why_not_fused else ""
