"""Loops and branches over programs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from litesmith.frontends import recurrence
from litesmith.frontends.jax.registry import imports
from litesmith.ir.dims import Size
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import array, control
from litesmith.ops.array import cast
from litesmith.ops.lstm_cells import NotAnLstm

Run = Callable[[Any, Sequence[Value]], list[Value]]

MOST_UNROLLED = 4
"""Loops of so many known rounds at most are written out."""


@imports("cond")
def cond(which: Value, *operands: Value, branches: Sequence[Any], run: Run) -> Sequence[Value]:
    """The branch with this number, or the one nearest to it; a branch is run alone where the number is constant."""
    if which.constant is not None:
        place = min(max(int(which.constant.array()), 0), len(branches) - 1)
        return run(branches[place], operands)
    return control.switch(cast(which, DType.INT32), [_of(run, branch, operands) for branch in branches])


def _of(run: Run, branch: Any, operands: Sequence[Value]) -> Callable[[], Sequence[Value]]:
    return lambda: run(branch, operands)


@imports("while")
def while_loop(
    *operands: Value, cond_jaxpr: Any, body_jaxpr: Any, cond_nconsts: int, body_nconsts: int, run: Run
) -> Sequence[Value]:
    of_test, rest = operands[:cond_nconsts], operands[cond_nconsts:]
    of_body, carried = rest[:body_nconsts], rest[body_nconsts:]
    return control.while_loop(
        lambda values: run(cond_jaxpr, [*of_test, *values])[0],
        lambda values: run(body_jaxpr, [*of_body, *values]),
        carried,
    )


@imports("scan")
def scan(
    *operands: Value, jaxpr: Any, length: Size, reverse: bool, num_consts: int, num_carry: int, run: Run
) -> Sequence[Value]:
    consts, rest = operands[:num_consts], operands[num_consts:]
    carried, sequences = list(rest[:num_carry]), list(rest[num_carry:])

    def step(states: list[Value], slices: list[Value]) -> tuple[list[Value], list[Value]]:
        results = run(jaxpr, [*consts, *states, *slices])
        return results[:num_carry], results[num_carry:]

    in_order = [array.flip(sequence, 0) for sequence in sequences] if reverse else sequences
    try:
        final, outputs = recurrence.fused_scan(step, carried, in_order, length)
    except NotAnLstm as reason:
        if recurrence.is_written_out(length, MOST_UNROLLED):
            recurrence.note_written_out(length, MOST_UNROLLED, str(reason))
            return _unrolled(step, carried, sequences, int(length), reverse)
        final, outputs = recurrence.scan_as_loop(step, carried, in_order, length, why_not_fused=str(reason))
    return [*final, *(array.flip(output, 0) if reverse else output for output in outputs)]


def _unrolled(
    step: Callable[[list[Value], list[Value]], tuple[list[Value], list[Value]]],
    states: list[Value],
    sequences: Sequence[Value],
    length: int,
    reverse: bool,
) -> Sequence[Value]:
    slices = [array.unstack(sequence, 0) for sequence in sequences]
    found: list[list[Value]] = []
    for place in reversed(range(length)) if reverse else range(length):
        states, outputs = step(states, [parts[place] for parts in slices])
        found.append(outputs)
    if reverse:
        found.reverse()
    return [*states, *(array.stack(outputs, 0) for outputs in zip(*found, strict=True))]


@imports("custom_linear_solve")
def custom_linear_solve(*operands: Value, const_lengths: Any, jaxprs: Any, run: Run) -> Sequence[Value]:
    """The solver that the program brings along, of its own constants and the right sides."""
    counts = list(const_lengths)
    before = sum(counts[:2])
    own = operands[before : before + counts[2]]
    return run(jaxprs.solve, [*own, *operands[sum(counts) :]])
