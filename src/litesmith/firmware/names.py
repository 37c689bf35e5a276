"""Names in C."""

from __future__ import annotations

import re


def identifier(name: str) -> str:
    """A name in C for another: `my_model_2` for `my-model.2`."""
    found = re.sub(r"\W", "_", name, flags=re.ASCII).strip("_")
    return found if found[:1].isalpha() else f"model_{found}".rstrip("_")
