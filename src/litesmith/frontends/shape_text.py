"""What a caller says of one input, also as text: `?,224,224,3`, `ids=?,128:int32` or `1,time<=512`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from litesmith.diagnostics.base import LitesmithError
from litesmith.diagnostics.keras import InputMismatch
from litesmith.ir.named_size import FORM as FORM_OF_NAMES
from litesmith.ir.types import DType

FORM = "shapes with the batch, such as '?,224,224,3', 'ids=?,128:int32' or '1,time<=512'"
SPEC = re.compile(r"^(?:(?P<name>[^=<,]+)=)?\(?(?P<sizes>[^:()]*)\)?(?::(?P<dtype>\w+))?$")
TYPES = tuple(dtype.value for dtype in DType)
UNKNOWN = ("?", "None", "none", "-1")


@dataclass(frozen=True)
class GivenInput:
    """One input as the caller says it.

    Attributes:
        sizes: None for all the model's own; a size is a number, None, or a name such as `"time"` or `"time<=512"`.
        dtype: None for the model's own.
    """

    sizes: tuple[int | str | None, ...] | None
    dtype: str | None = None


def parse_input(text: str) -> tuple[str | None, GivenInput]:
    """(name, sizes and element type) of one text.

    Raises:
        LitesmithError: K302 for what is not a shape.
    """
    found = SPEC.match(text.strip())
    sizes = [size.strip() for size in found["sizes"].split(",") if size.strip()] if found else []
    if found is None or not all(size in UNKNOWN or size.isdigit() or FORM_OF_NAMES.fullmatch(size) for size in sizes):
        raise LitesmithError(InputMismatch(f"{text!r} is not a shape", FORM))
    if found["dtype"] is not None and found["dtype"] not in TYPES:
        raise LitesmithError(InputMismatch(f"{found['dtype']!r} is not an element type", ", ".join(TYPES)))
    shape = tuple(None if size in UNKNOWN else int(size) if size.isdigit() else size for size in sizes)
    return found["name"], GivenInput(shape, found["dtype"])


def nested_inputs(texts: Sequence[str]) -> Any:
    """What texts say of the inputs of a model that itself says nothing; None for no text.

    One that is not named is the only input, several are a list, and named ones a dictionary.

    Raises:
        LitesmithError: K302 for what is not a shape.
    """
    said = [parse_input(text) for text in texts]
    if not said:
        return None
    if all(name is not None for name, _ in said):
        return dict(said)
    if any(name is not None for name, _ in said):
        raise LitesmithError(InputMismatch("either all shapes are named or none", FORM))
    shapes = [given for _, given in said]
    return shapes[0] if len(shapes) == 1 else shapes
