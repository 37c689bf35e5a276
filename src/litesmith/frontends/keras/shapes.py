"""Shapes of inputs as text, which the command line takes: `?,224,224,3`, `ids=?,128:int32` or `1,time<=512`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from keras import tree

from litesmith.diagnostics.base import LitesmithError
from litesmith.diagnostics.keras import InputMismatch
from litesmith.frontends.keras.face import GivenInput, describe, model_inputs, tells_inputs
from litesmith.ir.named_size import FORM as FORM_OF_NAMES
from litesmith.ir.types import DType

FORM = "shapes with the batch, such as '?,224,224,3', 'ids=?,128:int32' or '1,time<=512'"
SPEC = re.compile(r"^(?:(?P<name>[^=<,]+)=)?\(?(?P<sizes>[^:()]*)\)?(?::(?P<dtype>\w+))?$")
TYPES = tuple(dtype.value for dtype in DType)
UNKNOWN = ("?", "None", "none", "-1")


def input_specs(model: Any, texts: Sequence[str]) -> Any:
    """`inputs=` for `convert`: None without texts, else what is said of each input of the model.

    Named shapes may come in any order; inputs that are not named keep the model's own shape. A model
    that says nothing of its inputs takes them as they are named.

    Raises:
        LitesmithError: K302 for what is not a shape, or a name that no input has.
    """
    if not texts:
        return None
    specs = [_parse(text) for text in texts]
    if all(name is None for name, _ in specs):
        unnamed = [given for _, given in specs]
        return unnamed[0] if len(unnamed) == 1 else unnamed
    if all(name is not None for name, _ in specs) and not tells_inputs(model):
        return dict(specs)
    own = model_inputs(model)
    leaves = {leaf.name: GivenInput(leaf.shape) for leaf in tree.flatten(own)}
    for name, given in specs:
        if name not in leaves:
            problem = f"there is no input '{name}'" if name else "either all shapes are named or none"
            raise LitesmithError(InputMismatch(problem, describe(own)))
        leaves[name] = given
    return list(leaves.values())


def _parse(text: str) -> tuple[str | None, GivenInput]:
    """(name, sizes and element type) of one text."""
    found = SPEC.match(text.strip())
    sizes = [size.strip() for size in found["sizes"].split(",") if size.strip()] if found else []
    if found is None or not all(size in UNKNOWN or size.isdigit() or FORM_OF_NAMES.fullmatch(size) for size in sizes):
        raise LitesmithError(InputMismatch(f"{text!r} is not a shape", FORM))
    if found["dtype"] is not None and found["dtype"] not in TYPES:
        raise LitesmithError(InputMismatch(f"{found['dtype']!r} is not an element type", ", ".join(TYPES)))
    shape = tuple(None if size in UNKNOWN else int(size) if size.isdigit() else size for size in sizes)
    return found["name"], GivenInput(shape, found["dtype"])
