"""Control flow of `keras.ops`: loops and branches over functions that the model gives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from keras import KerasTensor, tree

from litesmith.frontends import recurrence
from litesmith.frontends.keras.arguments import to_tensors, to_values
from litesmith.frontends.keras.lowerings.promotion import common_dtype
from litesmith.frontends.keras.registry import CallbackFailed, Declined, lowers
from litesmith.frontends.keras.tensor import LiteTensor, RawFrameworkCall
from litesmith.ir.dims import Dim, Size
from litesmith.ir.graph import Value
from litesmith.ir.loops import note_loop
from litesmith.ir.types import DType
from litesmith.ops import array, control, math, prefixes
from litesmith.ops.array import as_value
from litesmith.ops.errors import Unsupported
from litesmith.ops.lstm_cells import NotAnLstm
from litesmith.ops.scan import Step
from litesmith.ops.sizes import known_size

Function = Callable[..., Any]

MOST_UNROLLED = 4
"""Up to so many steps, which are known, are written out one after the other."""

OF_ANOTHER_CALL = (
    "functions that compute with symbolic tensors from around them, which Keras does not pass on to them "
    "(use it, or the loss that uses it, in the call of a layer)"
)

FEW_STEPS = f"{MOST_UNROLLED} steps or fewer"


def calling(function: Function) -> Function:
    """A function of Keras tensors as one of values; what goes wrong in it is the model's error, not ours."""

    def call(*values: Any) -> Any:
        arguments = to_tensors(values)
        try:
            result = function(*arguments)
            if any(isinstance(leaf, KerasTensor) and not isinstance(leaf, LiteTensor) for leaf in tree.flatten(result)):
                raise Unsupported(OF_ANOTHER_CALL)
            return to_values(result)
        except (Unsupported, CallbackFailed, Declined, RawFrameworkCall):
            raise
        except Exception as error:
            raise CallbackFailed from error

    return call


@lowers("ops.cond")
def cond(pred: Any, true_fn: Function, false_fn: Function) -> Any:
    if not isinstance(pred, Value) or pred.constant is not None:
        holds = pred.constant.array() if isinstance(pred, Value) and pred.constant is not None else pred
        return calling(true_fn if holds else false_fn)()
    branches = _Branches([true_fn, false_fn])
    return branches.pack(control.if_else(pred, branches.functions[0], branches.functions[1]))


@lowers("ops.switch")
def switch(index: Any, branches: Sequence[Function], *operands: Any) -> Any:
    chosen = _Branches(branches, operands)
    return chosen.pack(control.switch(as_value(index, DType.INT32), chosen.functions))


class _Branches:
    """Functions of which one runs, and the structure that all of them return."""

    def __init__(self, branches: Sequence[Function], operands: Sequence[Any] = ()) -> None:
        self.functions = [self._flat(branch, operands) for branch in branches]
        self.structure: Any = None
        self.known = False

    def _flat(self, branch: Function, operands: Sequence[Any]) -> Callable[[], list[Value]]:
        def run() -> list[Value]:
            result = calling(branch)(*operands)
            if not self.known:
                self.structure, self.known = tree.map_structure(lambda leaf: leaf, result), True
            elif not _same_structure(self.structure, result):
                raise Unsupported("branches that return differently nested values")
            return [as_value(leaf) for leaf in tree.flatten(result) if leaf is not None]

        return run

    def pack(self, values: list[Value]) -> Any:
        return _pack(self.structure, values)


def _same_structure(left: Any, right: Any) -> bool:
    try:
        tree.assert_same_structure(left, right)
    except (ValueError, TypeError):
        return False
    return True


def _pack(structure: Any, values: Sequence[Value]) -> Any:
    """`values` at the places of a structure's leaves that are not None."""
    left = iter(values)
    packed = [None if leaf is None else next(left) for leaf in tree.flatten(structure)]
    return tree.pack_sequence_as(structure, packed)


@lowers("ops.while_loop")
def while_loop(cond: Function, body: Function, loop_vars: Any, maximum_iterations: Any = None) -> Any:
    several = isinstance(loop_vars, (list, tuple))
    structure = tuple(loop_vars) if several else (loop_vars,)
    carried = _tensors(structure)
    limit = None if maximum_iterations is None else as_value(maximum_iterations, DType.INT32)

    def condition(values: list[Value]) -> Value:
        holds = control.truth(as_value(calling(cond)(*_pack(structure, values[1:]))))
        return holds if limit is None else math.logical_and(holds, math.less(values[0], limit))

    def step(values: list[Value]) -> list[Value]:
        result = calling(body)(*_pack(structure, values[1:]))
        result = tuple(result) if isinstance(result, (list, tuple)) else (result,)
        return [math.add(values[0], 1), *_carried_on(structure, carried, result)]

    if limit is None:
        final = control.while_loop(
            lambda values: condition([carried[0], *values]), lambda values: step([as_value(0), *values])[1:], carried
        )
    else:
        final = control.while_loop(condition, step, [as_value(0, DType.INT32), *carried])[1:]
    packed = _pack(structure, final)
    return packed if several else packed[0]


@lowers("ops.fori_loop")
def fori_loop(lower: Any, upper: Any, body_fun: Function, init_val: Any) -> Any:
    carried = _tensors(init_val)

    def step(place: Value, values: list[Value]) -> list[Value]:
        result = calling(body_fun)(place, _pack(init_val, values))
        return _carried_on(init_val, carried, result)

    first, last = _number(lower), _number(upper)
    if first is None or last is None or last - first > MOST_UNROLLED:
        return _pack(init_val, control.fori_loop(lower, upper, step, carried))
    note_loop("unrolled", last - first, FEW_STEPS)
    for place in range(first, last):
        carried = step(as_value(place, DType.INT32), carried)
    return _pack(init_val, carried)


def _number(bound: Any) -> int | None:
    """A bound of a loop that is known now."""
    if isinstance(bound, Value):
        return None if bound.constant is None else int(bound.constant.array())
    return None if isinstance(bound, Dim) else int(bound)


@lowers("ops.scan")
def scan(f: Function, init: Any, xs: Any = None, length: Any = None, reverse: bool = False, unroll: Any = 1) -> Any:
    carried = _tensors(init)
    sequences = [] if xs is None else _tensors(xs)
    if reverse:
        sequences = [array.flip(sequence, 0) for sequence in sequences]
    returned: list[Any] = []

    def step(states: list[Value], slices: list[Value]) -> tuple[list[Value], list[Value]]:
        carry, y = calling(f)(_pack(init, states), None if xs is None else _pack(xs, slices))
        returned[:] = [y]
        return _carried_on(init, carried, carry), [as_value(leaf) for leaf in tree.flatten(y) if leaf is not None]

    count = _length(sequences, length)
    final, outputs = _scanned(step, carried, sequences, count, unroll)
    if reverse:
        outputs = [array.flip(output, 0) for output in outputs]
    return _pack(init, final), _pack(returned[0], outputs)


def _scanned(
    step: Step, carried: Sequence[Value], sequences: Sequence[Value], count: Size, unroll: Any
) -> tuple[Sequence[Value], list[Value]]:
    """A scan written out where it is asked to be, fused, written out where it is short, or as a loop."""
    is_asked = not isinstance(count, Dim) and (unroll is True or (isinstance(unroll, int) and unroll >= count))
    if is_asked:
        note_loop("unrolled", count, f"unroll={unroll}" if count > MOST_UNROLLED else FEW_STEPS)
        return _written_out(step, carried, sequences, int(count))
    try:
        return recurrence.fused_scan(step, carried, sequences, count)
    except NotAnLstm as reason:
        why_not_fused = str(reason)
    if count > 0 and recurrence.is_written_out(count, MOST_UNROLLED):
        recurrence.note_written_out(count, MOST_UNROLLED, why_not_fused)
        return _written_out(step, carried, sequences, int(count))
    return recurrence.scan_as_loop(step, carried, sequences, count, why_not_fused=why_not_fused)


def _written_out(
    step: Step, carried: Sequence[Value], sequences: Sequence[Value], count: int
) -> tuple[Sequence[Value], list[Value]]:
    """The steps of a scan one after the other."""
    slices = [array.unstack(sequence) for sequence in sequences]
    collected: list[Sequence[Value]] = []
    for place in range(count):
        carried, outputs = step(list(carried), [parts[place] for parts in slices])
        collected.append(outputs)
    return carried, [array.stack(outputs) for outputs in zip(*collected, strict=True)]


@lowers("ops.map")
def map_function(f: Function, xs: Any) -> Any:
    return scan(lambda carry, x: (carry, f(x)), (), xs)[1]


@lowers("ops.vectorized_map")
def vectorized_map(function: Function, elements: Any) -> Any:
    return map_function(function, elements)


@lowers("ops.associative_scan")
def associative_scan(f: Function, elems: Any, reverse: bool = False, axis: int = 0) -> Any:
    """In rounds, each of which combines twice as many elements as the one before."""
    sequences = _tensors(elems)
    place = array.axis_of(axis, sequences[0].type.rank)

    def combine(before: list[Value], after: list[Value]) -> list[Value]:
        return [as_value(leaf) for leaf in tree.flatten(calling(f)(_pack(elems, before), _pack(elems, after)))]

    if reverse:
        sequences = [array.flip(sequence, place) for sequence in sequences]
    sequences = prefixes.combined_up_to(sequences, place, combine)
    if reverse:
        sequences = [array.flip(sequence, place) for sequence in sequences]
    return _pack(elems, sequences)


def _length(sequences: Sequence[Value], length: Any) -> Size:
    if length is not None:
        return known_size(length)
    return sequences[0].type.shape[0]


def _tensors(structure: Any) -> list[Value]:
    """The leaves as values of the type that Keras makes of them."""
    return [as_value(leaf, common_dtype(leaf)) for leaf in tree.flatten(structure) if leaf is not None]


def _carried_on(structure: Any, carried: Sequence[Value], result: Any) -> list[Value]:
    """What a loop's body returned, as values of the types that are carried; Python numbers take those types."""
    leaves = [leaf for leaf in tree.flatten(result) if leaf is not None]
    if len(leaves) != len(carried):
        raise Unsupported(f"a loop that takes {len(carried)} values and returns {len(leaves)}")
    return [
        leaf if isinstance(leaf, Value) else as_value(leaf, value.type.dtype)
        for leaf, value in zip(leaves, carried, strict=True)
    ]
