"""What targets ask of single operators beyond element types and axes; each says why one does not fit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from litesmith.ir.graph import Operation, Value
from litesmith.ir.operator import Role
from litesmith.ir.types import DType
from litesmith.opset.enums import Activation

REALS = frozenset({DType.FLOAT32, DType.FLOAT16, DType.BFLOAT16})

Condition = Callable[[Operation], "str | None"]

CONDITIONS: dict[str, Condition] = {}
"""By the name that profiles use."""


def condition(name: str) -> Callable[[Condition], Condition]:
    """Give a condition the name that profiles use."""

    def register(function: Condition) -> Condition:
        CONDITIONS[name] = function
        return function

    return register


def option_of(operation: Operation, name: str, default: Any) -> Any:
    """An option of an operator, or `default` for one that has none of this name."""
    return getattr(operation.operator, name, default)


@condition("constant weights")
def _constant_weights(operation: Operation) -> str | None:
    weights = operation.operands[1] if len(operation.operands) > 1 else None
    return None if weights is None or weights.is_constant else "its weights are computed by the model"


@condition("weights like values")
def _weights_like_values(operation: Operation) -> str | None:
    """Weights of integers under real numbers are for kernels that quantize values as they run."""
    kinds = [
        operand.type.dtype
        for place, operand in enumerate(operation.operands)
        if operand is not None and operation.operator.operand(place).role in (Role.ACTIVATION, Role.WEIGHT)
    ]
    integers = [dtype for dtype in kinds if dtype not in REALS]
    is_mixed = any(dtype in REALS for dtype in kinds) and integers
    return f"its weights are {integers[0].value} and its values are not" if is_mixed else None


@condition("one scale")
def _one_scale(operation: Operation) -> str | None:
    quantization = operation.operands[0].type.quantization if operation.operands[0] else None
    return (
        "it takes one scale, and each channel has one of its own" if quantization and quantization.is_per_axis else None
    )


@condition("known sizes")
def _known_sizes(operation: Operation) -> str | None:
    """What says where, how many or in which order, as far as that is an operand."""
    places = (place for place in range(len(operation.operands)) if operation.operator.operand(place).role is Role.INDEX)
    operands = (operation.operands[place] for place in places)
    is_known = all(operand is None or operand.is_constant for operand in operands)
    return None if is_known else "its sizes or axes are known only when it runs"


@condition("int32 indices")
def _int32_indices(operation: Operation) -> str | None:
    indices = operation.operands[1] if len(operation.operands) > 1 else None
    is_wide = indices is not None and indices.type.dtype is not DType.INT32
    return f"its indices are {indices.type.dtype.value}" if indices is not None and is_wide else None


@condition("no dropped axes")
def _no_dropped_axes(operation: Operation) -> str | None:
    return "it drops an axis" if option_of(operation, "shrink_axis_mask", 0) else None


@condition("two to four parts")
def _two_to_four_parts(operation: Operation) -> str | None:
    parts = len(operation.results)
    return None if 2 <= parts <= 4 else f"it makes {parts} parts"


@condition("no fused activation")
def _no_fused_activation(operation: Operation) -> str | None:
    activation = option_of(operation, "fused_activation_function", Activation.NONE)
    return None if activation is Activation.NONE else f"{activation.name} is part of it"


@condition("equal dilations")
def _equal_dilations(operation: Operation) -> str | None:
    rows, columns = option_of(operation, "dilation_h_factor", 1), option_of(operation, "dilation_w_factor", 1)
    return None if rows == columns else f"its dilations are {rows} and {columns}"


@condition("steps of one")
def _steps_of_one(operation: Operation) -> str | None:
    steps = constant_of(operation.operands[3]) if len(operation.operands) > 3 else None
    return None if steps is not None and bool((steps == 1).all()) else "its steps are not all 1"


@condition("not along the batch")
def _not_along_the_batch(operation: Operation) -> str | None:
    rank = max(value.type.rank for value in (*operation.results, *filter(None, operation.operands)))
    return "it works along the batch" if any(axis % max(rank, 1) == 0 for axis in axes_of(operation)) else None


def axes_of(operation: Operation) -> list[int]:
    """The axes that an operator names, as an option or as an operand; those that a PAD makes longer."""
    axis = option_of(operation, "axis", None)
    if isinstance(axis, int):
        return [axis]
    places = (place for place in range(len(operation.operands)) if operation.operator.operand(place).role is Role.INDEX)
    named = constant_of(operation.operands[next(places)])
    if named is None:
        return []
    return [int(each) for each in (named.ravel() if named.ndim < 2 else np.flatnonzero(named.any(axis=1)))]


def constant_of(value: Value | None) -> np.ndarray[Any, Any] | None:
    """What a value always is; None where the model computes it."""
    return None if value is None or value.constant is None else value.constant.array()
