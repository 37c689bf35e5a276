"""Operators of torch that take programs: branches and loops."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch

from litesmith.frontends.torch.tensors import as_value
from litesmith.ir.dims import Dim
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import array, control
from litesmith.ops.errors import Unsupported
from litesmith.ops.scan import scan as scan_over

Run = Callable[[Any, Sequence[Any]], list[Any]]
"""Runs a program on arguments."""

MOST_UNROLLED = 4
"""Loops of so many known rounds at most are written out."""


def call(target: Any, run: Run, args: Sequence[Any]) -> Any:
    """The results of an operator that takes programs."""
    name = getattr(target, "__name__", str(target))
    rule = RULES.get(name)
    if rule is None:
        raise Unsupported(f"the torch operator {name} has no LiteRT form that Litesmith knows")
    return rule(run, *args)


def _values(run: Run, program: Any, arguments: Sequence[Any]) -> list[Value]:
    return [as_value(result) for result in run(program, arguments)]


def _cond(run: Run, predicate: Any, then: Any, otherwise: Any, operands: Sequence[Any] = ()) -> list[Any]:
    if not isinstance(predicate, Value):
        return run(then if bool(predicate) else otherwise, operands)
    return control.if_else(
        array.reshape(predicate, ()),
        lambda: _values(run, then, operands),
        lambda: _values(run, otherwise, operands),
    )


def _while_loop(run: Run, condition: Any, body: Any, carried: Sequence[Any], more: Sequence[Any] = ()) -> list[Value]:
    return control.while_loop(
        lambda values: array.reshape(as_value(run(condition, [*values, *more])[0]), ()),
        lambda values: _values(run, body, [*values, *more]),
        [array.as_value(each, DType.INT64) if isinstance(each, int) else as_value(each) for each in carried],
    )


def _scan(run: Run, step: Any, first: Sequence[Any], sequences: Sequence[Any], more: Sequence[Any] = ()) -> list[Value]:
    """The states after the last step, then the outputs of all steps."""
    states, slices = [as_value(each) for each in first], [as_value(each) for each in sequences]
    length = slices[0].type.shape[0]

    def one(states: list[Value], parts: list[Value]) -> tuple[list[Value], list[Value]]:
        results = _values(run, step, [*states, *parts, *more])
        return results[: len(states)], results[len(states) :]

    if isinstance(length, Dim) or length > MOST_UNROLLED:
        last, outputs = scan_over(one, states, slices, length)
        return [*last, *outputs]
    found: list[list[Value]] = []
    parts = [array.unstack(each, 0) for each in slices]
    for place in range(length):
        states, outputs = one(states, [each[place] for each in parts])
        found.append(outputs)
    return [*states, *(array.stack(outputs, 0) for outputs in zip(*found, strict=True))]


def _map(run: Run, function: Any, sequences: Sequence[Any], more: Sequence[Any] = ()) -> list[Value]:
    return _scan(run, function, (), sequences, more)


def _with_grad(run: Run, _enabled: bool, program: Any, *arguments: Any) -> list[Any]:
    """Whether gradients are kept does not matter here."""
    return run(program, arguments)


def _with_autocast(run: Run, _device: str, dtype: Any, enabled: bool, _cached: Any, program: Any, *given: Any) -> Any:
    if enabled and dtype not in (None, torch.float32):
        raise Unsupported(f"torch.autocast to {dtype}; convert without it, or cast explicitly")
    return run(program, given)


RULES: dict[str, Callable[..., Any]] = {
    "cond": _cond,
    "while_loop": _while_loop,
    "scan": _scan,
    "map_impl": _map,
    "wrap_with_set_grad_enabled": _with_grad,
    "wrap_with_autocast": _with_autocast,
}
"""What operators that take programs become, by name."""
