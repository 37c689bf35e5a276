"""Connectionist temporal classification: loss and decoding of sequences, in LiteRT operators.

Sequences are [batch, time, classes]; one class stands for no label, the blank.
"""

from __future__ import annotations

from litesmith.ir.builder import constant
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import math, nn, special
from litesmith.ops.array import as_value, cast, concatenate, expand_dims, full, reshape, slice_axis, transpose
from litesmith.ops.creation import count_up, one_hot
from litesmith.ops.decomposing import decomposition
from litesmith.ops.indexing import select, take_along_axis
from litesmith.ops.ordering import argsort
from litesmith.ops.scan import scan
from litesmith.ops.statistics import arg_max

IMPOSSIBLE = -1e5
"""The logarithm of the probability of what cannot be, as Keras and optax have it."""


@decomposition
def loss(target: Value, output: Value, target_lengths: Value, output_lengths: Value, blank: int) -> Value:
    """-log of the probability that logits [batch, time, classes] give labels [batch, labels]: [batch].

    The forward algorithm of optax: after each step, the probability that the first n labels are
    out and the last output was a blank (`silent`, n = 0..labels), or was label n (`spoken`, n = 1..labels).
    Absolute errors grow with the number of steps, by some 1e-6 for each.
    """
    batch, time, classes = output.type.shape
    labels = target.type.shape[1]
    dtype = output.type.dtype
    likelihood = nn.log_softmax(output, -1)
    of_blank = slice_axis(likelihood, 2, blank, blank + 1)
    of_labels = math.matmul(likelihood, transpose(one_hot(target, classes, 2, dtype), (0, 2, 1)))
    ended = cast(math.greater_equal(count_up(0, time), expand_dims(output_lengths, 1)), dtype)
    repeated = _repeats(target, dtype)

    def step(carried: list[Value], now: list[Value]) -> tuple[list[Value], list[Value]]:
        silent, spoken = carried
        blank_now, labels_now, over = now
        before = _extended(silent, math.add(spoken, math.multiply(repeated, IMPOSSIBLE)))
        said = math.add(special.log_add_exp(slice_axis(before, 1, 0, -1), spoken), labels_now)
        after_repeat = math.multiply(math.subtract(1.0, repeated), IMPOSSIBLE)
        quiet = _extended(math.add(before, blank_now), math.add(math.add(spoken, blank_now), after_repeat))
        return [_kept(over, silent, quiet), _kept(over, spoken, said)], []

    first = concatenate([full((batch, 1), 0.0, dtype), full((batch, labels), IMPOSSIBLE, dtype)], 1)
    start = [first, full((batch, labels), IMPOSSIBLE, dtype)]
    sequences = [of_blank, of_labels, expand_dims(ended, -1)]
    (silent, spoken), _ = scan(step, start, sequences, time, axis=1, stacked=False, name="ctc")
    final = one_hot(math.minimum(target_lengths, as_value(labels, DType.INT32)), labels + 1, 1, dtype)
    return math.negative(math.sum(math.multiply(_extended(silent, spoken), final), 1))


def _repeats(target: Value, dtype: DType) -> Value:
    """1 where the next label is the same one, 0 elsewhere: [batch, labels]."""
    same = math.equal(slice_axis(target, 1, None, -1), slice_axis(target, 1, 1, None))
    last = full((target.type.shape[0], 1), 0.0, dtype)
    return concatenate([cast(same, dtype), last], 1)


def _extended(silent: Value, spoken: Value) -> Value:
    """Probabilities of a blank at the end, to which those of ending with a label, and a blank, are added."""
    rest = special.log_add_exp(slice_axis(silent, 1, 1, None), spoken)
    return concatenate([slice_axis(silent, 1, 0, 1), rest], 1)


def _kept(over: Value, before: Value, after: Value) -> Value:
    """What was before where the sequence is over."""
    return select(math.greater(over, 0.0), before, after)


def greedy_decode(x: Value, lengths: Value, blank: int, merge_repeated: bool) -> tuple[Value, Value]:
    """The most likely class of each step, without blanks: labels int32 [1, batch, time], and scores [batch, 1].

    Labels stand in front, with -1 behind them. With `merge_repeated` a class that stays is one label.
    """
    batch, time, _ = x.type.shape
    best, score = arg_max(x, -1), math.max(x, -1)
    steps = count_up(0, time)
    over = math.greater_equal(steps, expand_dims(lengths, 1))
    best = select(over, constant(blank, DType.INT32), best)
    total = math.sum(select(over, as_value(0.0, x.type.dtype), score), 1, True)
    silent = math.equal(best, blank)
    if merge_repeated:
        same = math.equal(slice_axis(best, 1, 1, None), slice_axis(best, 1, None, -1))
        first = full((batch, 1), 0, DType.INT32)
        stays = math.not_equal(concatenate([first, cast(same, DType.INT32)], 1), 0)
        silent = math.logical_or(silent, stays)
    labels = select(silent, constant(-1, DType.INT32), best)
    places = select(silent, as_value(time, DType.INT32), steps)
    in_front = take_along_axis(labels, argsort(places, -1), -1)
    return reshape(in_front, (1, batch, time)), math.negative(total)
