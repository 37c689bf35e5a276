"""Sizes and times as people write them."""

from __future__ import annotations

import re

READ = {"": 1, "b": 1, "kb": 1000, "mb": 10**6, "gb": 10**9, "k": 1024, "m": 1024**2, "kib": 1024, "mib": 1024**2}
UNITS = {"kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12}


def size_text(count: int) -> str:
    """`2,252 bytes`, `14.0 kB`, `5.1 MB`: three digits, thousands of 1000."""
    if count < 10_000:
        return f"{count:,} bytes"
    fitting = (unit for unit, size in UNITS.items() if count < 999.5 * size)
    unit = next(fitting, "TB")
    size = count / UNITS[unit]
    return f"{size:.1f} {unit}" if size < 99.95 else f"{size:.0f} {unit}"


def count_text(count: int) -> str:
    """`0`, `2,176`, `3.9 M`: three digits, thousands of 1000."""
    if count < 10_000:
        return f"{count:,}"
    for unit, size in (("k", 1e3), ("M", 1e6), ("G", 1e9)):
        if count < 999.5 * size:
            return f"{count / size:.1f} {unit}" if count < 99.95 * size else f"{count / size:.0f} {unit}"
    return f"{count / 1e12:.1f} T"


def seconds_text(seconds: float) -> str:
    """`4 ms`, `0.31 s`, `12 s`."""
    if seconds < 0.1:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.0f} s"


def shape_text(shape: tuple[int | str | None, ...]) -> str:
    """A shape as Keras shows it, None for sizes that may change, or their names."""
    return f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"


def parse_bytes(said: int | str) -> int:
    """Bytes as people write them: `262144`, `256k` and `256 KiB` (of 1024), `8 MB` (of 1000 x 1000).

    Raises:
        ValueError: for anything else.
    """
    if isinstance(said, int):
        return said
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-zA-Z]*)\s*", said)
    if match is None or match[2].lower() not in READ:
        raise ValueError(f"{said!r} is no number of bytes, such as 65536, 256k or 1.5 MB")
    return int(float(match[1]) * READ[match[2].lower()])
