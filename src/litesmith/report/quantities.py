"""Sizes and times as people write them."""

from __future__ import annotations

UNITS = {"kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12}


def size_text(count: int) -> str:
    """`2,252 bytes`, `14.0 kB`, `5.1 MB`: three digits, thousands of 1000."""
    if count < 10_000:
        return f"{count:,} bytes"
    fitting = (unit for unit, size in UNITS.items() if count < 999.5 * size)
    unit = next(fitting, "TB")
    size = count / UNITS[unit]
    return f"{size:.1f} {unit}" if size < 99.95 else f"{size:.0f} {unit}"


def seconds_text(seconds: float) -> str:
    """`4 ms`, `0.31 s`, `12 s`."""
    if seconds < 0.1:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.0f} s"


def shape_text(shape: tuple[int | str | None, ...]) -> str:
    """A shape as Keras shows it, None for sizes that may change, or their names."""
    return f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"
