"""What targets ask of the windows, strides and sizes of single operators; each says why one does not fit."""

from __future__ import annotations

from math import prod

from litesmith.ir.graph import Operation, Value
from litesmith.opset.enums import Padding
from litesmith.targets.conditions import CONDITIONS, axes_of, condition, constant_of, option_of

__all__ = ["CONDITIONS"]

LARGEST_WINDOW = 256
MOST_CHANNELS = 127
MOST_PLACES = 65535


@condition("strides up to 3")
def _strides_up_to_3(operation: Operation) -> str | None:
    rows, columns = _strides(operation)
    return None if max(rows, columns) <= 3 else f"its strides are {rows} and {columns}, of at most 3"


@condition("strides of 1 or 2")
def _strides_of_1_or_2(operation: Operation) -> str | None:
    rows, columns = _strides(operation)
    fits = rows == columns <= 2 or {rows, columns} == {1, 2}
    return None if fits else f"its strides are {rows} and {columns}, of 1 and 2"


@condition("padded windows up to 8")
def _padded_windows_up_to_8(operation: Operation) -> str | None:
    height, width = _window(operation)
    is_padded = option_of(operation, "padding", Padding.VALID) is Padding.SAME
    return (
        f"its padded window is {height} x {width}, of at most 8 x 8" if is_padded and max(height, width) > 8 else None
    )


@condition("windows up to 256")
def _windows_up_to_256(operation: Operation) -> str | None:
    height, width = _window(operation)
    fits = height <= LARGEST_WINDOW and height * width <= LARGEST_WINDOW**2
    return None if fits else f"its window is {height} x {width}, of at most {LARGEST_WINDOW} x {LARGEST_WINDOW}"


@condition("enlarged 2, 4 or 8 times")
def _enlarged_2_4_or_8_times(operation: Operation) -> str | None:
    """Twice only, where pixels have their centres in the middle and are mixed."""
    if _is_copied(operation):
        return None
    rows, columns = _factors(operation)
    is_mixed = operation.operator.builtin == "RESIZE_BILINEAR"
    allowed = (2,) if is_mixed and option_of(operation, "half_pixel_centers", False) else (2, 4, 8)
    if rows == columns and rows in allowed:
        return None
    return f"it enlarges {rows:.3g} and {columns:.3g} times, of {', '.join(map(str, allowed))}"


@condition("enlarged by a power of two")
def _enlarged_by_a_power_of_two(operation: Operation) -> str | None:
    powers = {2.0**power for power in range(11)}
    factors = _factors(operation)
    fits = _is_copied(operation) or set(factors) <= powers
    return None if fits else f"it enlarges {factors[0]:.3g} and {factors[1]:.3g} times, of powers of two"


@condition("enlarged by a whole number")
def _enlarged_by_a_whole_number(operation: Operation) -> str | None:
    factors = _factors(operation)
    fits = _is_copied(operation) or all(factor >= 1 and factor == int(factor) for factor in factors)
    return None if fits else f"it enlarges {factors[0]:.3g} and {factors[1]:.3g} times, of whole numbers"


@condition("along the last axis")
def _along_the_last_axis(operation: Operation) -> str | None:
    rank = len(_shape(operation.operands[0]))
    return None if all(axis % rank == rank - 1 for axis in axes_of(operation)) else "it works along another axis"


@condition("up to 127 channels")
def _up_to_127_channels(operation: Operation) -> str | None:
    channels = max(_shape(operation.operands[0])[-1:], default=1)
    return f"it looks at {channels} places, of at most {MOST_CHANNELS}" if channels > MOST_CHANNELS else None


@condition("a batch of one")
def _a_batch_of_one(operation: Operation) -> str | None:
    shape = _shape(operation.operands[0])
    return f"its batch is {shape[0]}, of 1" if len(shape) == 4 and shape[0] != 1 else None


@condition("not over channels")
def _not_over_channels(operation: Operation) -> str | None:
    """Channels may be taken together where rows, columns or channels are one."""
    shape = _shape(operation.operands[0])
    is_over_channels = any(axis % len(shape) == len(shape) - 1 for axis in axes_of(operation)) if shape else False
    return "it takes channels together" if is_over_channels and len(shape) == 4 and 1 not in shape[1:] else None


@condition("steps forward over rows and columns")
def _steps_forward(operation: Operation) -> str | None:
    steps = constant_of(operation.operands[3]) if len(operation.operands) > 3 else None
    if steps is None:
        return "its steps are known only when it runs"
    if (steps < 0).any():
        return "it steps backwards"
    return "it steps over channels" if steps.size and steps[-1] != 1 else None


@condition("its axis follows the batch")
def _its_axis_follows_the_batch(operation: Operation) -> str | None:
    rank = len(_shape(operation.operands[0]))
    axis, batch = option_of(operation, "axis", 0) % max(rank, 1), option_of(operation, "batch_dims", 0)
    return None if axis == batch else f"it takes from axis {axis} behind {batch} axes of a batch"


@condition("up to 65535 places")
def _up_to_65535_places(operation: Operation) -> str | None:
    shape = _shape(operation.operands[0])
    places = prod(shape[-3:-1])
    return f"it has {places} places, of at most {MOST_PLACES}" if places > MOST_PLACES else None


@condition("not of real numbers")
def _not_of_real_numbers(operation: Operation) -> str | None:
    value = operation.operands[0]
    return "it takes real numbers" if value is not None and value.type.dtype.value.startswith("float") else None


def _shape(value: Value | None) -> tuple[int, ...]:
    return () if value is None else tuple(map(int, value.type.shape))


def _strides(operation: Operation) -> tuple[int, int]:
    return option_of(operation, "stride_h", 1), option_of(operation, "stride_w", 1)


def _window(operation: Operation) -> tuple[int, int]:
    return option_of(operation, "filter_height", 1), option_of(operation, "filter_width", 1)


def _is_copied(operation: Operation) -> bool:
    """Whether an image stays as large as it is, or is a single pixel."""
    before, after = _shape(operation.operands[0])[1:3], _shape(operation.results[0])[1:3]
    return before in (after, (1, 1))


def _factors(operation: Operation) -> tuple[float, float]:
    """How many times larger an image becomes, in rows and columns."""
    less = 1 if option_of(operation, "align_corners", False) else 0
    before, after = _shape(operation.operands[0])[1:3], _shape(operation.results[0])[1:3]
    rows, columns = ((new - less) / max(old - less, 1) for old, new in zip(before, after, strict=True))
    return rows, columns
