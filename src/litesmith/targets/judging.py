"""Whether a target takes one operation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from litesmith.ir.dims import Dim
from litesmith.ir.graph import Operation, Value
from litesmith.ir.operator import Role
from litesmith.ir.types import DType
from litesmith.opset.unmodeled import Unmodeled, operator_name
from litesmith.targets.conditions import CONDITIONS, REALS
from litesmith.targets.profile import OperatorRule, Profile

INTEGERS = frozenset({DType.INT8, DType.UINT8, DType.INT16})


@dataclass(frozen=True)
class Problem:
    """Why a target does not take an operation; `cure` is what its user can do, empty where nothing general helps."""

    reason: str
    cure: str = ""


OPEN_SIZE = Problem("a size is known only when it runs")


def is_custom(operation: Operation) -> bool:
    """Whether an operation is one of the user's own: what becomes of it is up to its kernel."""
    return isinstance(operation.operator, Unmodeled) and operation.operator.is_custom


def problems(operation: Operation, profile: Profile) -> list[Problem]:
    """Everything that a target has against an operation; nothing where it takes it.

    Where the target computes with integers only, numbers that are not quantized yet count as if they were: that is
    one finding of the whole model.
    """
    if is_custom(operation):
        return [Problem("it is a custom operator, which needs your own kernel")]
    rule = profile.operators.get(operator_name(operation))
    if rule is None:
        return [Problem("it has no such operator", "Use another layer in its place, or another target.")]
    return [
        *_version(operation, rule),
        *_types(operation, rule, profile),
        *_shapes(operation, rule, profile),
        *_asked(operation, rule),
    ]


def _version(operation: Operation, rule: OperatorRule) -> Iterator[Problem]:
    if rule.version is None:
        return
    operator = operation.operator
    if isinstance(operator, Unmodeled):
        version = operator.opcode_version
    else:
        version = operator.version(operation.operand_types, operation.result_types)
    if version > rule.version:
        yield Problem(f"it knows versions up to {rule.version}, not {version}", "Update the runtime.")


def _types(operation: Operation, rule: OperatorRule, profile: Profile) -> Iterator[Problem]:
    """What it computes with: comparisons of real numbers give truth values, which nobody asks of the target."""
    allowed = rule.types if rule.types is not None else profile.types
    if allowed is None:
        return
    values = _activations(operation) or list(operation.results)
    for dtype in dict.fromkeys(value.type.dtype for value in values):
        if dtype in allowed or (profile.quantized and dtype in REALS and allowed & INTEGERS):
            continue
        yield Problem(f"it takes no {dtype.value}", f"It takes {_listed(allowed)}.")
        return
    if profile.kind == "delegate" and not profile.quantized:
        raw = [value for value in values if value.type.dtype in INTEGERS and not value.type.quantization]
        if raw:
            yield Problem(f"it takes {raw[0].type.dtype.value} with scales only")


def _shapes(operation: Operation, rule: OperatorRule, profile: Profile) -> Iterator[Problem]:
    values = [*_activations(operation), *operation.results]
    if profile.static_shapes and any(isinstance(size, Dim) for value in values for size in value.type.shape):
        yield OPEN_SIZE
    fewest, most = rule.axes or (0, profile.most_axes or 8)
    most = min(most, profile.most_axes or most)
    for place, value in enumerate(values):
        rank = value.type.rank
        if rank > most or (place == 0 and rank < fewest):
            bound = f"at most {most}" if rank > most else f"at least {fewest}"
            yield Problem(f"it takes {bound} axes, not {rank}", "Reshape in front of it.")
            return
    if profile.inner_axes is not None:
        for value in values:
            if any(size != 1 for size in value.type.shape[: -profile.inner_axes]):
                yield Problem(
                    f"only the last {profile.inner_axes} axes may have more than one place", "Use a batch of 1."
                )
                return


def _asked(operation: Operation, rule: OperatorRule) -> Iterator[Problem]:
    for name in rule.conditions:
        reason = CONDITIONS[name](operation)
        if reason is not None:
            yield Problem(reason)


def _activations(operation: Operation) -> list[Value]:
    """The operands that an operation computes with, without its indices and weights."""
    return [
        operand
        for place, operand in enumerate(operation.operands)
        if operand is not None and _role(operation, place) is Role.ACTIVATION
    ]


def _role(operation: Operation, place: int) -> Role:
    if isinstance(operation.operator, Unmodeled):
        return Role.ACTIVATION
    return operation.operator.operand(place).role


def _listed(types: frozenset[DType]) -> str:
    return ", ".join(dtype.value for dtype in DType if dtype in types)
