"""Custom operators: operators of the user's own, whose kernels the runtime is given."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from litesmith.opset.unmodeled import Unmodeled

FLEX_INTEGERS = range(-(2**63), 2**63)


@dataclass(frozen=True)
class Custom(Unmodeled):
    """An operator that a function of the user's gives its meaning: the same of the same operands, and nothing else.

    Those of a file that was read are `Unmodeled`: they may do anything.
    """

    is_custom: bool = True
    has_side_effects = False

    def __str__(self) -> str:
        options = decode_options(self.custom_options) or {}
        return f"custom {self.name}({', '.join(f'{name}={value!r}' for name, value in options.items())})"


class NotAnOption(TypeError):
    """A value that options cannot hold; the text says which and what they hold."""


def encode_options(options: Mapping[str, Any]) -> bytes:
    """Options as a flexbuffer map; raises `NotAnOption`."""
    from flatbuffers import flexbuffers

    return bytes(flexbuffers.Dumps({name: plain_option(name, value) for name, value in options.items()}))


def decode_options(data: bytes) -> dict[str, Any] | None:
    """What a flexbuffer map holds; None for bytes that are something else, as an operator's maker is free to write."""
    if not data:
        return {}
    from flatbuffers import flexbuffers

    try:
        found = flexbuffers.Loads(bytearray(data))
    except Exception:  # bytes that are no flexbuffer lead anywhere
        return None
    return found if isinstance(found, dict) else None


def plain_option(name: str, value: Any) -> Any:
    """A value as flexbuffers have it: truth values, numbers, text, None, and lists and maps of those."""
    if hasattr(value, "item") and getattr(value, "ndim", None) == 0:
        value = value.item()
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int) and type(value) is int and value in FLEX_INTEGERS:
        return value
    if isinstance(value, float) and type(value) is float and not math.isnan(value):
        return value
    if isinstance(value, (list, tuple)):
        return [plain_option(name, item) for item in value]
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return {key: plain_option(name, item) for key, item in value.items()}
    held = "a size that is known only when the model runs" if isinstance(value, int) else type(value).__name__
    raise NotAnOption(f"the option {name!r} is {held}; options are truth values, numbers, text, and lists of those")
